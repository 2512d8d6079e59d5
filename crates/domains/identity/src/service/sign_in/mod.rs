//! The ways in.

mod ceremony;
mod code;
mod passkey;
mod password;

use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, SecretString, StaffId};
use wd_vault::VaultError;
use webauthn_rs::prelude::WebauthnError;

use super::{SessionState, sessions::Beginning};
use crate::{FactorKind, Identity, Overloaded, SessionKind, store::session::SessionRow};

pub use ceremony::CEREMONY_FOR;
pub use passkey::PasskeyOptions;

pub(crate) use ceremony::{Ceremony, Proof};
pub(crate) use code::totp;

/// A session with a new token for the cookie.
#[derive(Debug)]
pub struct SignedIn {
    /// The session's token; it goes into the cookie and nowhere else.
    pub token: SecretString,
    /// How far one is signed in with it.
    pub state: SessionState,
}

/// Why somebody did not get in. The same for a wrong password, an unknown name and somebody who left.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name or password is not right.
    #[error("the name or the password is not right")]
    Refused,
    /// There is no session in which this step makes sense.
    #[error("there is no session that waits for this step")]
    NoSession,
    /// The code is not right, or was used before.
    #[error("the code is not right or was used before")]
    WrongCode,
    /// The factor was disabled after too many wrong codes.
    #[error("the factor is disabled")]
    Disabled(FactorKind),
    /// The passkey is unknown, or its answer does not fit the question.
    #[error("the passkey was not accepted")]
    WrongPasskey,
    /// Too many failures; seconds until the next try.
    #[error("too many failures, {0} seconds to wait")]
    RateLimited(u64),
    /// The server is busy.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The options of a ceremony could not be made.
    #[error("the passkey ceremony could not begin")]
    Ceremony(#[source] WebauthnError),
    /// The state of a ceremony could not be kept.
    #[error("the state of a ceremony cannot be written")]
    State(#[source] serde_json::Error),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Identity {
    /// Replaces what the browser had by a full session.
    pub(crate) async fn enter(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        old: Option<&SessionRow>,
        staff: StaffId,
        by: &'static str,
        user_agent: &str,
    ) -> Result<SignedIn, DbError> {
        if let Some(old) = old {
            self.end_session(tx, ctx, old).await?;
        }
        let beginning = Beginning {
            staff,
            kind: SessionKind::Full,
            by,
            user_agent,
        };
        let (token, session) = self.start_session(tx, ctx, beginning).await?;
        let state = self.state_of(tx, ctx, &session).await?;
        Ok(SignedIn { token, state })
    }
}
