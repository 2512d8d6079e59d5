use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{ImportId, StaffId, Timestamp};

record! {
    pub(crate) struct ImportRow {
        pub(crate) id: ImportId,
        pub(crate) state: String,
        pub(crate) total_bytes: i64,
        pub(crate) read_bytes: i64,
        pub(crate) row_count: i64,
        pub(crate) imported: i64,
        pub(crate) rejected: i64,
    }
}

/// What a batch adds to the progress.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    pub(crate) read_bytes: i64,
    pub(crate) rows: i64,
    pub(crate) imported: i64,
    pub(crate) rejected: i64,
}

pub(crate) async fn insert(
    tx: &mut Tx,
    id: ImportId,
    by: StaffId,
    source: Vec<u8>,
    total: i64,
    at: Timestamp,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO customer_import (id, by_staff, state, source, total_bytes, read_bytes, row_count, imported, rejected, created_at) VALUES ($1, $2, 'running', $3, $4, 0, 0, 0, 0, $5)",
        id,
        by,
        source,
        total,
        at
    )
    .await?;
    Ok(())
}

pub(crate) async fn find(tx: &mut Tx, id: ImportId) -> Result<Option<ImportRow>, DbError> {
    sql!(
        tx,
        fetch_optional as ImportRow,
        "SELECT id, state, total_bytes, read_bytes, row_count, imported, rejected FROM customer_import WHERE id = $1",
        id
    )
    .await
}

pub(crate) async fn source(tx: &mut Tx, id: ImportId) -> Result<Option<Vec<u8>>, DbError> {
    Ok(sql!(
        tx,
        fetch_optional as (Option<Vec<u8>>,),
        "SELECT source FROM customer_import WHERE id = $1",
        id
    )
    .await?
    .and_then(|(source,)| source))
}

pub(crate) async fn advance(tx: &mut Tx, id: ImportId, by: Progress) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE customer_import SET read_bytes = $2, row_count = row_count + $3, imported = imported + $4, rejected = rejected + $5 WHERE id = $1",
        id,
        by.read_bytes,
        by.rows,
        by.imported,
        by.rejected
    )
    .await?;
    Ok(())
}

/// Ends the import and drops its source.
pub(crate) async fn end(tx: &mut Tx, id: ImportId, state: &str) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE customer_import SET state = $2, source = NULL WHERE id = $1",
        id,
        state
    )
    .await?;
    Ok(())
}

pub(crate) async fn insert_problem(tx: &mut Tx, id: ImportId, line: i64, reason: &str) -> Result<(), DbError> {
    sql!(tx, execute, "INSERT INTO customer_import_problem (import, line, reason) VALUES ($1, $2, $3) ON CONFLICT (import, line) DO NOTHING", id, line, reason).await?;
    Ok(())
}

pub(crate) async fn problems(tx: &mut Tx, id: ImportId) -> Result<Vec<(i64, String)>, DbError> {
    sql!(
        tx,
        fetch_all as (i64, String),
        "SELECT line, reason FROM customer_import_problem WHERE import = $1 ORDER BY line LIMIT 100",
        id
    )
    .await
}
