//! Adding a passkey.

use serde_json::{Value, json};
use wd_crypto::sha256;
use wd_db::DbError;
use wd_kernel::{Ctx, FactorId, Id as _, SecretString};
use webauthn_rs::prelude::{Passkey, PasskeyRegistration, RegisterPublicKeyCredential};

use super::{FactorAdded, FactorError};
use crate::{
    Aaguid, FactorKind, Identity, PasskeyKept,
    model::{CeremonyPurpose, shown_name},
    service::sign_in::stored_kept,
    store::{
        factor::{self, NewFactor},
        staff,
    },
};

/// The question for a new passkey.
#[derive(Debug, Clone)]
pub struct EnrolmentOptions {
    /// The ceremony's ticket; it goes back with the answer.
    pub ceremony: String,
    /// `PublicKeyCredentialCreationOptionsJSON` (WebAuthn Level 3).
    pub options: Value,
}

impl Identity {
    /// The question for a new passkey: discoverable, with user verification, and none that is known already. Who is
    /// asked for an attested one is asked to let it show its make; others are not, as that is nobody's business.
    pub async fn begin_passkey(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<EnrolmentOptions, FactorError> {
        let mut tx = self.db.snapshot().await?;
        let (ctx, session) = self.changing_session(&mut tx, ctx, token).await?;
        let person = staff::by_id(&mut tx, session.staff)
            .await?
            .ok_or(FactorError::NotFound)?;
        let asks_for_make = self.asks_for_make(&mut tx, session.staff).await?;
        // One that has not shown a make that is known here, may be added again to show it.
        let known = self
            .passkeys(&mut tx, session.staff, |row| {
                !asks_for_make || self.grade_of(row).make.is_some()
            })
            .await?;
        let known = known
            .iter()
            .map(|passkey: &Passkey| passkey.cred_id().clone())
            .collect();
        let (question, state) = self
            .webauthn
            .start_passkey_registration(person.id.uuid(), &person.login, &person.name, Some(known))
            .map_err(FactorError::Ceremony)?;
        drop(tx);
        let ceremony = self.begin_ceremony(&ctx, CeremonyPurpose::Enrol, Some(session.id), &state)?;
        let mut options = serde_json::to_value(&question.public_key).map_err(FactorError::State)?;
        // Without these the browser may keep the passkey where signing in without a name does not find it.
        if let Some(selection) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
            selection.insert("residentKey".into(), json!("required"));
            selection.insert("requireResidentKey".into(), json!(true));
        }
        if let Some(options) = options.as_object_mut().filter(|_| asks_for_make) {
            options.insert("attestation".into(), json!("direct"));
        }
        Ok(EnrolmentOptions { ceremony, options })
    }

    /// Adds the passkey that answered. One that has not shown a make that counts is added too, and does what a passkey
    /// does that nobody vouches for.
    pub async fn finish_passkey(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        ticket: &str,
        name: &str,
        answer: &Value,
    ) -> Result<FactorAdded, FactorError> {
        let name = shown_name(name).map_err(|_| FactorError::Name)?;
        let mut tx = self.db.begin().await?;
        let (ctx, session) = self.held_session(&mut tx, ctx, token).await?;
        let asked = self
            .take_ceremony(&mut tx, &ctx, ticket)
            .await?
            .filter(|asked| asked.purpose == CeremonyPurpose::Enrol && asked.session == Some(session.id));
        let state = asked.and_then(|asked| asked.state::<PasskeyRegistration>());
        let answer: Option<RegisterPublicKeyCredential> = serde_json::from_value(answer.clone()).ok();
        let passkey = match (state, answer) {
            (Some(state), Some(answer)) => self.webauthn.finish_passkey_registration(&answer, &state).ok(),
            _ => None,
        };
        let Some(passkey) = passkey else {
            // The ceremony is over in either case.
            tx.commit().await?;
            return Err(FactorError::WrongPasskey);
        };
        let id: FactorId = ctx.id();
        let clear = serde_json::to_vec(&without_statement(&passkey)).map_err(FactorError::State)?;
        let new = NewFactor {
            id,
            staff: session.staff,
            kind: FactorKind::Passkey,
            name: &name,
            data: Some(
                self.vault
                    .seal(ctx.entropy(), "factor", "data", id.uuid().as_bytes(), &clear)?,
            ),
            credential_hash: Some(sha256(passkey.cred_id())),
            counter: 0,
            created_at: ctx.now(),
            confirmed_at: Some(ctx.now()),
            make: self.shown_make(&passkey),
        };
        match factor::insert(&mut tx, new).await {
            Err(DbError::Unique) => return Err(FactorError::KnownPasskey),
            other => other?,
        }
        let added = self.added(&mut tx, &ctx, &session, id, FactorKind::Passkey).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// The make that a new passkey has shown. One that can be copied is not in the device alone whose make was attested.
    fn shown_make(&self, passkey: &Passkey) -> Option<(Aaguid, [u8; 32])> {
        let stays = stored_kept(&serde_json::to_vec(passkey).ok()?) == Some(PasskeyKept::Device);
        stays.then(|| self.makes.shown_by(passkey)).flatten()
    }
}

/// The passkey without the statement of its make, which was checked and is needed no more. It would make every question
/// for the passkeys of its owner longer.
fn without_statement(passkey: &Passkey) -> Passkey {
    let bare = || {
        let mut all = serde_json::to_value(passkey).ok()?;
        *all.pointer_mut("/cred/attestation")? = json!({"data": "None", "metadata": "None"});
        serde_json::from_value(all).ok()
    };
    bare().unwrap_or_else(|| passkey.clone())
}
