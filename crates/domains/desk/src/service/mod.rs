//! The use cases.

mod cases;
mod contact;
mod customer;
mod list;
mod settings;
mod sight;

use wd_db::Db;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use list::cursor_again;
pub use list::{Counts, View};
pub use settings::{IdentityKey, Settings, SettingsChange};
pub use sight::Sight;

/// The desk. Clones share what is behind it.
///
/// Functions that end in `_in` work in the caller's transaction. Who changes a case locks it first with
/// [`Desk::lock_in`], before anything of the same conversation elsewhere.
#[derive(Clone)]
pub struct Desk {
    pub(crate) db: Db,
}

impl Desk {
    /// The desk on a database.
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}
