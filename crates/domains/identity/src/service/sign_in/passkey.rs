//! A passkey: alone, or as the second step.

use serde_json::Value;
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Tx;
use wd_kernel::{CeremonyId, Ctx, SecretString};
use webauthn_rs::prelude::{PublicKeyCredential, RequestChallengeResponse};

use super::{Proof, SignInError, SignedIn};
use crate::{
    Client, Identity, SessionKind, StaffState,
    model::CeremonyPurpose,
    store::{
        ceremony::{self, CeremonyRow},
        session::SessionRow,
        staff,
    },
};

/// The question for a passkey.
#[derive(Debug, Clone)]
pub struct PasskeyOptions {
    /// The ceremony; it goes back with the answer.
    pub ceremony: CeremonyId,
    /// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn Level 3).
    pub options: Value,
}

impl Identity {
    /// The question to sign in with. After the password it names the person's passkeys; before it, any passkey of
    /// this organisation may answer.
    pub async fn passkey_options(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<PasskeyOptions, SignInError> {
        let mut tx = self.db.begin().await?;
        let session = self
            .session_of(&mut tx, ctx, token)
            .await?
            .filter(|row| row.kind == SessionKind::Pending);
        let options = if let Some(session) = session {
            self.ask_known(&mut tx, ctx, &session, CeremonyPurpose::SecondFactor)
                .await?
        } else {
            let (question, state) = self
                .webauthn
                .start_discoverable_authentication()
                .map_err(SignInError::Ceremony)?;
            let ceremony = self
                .begin_ceremony(&mut tx, ctx, CeremonyPurpose::SignIn, None, &state)
                .await?;
            PasskeyOptions {
                ceremony,
                options: options_json(&question)?,
            }
        };
        tx.commit().await?;
        Ok(options)
    }

    /// Signs in with the answer of a passkey.
    pub async fn sign_in_by_passkey(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        id: CeremonyId,
        answer: &Value,
        client: &Client,
    ) -> Result<SignedIn, SignInError> {
        let attempt = self.address_attempt(client.address);
        let mut tx = self.db.begin().await?;
        if let Err(seconds) = attempt.begin(&mut tx, ctx.now()).await? {
            return Err(SignInError::RateLimited(seconds));
        }
        let session = self.session_of(&mut tx, ctx, token).await?;
        let row = ceremony::take(&mut tx, id, ctx.now()).await?;
        let proof = match row {
            Some(row) => {
                self.prove_sign_in(&mut tx, ctx, id, &row, session.as_ref(), answer)
                    .await?
            }
            None => None,
        };
        // Who has left, or has not finished setting up, has no passkey that counts.
        let staff = match &proof {
            Some(proof) => staff::hold(&mut tx, proof.staff)
                .await?
                .filter(|row| row.state == StaffState::Active),
            None => None,
        };
        let outcome = if let Some(staff) = staff {
            attempt.succeeded(&mut tx, ctx.now()).await?;
            Ok(self
                .enter(&mut tx, ctx, session.as_ref(), staff.id, "passkey", &client.user_agent)
                .await?)
        } else {
            attempt.failed(&mut tx, ctx.now()).await?;
            tx.audit(ctx, Entry::refused("session.factor").detail("kind", "passkey"))
                .await?;
            Err(SignInError::WrongPasskey)
        };
        // The ceremony is over in either case.
        tx.commit().await?;
        outcome
    }

    async fn prove_sign_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: CeremonyId,
        row: &CeremonyRow,
        session: Option<&SessionRow>,
        answer: &Value,
    ) -> Result<Option<Proof>, SignInError> {
        match row.purpose {
            CeremonyPurpose::SignIn => {
                let (Some(state), Some(answer)) = (self.ceremony_state(id, row)?, read_answer(answer)) else {
                    return Ok(None);
                };
                self.prove_discoverable(tx, ctx, state, &answer).await
            }
            CeremonyPurpose::SecondFactor => {
                let pending = session.filter(|session| session.kind == SessionKind::Pending);
                self.answer_known(tx, ctx, id, row, pending, answer).await
            }
            CeremonyPurpose::StepUp | CeremonyPurpose::Enrol => Ok(None),
        }
    }

    /// The question for the passkeys of a session's owner.
    pub(crate) async fn ask_known(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &SessionRow,
        purpose: CeremonyPurpose,
    ) -> Result<PasskeyOptions, SignInError> {
        let passkeys = self.passkeys(tx, session.staff).await?;
        if passkeys.is_empty() {
            return Err(SignInError::WrongPasskey);
        }
        let (question, state) = self
            .webauthn
            .start_passkey_authentication(&passkeys)
            .map_err(SignInError::Ceremony)?;
        let ceremony = self.begin_ceremony(tx, ctx, purpose, Some(session.id), &state).await?;
        Ok(PasskeyOptions {
            ceremony,
            options: options_json(&question)?,
        })
    }

    /// The answer to such a question, in the session it was asked in.
    pub(crate) async fn answer_known(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: CeremonyId,
        row: &CeremonyRow,
        session: Option<&SessionRow>,
        answer: &Value,
    ) -> Result<Option<Proof>, SignInError> {
        let Some(session) = session.filter(|session| row.session == Some(session.id)) else {
            return Ok(None);
        };
        let (Some(state), Some(answer)) = (self.ceremony_state(id, row)?, read_answer(answer)) else {
            return Ok(None);
        };
        self.prove_passkey(tx, ctx, session.staff, &state, &answer).await
    }
}

fn read_answer(answer: &Value) -> Option<PublicKeyCredential> {
    serde_json::from_value(answer.clone()).ok()
}

fn options_json(question: &RequestChallengeResponse) -> Result<Value, SignInError> {
    serde_json::to_value(&question.public_key).map_err(SignInError::State)
}
