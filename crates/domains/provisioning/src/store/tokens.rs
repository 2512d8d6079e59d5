use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{DirectoryTokenId, Timestamp};

record! {
    /// A token, as it lies in the database.
    #[derive(Debug, Clone)]
    pub struct TokenRow {
        pub id: DirectoryTokenId,
        pub name: String,
        pub created_at: Timestamp,
        pub expires_at: Timestamp,
        pub last_used_at: Option<Timestamp>,
        pub revoked_at: Option<Timestamp>,
    }
}

pub async fn insert(tx: &mut Tx, row: &TokenRow, hash: [u8; 32]) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO directory_token (id, name, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        row.id,
        row.name,
        hash,
        row.created_at,
        row.expires_at
    )
    .await
    .map(drop)
}

/// All that were not revoked, the newest first.
pub async fn living(tx: &mut Tx) -> Result<Vec<TokenRow>, DbError> {
    sql!(
        tx,
        fetch_all as TokenRow,
        "SELECT id, name, created_at, expires_at, last_used_at, revoked_at FROM directory_token WHERE revoked_at IS NULL ORDER BY created_at DESC, id DESC"
    )
    .await
}

pub async fn by_hash(tx: &mut Tx, hash: [u8; 32]) -> Result<Option<TokenRow>, DbError> {
    sql!(
        tx,
        fetch_optional as TokenRow,
        "SELECT id, name, created_at, expires_at, last_used_at, revoked_at FROM directory_token WHERE hash = $1",
        hash
    )
    .await
}

pub async fn used(tx: &mut Tx, id: DirectoryTokenId, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE directory_token SET last_used_at = $1 WHERE id = $2",
        now,
        id
    )
    .await
    .map(drop)
}

/// Revokes a token; its name, if it was not revoked before.
pub async fn revoke(tx: &mut Tx, id: DirectoryTokenId, now: Timestamp) -> Result<Option<String>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (String,),
        "UPDATE directory_token SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL RETURNING name",
        now,
        id
    )
    .await?;
    Ok(row.map(|(name,)| name))
}
