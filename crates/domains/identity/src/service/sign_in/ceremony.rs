//! WebAuthn ceremonies: a question is good for two minutes and one answer.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::sha256;
use wd_db::{DbError, Tx};
use wd_kernel::{CeremonyId, Ctx, Duration, FactorId, Id as _, SessionId, StaffId, Timestamp, b64u};
use wd_vault::VaultError;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyAuthentication, PublicKeyCredential,
    WebauthnError,
};

use super::SignInError;
use crate::{
    Aaguid, FactorKind, Identity, PasskeyKept, Touch,
    events::PasskeyCopied,
    model::CeremonyPurpose,
    service::touched::touched,
    store::{
        ceremony,
        factor::{self, FactorRow},
        staff,
    },
};

/// How long a ceremony may take.
pub const CEREMONY_FOR: Duration = Duration::from_mins(2);

/// The longest ticket that is looked at; one with fifty passkeys in it has half of this.
const LONGEST_TICKET: usize = 64 * 1024;

/// A question, as it goes sealed to who asked and comes back with the answer. The server keeps nothing of it: however
/// many ask, nobody is kept out. What it keeps, until it would expire, is that a ticket was used.
#[derive(Serialize, Deserialize)]
struct Ticket {
    id: CeremonyId,
    purpose: CeremonyPurpose,
    session: Option<SessionId>,
    expires_at: Timestamp,
    state: String,
}

/// A ceremony that was just spent.
pub(crate) struct Ceremony {
    pub purpose: CeremonyPurpose,
    pub session: Option<SessionId>,
    state: String,
}

impl Ceremony {
    /// What the library needs to check the answer.
    pub fn state<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.state).ok()
    }
}

/// A passkey that answered.
pub(crate) struct Proof {
    pub staff: StaffId,
    pub factor: FactorId,
    /// Its make, if it is attested.
    pub make: Option<Aaguid>,
}

/// What is read of a stored passkey besides the library.
#[derive(Deserialize)]
struct StoredPasskey {
    cred: StoredCredential,
}

#[derive(Deserialize)]
struct StoredCredential {
    backup_eligible: bool,
    backup_state: bool,
}

impl Identity {
    /// Seals the state of a ceremony into a ticket.
    pub(crate) fn begin_ceremony(
        &self,
        ctx: &Ctx,
        purpose: CeremonyPurpose,
        session: Option<SessionId>,
        state: &impl Serialize,
    ) -> Result<String, SignInError> {
        let ticket = Ticket {
            id: ctx.id(),
            purpose,
            session,
            expires_at: ctx.now() + CEREMONY_FOR,
            state: serde_json::to_string(state).map_err(SignInError::State)?,
        };
        let clear = serde_json::to_vec(&ticket).map_err(SignInError::State)?;
        let sealed = self.vault.seal(ctx.entropy(), "ceremony", "ticket", &[], &clear)?;
        Ok(b64u::encode(sealed))
    }

    /// Spends the ticket: nothing when it is not ours, has expired, or was spent before.
    pub(crate) async fn take_ceremony(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        ticket: &str,
    ) -> Result<Option<Ceremony>, DbError> {
        let Some(ticket) = self.open_ticket(ticket).filter(|ticket| ticket.expires_at > ctx.now()) else {
            return Ok(None);
        };
        ceremony::forget_expired(tx, ctx.now()).await?;
        let first = ceremony::spend(tx, ticket.id, ticket.expires_at).await?;
        Ok(first.then_some(Ceremony {
            purpose: ticket.purpose,
            session: ticket.session,
            state: ticket.state,
        }))
    }

    fn open_ticket(&self, ticket: &str) -> Option<Ticket> {
        if ticket.len() > LONGEST_TICKET {
            return None;
        }
        let sealed = b64u::decode(ticket)?;
        let clear = self.vault.unseal("ceremony", "ticket", &[], &sealed).ok()?;
        serde_json::from_slice(clear.expose()).ok()
    }

    /// Checks the answer of a passkey to a question asked without knowing who it is.
    pub(crate) async fn prove_discoverable(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        state: DiscoverableAuthentication,
        answer: &PublicKeyCredential,
    ) -> Result<Option<Proof>, SignInError> {
        let Ok((user, credential)) = self.webauthn.identify_discoverable_authentication(answer) else {
            return Ok(None);
        };
        let Some(row) = passkey_row(tx, credential)
            .await?
            .filter(|row| row.staff.uuid() == user)
        else {
            return Ok(None);
        };
        let Some(passkey) = self.passkey(&row)? else {
            return Ok(None);
        };
        match self
            .webauthn
            .finish_discoverable_authentication_v2(answer, state, &passkey)
        {
            Ok(result) => self.accept_passkey(tx, ctx, &row, passkey, &result).await,
            Err(WebauthnError::CredentialPossibleCompromise) => self.copied(tx, ctx, &row).await,
            Err(_) => Ok(None),
        }
    }

