//! Passkeys of customers' own (WebAuthn Level 3): adding, removing, and proving with them.

mod keep;
mod model;
mod place;
mod prove;
mod question;
mod store;
#[cfg(test)]
mod tests;

use wd_db::DbError;
use wd_kernel::{Problem, ProblemCode};
use wd_vault::VaultError;
use webauthn_rs::prelude::WebauthnError;

use crate::ProofError;

pub use model::{CustomerPasskey, MOST_PASSKEYS, PasskeyAnswer, PasskeysNow};
pub use prove::PasskeyTried;
pub use question::PasskeyQuestion;

/// Why a passkey is not added, not removed, or not asked for.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The customer has as many as one may have.
    #[error("there are {MOST_PASSKEYS} passkeys already")]
    Full,
    /// It is kept already, of this customer or another.
    #[error("this passkey is known already")]
    Known,
    /// The name cannot be shown.
    #[error("a passkey's name has 1 to 64 characters and no line breaks")]
    Name,
    /// There is no such passkey of this customer.
    #[error("there is no such passkey")]
    NotFound,
    /// The request does not take an answer.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The question could not be made.
    #[error("the question could not be made")]
    Question(#[source] WebauthnError),
    /// The passkey or the question could not be written down.
    #[error("the passkey could not be written down")]
    State(#[from] serde_json::Error),
    /// Keys failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl wd_web::Fails for PasskeyError {
    fn problem(&self) -> Problem {
        match self {
            Self::Full => Problem::new(ProblemCode::Conflict)
                .detail(format!("There are {MOST_PASSKEYS} passkeys already. Remove one first.")),
            Self::Known => Problem::new(ProblemCode::Conflict).detail("This passkey is known already."),
            Self::Name => Problem::invalid("name", "A name has 1 to 64 characters and no line breaks."),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Proof(error) => error.problem(),
            Self::Question(_) | Self::State(_) | Self::Vault(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}
