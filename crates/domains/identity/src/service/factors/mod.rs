//! A person's second factors: a set, chosen by the person.

mod list;
mod passkey;
mod recovery;
mod rename;
mod sms;
mod totp;

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, FactorId, SecretString, StaffId};
use wd_sms::TextsError;
use wd_vault::VaultError;
use webauthn_rs::prelude::WebauthnError;

use super::{
    authenticate::acting,
    sessions::Place,
    sign_in::{Entering, Passed, SignInError, SignedIn},
    state::SessionState,
    touched::touched,
};
use crate::{
    FactorKind, Identity, Overloaded, SessionKind, StaffState, Touch,
    events::{FactorAdded as FactorAddedEvent, StaffActivated},
    store::{factor, factor_policy, invitation, session::SessionRow, staff},
};

pub use list::FactorView;
pub use passkey::EnrolmentOptions;
pub use sms::NumberToConfirm;
pub use totp::TotpSecret;

/// What a session needs to change factors, as problems name it.
const CHANGE: &str = "factor.change";

/// A factor was added.
#[derive(Debug)]
pub struct FactorAdded {
    /// A new token, when setting up the account ended with this.
    pub token: Option<SecretString>,
    /// A new token by which the browser is known from now on, likewise.
    pub device: Option<SecretString>,
    /// How far one is signed in now.
    pub state: SessionState,
    /// Recovery codes, when there were none; they are shown once.
    pub recovery_codes: Option<Vec<String>>,
}

/// Why a factor was not added, shown, renamed or removed.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// Not signed in, or the factor shown is not fresh.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The password was right, the second factor is missing.
    #[error("the second factor is missing")]
    Pending,
    /// There is no such factor of this person.
    #[error("no such factor")]
    NotFound,
    /// The last factor stays.
    #[error("the last factor stays")]
    Last,
    /// It is the last one that is as strong as the roles ask.
    #[error("the last factor that the roles ask for stays")]
    Needed,
    /// The roles ask for a stronger one first.
    #[error("the roles ask for a stronger factor")]
    Weak,
    /// The code is not right.
    #[error("the code is not right")]
    WrongCode,
    /// The passkey's answer does not fit the question.
    #[error("the passkey was not accepted")]
    WrongPasskey,
    /// This passkey belongs to an account already.
    #[error("this passkey is known already")]
    KnownPasskey,
    /// The name is empty, too long, or has line breaks.
    #[error("not a name for a factor")]
    Name,
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
    /// The secret does not make a generator.
    #[error("the secret does not make a generator of codes")]
    Generator,
    /// The queue of text messages failed.
    #[error("the queue of text messages failed")]
    Texts(#[from] TextsError),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl From<SignInError> for FactorError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused | SignInError::NoSession => Self::Denied(Denied::Unauthenticated),
            SignInError::WrongCode | SignInError::Disabled(_) => Self::WrongCode,
            SignInError::Weak | SignInError::InDoubt | SignInError::NoNumber | SignInError::Risky(_) => Self::Weak,
            SignInError::WrongPasskey => Self::WrongPasskey,
            SignInError::RateLimited(seconds) => Self::RateLimited(seconds),
            SignInError::Overloaded(busy) => Self::Overloaded(busy),
            SignInError::Ceremony(cause) => Self::Ceremony(cause),
            SignInError::State(cause) => Self::State(cause),
            SignInError::Texts(cause) => Self::Texts(cause),
            SignInError::Vault(cause) => Self::Vault(cause),
            SignInError::Db(cause) => Self::Db(cause),
        }
    }
}

