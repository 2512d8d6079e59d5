use wd_db::{DbError, Tx, sql};
use wd_kernel::{CeremonyId, Timestamp};

/// Spends a ceremony: false when it was spent before.
pub async fn spend(tx: &mut Tx, id: CeremonyId, expires_at: Timestamp) -> Result<bool, DbError> {
    let spent = sql!(
        tx,
        execute,
        "INSERT INTO spent_ceremony (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
        id,
        expires_at
    )
    .await?;
    Ok(spent == 1)
}

/// Forgets what has expired, and would be refused for that.
pub async fn forget_expired(tx: &mut Tx, now: Timestamp) -> Result<u64, DbError> {
    sql!(tx, execute, "DELETE FROM spent_ceremony WHERE expires_at <= $1", now).await
}
