use uuid::Uuid;
use wd_db::{DbError, Tx, sql};
use wd_kernel::Timestamp;

/// When the bucket will be full again.
pub(crate) async fn full_at(tx: &mut Tx, subject: Uuid, what: &str) -> Result<Option<Timestamp>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (Timestamp,),
        "SELECT spent FROM rate_bucket WHERE subject = $1 AND what = $2",
        subject,
        what
    )
    .await?;
    Ok(row.map(|(at,)| at))
}

pub(crate) async fn set_full_at(tx: &mut Tx, subject: Uuid, what: &str, at: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO rate_bucket (subject, what, spent) VALUES ($1, $2, $3) ON CONFLICT (subject, what) DO UPDATE SET spent = excluded.spent",
        subject,
        what,
        at
    )
    .await
    .map(drop)
}
