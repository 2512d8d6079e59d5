use wd_db::{DbError, Tx, sql};
use wd_kernel::StaffId;

/// Remembers a sealed hash, and forgets all but the newest `keep`.
pub async fn remember(tx: &mut Tx, staff: StaffId, sealed: &[u8], keep: u8) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO password_history (staff, number, hash)
         SELECT $1, COALESCE(MAX(number), 0) + 1, $2 FROM password_history WHERE staff = $1",
        staff,
        sealed
    )
    .await?;
    sql!(
        tx,
        execute,
        "DELETE FROM password_history WHERE staff = $1 AND number <=
           (SELECT MAX(number) FROM password_history WHERE staff = $1) - $2",
        staff,
        i64::from(keep)
    )
    .await
    .map(drop)
}

/// The newest sealed hashes, at most `most`.
pub async fn newest(tx: &mut Tx, staff: StaffId, most: u8) -> Result<Vec<Vec<u8>>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>,),
        "SELECT hash FROM password_history WHERE staff = $1 ORDER BY number DESC LIMIT $2",
        staff,
        i64::from(most)
    )
    .await?;
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}
