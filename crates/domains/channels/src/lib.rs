//! The delivery service: devices, groups, logs of ciphertext. It sees who, when, how much, to which group; never what.
//!
//! - Devices are vouched for by statements, and enter groups only by grants; both are signed by the organisation key.
//! - Each commit is checked by MLS's rules without any secret, by the grants it carries, and against the GroupInfo that
//!   comes with it. One commit wins an epoch.
//! - A conversation has one log with gapless numbers. A repeated `client_id` gets the first answer.
//! - Notes live beside the log and never reach a customer.
//!
//! Who writes into a conversation holds its row in `mls_group` until the transaction ends. A transaction that also
//! changes the desk's row of the conversation takes that one first.

mod error;
mod events;
#[cfg(any(feature = "fuzzing", all(test, feature = "testing")))]
pub mod fuzzing;
mod http;
mod mls;
mod model;
pub mod permissions;
mod rule;
mod service;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;

pub use error::ChannelsError;
pub use events::*;
pub use http::{router, widget_router};
pub use model::*;
pub use service::*;

/// The schema of the delivery service.
pub const MIGRATIONS: wd_db::Migrations = wd_db::migrations!("channels": "0001_channels");
