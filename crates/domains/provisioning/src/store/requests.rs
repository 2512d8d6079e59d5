use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{RequestId, Timestamp};

record! {
    /// A request that changed something, or was refused.
    #[derive(Debug, Clone)]
    pub struct RequestRow {
        pub id: RequestId,
        pub at: Timestamp,
        pub token: String,
        pub method: String,
        pub resource: String,
        pub target: Option<String>,
        pub status: i64,
        pub what: String,
    }
}

pub async fn insert(tx: &mut Tx, row: &RequestRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO directory_request (id, at, token, method, resource, target, status, what) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
        row.id,
        row.at,
        row.token,
        row.method,
        row.resource,
        row.target,
        row.status,
        row.what
    )
    .await
    .map(drop)
}

/// Forgets all but the latest.
pub async fn keep_latest(tx: &mut Tx, most: i64) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM directory_request WHERE at < (SELECT MIN(latest.at) FROM (SELECT at FROM directory_request ORDER BY at DESC LIMIT $1) AS latest)",
        most
    )
    .await
    .map(drop)
}

pub async fn latest(tx: &mut Tx, most: i64) -> Result<Vec<RequestRow>, DbError> {
    sql!(
        tx,
        fetch_all as RequestRow,
        "SELECT id, at, token, method, resource, target, status, what FROM directory_request ORDER BY at DESC, id DESC LIMIT $1",
        most
    )
    .await
}