    /// Checks the answer of a passkey of a known person.
    pub(crate) async fn prove_passkey(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        state: &PasskeyAuthentication,
        answer: &PublicKeyCredential,
    ) -> Result<Option<Proof>, SignInError> {
        let result = match self.webauthn.finish_passkey_authentication(answer, state) {
            Ok(result) => result,
            Err(WebauthnError::CredentialPossibleCompromise) => {
                let row = passkey_row(tx, answer.raw_id.as_ref()).await?;
                return match row.filter(|row| row.staff == staff) {
                    Some(row) => self.copied(tx, ctx, &row).await,
                    None => Ok(None),
                };
            }
            Err(_) => return Ok(None),
        };
        let row = passkey_row(tx, result.cred_id().as_ref())
            .await?
            .filter(|row| row.staff == staff);
        let Some(row) = row else { return Ok(None) };
        let Some(passkey) = self.passkey(&row)? else {
            return Ok(None);
        };
        self.accept_passkey(tx, ctx, &row, passkey, &result).await
    }

    async fn accept_passkey(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: &FactorRow,
        mut passkey: Passkey,
        result: &AuthenticationResult,
    ) -> Result<Option<Proof>, SignInError> {
        if !result.user_verified() || passkey.update_credential(result).is_none() {
            return Ok(None);
        }
        // It may have been stopped while the person was held by somebody else.
        staff::hold(tx, row.staff).await?;
        let rows = factor::of_staff(tx, row.staff).await?;
        let Some(row) = rows.iter().find(|now| now.id == row.id && now.disabled_at.is_none()) else {
            return Ok(None);
        };
        let clear = serde_json::to_vec(&passkey).map_err(SignInError::State)?;
        let sealed = self
            .vault
            .seal(ctx.entropy(), "factor", "data", row.id.uuid().as_bytes(), &clear)?;
        let counter = i64::from(result.counter());
        // A counter that did not grow is a copy of the passkey, or an answer that was heard before.
        let accepted = factor::accept_counter(tx, row.id, counter, &sealed, ctx.now()).await?;
        if !accepted {
            return self.copied(tx, ctx, row).await;
        }
        // What can be copied has left the device whose make was attested.
        let copies = result.backup_eligible() || result.backup_state();
        if copies && row.make.is_some() {
            factor::forget_make(tx, row.id).await?;
        }
        Ok(Some(Proof {
            staff: row.staff,
            factor: row.id,
            make: self.grade_of(row).make.filter(|_| !copies),
        }))
    }

    /// A right signature with an old counter: there are two of this passkey, and nobody can tell which is its owner's. So
    /// nobody can tell either which of the sessions are the thief's: all end, and no browser is known any more.
    async fn copied(&self, tx: &mut Tx, ctx: &Ctx, row: &FactorRow) -> Result<Option<Proof>, SignInError> {
        let (factor, staff) = (row.id, row.staff);
        // Who signs in with the other one right now is waited for, and goes out with the rest.
        staff::hold(tx, staff).await?;
        factor::disable(tx, factor, ctx.now()).await?;
        let ended = self.end_all_sessions(tx, ctx, staff).await?;
        tx.emit(ctx, &PasskeyCopied { factor, staff }).await?;
        touched(tx, ctx, staff, Touch::PasskeyCopied).await?;
        // Whoever answered without a name is nobody yet: by the target its owner finds it in the own history.
        let entry = Entry::done("factor.disabled")
            .target(staff)
            .detail("factor", factor.to_string())
            .detail("kind", row.kind.as_str())
            .detail("reason", "copied")
            .detail("sessions_ended", ended);
        tx.audit(ctx, entry).await?;
        Ok(None)
    }

    /// The passkeys of a person that are wanted.
    pub(crate) async fn passkeys(
        &self,
        tx: &mut Tx,
        staff: StaffId,
        is_wanted: impl Fn(&FactorRow) -> bool,
    ) -> Result<Vec<Passkey>, SignInError> {
        let mut passkeys = Vec::new();
        for row in factor::of_staff(tx, staff).await? {
            if row.kind == FactorKind::Passkey && row.disabled_at.is_none() && is_wanted(&row) {
                passkeys.extend(self.passkey(&row)?);
            }
        }
        Ok(passkeys)
    }

    /// Where a passkey is kept, as it said when it was used last.
    pub(crate) fn passkey_kept(&self, row: &FactorRow) -> Result<Option<PasskeyKept>, VaultError> {
        let Some(sealed) = &row.data else { return Ok(None) };
        let clear = self.vault.unseal("factor", "data", row.id.uuid().as_bytes(), sealed)?;
        Ok(stored_kept(clear.expose()))
    }

    fn passkey(&self, row: &FactorRow) -> Result<Option<Passkey>, VaultError> {
        let Some(sealed) = &row.data else { return Ok(None) };
        let clear = self.vault.unseal("factor", "data", row.id.uuid().as_bytes(), sealed)?;
        Ok(serde_json::from_slice(clear.expose()).ok())
    }
}

/// Where a passkey is kept, by what is stored of it.
pub(crate) fn stored_kept(passkey: &[u8]) -> Option<PasskeyKept> {
    let stored: StoredPasskey = serde_json::from_slice(passkey).ok()?;
    Some(match (stored.cred.backup_eligible, stored.cred.backup_state) {
        (_, true) => PasskeyKept::Synced,
        (true, false) => PasskeyKept::MayBeSynced,
        (false, false) => PasskeyKept::Device,
    })
}

async fn passkey_row(tx: &mut Tx, credential: &[u8]) -> Result<Option<FactorRow>, wd_db::DbError> {
    let row = factor::by_credential(tx, sha256(credential)).await?;
    Ok(row.filter(|row| row.kind == FactorKind::Passkey && row.confirmed_at.is_some() && row.disabled_at.is_none()))
}
