//! Changing one's own password.

use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::token_hash;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, SecretString};
use wd_vault::VaultError;

use super::{
    authenticate::acting,
    passwords::{NewPassword, USED},
    sessions::{Place, tell_ended},
    sign_in::{Entering, Passed, SignedIn},
    touched::touched,
};
use crate::{
    FactorStrength, Identity, Overloaded, PasswordPolicy, SessionKind, Touch,
    bounds::Asks,
    events::PasswordChanged,
    store::{
        browser, known_device,
        session::{self, SessionRow},
        staff,
    },
};

/// What a session needs to change the password, as problems name it.
const CHANGE: &str = "password.change";

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// Not signed in, or the factor shown is not fresh.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The present password is not right.
    #[error("the present password is not right")]
    Wrong,
    /// The present password was not given, and is needed.
    #[error("the present password is needed")]
    PresentNeeded,
    /// The new password is not good enough; why, as sentences.
    #[error("the new password was refused")]
    Refused(Vec<String>),
    /// Too many failures; seconds until the next try.
    #[error("too many failures, {0} seconds to wait")]
    RateLimited(u64),
    /// The server is busy.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Identity {
    /// Sets a new password for who knows the present one and has shown a factor. Every other session ends, and no
    /// browser is known any more but this one.
    pub async fn change_password(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        present: &SecretString,
        new: &SecretString,
    ) -> Result<SignedIn, ChangePasswordError> {
        self.set_own_password(ctx, token, Some(present), new).await
    }

    /// The same without the present password, for who must change one that is in a known breach and has shown a passkey.
    pub async fn replace_breached_password(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        new: &SecretString,
    ) -> Result<SignedIn, ChangePasswordError> {
        self.set_own_password(ctx, token, None, new).await
    }

    async fn set_own_password(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        present: Option<&SecretString>,
        new: &SecretString,
    ) -> Result<SignedIn, ChangePasswordError> {
        let mut tx = self.db.begin().await?;
        let (ctx, session) = self.password_session(&mut tx, ctx, token).await?;
        let ctx = &ctx;
        let attempt = self.password_change_attempt(session.staff);
        if let Err(seconds) = attempt.begin(&mut tx, ctx.now()).await? {
            return Err(ChangePasswordError::RateLimited(seconds));
        }
        let row = staff::by_id(&mut tx, session.staff)
            .await?
            .ok_or(Denied::Unauthenticated)?;
        if present.is_none() && asks_present(&session, &row) {
            return Err(ChangePasswordError::PresentNeeded);
        }
        let policy = self.password_policy_of(&mut tx, ctx, row.id).await?;
        tx.commit().await?;

        let made = match self.check_change(ctx, present, new, &row, policy).await {
            Ok(checked_with) => match self.hash_password(ctx, new).await {
                Ok(hash) => Ok((hash, checked_with)),
                Err(overloaded) => Err(overloaded.into()),
            },
            Err(refused) => Err(refused),
        };

        let mut tx = self.db.begin().await?;
        let (hash, checked_with) = match made {
            Ok(made) => made,
            Err(ChangePasswordError::Wrong) => {
                self.count_failure(&mut tx, ctx, row.id, None).await?;
                attempt.failed(&mut tx, ctx.now()).await?;
                tx.audit(ctx, Entry::refused("password.changed").target(row.id)).await?;
                tx.commit().await?;
                return Err(ChangePasswordError::Wrong);
            }
            Err(other) => {
                attempt.dropped(&mut tx, ctx.now()).await?;
                tx.commit().await?;
                return Err(other);
            }
        };
        let now = staff::hold(&mut tx, row.id).await?;
        // Somebody may have changed it, or disabled the person, while it was hashed.
        if now.is_none_or(|now| !now.has_the_password_of(&row)) {
            return Err(Denied::Unauthenticated.into());
        }
        let (_, session) = self.password_session(&mut tx, ctx, token).await?;
        attempt.succeeded(&mut tx, ctx.now()).await?;
        let new = NewPassword {
            password: new,
            hash: &hash,
            checked_with: checked_with.as_deref(),
        };
        self.store_password::<ChangePasswordError>(&mut tx, ctx, &row, new, policy)
            .await?;
        let signed_in = self.only_this_session(&mut tx, ctx, session).await?;
        tx.emit(ctx, &PasswordChanged { staff: row.id }).await?;
        touched(&mut tx, ctx, row.id, Touch::PasswordChanged).await?;
        tx.audit(ctx, Entry::done("password.changed").target(row.id)).await?;
        tx.commit().await?;
        Ok(signed_in)
    }

    async fn password_session(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<(Ctx, SessionRow), ChangePasswordError> {
        let session = self
            .session_of(tx, ctx, token)
            .await?
            .filter(|row| matches!(row.kind, SessionKind::Full | SessionKind::ChangePassword))
            .ok_or(Denied::Unauthenticated)?;
        // Who must change it has shown a factor to come so far.
        if session.kind == SessionKind::Full && session.stepped_up_until.is_none_or(|until| until <= ctx.now()) {
            return Err(Denied::StepUp(CHANGE).into());
        }
        Ok((acting(ctx, &session), session))
    }

    /// Which corpus of breached passwords does not have the new one.
    async fn check_change(
        &self,
        ctx: &Ctx,
        present: Option<&SecretString>,
        new: &SecretString,
        row: &staff::StaffRow,
        policy: PasswordPolicy,
    ) -> Result<Option<Vec<u8>>, ChangePasswordError> {
        let stored = self.unseal_hash(row)?;
        let given = present.unwrap_or(new);
        let is_present = self.password_matches(Asks::Known, given, stored).await?;
        if present.is_some() && !is_present {
            return Err(ChangePasswordError::Wrong);
        }
        if is_present && crate::model::normalised(given.expose()) == crate::model::normalised(new.expose()) {
            let same = "This is your present password.".to_owned();
            return Err(ChangePasswordError::Refused(vec![same]));
        }
        let copy = SecretString::new(new.expose());
        let judged = self.judge_password(ctx, copy, row, policy).await?;
        if !judged.opinion.acceptable {
            return Err(ChangePasswordError::Refused(judged.opinion.reasons));
        }
        if self.was_used::<ChangePasswordError>(new, row, policy).await? {
            return Err(ChangePasswordError::Refused(vec![USED.to_owned()]));
        }
        Ok(judged.checked_with)
    }

    /// Gives this session and browser new tokens, and ends all others; in no browser is the password enough any more. One
    /// that had to change the password is replaced by a full one, in which the factor is as old as it is.
    async fn only_this_session(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: SessionRow,
    ) -> Result<SignedIn, ChangePasswordError> {
        let others = session::end_others(tx, session.staff, session.id).await?;
        tell_ended(tx, ctx, session.staff, &others).await?;
        let before = browser::of(tx, &session).await?;
        known_device::forget_all_but(tx, session.staff, before).await?;
        self.remember_no_browser(tx, session.staff).await?;
        if session.kind == SessionKind::ChangePassword {
            let entering = Entering {
                old: Some(&session),
                staff: session.staff,
                by: "password-change",
                place: Place {
                    user_agent: &session.user_agent,
                    network: None,
                },
                known_device: session.known_device.as_deref(),
            };
            let passed = Passed {
                // By what the session began is not kept: who came by the provider may have to come by it again.
                vouched: false,
                shown: session.shown,
                make: session.shown_make,
                fresh_until: session.stepped_up_until.unwrap_or(session.created_at),
                at_least: FactorStrength::Any,
            };
            return Ok(self.enter_as(tx, ctx, entering, passed).await?);
        }
        let device = self
            .know_device(
                tx,
                ctx,
                session.staff,
                session.known_device.as_deref(),
                &session.user_agent,
            )
            .await?;
        let hash = token_hash(device.expose());
        let browser = browser::began_in(tx, session.id, hash, &session.user_agent, ctx.now()).await?;
        if let Some(browser) = browser {
            self.same_browser(tx, session.staff, (session.id, session.id), (before, browser))
                .await?;
        }
        session::set_known_device(tx, session.id, &hash).await?;
        let token = SecretString::new(ctx.token());
        let until = session.stepped_up_until.unwrap_or_else(|| ctx.now());
        if !session::step_up(tx, session.id, token_hash(token.expose()), until).await? {
            return Err(Denied::Unauthenticated.into());
        }
        let state = self.state_of(tx, ctx, &session).await?;
        Ok(SignedIn {
            token,
            device: Some(device),
            state,
        })
    }
}

/// Whether a new password takes the present one. One that is in a known breach proves nothing: whoever has the list knows
/// it. Then the passkey that was shown on the way in is enough.
pub(crate) fn asks_present(session: &SessionRow, row: &staff::StaffRow) -> bool {
    session.kind != SessionKind::ChangePassword
        || session.shown != FactorStrength::PhishingResistant
        || row.password_breached_at.is_none()
}
