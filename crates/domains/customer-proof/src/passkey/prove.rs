//! A passkey answers a request for a proof.

use wd_audit_log::Entry;
use wd_crypto::sha256;
use wd_db::Tx;
use wd_kernel::{Ctx, CustomerPasskeyId, Id as _};
use webauthn_rs::prelude::{AuthenticationResult, PasskeyAuthentication, PublicKeyCredential, WebauthnError};

use super::{
    PasskeyAnswer, PasskeyError, PasskeyQuestion,
    keep::{opened, sealed, tell as tell_fate},
    place,
    question::Purpose,
    store::{self, PasskeyRow},
};
use crate::{
    Proofs,
    events::{PasskeyFate, ProofChanged},
    model::{Asking, CODE, Request, VALID},
    service::{Answer, tell, why_not, wrong},
    store as requests,
};

/// What became of an answer. It is counted, so the caller commits whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyTried {
    /// What it is worth.
    pub answer: Answer,
    /// The passkey answered like a copy, and was stopped.
    pub copied: bool,
}

/// What an answer shows.
enum Shown {
    Right(CustomerPasskeyId),
    Wrong,
    Copied,
}

impl Proofs {
    /// The question for a passkey that counts. The first device and session that ask are the only ones that may answer.
    pub async fn ask_passkey_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        request: &Request,
        asking: &Asking,
    ) -> Result<PasskeyQuestion, PasskeyError> {
        let now = ctx.now();
        if !store::begin(tx, request.id, asking, now, now + CODE).await? {
            return Err(why_not(request, asking, now).into());
        }
        let key = self.vault.subject_key(tx, request.customer).await?;
        let mut passkeys = Vec::new();
        for row in store::of_customer(tx, request.customer).await? {
            if row.counts(now) {
                passkeys.push(opened(&row, &key)?);
            }
        }
        let (question, state) = self
            .relying_party
            .start_passkey_authentication(&passkeys)
            .map_err(PasskeyError::Question)?;
        if request.begun_by.is_none() {
            tell(tx, ctx, request, Entry::done("customer_proof.begun")).await?;
        }
        let options = serde_json::to_value(&question.public_key)?;
        let purpose = Purpose::Prove(request.id);
        self.question(ctx, purpose, request.customer, asking, &state, options)
    }

    /// Tries the answer of a passkey.
    pub async fn answer_passkey_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        request: &Request,
        asking: &Asking,
        answer: PasskeyAnswer<'_>,
    ) -> Result<PasskeyTried, PasskeyError> {
        let now = ctx.now();
        // A wrong one counts among the customer's, and in other conversations somebody may answer at this moment.
        requests::gate(tx).await?;
        let Some(tries) = store::count_try(tx, request.id, asking, now).await? else {
            return Err(why_not(request, asking, now).into());
        };
        let purpose = Purpose::Prove(request.id);
        let state = self
            .spend(tx, ctx, purpose, request.customer, asking, answer.ceremony)
            .await?;
        let shown = match state {
            Some(state) => self.shown_in(tx, ctx, request, &state, answer).await?,
            None => Shown::Wrong,
        };
        let given = |entry: Entry| match shown {
            Shown::Right(passkey) => entry.detail("passkey", passkey.to_string()),
            Shown::Copied => entry.detail("reason", "copied"),
            Shown::Wrong => entry,
        };
        let answer = if let Shown::Right(passkey) = shown {
            requests::proved(tx, request.id, now, now + VALID, Some(passkey)).await?;
            tell(tx, ctx, request, given(Entry::done("customer_proof.given"))).await?;
            Answer::Proved
        } else {
            let entry = given(Entry::refused("customer_proof.given"));
            wrong(tx, ctx, request, tries, entry).await?
        };
        Ok(PasskeyTried {
            answer,
            copied: matches!(shown, Shown::Copied),
        })
    }

    async fn shown_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        request: &Request,
        state: &PasskeyAuthentication,
        answer: PasskeyAnswer<'_>,
    ) -> Result<Shown, PasskeyError> {
        let Ok(used) = serde_json::from_value::<PublicKeyCredential>(answer.credential.clone()) else {
            return Ok(Shown::Wrong);
        };
        let user = request.customer.uuid();
        let another = used
            .get_user_unique_id()
            .is_some_and(|handle| handle != user.as_bytes());
        if another || !place::is_expected(&used.response.client_data_json, answer.sites) {
            return Ok(Shown::Wrong);
        }
        let result = self.relying_party.finish_passkey_authentication(&used, state);
        let copied = matches!(result, Err(WebauthnError::CredentialPossibleCompromise));
        if result.is_err() && !copied {
            return Ok(Shown::Wrong);
        }
        // It may have been removed or stopped since it was asked for.
        let row = store::by_credential(tx, sha256(used.get_credential_id())).await?;
        let Some(row) = row.filter(|row| row.customer == request.customer && row.counts(ctx.now())) else {
            return Ok(Shown::Wrong);
        };
        match result {
            Ok(result) => self.accept(tx, ctx, &row, &result).await,
            Err(_) => stop(tx, ctx, &row).await,
        }
    }

    async fn accept(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: &PasskeyRow,
        result: &AuthenticationResult,
    ) -> Result<Shown, PasskeyError> {
        let key = self.vault.subject_key(tx, row.customer).await?;
        let mut passkey = opened(row, &key)?;
        if !result.user_verified() || passkey.update_credential(result).is_none() {
            return Ok(Shown::Wrong);
        }
        let sealed = sealed(ctx, &key, row.id, &passkey)?;
        let counter = i64::from(result.counter());
        if store::accept_counter(tx, row.id, counter, &sealed, ctx.now()).await? {
            Ok(Shown::Right(row.id))
        } else {
            stop(tx, ctx, row).await
        }
    }
}

/// What a passkey proved lately counts no more.
pub(super) async fn end_proofs_by(tx: &mut Tx, ctx: &Ctx, passkey: CustomerPasskeyId) -> Result<(), PasskeyError> {
    for conversation in store::end_proofs_by(tx, passkey, ctx.now()).await? {
        tx.emit(ctx, &ProofChanged { conversation }).await?;
    }
    Ok(())
}

/// A right signature with an old counter: there are two of this passkey, and nobody can tell which is its owner's. What
/// it proved lately counts no more either.
async fn stop(tx: &mut Tx, ctx: &Ctx, row: &PasskeyRow) -> Result<Shown, PasskeyError> {
    if !store::stop(tx, row.id, ctx.now()).await? {
        // It was removed or stopped at this moment.
        return Ok(Shown::Wrong);
    }
    end_proofs_by(tx, ctx, row.id).await?;
    let entry = Entry::done("customer_passkey.stopped").detail("reason", "copied");
    tell_fate(tx, ctx, row.customer, row.id, PasskeyFate::Copied, entry).await?;
    Ok(Shown::Copied)
}
