//! Keys, and what is sealed with them.
//!
//! ```text
//! key provider (KEK: a sealed file opened by a passphrase or key file)
//! └─ organisation key           wrapped, with the KEK's name and version beside it
//!    ├─ field keys              HKDF(table|column): staff secrets, device secrets
//!    ├─ index key               HKDF: blind indexes
//!    └─ subject key per customer, wrapped
//!       └─ field keys           HKDF(table|column): everything personal
//! ```
//! The organisation key is in memory while the process runs; subject keys are unwrapped for the moment they are used.
//! Destroying a subject key destroys everything sealed with it.

mod error;
mod key_file;
mod root;
mod subject;
#[cfg(feature = "testing")]
pub mod testing;

pub use error::VaultError;
pub use key_file::{KeyFile, Unlock};
pub use root::Vault;
pub use subject::SubjectKey;

/// The schema of the vault.
pub const MIGRATIONS: wd_db::Migrations = wd_db::migrations!("vault": "0001_keys");

#[cfg(test)]
mod tests;
