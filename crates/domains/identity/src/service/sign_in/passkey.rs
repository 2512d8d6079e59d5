//! A passkey: alone, or as the second step.

use serde_json::Value;
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, SecretString, StaffId};
use webauthn_rs::prelude::{PublicKeyCredential, RequestChallengeResponse};

use super::{Ceremony, Doubts, Entering, Passed, Proof, SignInError, SignedIn};
use crate::{
    Client, Identity, SessionKind, StaffState,
    model::CeremonyPurpose,
    service::{attempts::Attempt, authenticate::acting, sessions::Place},
    store::{browser, known_device, session::SessionRow, staff},
};

/// The question for a passkey.
#[derive(Debug, Clone)]
pub struct PasskeyOptions {
    /// The ceremony's ticket; it goes back with the answer.
    pub ceremony: String,
    /// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn Level 3).
    pub options: Value,
}

/// An answer under way, as it is counted.
struct Counted {
    attempt: Attempt,
    /// With whose failures, if that is known before the answer is looked at.
    with: Option<StaffId>,
}

impl Identity {
    /// The question to sign in with. After the password it names the person's passkeys; before it, any passkey of
    /// this organisation may answer.
    pub async fn passkey_options(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        client: &Client,
    ) -> Result<PasskeyOptions, SignInError> {
        if token.is_some() {
            let mut tx = self.db.snapshot().await?;
            let session = self.session_of(&mut tx, ctx, token).await?;
            if let Some(session) = session.filter(|row| row.kind == SessionKind::Pending) {
                return self
                    .ask_known(&mut tx, ctx, &session, CeremonyPurpose::SecondFactor)
                    .await;
            }
        }
        // From here on anybody may ask, so nothing is stored and nothing is looked up.
        self.questions
            .count(client.address, ctx.now())
            .map_err(SignInError::RateLimited)?;
        let (question, state) = self
            .webauthn
            .start_discoverable_authentication()
            .map_err(SignInError::Ceremony)?;
        Ok(PasskeyOptions {
            ceremony: self.begin_ceremony(ctx, CeremonyPurpose::SignIn, None, &state)?,
            options: options_json(&question)?,
        })
    }

