//! The second step by a code: TOTP, a recovery code, or one that came by text message.

use totp_rs::{Builder, Totp};
use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::token_hash;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Id as _, SecretString, StaffId};

use super::{Doubts, Entering, Passed, SignInError, SignedIn};
use crate::{
    Client, FactorKind, Identity, RiskSignal, SessionKind, Touch,
    events::{FactorDisabled, RecoveryCodeUsed},
    model::{MANY_FAILURES, MOST_FAILURES, recovery},
    service::{authenticate::acting, sessions::Place, touched::touched},
    store::{
        browser,
        factor::{self, FactorRow},
        known_device,
        session::SessionRow,
        staff,
    },
};

impl Identity {
    /// The second step by an authenticator app's code.
    pub async fn sign_in_by_totp(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        code: &SecretString,
        client: &Client,
    ) -> Result<SignedIn, SignInError> {
        self.sign_in_by_code(ctx, token, code, FactorKind::Totp, client).await
    }

    /// The second step by a recovery code.
    pub async fn sign_in_by_recovery_code(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        code: &SecretString,
        client: &Client,
    ) -> Result<SignedIn, SignInError> {
        self.sign_in_by_code(ctx, token, code, FactorKind::Recovery, client)
            .await
    }

    pub(super) async fn sign_in_by_code(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        code: &SecretString,
        kind: FactorKind,
        client: &Client,
    ) -> Result<SignedIn, SignInError> {
        let mut tx = self.db.begin().await?;
        let pending = self
            .session_of(&mut tx, ctx, token)
            .await?
            .filter(|row| row.kind == SessionKind::Pending);
        let pending = pending.ok_or(SignInError::NoSession)?;
        let ctx = &acting(ctx, &pending);
        // What the roles ask must not change between the question and the answer.
        staff::hold(&mut tx, pending.staff).await?;
        // The session may have ended while the person was held by somebody else, and the browser be known no more.
        let now = self.session_of(&mut tx, ctx, token).await?;
        if now.is_none_or(|now| now.id != pending.id || now.kind != SessionKind::Pending) {
            return Err(SignInError::NoSession);
        }
        let known = match &pending.known_device {
            Some(hash) if known_device::is_of(&mut tx, pending.staff, hash, ctx.now()).await? => Some(hash.as_slice()),
            _ => None,
        };
        if !self.counts(&mut tx, ctx, &pending, kind).await? {
            return Err(match kind {
                FactorKind::Sms => SignInError::NoNumber,
                _ => SignInError::Weak,
            });
        }
        let many = factor::failures(&mut tx, pending.staff, kind).await? >= MANY_FAILURES;
        let outcome = match self.prove_by_code(&mut tx, ctx, &pending, code, kind).await {
            Ok(()) => {
                let entering = Entering {
                    old: Some(&pending),
                    staff: pending.staff,
                    by: kind.as_str(),
                    place: Place::of(client),
                    known_device: known,
                };
                let doubts = Doubts {
                    client,
                    factor: None,
                    signals: if many { &[RiskSignal::Failures] } else { &[] },
                };
                let passed = Passed::by(kind.as_str(), ctx.now());
                self.enter_weighed(&mut tx, ctx, entering, passed, doubts)
                    .await?
                    .map_err(SignInError::Risky)
            }
            Err(refused @ (SignInError::WrongCode | SignInError::Disabled(_))) => {
                tx.audit(
                    ctx,
                    Place::of(client)
                        .tell(Entry::refused("session.factor"))
                        .target(pending.staff)
                        .detail("kind", kind.as_str()),
                )
                .await?;
                Err(refused)
            }
            Err(other) => return Err(other),
        };
        tx.commit().await?;
        outcome
    }

