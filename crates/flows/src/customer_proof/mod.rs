//! A customer shows by a second factor who they are, because the agent who has the conversation asks. The agent hears
//! that it happened, when, by what and how much it says; never a code, and never where it went.

mod error;
mod http;
#[cfg(test)]
mod tests;
mod view;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use wd_channels::{Channels, Subject};
use wd_customer_proof::{Answer, Asking, Proof, Proofs, Request, is_code, is_held};
use wd_db::{Db, Tx};
use wd_desk::{Case, Desk, State};
use wd_kernel::{ConversationId, Ctx, CustomerId, Denied, DeviceId, SecretString, Timestamp};
use wd_mail::{Mail, MailAddress, Outgoing, Sent};

pub use error::CustomerProofError;
pub use http::{router, widget_router};
pub use view::{ProofView, StaffProof, StaffRequest, WidgetProof, WidgetRequest};

/// A record could not be read.
pub type RecordError = Box<dyn std::error::Error + Send + Sync>;

/// What a customer's sealed record says, for this and nothing else.
#[async_trait]
pub trait OnFile: Send + Sync {
    /// The mail address on file, and when it last changed.
    async fn mail(
        &self,
        tx: &mut Tx,
        customer: CustomerId,
    ) -> Result<Option<(SecretString, Option<Timestamp>)>, RecordError>;

    /// Whether the widget session with the token of this hash still speaks for the customer.
    async fn session_lives(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        token_hash: &[u8],
    ) -> Result<bool, RecordError>;
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
}

impl CustomerProofs {
    /// The use cases on these domains.
    pub fn new(
        db: Db,
        desk: Desk,
        channels: Channels,
        proofs: Proofs,
        on_file: Arc<dyn OnFile>,
        outgoing: Outgoing,
    ) -> Self {
        Self {
            db,
            desk,
            channels,
            proofs,
            on_file,
            outgoing,
        }
    }

    /// Asks the customer of a conversation. Only who has it asks.
    pub async fn ask(&self, ctx: &Ctx, id: ConversationId) -> Result<StaffProof, CustomerProofError> {
        let staff = ctx.staff()?.id;
        let mut tx = self.db.begin().await?;
        let case = self.desk.lock_in(&mut tx, ctx, id).await?;
        ctx.require::<wd_customer_proof::permissions::CustomerProofAsk>(case.scope())?;
        if case.state != State::Open || case.assignee != Some(staff) {
            return Err(CustomerProofError::Conflict(
                "only who has an open conversation asks for a proof",
            ));
        }
        self.address(&mut tx, ctx, case.customer).await?;
        self.proofs
            .ask_in(&mut tx, ctx, id, case.customer, case.scope())
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

    /// Sends a code to the mail on file.
    pub async fn send_code(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        asking: &Asking,
    ) -> Result<WidgetProof, CustomerProofError> {
        let ctx = &ctx.in_one_moment();
        let mut tx = self.db.begin().await?;
        let (case, request) = self.waiting(&mut tx, ctx, id, asking).await?;
        let to = self.address(&mut tx, ctx, case.customer).await?;
        let code = self.proofs.code_in(&mut tx, ctx, &request, asking).await?;
        let settings = self.desk.settings_in(&mut tx).await?;
        let until = ctx.now() + wd_customer_proof::CODE;
        let (subject, text) = words::code(&settings.name, code.expose(), until);
        match self
            .outgoing
            .send(&mut tx, ctx, Mail::new(to, words::KIND, subject, text)?)
            .await?
        {
            Sent::Queued(_) => {}
            Sent::Collapsed | Sent::Dropped => return Err(CustomerProofError::TooManyMails),
            Sent::NotSetUp => return Err(NO_MAIL_SERVER),
        }
        let view = self.widget_view(&mut tx, ctx, &case, asking).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// Tries a code. What was tried is counted whatever comes of it.
    pub async fn answer(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        asking: &Asking,
        code: &SecretString,
    ) -> Result<WidgetProof, CustomerProofError> {
        if !is_code(code.expose()) {
            return Err(CustomerProofError::NoCode);
        }
        let ctx = &ctx.in_one_moment();
        let mut tx = self.db.begin().await?;
        let (case, request) = self.waiting(&mut tx, ctx, id, asking).await?;
        let answer = self
            .proofs
            .answer_in(&mut tx, ctx, &request, asking, code.expose())
            .await?;
        let view = self.widget_view(&mut tx, ctx, &case, asking).await?;
        tx.commit().await?;
        match answer {
            Answer::Proved => Ok(view),
            Answer::Wrong { left } => Err(CustomerProofError::Wrong { left }),
            Answer::Failed => Err(CustomerProofError::Conflict(
                "that was the last try: the agent has to ask again",
            )),
        }
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

    /// The address on file, if something can be proved by it now.
    async fn address(&self, tx: &mut Tx, ctx: &Ctx, customer: CustomerId) -> Result<MailAddress, CustomerProofError> {
        if !self.outgoing.is_set_up() {
            return Err(NO_MAIL_SERVER);
        }
        let on_file = self
            .on_file
            .mail(tx, customer)
            .await
            .map_err(CustomerProofError::Record)?;
        let (address, changed_at) = on_file.ok_or(CustomerProofError::Conflict(
            "there is no mail address on file for this customer",
        ))?;
        if is_held(changed_at, ctx.now()) {
            return Err(CustomerProofError::Conflict(
                "the mail address on file changed less than 24 hours ago, so nothing is proved by it yet",
            ));
        }
        address
            .expose()
            .parse()
            .map_err(|_| CustomerProofError::Conflict("no mail can be sent to the address on file"))
    }
}

const NO_MAIL_SERVER: CustomerProofError = CustomerProofError::Conflict("no mail server is set up");

/// Whether a request waits: in time, in an open conversation, and who asked still has it.
fn waits(request: &Request, case: &Case, now: Timestamp) -> bool {
    request.waits(now) && case.state == State::Open && case.assignee == Some(request.asked_by)
}
