use wd_db::{DbError, Tx, sql};
use wd_kernel::Timestamp;

use crate::model::Tally;

/// The tally of a bucket. Others that want it wait until this transaction ends.
pub async fn hold(tx: &mut Tx, bucket: &[u8], now: Timestamp) -> Result<Tally, DbError> {
    let (failures, last_at, next_allowed_at) = sql!(
        tx,
        fetch_one as (i64, Timestamp, Timestamp),
        "INSERT INTO attempt (bucket, failures, last_at, next_allowed_at) VALUES ($1, 0, $2, $2)
         ON CONFLICT (bucket) DO UPDATE SET bucket = excluded.bucket
         RETURNING failures, last_at, next_allowed_at",
        bucket,
        now
    )
    .await?;
    Ok(Tally {
        failures,
        last_at,
        next_allowed_at,
    })
}

pub async fn save(tx: &mut Tx, bucket: &[u8], tally: Tally) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE attempt SET failures = $1, last_at = $2, next_allowed_at = $3 WHERE bucket = $4",
        tally.failures,
        tally.last_at,
        tally.next_allowed_at,
        bucket
    )
    .await
    .map(drop)
}

pub async fn clear(tx: &mut Tx, bucket: &[u8]) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM attempt WHERE bucket = $1", bucket)
        .await
        .map(drop)
}

pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    sql!(tx, execute, "DELETE FROM attempt WHERE last_at < $1", before).await
}
