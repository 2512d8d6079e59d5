//! Conversations as cases: queue, assignment, colleagues, closing; and the organisation's settings.
//!
//! - A case waits, is open, or is closed. An open one has an assignee; a waiting one has none.
//! - Who sees a case: customers their own, staff as far as `conversation.read` reaches, and colleagues who were let in.
//!   For everybody else it does not exist.
//! - What is written in a conversation is not known here.

mod error;
mod events;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod model;
pub mod permissions;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use error::DeskError;
pub use events::{CaseChanged, SettingsChanged};
pub use model::{Case, LastFrom, Refusal, State};
pub use service::{Counts, Desk, IdentityKey, Settings, SettingsChange, Sight, View};

/// The schema of the desk.
pub const MIGRATIONS: wd_db::Migrations =
    wd_db::migrations!("desk": "0001_desk", "0002_case_count", "0003_colleague_open", "0004_security_contact");
