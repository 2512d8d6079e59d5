//! The company's directory brings, changes and switches off staff: SCIM 2.0 (RFC 7642, 7643, 7644).
//!
//! - A token is 256 random bits, shown once, kept as a hash, works for at most a year, and only while the directory is
//!   switched on. Unknown, expired and revoked tokens are answered alike.
//! - Wardesk keeps of a person what it needs: the name to sign in with, the shown name, the directory's own id, and
//!   whether they work here. Other attributes are ignored, passwords and mail addresses among them.
//! - Who was disabled by people of Wardesk is not enabled by the directory: it undoes only what it did itself.
//! - A role or team that came by a group goes with the group; what people gave by hand stays.
//!
//! Who a person is and which roles they hold, this domain does not know: it keeps ids. Here are the protocol's pure parts
//! ([`model`]), tokens, settings, groups and the list of the latest requests.

pub mod events;
pub mod model;
pub mod permissions;
mod problems;
mod service;
mod store;

use std::sync::Arc;

use url::Url;
use wd_db::Db;

pub use service::*;
pub use store::{groups::GroupRow, people::PersonRow};

/// The schema of this domain.
pub const MIGRATIONS: wd_db::Migrations = wd_db::migrations!("provisioning": "0001_directory", "0002_leaver_told");

/// Where the interface for directories begins, after the address people use.
pub const BASE_PATH: &str = "/scim/v2";

/// Requests of one network in a minute: a first synchronisation asks twenty-five times a second.
const REQUESTS_A_MINUTE: u32 = 3_000;
/// Requests of one network in a minute with a token that does not work.
const REFUSALS_A_MINUTE: u32 = 60;

/// The domain. Clones share everything.
#[derive(Clone)]
pub struct Provisioning {
    pub(crate) db: Db,
    pub(crate) base: Arc<str>,
    pub(crate) asked: Arc<wd_web::PerMinute>,
    pub(crate) refused: Arc<wd_web::PerMinute>,
}

impl Provisioning {
    /// Puts the domain together. `origin` is the address people use, with scheme and port.
    pub fn new(db: Db, origin: &Url) -> Self {
        Self {
            db,
            base: format!("{}{BASE_PATH}", origin.origin().ascii_serialization()).into(),
            asked: Arc::new(wd_web::PerMinute::of(REQUESTS_A_MINUTE)),
            refused: Arc::new(wd_web::PerMinute::of(REFUSALS_A_MINUTE)),
        }
    }

    /// The address that is entered in the directory.
    pub fn base_url(&self) -> &str {
        &self.base
    }
}
