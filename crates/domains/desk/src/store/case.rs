use wd_db::{DbError, Tx, in_chunks, record, sql};
use wd_kernel::{ConversationId, CustomerId, StaffId, TeamId, Timestamp};

use super::{colleague, count};
use crate::{Case, DeskError, LastFrom, State};

record! {
    pub(crate) struct CaseRow {
        pub(crate) id: ConversationId,
        pub(crate) team: TeamId,
        pub(crate) customer: CustomerId,
        pub(crate) state: String,
        pub(crate) assignee: Option<StaffId>,
        pub(crate) opened_at: Timestamp,
        pub(crate) waiting_since: Option<Timestamp>,
        pub(crate) last_activity_at: Timestamp,
        pub(crate) last_from: Option<String>,
        pub(crate) closed_at: Option<Timestamp>,
    }
}

impl TryFrom<CaseRow> for Case {
    type Error = DeskError;
    fn try_from(row: CaseRow) -> Result<Self, DeskError> {
        Ok(Self {
            id: row.id,
            team: row.team,
            customer: row.customer,
            state: State::parse(&row.state).ok_or(DeskError::Stored("a case's state"))?,
            assignee: row.assignee,
            opened_at: row.opened_at,
            waiting_since: row.waiting_since,
            last_activity_at: row.last_activity_at,
            last_from: row.last_from.as_deref().and_then(LastFrom::parse),
            closed_at: row.closed_at,
        })
    }
}

pub(crate) async fn insert(tx: &mut Tx, case: &Case) -> Result<(), DbError> {
    count::appeared(tx, case.team, case.state).await?;
    sql!(
        tx,
        execute,
        "INSERT INTO conversation (id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        case.id,
        case.team,
        case.customer,
        case.state.as_str(),
        case.assignee,
        case.opened_at,
        case.waiting_since,
        case.last_activity_at,
        case.last_from.map(LastFrom::as_str),
        case.closed_at
    )
    .await
    .map(drop)
}

/// Writes a case that this transaction has locked.
pub(crate) async fn update(tx: &mut Tx, case: &Case) -> Result<(), DeskError> {
    let (before,) = sql!(
        tx,
        fetch_one as (String,),
        "SELECT state FROM conversation WHERE id = $1",
        case.id
    )
    .await?;
    let before = State::parse(&before).ok_or(DeskError::Stored("a case's state"))?;
    if before != case.state {
        count::moved(tx, case.team, before, case.state).await?;
        colleague::set_open(tx, case.id, case.state == State::Open).await?;
    }
    sql!(
        tx,
        execute,
        "UPDATE conversation SET state = $2, assignee = $3, waiting_since = $4, last_activity_at = $5, last_from = $6, closed_at = $7 WHERE id = $1",
        case.id,
        case.state.as_str(),
        case.assignee,
        case.waiting_since,
        case.last_activity_at,
        case.last_from.map(LastFrom::as_str),
        case.closed_at
    )
    .await?;
    Ok(())
}

/// Writes who wrote last, and when. It happens with every message, and changes nothing else.
pub(crate) async fn touch(tx: &mut Tx, case: &Case) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE conversation SET last_activity_at = $2, last_from = $3 WHERE id = $1",
        case.id,
        case.last_activity_at,
        case.last_from.map(LastFrom::as_str)
    )
    .await
    .map(drop)
}

pub(crate) async fn find(tx: &mut Tx, id: ConversationId) -> Result<Option<CaseRow>, DbError> {
    sql!(
        tx,
        fetch_optional as CaseRow,
        "SELECT id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at FROM conversation WHERE id = $1",
        id
    )
    .await
}

/// Takes the case's turn: others who change it wait until this transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: ConversationId) -> Result<Option<CaseRow>, DbError> {
    sql!(
        tx,
        fetch_optional as CaseRow,
        "UPDATE conversation SET state = state WHERE id = $1
         RETURNING id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at",
        id
    )
    .await
}

/// The same, if it is this customer's: a stranger's is not made to wait.
pub(crate) async fn lock_own(
    tx: &mut Tx,
    id: ConversationId,
    customer: CustomerId,
) -> Result<Option<CaseRow>, DbError> {
    sql!(
        tx,
        fetch_optional as CaseRow,
        "UPDATE conversation SET state = state WHERE id = $1 AND customer = $2
         RETURNING id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at",
        id,
        customer
    )
    .await
}

const MANY: &str = "SELECT id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at FROM conversation
         WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)";

/// Cases by their ids.
pub(crate) async fn many(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<CaseRow>, DbError> {
    let mut rows = Vec::with_capacity(ids.len());
    for binds in in_chunks(ids) {
        rows.extend(tx.fetch_all::<CaseRow>(MANY, binds).await?);
    }
    Ok(rows)
}

/// Cases of a customer before an id, the newest first.
pub(crate) async fn of_customer_before(
    tx: &mut Tx,
    customer: CustomerId,
    before: ConversationId,
    limit: i64,
) -> Result<Vec<CaseRow>, DbError> {
    sql!(
        tx,
        fetch_all as CaseRow,
        "SELECT id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at FROM conversation
         WHERE customer = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        customer,
        before,
        limit
    )
    .await
}

/// What somebody works on, locked; by team, so that the counts of teams are always written in the same order.
pub(crate) async fn open_of_assignee(tx: &mut Tx, staff: StaffId) -> Result<Vec<CaseRow>, DbError> {
    sql!(
        tx,
        execute,
        "UPDATE conversation SET state = state WHERE assignee = $1 AND state = 'open'",
        staff
    )
    .await?;
    sql!(
        tx,
        fetch_all as CaseRow,
        "SELECT id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at FROM conversation
         WHERE assignee = $1 AND state = 'open' ORDER BY team, id",
        staff
    )
    .await
}
