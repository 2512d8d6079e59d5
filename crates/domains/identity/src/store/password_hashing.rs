//! How much work a password hash is, for the whole installation.

use wd_db::{DbError, Tx, record, sql};
use wd_kernel::Timestamp;

record! {
    /// The cost, and how long it took where it was measured.
    #[derive(Debug, Clone, Copy)]
    pub struct HashingRow {
        pub memory_kib: i64,
        pub passes: i64,
        pub took_micros: i64,
        pub measured_at: Timestamp,
    }
}

/// What was measured, if anything was.
pub async fn get(tx: &mut Tx) -> Result<Option<HashingRow>, DbError> {
    sql!(
        tx,
        fetch_optional as HashingRow,
        "SELECT memory_kib, passes, took_micros, measured_at FROM password_hashing"
    )
    .await
}

/// Keeps it unless something dearer is kept; false then.
pub async fn raise(tx: &mut Tx, row: HashingRow) -> Result<bool, DbError> {
    let HashingRow {
        memory_kib,
        passes,
        took_micros,
        measured_at,
    } = row;
    let raised = sql!(
        tx,
        execute,
        "INSERT INTO password_hashing (one, memory_kib, passes, took_micros, measured_at) VALUES (1, $1, $2, $3, $4)
         ON CONFLICT (one) DO UPDATE SET memory_kib = excluded.memory_kib, passes = excluded.passes,
           took_micros = excluded.took_micros, measured_at = excluded.measured_at
         WHERE password_hashing.memory_kib * password_hashing.passes < excluded.memory_kib * excluded.passes",
        memory_kib,
        passes,
        took_micros,
        measured_at
    )
    .await?;
    Ok(raised == 1)
}
