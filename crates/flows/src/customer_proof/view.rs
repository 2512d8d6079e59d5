//! What each side sees.

use serde::Serialize;
use wd_customer_proof::{
    Asking, CODES, Channel, Proof, Request, State, Strength, masked, permissions::CustomerProofAsk,
};
use wd_db::Tx;
use wd_desk::Case;
use wd_kernel::{Ctx, ProofRequestId, StaffId, Timestamp};
use wd_sms::PhoneNumber;

use super::{CustomerProofError, CustomerProofs, Way, has, waits};

/// How many requests of a conversation are shown.
const SHOWN: i64 = 50;

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
    /// By what it is answered.
    pub channel: Channel,
    /// Who asked.
    pub asked_by: StaffId,
    /// When.
    pub asked_at: Timestamp,
    /// Until when it waits.
    pub ends_at: Timestamp,
    /// When it was answered.
    pub proved_at: Option<Timestamp>,
    /// When the last try was wrong.
    pub failed_at: Option<Timestamp>,
}

/// How proofs stand in a conversation, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StaffProof {
    /// The requests, the oldest first; the newest 50.
    pub requests: Vec<StaffRequest>,
    /// The proof that counts now.
    pub proof: Option<ProofView>,
    /// By what the customer can be asked; empty for who may not ask now.
    pub ways: Vec<Way>,
}

/// A proof that was given once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct GivenProof {
    /// By what.
    pub channel: Channel,
    /// When.
    pub proved_at: Timestamp,
}

/// A request as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WidgetRequest {
    /// Who asks.
    pub asked_by: StaffId,
    /// By what it is answered.
    pub channel: Channel,
    /// The masked address: `m…@e….org`, or `+49 … 89`; `null` for a passkey.
    pub address: Option<String>,
    /// Until when it waits.
    pub ends_at: Timestamp,
    /// Whether this device and session may answer.
    pub here: bool,
    /// Until when the newest code counts, or the newest question for a passkey; `null` before one was sent or asked.
    pub code_ends_at: Option<Timestamp>,
    /// How many codes can still be sent.
    pub codes_left: i64,
    /// How many tries are left; none while so many answers were wrong within a day that no code is taken.
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
    /// All that were given, the oldest first; of the newest 50 requests.
    pub given: Vec<GivenProof>,
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
        let requests = self.proofs.newest_in(tx, case.id, SHOWN).await?;
        let may_ask = ctx.holds::<CustomerProofAsk>(case.scope());
        let ways = if may_ask && has(case, ctx.staff()?.id) {
            self.ways(tx, ctx, case.customer).await?
        } else {
            Vec::new()
        };
        let seen = |request: Request| StaffRequest {
            id: request.id,
            state: state(&request, case, ctx.now()),
            channel: request.channel,
            asked_by: request.asked_by,
            asked_at: request.asked_at,
            ends_at: request.ends_at,
            proved_at: request.proved_at,
            failed_at: request.failed_at,
        };
        Ok(StaffProof {
            requests: requests.into_iter().rev().map(seen).collect(),
            proof: self.proof_of_case(tx, ctx, case).await?.map(Into::into),
            ways,
        })
    }

    pub(super) async fn widget_view(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        case: &Case,
        asking: &Asking,
    ) -> Result<WidgetProof, CustomerProofError> {
        let requests = self.proofs.newest_in(tx, case.id, SHOWN).await?;
        let waiting = requests.first().filter(|request| waits(request, case, ctx.now()));
        let request = match waiting {
            Some(request) => {
                let on_file = self
                    .on_file
                    .address(tx, case.customer, request.channel)
                    .await
                    .map_err(CustomerProofError::Record)?;
                let address = on_file.and_then(|(address, _)| shown(request.channel, address.expose()));
                let tries_left = self.proofs.tries_left_in(tx, request, ctx.now()).await?;
                let answerable = address.is_some() || request.channel == Channel::Passkey;
                answerable.then(|| WidgetRequest {
                    asked_by: request.asked_by,
                    channel: request.channel,
                    address,
                    ends_at: request.ends_at,
                    here: request.is_for(asking),
                    code_ends_at: request.code_ends_at,
                    codes_left: CODES - request.codes,
                    tries_left,
                })
            }
            None => None,
        };
        Ok(WidgetProof {
            organisation: self.desk.settings_in(tx).await?.name,
            request,
            proof: self.proof_of_case(tx, ctx, case).await?.map(Into::into),
            given: requests.iter().rev().filter_map(given).collect(),
        })
    }
}

/// An address as its owner knows it again. `None`: it is none.
fn shown(channel: Channel, address: &str) -> Option<String> {
    match channel {
        Channel::MailCode => Some(masked(address)),
        Channel::PhoneCode => address.parse().ok().map(|number: PhoneNumber| number.masked()),
        Channel::Passkey => None,
    }
}

fn given(request: &Request) -> Option<GivenProof> {
    Some(GivenProof {
        channel: request.channel,
        proved_at: request.proved_at?,
    })
}
