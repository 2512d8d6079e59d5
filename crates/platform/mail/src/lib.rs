//! Outgoing mail: a durable queue in the database, and the way to a mail server.
//!
//! ```text
//! outgoing.send(tx, &ctx, Mail::new(to, "notice", "Mia was disabled", text)?).await?;   // goes if, and only if, tx commits
//! ```
//! - A mail is queued in the transaction of the change it tells of. Workers of all nodes hand the queue to the server;
//!   a lease keeps two from taking the same mail. The queue is not the one of `wd-jobs`: a try lasts up to a minute and
//!   the next one comes in minutes or hours, which other work must not wait for.
//! - **At least once.** A node that dies after the server took a mail, and before that is written down, lets it go out
//!   again, with the same `Message-ID`.
//! - Recipient, subject and text lie sealed, and are erased when the mail is delivered or given up. What stays is when,
//!   of which kind, and how it went. No word of a server is kept or logged: they name recipients.
//! - Plain text only. HTML would bring pictures that tell who reads, and links that show another address.
//! - Without a server in the settings nothing is queued: it is written down that there would have been a mail.

mod address;
mod list;
mod message;
mod queue;
mod server;
mod store;
#[cfg(test)]
mod tests;
mod trouble;
mod work;

use std::sync::Arc;

use wd_db::{Db, DbError};
use wd_vault::{Vault, VaultError};

pub use address::{BadAddress, MailAddress};
pub use list::{OutgoingMail, OutgoingServer, OutgoingState, OutgoingSummary};
pub use message::{BadMail, LARGEST_TEXT, LONGEST_SUBJECT, Mail, TooMany, one_line};
pub use queue::Sent;
pub use server::ServerError;
pub use trouble::Trouble;
pub use work::Worked;

/// The schema of the queue.
pub const MIGRATIONS: wd_db::Migrations = wd_db::migrations!("mail": "0001_mail");

/// Outgoing mail. Clones share the server.
#[derive(Clone)]
pub struct Outgoing(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) server: Option<server::Server>,
}

/// What can go wrong with the queue.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
    /// A mail could not be sealed.
    #[error("a mail could not be sealed")]
    Vault(#[from] VaultError),
    /// A mail could not be written down.
    #[error("a mail could not be written down")]
    Content(#[from] serde_json::Error),
}

impl Outgoing {
    /// Opens it. `settings` are those under `[mail]`; `hello` is the host of the public address, with which the mail
    /// server is greeted. Reads the files that the settings name, and connects to nothing yet.
    pub fn open(db: Db, vault: Vault, settings: Option<&wd_config::Mail>, hello: &str) -> Result<Self, ServerError> {
        let server = settings
            .map(|settings| server::Server::open(settings, hello))
            .transpose()?;
        Ok(Self(Arc::new(Inner { db, vault, server })))
    }

    /// Whether there is a server that takes mail.
    pub fn is_set_up(&self) -> bool {
        self.0.server.is_some()
    }
}
