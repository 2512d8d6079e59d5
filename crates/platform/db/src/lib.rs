//! One SQL text for SQLite and PostgreSQL, and nothing but transactions. This is the only crate that names either.
//!
//! ```text
//! pub async fn find(tx: &mut Tx, id: CustomerId) -> Result<Option<Row>, DbError> {
//!     sql!(tx, fetch_optional as Row, "SELECT id, version FROM customer WHERE id = $1", id).await
//! }
//! ```
//! - [`Db`] opens and migrates; [`Db::begin`] writes, [`Db::snapshot`] reads, [`Db::look`] reads a single answer. Dropping a
//!   [`Tx`] rolls back.
//! - [`Tx::commit`] returns when the change is on the disk. On SQLite those who wait share one commit ([`Db::begin_long`]
//!   for what takes long).
//! - [`sql!`] takes a literal with `$1 …`; [`record!`] declares a row. Portable SQL only: no `LIKE`, `NULLS FIRST|LAST`
//!   with every nullable order, `CAST(SUM(x) AS BIGINT)`, 64-bit integers, times as microseconds from the clock.
//! - [`Tx::emit`] writes the outbox with the change; [`outbox`] hands it on, in order.

mod announce;
mod error;
mod many;
mod migrate;
mod open;
pub mod outbox;
mod seal;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;
mod tx;
mod value;
mod writer;

pub use error::DbError;
pub use many::in_chunks;
pub use migrate::Migrations;
pub use open::{Db, Leadership};
pub use seal::Seal;
pub use tx::Tx;
pub use value::{Bound, Column, FromRow, Place, Row};

/// Runs a statement in a transaction: `sql!(tx, execute, "…", a, b)`, or
/// `fetch_one as T`, `fetch_optional as T`, `fetch_all as T`. `T` is a [`record!`] or a tuple of columns.
#[macro_export]
macro_rules! sql {
    ($tx:expr, execute, $sql:literal $(, $bind:expr)* $(,)?) => {
        $tx.execute($sql, vec![$($crate::Column::bind(&$bind)),*])
    };
    ($tx:expr, fetch_one as $row:ty, $sql:literal $(, $bind:expr)* $(,)?) => {
        $tx.fetch_one::<$row>($sql, vec![$($crate::Column::bind(&$bind)),*])
    };
    ($tx:expr, fetch_optional as $row:ty, $sql:literal $(, $bind:expr)* $(,)?) => {
        $tx.fetch_optional::<$row>($sql, vec![$($crate::Column::bind(&$bind)),*])
    };
    ($tx:expr, fetch_all as $row:ty, $sql:literal $(, $bind:expr)* $(,)?) => {
        $tx.fetch_all::<$row>($sql, vec![$($crate::Column::bind(&$bind)),*])
    };
}

/// Declares a struct that is read from a row by the names of its fields.
#[macro_export]
macro_rules! record {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$fmeta:meta])* $fvis:vis $field:ident : $ty:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$fmeta])* $fvis $field: $ty),* }

        impl $crate::FromRow for $name {
            fn from_row(row: &$crate::Row) -> Result<Self, $crate::DbError> {
                Ok(Self { $($field: row.get(stringify!($field))?),* })
            }
        }
    };
}

/// The migrations of a crate: the same names in `migrations/sqlite` and `migrations/postgres`.
#[macro_export]
macro_rules! migrations {
    ($domain:literal: $($name:literal),+ $(,)?) => {
        $crate::Migrations {
            domain: $domain,
            sqlite: &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite/", $name, ".sql")))),+],
            postgres: &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres/", $name, ".sql")))),+],
        }
    };
}