impl Identity {
    /// The session that may see its owner's factors, with the context to act in.
    async fn factor_session(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<(Ctx, SessionRow), FactorError> {
        let session = self.session_of(tx, ctx, token).await?.ok_or(Denied::Unauthenticated)?;
        match session.kind {
            SessionKind::Pending => Err(FactorError::Pending),
            SessionKind::ChangePassword => Err(Denied::Unauthenticated.into()),
            SessionKind::Enrol | SessionKind::Full => Ok((acting(ctx, &session), session)),
        }
    }

    /// The session that may change them: one that sets up the account, or a full one with a fresh factor.
    async fn changing_session(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<(Ctx, SessionRow), FactorError> {
        let (acting, session) = self.factor_session(tx, ctx, token).await?;
        let fresh = session.stepped_up_until.is_some_and(|until| until > ctx.now());
        if session.kind == SessionKind::Full && !fresh {
            return Err(Denied::StepUp(CHANGE).into());
        }
        Ok((acting, session))
    }

    /// The same, with the person held: what took the session away while this one waited is seen.
    async fn held_session(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<(Ctx, SessionRow), FactorError> {
        let (_, session) = self.changing_session(tx, ctx, token).await?;
        staff::hold(tx, session.staff).await?;
        self.changing_session(tx, ctx, token).await
    }

    /// What follows from a new factor: recovery codes, and the end of setting up.
    async fn added(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &SessionRow,
        factor: FactorId,
        kind: FactorKind,
    ) -> Result<FactorAdded, FactorError> {
        let staff = session.staff;
        tx.emit(ctx, &FactorAddedEvent { factor, staff, kind }).await?;
        touched(tx, ctx, staff, Touch::FactorAdded).await?;
        self.remember_no_browser(tx, staff).await?;
        tx.audit(
            ctx,
            Entry::done("factor.added").target(factor).detail("kind", kind.as_str()),
        )
        .await?;
        let re_proofed = self.replaces_lost_factors(tx, ctx, session, factor).await?;
        let recovery_codes = self.codes_unless_there(tx, ctx, staff).await?;
        if session.kind != SessionKind::Enrol {
            let state = self.state_of(tx, ctx, session).await?;
            return Ok(FactorAdded {
                token: None,
                device: None,
                state,
                recovery_codes,
            });
        }
        if !re_proofed {
            self.finish_enrolment(tx, ctx, session).await?;
        }
        let entering = Entering {
            old: Some(session),
            staff,
            by: kind.as_str(),
            place: Place {
                user_agent: &session.user_agent,
                network: None,
            },
            known_device: None,
        };
        let row = factor::find(tx, staff, factor).await?;
        let passed = Passed {
            make: row.and_then(|row| self.grade_of(&row).make),
            ..Passed::by(entering.by, ctx.now())
        };
        let SignedIn { token, device, state } = self.enter_as(tx, ctx, entering, passed).await?;
        Ok(FactorAdded {
            token: Some(token),
            device,
            state,
            recovery_codes,
        })
    }

    /// The end of setting up; or of adding what the roles ask for, in a session that was given for that.
    async fn finish_enrolment(&self, tx: &mut Tx, ctx: &Ctx, session: &SessionRow) -> Result<(), FactorError> {
        let row = staff::hold(tx, session.staff).await?;
        let active = row.is_some_and(|row| row.state == StaffState::Active);
        if active && factor_policy::is_due(tx, session.id).await? {
            // Of two new factors at once, one wins.
            let ended = self.end_session(tx, ctx, session).await?;
            return if ended {
                Ok(())
            } else {
                Err(Denied::Unauthenticated.into())
            };
        }
        self.activate(tx, ctx, session.staff).await
    }

    async fn activate(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), FactorError> {
        let row = staff::hold(tx, staff).await?;
        // Somebody may have disabled the person since the session was read.
        if row.is_none_or(|row| row.state != StaffState::Invited) {
            return Err(Denied::Unauthenticated.into());
        }
        // A link made while the account was being set up would set another password.
        invitation::void_all(tx, staff, ctx.now()).await?;
        staff::set_state(tx, staff, StaffState::Active).await?;
        tx.emit(ctx, &StaffActivated { staff }).await?;
        tx.audit(ctx, Entry::done("staff.activated").target(staff)).await?;
        Ok(())
    }
}
