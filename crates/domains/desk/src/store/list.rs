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

/// What somebody works on as assignee.
pub(crate) async fn open_of_assignee(tx: &mut Tx, staff: StaffId, limit: i64) -> Result<Vec<ConversationId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (ConversationId,),
        "SELECT id FROM conversation WHERE assignee = $1 AND state = 'open' LIMIT $2",
        staff,
        limit
    )
    .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
