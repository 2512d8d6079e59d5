use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{CustomerId, Timestamp};

record! {
    pub(crate) struct WidgetSession {
        pub(crate) customer: CustomerId,
        pub(crate) identity: Option<Vec<u8>>,
        pub(crate) expires_at: Timestamp,
    }
}

pub(crate) async fn insert_session(
    tx: &mut Tx,
    token_hash: [u8; 32],
    customer: CustomerId,
    identity: Option<[u8; 32]>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO widget_session (token_hash, customer, identity, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        token_hash,
        customer,
        identity,
        now,
        expires_at
    )
    .await?;
    Ok(())
}

pub(crate) async fn session(
    tx: &mut Tx,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<WidgetSession>, DbError> {
    sql!(
        tx,
        fetch_optional as WidgetSession,
        "SELECT customer, identity, expires_at FROM widget_session WHERE token_hash = $1 AND expires_at > $2",
        token_hash,
        now
    )
    .await
}

pub(crate) async fn end_session(tx: &mut Tx, token_hash: [u8; 32]) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM widget_session WHERE token_hash = $1",
        token_hash
    )
    .await?;
    Ok(())
}

/// The sessions of a customer besides one.
pub(crate) async fn others(tx: &mut Tx, customer: CustomerId, keep: [u8; 32]) -> Result<Vec<WidgetSession>, DbError> {
    sql!(
        tx,
        fetch_all as WidgetSession,
        "SELECT customer, identity, expires_at FROM widget_session WHERE customer = $1 AND token_hash <> $2",
        customer,
        keep
    )
    .await
}

/// Ends all sessions of a customer besides one.
pub(crate) async fn end_others(tx: &mut Tx, customer: CustomerId, keep: [u8; 32]) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM widget_session WHERE customer = $1 AND token_hash <> $2",
        customer,
        keep
    )
    .await?;
    Ok(())
}

/// Ends every session that came from the same identity token.
pub(crate) async fn end_identity(tx: &mut Tx, jti_hash: &[u8], now: Timestamp) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM widget_session WHERE identity = $1", jti_hash).await?;
    sql!(tx, execute, "DELETE FROM spent_identity WHERE expires_at < $1", now).await?;
    Ok(())
}

pub(crate) async fn spend(tx: &mut Tx, jti_hash: &[u8], expires_at: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO spent_identity (jti_hash, expires_at) VALUES ($1, $2) ON CONFLICT (jti_hash) DO NOTHING",
        jti_hash,
        expires_at
    )
    .await?;
    Ok(())
}

pub(crate) async fn is_spent(tx: &mut Tx, jti_hash: [u8; 32]) -> Result<bool, DbError> {
    Ok(sql!(
        tx,
        fetch_optional as (i64,),
        "SELECT expires_at FROM spent_identity WHERE jti_hash = $1",
        jti_hash
    )
    .await?
    .is_some())
}

/// Counts a new visitor of an address in this hour; how many there are now.
pub(crate) async fn count_visit(tx: &mut Tx, address: &[u8], hour: i64) -> Result<i64, DbError> {
    sql!(tx, execute, "DELETE FROM visitor_rate WHERE hour < $1", hour - 1).await?;
    let (visits,) = sql!(
        tx,
        fetch_one as (i64,),
        "INSERT INTO visitor_rate (address, hour, visits) VALUES ($1, $2, 1) ON CONFLICT (address, hour) DO UPDATE SET visits = visitor_rate.visits + 1 RETURNING visits",
        address,
        hour
    )
    .await?;
    Ok(visits)
}