    /// Checks a code once. After `WrongCode` and `Disabled` the transaction must commit, so that the failure counts.
    pub(crate) async fn prove_by_code(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &SessionRow,
        code: &SecretString,
        kind: FactorKind,
    ) -> Result<(), SignInError> {
        let staff = session.staff;
        if kind == FactorKind::Sms
            && let Err(seconds) = self.sms_failures(tx, ctx, session).await?
        {
            return Err(SignInError::RateLimited(seconds));
        }
        let attempt = self.code_attempt(staff, browser::of(tx, session).await?);
        if let Err(seconds) = attempt.begin(tx, ctx.now()).await? {
            return Err(SignInError::RateLimited(seconds));
        }
        let rows = factor::of_staff(tx, staff).await?;
        let (usable, disabled): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .filter(|row| row.kind == kind && row.held_until.is_none_or(|until| until <= ctx.now()))
            .partition(|row| row.disabled_at.is_none());
        let proven = match kind {
            FactorKind::Totp => self.accept_totp(tx, ctx, &usable, code.expose()).await?,
            FactorKind::Recovery => {
                self.accept_recovery_code(tx, ctx, staff, &usable, code.expose())
                    .await?
            }
            FactorKind::Sms => {
                let numbers: Vec<_> = usable.iter().map(|row| row.id).collect();
                self.accept_sms(tx, ctx, session, &numbers, code.expose()).await?
            }
            FactorKind::Passkey => false,
        };
        if proven {
            attempt.succeeded(tx, ctx.now()).await?;
            factor::clear_failures(tx, staff, kind).await?;
            return Ok(());
        }
        attempt.failed(tx, ctx.now()).await?;
        // It is not known which of them was meant.
        let mut left = usable.len();
        for row in &usable {
            if factor::count_failure(tx, row.id).await? >= MOST_FAILURES {
                self.disable_factor(tx, ctx, row).await?;
                left -= 1;
            }
        }
        if left == 0 && !(usable.is_empty() && disabled.is_empty()) {
            Err(SignInError::Disabled(kind))
        } else {
            Err(SignInError::WrongCode)
        }
    }

    async fn disable_factor(&self, tx: &mut Tx, ctx: &Ctx, row: &FactorRow) -> Result<(), DbError> {
        factor::disable(tx, row.id, ctx.now()).await?;
        self.remember_no_browser(tx, row.staff).await?;
        let event = FactorDisabled {
            factor: row.id,
            staff: row.staff,
            kind: row.kind,
        };
        tx.emit(ctx, &event).await?;
        touched(tx, ctx, row.staff, Touch::FactorStopped).await?;
        let entry = Entry::done("factor.disabled")
            .target(row.id)
            .detail("kind", row.kind.as_str())
            .detail("failures", MOST_FAILURES);
        tx.audit(ctx, entry).await.map(drop)
    }

    async fn accept_totp(&self, tx: &mut Tx, ctx: &Ctx, apps: &[FactorRow], code: &str) -> Result<bool, SignInError> {
        for row in apps {
            if let Some(step) = self.matching_step(ctx, row, code)?
                && factor::accept_step(tx, row.id, step, ctx.now()).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The time step a code belongs to, among the present one and its neighbours.
    pub(crate) fn matching_step(
        &self,
        ctx: &Ctx,
        row: &FactorRow,
        code: &str,
    ) -> Result<Option<i64>, wd_vault::VaultError> {
        let Some(sealed) = &row.data else { return Ok(None) };
        let secret = self.vault.unseal("factor", "data", row.id.uuid().as_bytes(), sealed)?;
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).take(8).collect();
        let seconds = u64::try_from(ctx.now().seconds()).unwrap_or(0);
        let totp = totp(secret.expose(), "", "");
        Ok(totp
            .and_then(|totp| totp.check(&digits, seconds))
            .and_then(|step| i64::try_from(step).ok()))
    }

    async fn accept_recovery_code(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        sets: &[FactorRow],
        typed: &str,
    ) -> Result<bool, SignInError> {
        let (Some(code), Some(row)) = (recovery::normalised(typed), sets.first()) else {
            return Ok(false);
        };
        if !factor::spend_code(tx, row.id, token_hash(&code), ctx.now()).await? {
            return Ok(false);
        }
        factor::touch(tx, row.id, ctx.now()).await?;
        let remaining = factor::codes_left(tx, row.id).await?;
        tx.emit(ctx, &RecoveryCodeUsed { staff, remaining }).await?;
        touched(tx, ctx, staff, Touch::RecoveryCodeUsed).await?;
        tx.audit(
            ctx,
            Entry::done("recovery-code.used")
                .target(staff)
                .detail("remaining", remaining),
        )
        .await?;
        Ok(true)
    }
}

/// The generator most apps understand: SHA-1, six digits, 30 seconds, one step of tolerance (RFC 6238).
pub(crate) fn totp(secret: &[u8], issuer: &str, login: &str) -> Option<Totp> {
    // A colon would end the issuer in the label.
    let issuer = issuer.replace(':', " ");
    Builder::new()
        .with_secret(secret.to_vec())
        .with_issuer((!issuer.is_empty()).then_some(issuer))
        .with_account_name(login)
        .build()
        .ok()
}
