//! Each list is one walk over an index, a page at a time. A view of several teams or states is merged from several walks.

use wd_db::{DbError, Tx, sql};
use wd_kernel::{ConversationId, StaffId, TeamId, Timestamp};

use super::case::CaseRow;

/// Where a page begins: after this key, in the order of the list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From {
    pub(crate) at: Timestamp,
    pub(crate) id: ConversationId,
}

pub(crate) async fn waiting(tx: &mut Tx, from: From, limit: i64) -> Result<Vec<CaseRow>, DbError> {
    sql!(
        tx,
        fetch_all as CaseRow,
        "SELECT id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at FROM conversation
         WHERE state = 'waiting' AND (waiting_since, id) > ($1, $2) ORDER BY waiting_since NULLS LAST, id LIMIT $3",
        from.at,
        from.id,
        limit
    )
    .await
}

pub(crate) async fn waiting_of_team(
    tx: &mut Tx,
    team: TeamId,
    from: From,
    limit: i64,
) -> Result<Vec<CaseRow>, DbError> {
    sql!(
        tx,
        fetch_all as CaseRow,
        "SELECT id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at FROM conversation
         WHERE state = 'waiting' AND team = $4 AND (waiting_since, id) > ($1, $2) ORDER BY waiting_since NULLS LAST, id LIMIT $3",
        from.at,
        from.id,
        limit,
        team
    )
    .await
}

pub(crate) async fn recent(tx: &mut Tx, state: &str, from: From, limit: i64) -> Result<Vec<CaseRow>, DbError> {
    sql!(
        tx,
        fetch_all as CaseRow,
        "SELECT id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at FROM conversation
         WHERE state = $4 AND (last_activity_at, id) < ($1, $2) ORDER BY last_activity_at DESC, id DESC LIMIT $3",
        from.at,
        from.id,
        limit,
        state
    )
    .await
}

pub(crate) async fn recent_of_team(
    tx: &mut Tx,
    team: TeamId,
    state: &str,
    from: From,
    limit: i64,
) -> Result<Vec<CaseRow>, DbError> {
    sql!(
        tx,
        fetch_all as CaseRow,
        "SELECT id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at FROM conversation
         WHERE state = $4 AND team = $5 AND (last_activity_at, id) < ($1, $2) ORDER BY last_activity_at DESC, id DESC LIMIT $3",
        from.at,
        from.id,
        limit,
        state,
        team
    )
    .await
}

pub(crate) async fn recent_of_assignee(
    tx: &mut Tx,
    staff: StaffId,
    state: &str,
    from: From,
    limit: i64,
) -> Result<Vec<CaseRow>, DbError> {
    sql!(
        tx,
        fetch_all as CaseRow,
        "SELECT id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at FROM conversation
         WHERE state = $4 AND assignee = $5 AND (last_activity_at, id) < ($1, $2) ORDER BY last_activity_at DESC, id DESC LIMIT $3",
        from.at,
        from.id,
        limit,
        state,
        staff
    )
    .await
}

/// The cross join tells SQLite to begin with the few rows of the colleague.
pub(crate) async fn recent_of_colleague(
    tx: &mut Tx,
    staff: StaffId,
    state: &str,
    from: From,
    limit: i64,
) -> Result<Vec<CaseRow>, DbError> {
    sql!(
        tx,
        fetch_all as CaseRow,
        "SELECT c.id, c.team, c.customer, c.state, c.assignee, c.opened_at, c.waiting_since, c.last_activity_at, c.last_from, c.closed_at
         FROM colleague k CROSS JOIN conversation c
         WHERE c.id = k.conversation AND c.state = $4 AND k.staff = $5 AND (c.last_activity_at, c.id) < ($1, $2) ORDER BY c.last_activity_at DESC, c.id DESC LIMIT $3",
        from.at,
        from.id,
        limit,
        state,
        staff
    )
    .await
}

/// What somebody works on, as assignee or colleague.
pub(crate) async fn mine(tx: &mut Tx, staff: StaffId, limit: i64) -> Result<Vec<(ConversationId,)>, DbError> {
    sql!(
        tx,
        fetch_all as (ConversationId,),
        "SELECT id FROM conversation WHERE assignee = $1 AND state = 'open'
         UNION SELECT c.id FROM colleague k CROSS JOIN conversation c WHERE c.id = k.conversation AND c.state = 'open' AND k.staff = $1 LIMIT $2",
        staff,
        limit
    )
    .await
}
