//! A customer shows by a second factor who they are, because the agent who has the conversation asks. The agent hears
//! that it happened, when, by what and how much it says; never a code, and never where it went.

mod error;
mod http;
mod passkey;
mod place;
mod send;
#[cfg(test)]
mod tests;
mod view;
mod ways;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use wd_channels::{Channels, Subject};
use wd_customer_proof::{Asking, Channel, Proof, Proofs, Request};
use wd_db::{Db, Tx};
use wd_desk::{Case, Desk, State};
use wd_kernel::{ConversationId, Ctx, CustomerId, Denied, DeviceId, SecretString, StaffId, Timestamp};
use wd_mail::Outgoing;
use wd_sms::Texts;

pub use error::CustomerProofError;
pub use http::{router, widget_router};
pub use passkey::PasskeyList;
pub use view::{GivenProof, ProofView, StaffProof, StaffRequest, WidgetProof, WidgetRequest};
pub use ways::{Obstacle, Way};

/// A record could not be read.
pub type RecordError = Box<dyn std::error::Error + Send + Sync>;

/// What a customer's sealed record says, for this and nothing else.
#[async_trait]
pub trait OnFile: Send + Sync {
    /// The address on file that codes of this channel go to, and when it last changed. A passkey has none.
    async fn address(
        &self,
        tx: &mut Tx,
        customer: CustomerId,
        channel: Channel,
    ) -> Result<Option<(SecretString, Option<Timestamp>)>, RecordError>;

    /// Whether the widget session with the token of this hash still speaks for the customer.
    async fn session_lives(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        token_hash: &[u8],
    ) -> Result<bool, RecordError>;

    /// Whether it does, and the company's site vouched for the customer when it began.
    async fn session_is_vouched(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        token_hash: &[u8],
    ) -> Result<bool, RecordError>;

    /// What the customer is called, for their own device.
    async fn name(&self, tx: &mut Tx, customer: CustomerId) -> Result<Option<String>, RecordError>;
}

/// By what codes go out, and which page they belong to.
pub struct Delivery {
    /// By mail.
    pub mail: Outgoing,
    /// By text message.
    pub texts: Texts,
    /// The host of our own pages, which text messages name.
    pub host: String,
}

/// The use cases. Clones share what is behind them.
#[derive(Clone)]
pub struct CustomerProofs {
    db: Db,
    desk: Desk,
    channels: Channels,
    proofs: Proofs,
    on_file: Arc<dyn OnFile>,
    outgoing: Outgoing,
    texts: Texts,
    host: Arc<str>,
}

impl CustomerProofs {
    /// The use cases on these domains.
    pub fn new(
        db: Db,
        desk: Desk,
        channels: Channels,
        proofs: Proofs,
        on_file: Arc<dyn OnFile>,
        delivery: Delivery,
    ) -> Self {
        let Delivery { mail, texts, host } = delivery;
        Self {
            db,
            desk,
            channels,
            proofs,
            on_file,
            outgoing: mail,
            texts,
            host: host.into(),
        }
    }

    /// Asks the customer of a conversation. Only who has it asks.
    pub async fn ask(&self, ctx: &Ctx, id: ConversationId, channel: Channel) -> Result<StaffProof, CustomerProofError> {
        let staff = ctx.staff()?.id;
        let mut tx = self.db.begin().await?;
        let case = self.desk.lock_in(&mut tx, ctx, id).await?;
        ctx.require::<wd_customer_proof::permissions::CustomerProofAsk>(case.scope())?;
        if !has(&case, staff) {
            return Err(CustomerProofError::Conflict(
                "only who has an open conversation asks for a proof",
            ));
        }
        let target = self.target(&mut tx, ctx, case.customer, channel).await?;
        target.map_err(|obstacle| ways::refused(channel, obstacle))?;
        self.proofs
            .ask_in(&mut tx, ctx, id, case.customer, channel, case.scope())
            .await?;
        let view = self.staff_view(&mut tx, ctx, &case).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// How it stands, for staff who see the conversation.
    pub async fn for_staff(&self, ctx: &Ctx, id: ConversationId) -> Result<StaffProof, CustomerProofError> {
        ctx.staff()?;
        let mut tx = self.db.snapshot().await?;
        let case = self.desk.find_in(&mut tx, ctx, id).await?;
        self.staff_view(&mut tx, ctx, &case).await
    }

    /// How it stands, for the customer.
    pub async fn for_customer(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        asking: &Asking,
    ) -> Result<WidgetProof, CustomerProofError> {
        ctx.actor.customer().ok_or(Denied::Unauthenticated)?;
        let mut tx = self.db.snapshot().await?;
        let case = self.desk.find_in(&mut tx, ctx, id).await?;
        self.widget_view(&mut tx, ctx, &case, asking).await
    }

    /// The proof that counts in a conversation now: given in it, by a device that is in its group, in a session that
    /// lives. For whatever is done only with a proof.
    pub async fn proof_of_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
    ) -> Result<Option<Proof>, CustomerProofError> {
        let case = self.desk.find_in(tx, ctx, conversation).await?;
        self.proof_of_case(tx, ctx, &case).await
    }

    async fn proof_of_case(&self, tx: &mut Tx, ctx: &Ctx, case: &Case) -> Result<Option<Proof>, CustomerProofError> {
        if case.state == State::Closed {
            return Ok(None);
        }
        let Some(proof) = self.proofs.proof_in(tx, case.id, ctx.now()).await? else {
            return Ok(None);
        };
        let stays = self.is_inside(tx, case, proof.given_by.device).await?;
        let lives = self
            .on_file
            .session_lives(tx, ctx, case.customer, &proof.given_by.session)
            .await
            .map_err(CustomerProofError::Record)?;
        Ok(Some(proof).filter(|_| stays && lives))
    }

    /// The request that the asking device of the customer may answer.
    async fn waiting(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: ConversationId,
        asking: &Asking,
    ) -> Result<(Case, Request), CustomerProofError> {
        ctx.actor.customer().ok_or(Denied::Unauthenticated)?;
        let case = self.desk.lock_in(tx, ctx, id).await?;
        if !self.is_inside(tx, &case, asking.device).await? {
            return Err(CustomerProofError::NotThisDevice);
        }
        let request = self.proofs.latest_in(tx, id).await?;
        match request {
            Some(request) if waits(&request, &case, ctx.now()) => Ok((case, request)),
            _ => Err(CustomerProofError::Conflict("nobody waits for this any more")),
        }
    }

    async fn is_inside(&self, tx: &mut Tx, case: &Case, device: DeviceId) -> Result<bool, CustomerProofError> {
        let inside = self
            .channels
            .staying_devices_in(tx, case.id, Subject::Customer(case.customer))
            .await?;
        Ok(inside.contains(&device))
    }
}

/// Whether somebody has the conversation, and it is open.
fn has(case: &Case, staff: StaffId) -> bool {
    case.state == State::Open && case.assignee == Some(staff)
}

/// Whether a request waits: in time, in an open conversation, and who asked still has it.
fn waits(request: &Request, case: &Case, now: Timestamp) -> bool {
    request.waits(now) && has(case, request.asked_by)
}
