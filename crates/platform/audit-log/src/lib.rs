//! The audit log: what happened, by whom, committed with the change or the change does not happen.
//!
//! An entry has canonical bytes and their SHA-256. A personal value stands in the canonical bytes only as a salted
//! commitment; the value and its salt live in a table of their own, from which they can be erased without
//! changing the entry.

mod entry;
mod read;

pub use entry::{AuditTx, Entry};
pub use read::{AuditActor, AuditEntry, AuditEntryDetail, AuditFilter, AuditTarget, about, find, latest, list};

/// The schema of the audit log.
pub const MIGRATIONS: wd_db::Migrations = wd_db::migrations!("audit-log": "0001_audit");

#[cfg(test)]
mod tests;
