//! Showing a factor again, before what is dangerous. The session gets a new token with it.

use serde_json::Value;
use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::token_hash;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, SecretString};

use super::{
    authenticate::acting,
    sign_in::{PasskeyOptions, SignInError, SignedIn},
};
use crate::{
    FactorKind, Identity, SessionKind,
    model::{CeremonyPurpose, Grade},
    store::{
        browser,
        session::{self, SessionRow},
        staff,
    },
};

impl Identity {
    /// A fresh factor by an authenticator app's code.
    pub async fn step_up_by_totp(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        code: &SecretString,
    ) -> Result<SignedIn, SignInError> {
        let mut tx = self.db.begin().await?;
        let session = self.full_session(&mut tx, ctx, token).await?;
        let ctx = &acting(ctx, &session);
        if !self.counts(&mut tx, ctx, &session, FactorKind::Totp).await? {
            let in_doubt = self.place_is_in_doubt(&mut tx, &session).await?;
            return Err(if in_doubt {
                SignInError::InDoubt
            } else {
                SignInError::Weak
            });
        }
        let outcome = match self.prove_by_code(&mut tx, ctx, &session, code, FactorKind::Totp).await {
            Ok(()) => Ok(self
                .stepped_up(&mut tx, ctx, session, FactorKind::Totp, Grade::of(FactorKind::Totp))
                .await?),
            Err(refused @ (SignInError::WrongCode | SignInError::Disabled(_))) => {
                refuse(&mut tx, ctx, &session, FactorKind::Totp).await?;
                Err(refused)
            }
            Err(other) => return Err(other),
        };
        tx.commit().await?;
        outcome
    }

    /// The question for a fresh factor by passkey.
    pub async fn step_up_options(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<PasskeyOptions, SignInError> {
        let mut tx = self.db.snapshot().await?;
        let session = self.full_session(&mut tx, ctx, token).await?;
        self.ask_known(&mut tx, ctx, &session, CeremonyPurpose::StepUp).await
    }

    /// A fresh factor by passkey.
    pub async fn step_up_by_passkey(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        ticket: &str,
        answer: &Value,
    ) -> Result<SignedIn, SignInError> {
        let mut tx = self.db.begin().await?;
        let session = self.full_session(&mut tx, ctx, token).await?;
        let ctx = &acting(ctx, &session);
        let asked = self.take_ceremony(&mut tx, ctx, ticket).await?;
        // Who signs in holds the person first and counts afterwards.
        staff::hold(&mut tx, session.staff).await?;
        let attempt = self.code_attempt(session.staff, browser::of(&mut tx, &session).await?);
        if let Err(seconds) = attempt.begin(&mut tx, ctx.now()).await? {
            return Err(SignInError::RateLimited(seconds));
        }
        let proof = match asked.filter(|asked| asked.purpose == CeremonyPurpose::StepUp) {
            Some(asked) => self.answer_known(&mut tx, ctx, &asked, Some(&session), answer).await?,
            None => None,
        };
        let shown = proof.map(|proof| Grade {
            make: proof.make,
            ..Grade::of(FactorKind::Passkey)
        });
        // A passkey that is right and not enough was no guess.
        if shown.is_some() {
            attempt.succeeded(&mut tx, ctx.now()).await?;
        } else {
            attempt.failed(&mut tx, ctx.now()).await?;
        }
        let demand = self.factor_demand_in(&mut tx, ctx, session.staff).await?;
        let outcome = match shown {
            Some(shown) if demand.confirms(shown) => Ok(self
                .stepped_up(&mut tx, ctx, session, FactorKind::Passkey, shown)
                .await?),
            not_enough => {
                refuse(&mut tx, ctx, &session, FactorKind::Passkey).await?;
                Err(not_enough.map_or(SignInError::WrongPasskey, |_| SignInError::Weak))
            }
        };
        tx.commit().await?;
        outcome
    }

    async fn full_session(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<SessionRow, SignInError> {
        let found = self.session_of(tx, ctx, token).await?;
        found
            .filter(|row| row.kind == SessionKind::Full)
            .ok_or(SignInError::NoSession)
    }

    async fn stepped_up(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        mut session: SessionRow,
        kind: FactorKind,
        shown: Grade,
    ) -> Result<SignedIn, SignInError> {
        let token = SecretString::new(ctx.token());
        let until = self.fresh_until(tx, ctx, session.staff, shown).await?;
        if !session::step_up(tx, session.id, token_hash(token.expose()), until).await? {
            return Err(SignInError::NoSession);
        }
        session.stepped_up_until = Some(until);
        tx.audit(
            ctx,
            Entry::done("session.stepped-up")
                .target(session.id)
                .detail("by", kind.as_str()),
        )
        .await?;
        let state = self.state_of(tx, ctx, &session).await?;
        Ok(SignedIn {
            token,
            device: None,
            state,
        })
    }
}

async fn refuse(tx: &mut Tx, ctx: &Ctx, session: &SessionRow, kind: FactorKind) -> Result<(), DbError> {
    let entry = Entry::refused("session.stepped-up")
        .target(session.id)
        .detail("by", kind.as_str());
    tx.audit(ctx, entry).await.map(drop)
}