    /// Signs in with the answer of a passkey.
    pub async fn sign_in_by_passkey(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        ticket: &str,
        answer: &Value,
        client: &Client,
    ) -> Result<SignedIn, SignInError> {
        let mut tx = self.db.begin().await?;
        let Counted { attempt, with } = self.count_answer(&mut tx, ctx, token, client).await?;
        if let Err(seconds) = attempt.begin(&mut tx, ctx.now()).await? {
            return Err(SignInError::RateLimited(seconds));
        }
        // On its own: who signs in holds the person first and counts afterwards, as with a password.
        tx.commit().await?;

        let mut tx = self.db.begin().await?;
        let session = self.session_of(&mut tx, ctx, token).await?;
        let proof = match self.take_ceremony(&mut tx, ctx, ticket).await? {
            Some(asked) => {
                self.prove_sign_in(&mut tx, ctx, &asked, session.as_ref(), answer)
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
            // One's own passkey does not wash away guesses at somebody else's codes.
            if with.is_none_or(|with| with == staff.id) {
                attempt.succeeded(&mut tx, ctx.now()).await?;
            } else {
                attempt.dropped(&mut tx, ctx.now()).await?;
            }
            let known = self.known_device(&mut tx, ctx, staff.id, client).await?;
            let known = known.as_ref().map(<[u8; 32]>::as_slice);
            let entering = Entering {
                old: session.as_ref(),
                staff: staff.id,
                by: "passkey",
                place: Place::of(client),
                known_device: known,
            };
            let doubts = Doubts {
                client,
                factor: proof.as_ref().map(|proof| proof.factor),
                signals: &[],
            };
            let passed = Passed {
                make: proof.and_then(|proof| proof.make),
                ..Passed::by(entering.by, ctx.now())
            };
            self.enter_weighed(&mut tx, ctx, entering, passed, doubts)
                .await?
                .map_err(SignInError::Risky)
        } else {
            attempt.failed(&mut tx, ctx.now()).await?;
            refuse(&mut tx, ctx, session.as_ref(), client).await?;
            Err(SignInError::WrongPasskey)
        };
        // The ceremony is over in either case.
        tx.commit().await?;
        outcome
    }

    /// Against what an answer is counted. After the password it is the person's codes; before it, a browser that is known
    /// counts apart from what strangers do behind its address.
    async fn count_answer(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        token: Option<&SecretString>,
        client: &Client,
    ) -> Result<Counted, DbError> {
        let session = self.session_of(tx, ctx, token).await?;
        if let Some(pending) = session.filter(|row| row.kind == SessionKind::Pending) {
            let browser = browser::of(tx, &pending).await?;
            return Ok(Counted {
                attempt: self.code_attempt(pending.staff, browser),
                with: Some(pending.staff),
            });
        }
        if let Some(device) = client.device
            && let Some(owner) = known_device::owner(tx, device, ctx.now()).await?
        {
            return Ok(Counted {
                attempt: self.device_attempt(&device),
                with: Some(owner),
            });
        }
        Ok(Counted {
            attempt: self.address_attempt(client.address),
            with: None,
        })
    }

    async fn prove_sign_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        asked: &Ceremony,
        session: Option<&SessionRow>,
        answer: &Value,
    ) -> Result<Option<Proof>, SignInError> {
        match asked.purpose {
            CeremonyPurpose::SignIn => {
                let (Some(state), Some(answer)) = (asked.state(), read_answer(answer)) else {
                    return Ok(None);
                };
                self.prove_discoverable(tx, ctx, state, &answer).await
            }
            CeremonyPurpose::SecondFactor => {
                let pending = session.filter(|session| session.kind == SessionKind::Pending);
                self.answer_known(tx, ctx, asked, pending, answer).await
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
        let passkeys = self.passkeys(tx, session.staff, |_| true).await?;
        if passkeys.is_empty() {
            return Err(SignInError::WrongPasskey);
        }
        let (question, state) = self
            .webauthn
            .start_passkey_authentication(&passkeys)
            .map_err(SignInError::Ceremony)?;
        Ok(PasskeyOptions {
            ceremony: self.begin_ceremony(ctx, purpose, Some(session.id), &state)?,
            options: options_json(&question)?,
        })
    }

    /// The answer to such a question, in the session it was asked in.
    pub(crate) async fn answer_known(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        asked: &Ceremony,
        session: Option<&SessionRow>,
        answer: &Value,
    ) -> Result<Option<Proof>, SignInError> {
        let Some(session) = session.filter(|session| asked.session == Some(session.id)) else {
            return Ok(None);
        };
        let (Some(state), Some(answer)) = (asked.state(), read_answer(answer)) else {
            return Ok(None);
        };
        self.prove_passkey(tx, ctx, session.staff, &state, &answer).await
    }
}

/// After the password it is known whose account it was tried at, and they find it in their own history.
async fn refuse(tx: &mut Tx, ctx: &Ctx, session: Option<&SessionRow>, client: &Client) -> Result<(), DbError> {
    let entry = Place::of(client).tell(Entry::refused("session.factor").detail("kind", "passkey"));
    match session.filter(|session| session.kind == SessionKind::Pending) {
        Some(pending) => tx.audit(&acting(ctx, pending), entry.target(pending.staff)).await,
        None => tx.audit(ctx, entry).await,
    }
    .map(drop)
}

fn read_answer(answer: &Value) -> Option<PublicKeyCredential> {
    serde_json::from_value(answer.clone()).ok()
}

fn options_json(question: &RequestChallengeResponse) -> Result<Value, SignInError> {
    serde_json::to_value(&question.public_key).map_err(SignInError::State)
}
