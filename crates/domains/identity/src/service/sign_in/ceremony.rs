//! WebAuthn ceremonies: the question is kept here, for two minutes and one answer.

use serde::{Serialize, de::DeserializeOwned};
use wd_crypto::sha256;
use wd_db::Tx;
use wd_kernel::{CeremonyId, Ctx, Duration, Id as _, SessionId, StaffId};
use wd_vault::VaultError;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyAuthentication, PublicKeyCredential,
};

use super::SignInError;
use crate::{
    FactorKind, Identity, Overloaded,
    model::CeremonyPurpose,
    store::{
        ceremony::{self, CeremonyRow},
        factor::{self, FactorRow},
    },
};

/// How long a ceremony may take.
pub const CEREMONY_FOR: Duration = Duration::from_mins(2);

/// Ceremonies without a session that may be under way at once; anybody can begin one. Who has a session has shown a
/// password or a link, and is not kept out by those who have not.
const MOST: i64 = 10_000;

/// A passkey that answered.
pub(crate) struct Proof {
    pub staff: StaffId,
}

impl Identity {
    /// Keeps the state of a ceremony.
    pub(crate) async fn begin_ceremony(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        purpose: CeremonyPurpose,
        session: Option<SessionId>,
        state: &(impl Serialize + Sync),
    ) -> Result<CeremonyId, SignInError> {
        ceremony::forget_expired(tx, ctx.now()).await?;
        if session.is_none() && ceremony::under_way_of_nobody(tx).await? >= MOST {
            return Err(Overloaded.into());
        }
        let id: CeremonyId = ctx.id();
        let clear = serde_json::to_vec(state).map_err(SignInError::State)?;
        let sealed = self
            .vault
            .seal(ctx.entropy(), "ceremony", "state", id.uuid().as_bytes(), &clear)?;
        ceremony::insert(tx, id, purpose, session, &sealed, ctx.now() + CEREMONY_FOR).await?;
        Ok(id)
    }

    /// The state of a ceremony that was taken out.
    pub(crate) fn ceremony_state<T: DeserializeOwned>(
        &self,
        id: CeremonyId,
        row: &CeremonyRow,
    ) -> Result<Option<T>, VaultError> {
        let clear = self
            .vault
            .unseal("ceremony", "state", id.uuid().as_bytes(), &row.state)?;
        Ok(serde_json::from_slice(clear.expose()).ok())
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
        let Ok(result) = self.webauthn.finish_passkey_authentication(answer, state) else {
            return Ok(None);
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
        let clear = serde_json::to_vec(&passkey).map_err(SignInError::State)?;
        let sealed = self
            .vault
            .seal(ctx.entropy(), "factor", "data", row.id.uuid().as_bytes(), &clear)?;
        let counter = i64::from(result.counter());
        // A counter that did not grow is a copy of the passkey, or an answer that was heard before.
        let accepted = factor::accept_counter(tx, row.id, counter, &sealed, ctx.now()).await?;
        Ok(accepted.then_some(Proof { staff: row.staff }))
    }

    /// The passkeys of a person.
    pub(crate) async fn passkeys(&self, tx: &mut Tx, staff: StaffId) -> Result<Vec<Passkey>, SignInError> {
        let mut passkeys = Vec::new();
        for row in factor::of_staff(tx, staff).await? {
            if row.kind == FactorKind::Passkey {
                passkeys.extend(self.passkey(&row)?);
            }
        }
        Ok(passkeys)
    }

    fn passkey(&self, row: &FactorRow) -> Result<Option<Passkey>, VaultError> {
        let Some(sealed) = &row.data else { return Ok(None) };
        let clear = self.vault.unseal("factor", "data", row.id.uuid().as_bytes(), sealed)?;
        Ok(serde_json::from_slice(clear.expose()).ok())
    }
}

async fn passkey_row(tx: &mut Tx, credential: &[u8]) -> Result<Option<FactorRow>, wd_db::DbError> {
    let row = factor::by_credential(tx, sha256(credential)).await?;
    Ok(row.filter(|row| row.kind == FactorKind::Passkey && row.confirmed_at.is_some()))
}
