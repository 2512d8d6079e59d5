//! The team vault: what a service team shares, sealed by the devices of its people. The server keeps and hands out;
//! it never sees an entry.
//!
//! Invariants:
//! - A folder has members: the people of its team, and people named beside it. Who is none is told there is nothing.
//! - A folder key reaches the server only sealed to devices of members. Each version of it is signed by the device that
//!   made it, so that the server cannot put its own in.
//! - The secret part of an entry is handed out alone, to a device that has the folder key, one entry a request; each
//!   time is an audit entry that commits before the bytes leave.
//! - Within an hour a person opens at most 60 entries. Who may share a folder can open all of it for a quarter of an hour,
//!   with a fresh factor, to check or export it; security hears of either.
//! - Who opened or wrote a secret knows it. When they may not be in the folder any more it is marked, whichever keys
//!   they had, until there is a new one.
//! - While a device has the newest key that may not have it, nothing new is written: the folder is re-keyed first.
//! - Whoever writes holds the folder's row until the transaction ends.

mod error;
pub mod events;
mod http;
mod model;
pub mod permissions;
mod service;
mod store;

pub use error::TeamVaultError;
pub use http::router;
pub use model::Role;
pub use service::*;

/// The schema of this domain.
pub const MIGRATIONS: wd_db::Migrations =
    wd_db::migrations!("team-vault": "0001_team_vault", "0002_opening_all", "0003_reminders", "0004_leavers");

#[cfg(test)]
mod tests;
