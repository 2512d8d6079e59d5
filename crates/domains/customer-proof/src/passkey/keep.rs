//! Adding, listing and removing passkeys. Whether the customer may is for the caller.

use serde_json::{Value, json};
use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::sha256;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, CustomerId, CustomerPasskeyId, Id as _, Timestamp};
use wd_vault::SubjectKey;
use webauthn_rs::prelude::{Passkey, PasskeyRegistration, RegisterPublicKeyCredential};

use super::{
    CustomerPasskey, MOST_PASSKEYS, PasskeyAnswer, PasskeyError, PasskeyQuestion, PasskeysNow,
    model::shown_name,
    place,
    prove::end_proofs_by,
    question::Purpose,
    store::{self, PasskeyRow},
};
use crate::{
    Proofs,
    events::{CustomerPasskeyChanged, PasskeyFate},
    model::{Asking, HOLD},
};

const TABLE: &str = "customer_passkey";

impl Proofs {
    /// The passkeys of a customer, the oldest first.
    pub async fn passkeys_in(&self, tx: &mut Tx, customer: CustomerId) -> Result<Vec<CustomerPasskey>, PasskeyError> {
        let rows = store::of_customer(tx, customer).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.vault.subject_key(tx, customer).await?;
        rows.iter().map(|row| shown(row, &key)).collect()
    }

    /// What the passkeys of a customer are good for.
    pub async fn passkeys_now_in(
        &self,
        tx: &mut Tx,
        customer: CustomerId,
        now: Timestamp,
    ) -> Result<PasskeysNow, PasskeyError> {
        let rows = store::of_customer(tx, customer).await?;
        let whole = rows.iter().filter(|row| row.stopped_at.is_none());
        Ok(PasskeysNow::of(whole.map(|row| row.counts_from), now))
    }

    /// The question for a new passkey: with user verification, and none that is known already. `name` is what the
    /// customer's device shows beside it.
    pub async fn begin_passkey_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        asking: &Asking,
        name: &str,
    ) -> Result<PasskeyQuestion, PasskeyError> {
        let rows = store::of_customer(tx, customer).await?;
        if rows.len() >= MOST_PASSKEYS {
            return Err(PasskeyError::Full);
        }
        let key = self.vault.subject_key(tx, customer).await?;
        let mut known = Vec::with_capacity(rows.len());
        for row in rows.iter().filter(|row| row.stopped_at.is_none()) {
            known.push(opened(row, &key)?.cred_id().clone());
        }
        let (question, state) = self
            .relying_party
            .start_passkey_registration(customer.uuid(), name, name, Some(known))
            .map_err(PasskeyError::Question)?;
        let mut options = serde_json::to_value(&question.public_key)?;
        if let Some(selection) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
            selection.insert("residentKey".into(), json!("preferred"));
            selection.insert("requireResidentKey".into(), json!(false));
        }
        self.question(ctx, Purpose::Add, customer, asking, &state, options)
    }

    /// Adds the passkey that answered. `None`: it is not accepted. The question is spent in either
    /// case, so the caller commits.
    pub async fn add_passkey_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        asking: &Asking,
        name: &str,
        answer: PasskeyAnswer<'_>,
    ) -> Result<Option<CustomerPasskey>, PasskeyError> {
        let name = shown_name(name).ok_or(PasskeyError::Name)?;
        // One at a time, so that no two are the tenth.
        crate::store::gate(tx).await?;
        if store::of_customer(tx, customer).await?.len() >= MOST_PASSKEYS {
            return Err(PasskeyError::Full);
        }
        let state = self
            .spend(tx, ctx, Purpose::Add, customer, asking, answer.ceremony)
            .await?;
        let Some(passkey) = state.and_then(|state| self.registered(&state, answer)) else {
            return Ok(None);
        };
        let credential = sha256(passkey.cred_id());
        if store::by_credential(tx, credential).await?.is_some() {
            return Err(PasskeyError::Known);
        }
        let key = self.vault.subject_key(tx, customer).await?;
        let (id, now): (CustomerPasskeyId, _) = (ctx.id(), ctx.now());
        let row = PasskeyRow {
            id,
            customer,
            name: key.seal(ctx.entropy(), TABLE, "name", id.uuid().as_bytes(), name.as_bytes())?,
            data: sealed(ctx, &key, id, &passkey)?,
            created_at: now,
            counts_from: now + HOLD,
            last_used_at: None,
            stopped_at: None,
        };
        match store::insert(tx, &row, credential).await {
            Err(DbError::Unique) => return Err(PasskeyError::Known),
            other => other?,
        }
        let entry = Entry::done("customer_passkey.added");
        tell(tx, ctx, customer, id, PasskeyFate::Added, entry).await?;
        Ok(Some(shown(&row, &key)?))
    }

    /// Removes a passkey of a customer.
    pub async fn remove_passkey_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        id: CustomerPasskeyId,
    ) -> Result<(), PasskeyError> {
        if !store::delete(tx, customer, id).await? {
            return Err(PasskeyError::NotFound);
        }
        end_proofs_by(tx, ctx, id).await?;
        let entry = Entry::done("customer_passkey.removed");
        Ok(tell(tx, ctx, customer, id, PasskeyFate::Removed, entry).await?)
    }

    fn registered(&self, state: &PasskeyRegistration, answer: PasskeyAnswer<'_>) -> Option<Passkey> {
        let new: RegisterPublicKeyCredential = serde_json::from_value(answer.credential.clone()).ok()?;
        if !place::is_expected(&new.response.client_data_json, answer.sites) {
            return None;
        }
        let new = place::unframed(new)?;
        self.relying_party.finish_passkey_registration(&new, state).ok()
    }
}

/// Writes down what happened to a passkey.
pub(super) async fn tell(
    tx: &mut Tx,
    ctx: &Ctx,
    customer: CustomerId,
    passkey: CustomerPasskeyId,
    fate: PasskeyFate,
    entry: Entry,
) -> Result<(), DbError> {
    let event = CustomerPasskeyChanged {
        customer,
        passkey,
        fate,
    };
    tx.emit(ctx, &event).await?;
    tx.audit(ctx, entry.target(customer).detail("passkey", passkey.to_string()))
        .await?;
    Ok(())
}

/// What is kept of a passkey, as the library needs it.
pub(super) fn opened(row: &PasskeyRow, key: &SubjectKey) -> Result<Passkey, PasskeyError> {
    let clear = key.open(TABLE, "data", row.id.uuid().as_bytes(), &row.data)?;
    Ok(serde_json::from_slice(clear.expose())?)
}

pub(super) fn sealed(
    ctx: &Ctx,
    key: &SubjectKey,
    id: CustomerPasskeyId,
    passkey: &Passkey,
) -> Result<Vec<u8>, PasskeyError> {
    let clear = serde_json::to_vec(passkey)?;
    Ok(key.seal(ctx.entropy(), TABLE, "data", id.uuid().as_bytes(), &clear)?)
}

fn shown(row: &PasskeyRow, key: &SubjectKey) -> Result<CustomerPasskey, PasskeyError> {
    let name = key.open(TABLE, "name", row.id.uuid().as_bytes(), &row.name)?;
    Ok(CustomerPasskey {
        id: row.id,
        name: String::from_utf8_lossy(name.expose()).into_owned(),
        created_at: row.created_at,
        counts_from: row.counts_from,
        last_used_at: row.last_used_at,
        stopped: row.stopped_at.is_some(),
    })
}
