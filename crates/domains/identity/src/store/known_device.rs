use wd_db::{DbError, Tx, sql};
use wd_kernel::{SessionId, StaffId, Timestamp};

/// How many browsers of one person are remembered.
const MOST: i64 = 20;

/// Remembers a browser; the oldest ones give way.
pub async fn insert(
    tx: &mut Tx,
    staff: StaffId,
    token_hash: [u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO known_device (token_hash, staff, failures, created_at, expires_at) VALUES ($1, $2, 0, $3, $4)",
        token_hash,
        staff,
        now,
        expires_at
    )
    .await?;
    sql!(
        tx,
        execute,
        "DELETE FROM known_device WHERE staff = $1 AND token_hash NOT IN
           (SELECT token_hash FROM known_device WHERE staff = $1 ORDER BY created_at DESC, token_hash LIMIT $2)",
        staff,
        MOST
    )
    .await
    .map(drop)
}

/// Whose browser it is.
pub async fn owner(tx: &mut Tx, token_hash: [u8; 32], now: Timestamp) -> Result<Option<StaffId>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (StaffId,),
        "SELECT staff FROM known_device WHERE token_hash = $1 AND expires_at > $2",
        token_hash,
        now
    )
    .await?;
    Ok(row.map(|(staff,)| staff))
}

/// Whether a browser is known to be this person's.
pub async fn is_of(tx: &mut Tx, staff: StaffId, token_hash: &[u8], now: Timestamp) -> Result<bool, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM known_device WHERE token_hash = $1 AND staff = $2 AND expires_at > $3",
        token_hash,
        staff,
        now
    )
    .await?;
    Ok(count > 0)
}

/// Counts a wrong password from this browser; how many there are in a row.
pub async fn count_failure(tx: &mut Tx, token_hash: [u8; 32]) -> Result<Option<i64>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "UPDATE known_device SET failures = failures + 1 WHERE token_hash = $1 RETURNING failures",
        token_hash
    )
    .await?;
    Ok(row.map(|(failures,)| failures))
}

/// How many wrong passwords there were in a row from this browser.
pub async fn failures(tx: &mut Tx, token_hash: &[u8]) -> Result<i64, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "SELECT failures FROM known_device WHERE token_hash = $1",
        token_hash
    )
    .await?;
    Ok(row.map_or(0, |(failures,)| failures))
}

pub async fn forget(tx: &mut Tx, token_hash: &[u8]) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM known_device WHERE token_hash = $1",
        token_hash
    )
    .await
    .map(drop)
}

/// Forgets the browser in which a session of this person was begun.
pub async fn forget_of_session(tx: &mut Tx, staff: StaffId, session: SessionId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM known_device WHERE staff = $1 AND token_hash IN
           (SELECT known_device FROM session WHERE id = $2 AND staff = $1)",
        staff,
        session
    )
    .await
    .map(drop)
}

/// Forgets a person's browsers but this one.
pub async fn forget_all_but(tx: &mut Tx, staff: StaffId, kept: Option<&[u8]>) -> Result<(), DbError> {
    let Some(kept) = kept else {
        return forget_all(tx, staff).await;
    };
    sql!(
        tx,
        execute,
        "DELETE FROM known_device WHERE staff = $1 AND token_hash <> $2",
        staff,
        kept
    )
    .await
    .map(drop)
}

pub async fn forget_all(tx: &mut Tx, staff: StaffId) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM known_device WHERE staff = $1", staff)
        .await
        .map(drop)
}

pub async fn forget_expired(tx: &mut Tx, now: Timestamp) -> Result<u64, DbError> {
    sql!(tx, execute, "DELETE FROM known_device WHERE expires_at <= $1", now).await
}
