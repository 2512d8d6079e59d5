//! How many cases of each team are in each state, kept beside the cases in the same transaction: nobody counts a hundred
//! thousand rows to draw four numbers.

use wd_db::{Column as _, DbError, Tx, in_chunks, record, sql};
use wd_kernel::{CustomerId, StaffId, TeamId};

use crate::State;

/// A case appeared.
pub(crate) async fn appeared(tx: &mut Tx, team: TeamId, state: State) -> Result<(), DbError> {
    add(tx, team, state, 1).await
}

/// A case went from one state to another one.
pub(crate) async fn moved(tx: &mut Tx, team: TeamId, before: State, after: State) -> Result<(), DbError> {
    // Always in the same order, so that two moves do not wait for each other.
    let mut changes = [(before, -1), (after, 1)];
    changes.sort_by_key(|(state, _)| state.as_str());
    for (state, by) in changes {
        add(tx, team, state, by).await?;
    }
    Ok(())
}

async fn add(tx: &mut Tx, team: TeamId, state: State, by: i64) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO case_count (team, state, cases) VALUES ($1, $2, $3) ON CONFLICT (team, state) DO UPDATE SET cases = case_count.cases + $3",
        team,
        state.as_str(),
        by
    )
    .await
    .map(drop)
}

pub(crate) async fn of_all(tx: &mut Tx) -> Result<Vec<(String, i64)>, DbError> {
    sql!(
        tx,
        fetch_all as (String, i64),
        "SELECT state, CAST(SUM(cases) AS BIGINT) FROM case_count GROUP BY state"
    )
    .await
}

pub(crate) async fn of_team(tx: &mut Tx, team: TeamId) -> Result<Vec<(String, i64)>, DbError> {
    sql!(
        tx,
        fetch_all as (String, i64),
        "SELECT state, cases FROM case_count WHERE team = $1",
        team
    )
    .await
}

/// Counted as they are asked for: what one person ever had is not much.
pub(crate) async fn of_assignee(tx: &mut Tx, staff: StaffId) -> Result<Vec<(String, i64)>, DbError> {
    sql!(
        tx,
        fetch_all as (String, i64),
        "SELECT state, COUNT(*) FROM conversation WHERE assignee = $1 GROUP BY state",
        staff
    )
    .await
}

record! {
    /// So many cases of a customer for which one is asked about the same right.
    pub(crate) struct Share {
        pub(crate) customer: CustomerId,
        pub(crate) team: TeamId,
        pub(crate) assignee: Option<StaffId>,
        pub(crate) cases: i64,
    }
}

const OF_CUSTOMERS: &str = "SELECT customer, team, assignee, COUNT(*) AS cases FROM conversation
         WHERE customer IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
         GROUP BY customer, team, assignee";

/// The cases of these customers.
pub(crate) async fn of_customers(tx: &mut Tx, customers: &[CustomerId]) -> Result<Vec<Share>, DbError> {
    let mut shares = Vec::new();
    for binds in in_chunks(customers) {
        shares.extend(tx.fetch_all::<Share>(OF_CUSTOMERS, binds).await?);
    }
    Ok(shares)
}

/// The cross join tells SQLite to begin with the customers.
const OF_CUSTOMERS_AS_COLLEAGUE: &str = "SELECT c.customer, c.team, c.assignee, COUNT(*) AS cases FROM conversation c CROSS JOIN colleague k
         WHERE c.customer IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
         AND k.conversation = c.id AND k.staff = $26 GROUP BY c.customer, c.team, c.assignee";

/// The cases of these customers where somebody is a colleague.
pub(crate) async fn of_customers_as_colleague(
    tx: &mut Tx,
    customers: &[CustomerId],
    staff: StaffId,
) -> Result<Vec<Share>, DbError> {
    let mut shares = Vec::new();
    for mut binds in in_chunks(customers) {
        binds.push(staff.bind());
        shares.extend(tx.fetch_all::<Share>(OF_CUSTOMERS_AS_COLLEAGUE, binds).await?);
    }
    Ok(shares)
}
