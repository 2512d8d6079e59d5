//! What each side sees.

use serde::Serialize;
use wd_customer_proof::{Asking, CODES, Channel, Proof, Request, State, Strength, TRIES, masked};
use wd_db::Tx;
use wd_desk::Case;
use wd_kernel::{Ctx, ProofRequestId, StaffId, Timestamp};

use super::{CustomerProofError, CustomerProofs, waits};

/// A proof that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ProofView {
    /// By what.
    pub channel: Channel,
    /// How much it says.
    pub strength: Strength,
    /// When it was given.
    pub proved_at: Timestamp,
    /// Until when it counts.
    pub valid_until: Timestamp,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofRequestState {
    /// It waits for the customer.
    Asked,
    /// It was answered.
    Proved,
    /// All tries were wrong.
    Failed,
    /// Its time is over, or who asked no longer has the conversation.
    Ended,
}

/// A request as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StaffRequest {
    /// Its id.
    pub id: ProofRequestId,
    /// Where it stands.
    pub state: ProofRequestState,
    /// Who asked.
    pub asked_by: StaffId,
    /// When.
    pub asked_at: Timestamp,
    /// Until when it waits.
    pub ends_at: Timestamp,
}

/// How proofs stand in a conversation, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StaffProof {
    /// The newest request.
    pub request: Option<StaffRequest>,
    /// The proof that counts now.
    pub proof: Option<ProofView>,
}

/// A request as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WidgetRequest {
    /// By what it is answered.
    pub channel: Channel,
    /// The masked address: `m…@e….org`.
    pub address: String,
    /// Until when it waits.
    pub ends_at: Timestamp,
    /// Whether this device and session may answer.
    pub here: bool,
    /// Until when the newest code counts; `null` before one was sent.
    pub code_ends_at: Option<Timestamp>,
    /// How many codes can still be sent.
    pub codes_left: i64,
    /// How many tries are left.
    pub tries_left: i64,
}

/// How proofs stand in a conversation, for its customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WidgetProof {
    /// Who asks.
    pub organisation: String,
    /// The request that waits.
    pub request: Option<WidgetRequest>,
    /// The proof that counts now.
    pub proof: Option<ProofView>,
}

impl From<Proof> for ProofView {
    fn from(proof: Proof) -> Self {
        Self {
            channel: proof.channel,
            strength: proof.channel.strength(),
            proved_at: proof.proved_at,
            valid_until: proof.valid_until,
        }
    }
}

fn state(request: &Request, case: &Case, now: Timestamp) -> ProofRequestState {
    match request.state {
        State::Proved => ProofRequestState::Proved,
        State::Failed => ProofRequestState::Failed,
        State::Asked if waits(request, case, now) => ProofRequestState::Asked,
        State::Asked | State::Replaced => ProofRequestState::Ended,
    }
}

impl CustomerProofs {
    pub(super) async fn staff_view(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        case: &Case,
    ) -> Result<StaffProof, CustomerProofError> {
        let request = self.proofs.latest_in(tx, case.id).await?;
        Ok(StaffProof {
            request: request.map(|request| StaffRequest {
                id: request.id,
                state: state(&request, case, ctx.now()),
                asked_by: request.asked_by,
                asked_at: request.asked_at,
                ends_at: request.ends_at,
            }),
            proof: self.proof_of_case(tx, ctx, case).await?.map(Into::into),
        })
    }

    pub(super) async fn widget_view(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        case: &Case,
        asking: &Asking,
    ) -> Result<WidgetProof, CustomerProofError> {
        let waiting = self.proofs.latest_in(tx, case.id).await?;
        let waiting = waiting.filter(|request| waits(request, case, ctx.now()));
        let request = match waiting {
            Some(request) => {
                let on_file = self
                    .on_file
                    .mail(tx, case.customer)
                    .await
                    .map_err(CustomerProofError::Record)?;
                on_file.map(|(address, _)| WidgetRequest {
                    channel: Channel::MailCode,
                    address: masked(address.expose()),
                    ends_at: request.ends_at,
                    here: request.is_for(asking),
                    code_ends_at: request.code_ends_at,
                    codes_left: CODES - request.codes,
                    tries_left: TRIES - request.tries,
                })
            }
            None => None,
        };
        Ok(WidgetProof {
            organisation: self.desk.settings_in(tx).await?.name,
            request,
            proof: self.proof_of_case(tx, ctx, case).await?.map(Into::into),
        })
    }
}
