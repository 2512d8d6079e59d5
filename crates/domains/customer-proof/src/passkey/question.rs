//! Questions for passkeys: each is good for ten minutes, one answer, and who asked.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use wd_db::Tx;
use wd_kernel::{CeremonyId, Ctx, CustomerId, DeviceId, Id as _, ProofRequestId, Timestamp, b64u};

use super::{PasskeyError, store};
use crate::{
    Proofs,
    model::{Asking, CODE},
};

/// The longest ticket that is looked at; one with ten passkeys in it has a quarter of this.
const LONGEST_TICKET: usize = 64 * 1024;

/// A question for a passkey.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PasskeyQuestion {
    /// The ceremony's ticket; it goes back with the answer. It works once, for ten minutes.
    pub ceremony: String,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON` (WebAuthn Level 3).
    #[schema(value_type = Object)]
    pub options: Value,
}

/// What a question is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Purpose {
    /// A new passkey.
    Add,
    /// A proof that was asked for.
    Prove(ProofRequestId),
}

/// A question, as it goes sealed to who asked and comes back with the answer. What the server keeps of it is that it
/// was answered.
#[derive(Serialize, Deserialize)]
struct Ticket {
    id: CeremonyId,
    purpose: Purpose,
    device: DeviceId,
    session: String,
    expires_at: Timestamp,
    state: String,
}

impl Proofs {
    /// Seals the state of a question into a ticket, for this customer alone.
    pub(super) fn question(
        &self,
        ctx: &Ctx,
        purpose: Purpose,
        customer: CustomerId,
        asking: &Asking,
        state: &impl Serialize,
        options: Value,
    ) -> Result<PasskeyQuestion, PasskeyError> {
        let ticket = Ticket {
            id: ctx.id(),
            purpose,
            device: asking.device,
            session: b64u::encode(&asking.session),
            expires_at: ctx.now() + CODE,
            state: serde_json::to_string(state)?,
        };
        let clear = serde_json::to_vec(&ticket)?;
        let sealed = self.vault.seal(
            ctx.entropy(),
            "customer_passkey",
            "ticket",
            customer.uuid().as_bytes(),
            &clear,
        )?;
        Ok(PasskeyQuestion {
            ceremony: b64u::encode(sealed),
            options,
        })
    }

    /// Spends a ticket. `None`: it is not of this customer, device, session and purpose, it has expired, or it was spent
    /// before.
    pub(super) async fn spend<T: DeserializeOwned>(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        purpose: Purpose,
        customer: CustomerId,
        asking: &Asking,
        ticket: &str,
    ) -> Result<Option<T>, PasskeyError> {
        let Some(ticket) = self.open_ticket(customer, ticket) else {
            return Ok(None);
        };
        let fits = ticket.purpose == purpose
            && ticket.device == asking.device
            && ticket.session == b64u::encode(&asking.session)
            && ticket.expires_at > ctx.now();
        if !fits {
            return Ok(None);
        }
        store::forget_expired(tx, ctx.now()).await?;
        let first = store::spend(tx, ticket.id, ticket.expires_at).await?;
        Ok(serde_json::from_str(&ticket.state).ok().filter(|_| first))
    }

    fn open_ticket(&self, customer: CustomerId, ticket: &str) -> Option<Ticket> {
        if ticket.len() > LONGEST_TICKET {
            return None;
        }
        let sealed = b64u::decode(ticket)?;
        let clear = self
            .vault
            .unseal("customer_passkey", "ticket", customer.uuid().as_bytes(), &sealed)
            .ok()?;
        serde_json::from_slice(clear.expose()).ok()
    }
}
