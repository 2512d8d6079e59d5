//! The use cases, in the caller's transaction. Who calls them has locked the conversation.

use std::sync::Arc;

use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::equal;
use wd_db::{DbError, Tx};
use wd_kernel::{
    ConversationId, Ctx, CustomerId, Denied, Duration, Problem, ProblemCode, ProofRequestId, Scope, SecretString,
    SmsId, Timestamp,
};
use wd_vault::Vault;
use webauthn_rs::prelude::Webauthn;

use crate::{
    events::{CodesStopped, ProofChanged},
    model::{self, Asking, Channel, Proof, Request, State, VALID, WRONG},
    permissions::CustomerProofAsk,
    store,
};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Requests of one conversation within an hour.
const OF_CONVERSATION: i64 = 3;
/// Requests to one customer within a day.
const OF_CUSTOMER: i64 = 10;
/// Requests of the whole organisation within an hour: nobody is to send mails in masses with it.
const OF_ALL: i64 = 200;

/// Why there is no request, no code or no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Too many requests.
    #[error("too many requests")]
    TooMany {
        /// Seconds until the next one.
        retry_after: u64,
    },
    /// Not in the present state.
    #[error("{0}")]
    Conflict(&'static str),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl wd_web::Fails for ProofError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::TooMany { retry_after } => Problem::new(ProblemCode::RateLimited).retry_after(*retry_after),
            Self::Conflict(detail) => Problem::new(ProblemCode::Conflict).detail(*detail),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

/// What became of a try. It is counted, so the caller commits whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It was the code.
    Proved,
    /// It was not.
    Wrong {
        /// How many tries are left; at least one.
        left: i64,
    },
    /// It was not, and it was the last try.
    Failed,
}

/// The use cases. Clones share what is behind them.
#[derive(Clone)]
pub struct Proofs {
    pub(crate) vault: Vault,
    pub(crate) relying_party: Arc<Webauthn>,
}

const NO_MORE_CODES: &str = "no more codes are sent for this request";
/// What is said while codes of a customer are stopped.
pub const CODES_STOPPED: &str =
    "ten answers for this customer were wrong, so no code is asked for or taken until a day has passed";

/// A new code of a request.
pub struct NewCode {
    code: SecretString,
    /// What it took the place of.
    before: store::BeforeRow,
}

impl NewCode {
    /// Its six digits.
    pub fn expose(&self) -> &str {
        self.code.expose()
    }
}

impl Proofs {
    /// With the vault whose key hashes codes, and the relying party of passkeys: the same as that of staff, whose
    /// passkeys are kept elsewhere and are never asked for here.
    pub const fn new(vault: Vault, relying_party: Arc<Webauthn>) -> Self {
        Self { vault, relying_party }
    }

    /// Asks the customer of a conversation. What waited before is replaced.
    pub async fn ask_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        customer: CustomerId,
        channel: Channel,
        scope: Scope,
    ) -> Result<Request, ProofError> {
        ctx.require::<CustomerProofAsk>(scope)?;
        let (asked_by, now) = (ctx.staff()?.id, ctx.now());
        store::gate(tx).await?;
        if channel != Channel::Passkey {
            self.codes_go_on(tx, customer, now).await?;
        }
        within(
            store::of_conversation_since(tx, conversation, now - HOUR).await?,
            OF_CONVERSATION,
            HOUR,
            now,
        )?;
        within(
            store::of_customer_since(tx, customer, now - DAY).await?,
            OF_CUSTOMER,
            DAY,
            now,
        )?;
        within(store::of_all_since(tx, now - HOUR).await?, OF_ALL, HOUR, now)?;
        store::replace(tx, conversation).await?;
        let request = Request {
            id: ctx.id(),
            conversation,
            customer,
            asked_by,
            channel,
            state: State::Asked,
            asked_at: now,
            ends_at: now + model::REQUEST,
            begun_by: None,
            codes: 0,
            tries: 0,
            code_ends_at: None,
            message: None,
            proved_at: None,
            failed_at: None,
        };
        store::insert(tx, &request).await?;
        tell(tx, ctx, &request, Entry::done("customer_proof.asked")).await?;
        Ok(request)
    }

    /// Makes a code for who asks, in the place of the one before. The first who asks is the only one who may answer.
    /// The caller sends it and says what came of that, by [`Self::sent_in`] or [`Self::not_sent_in`].
    pub async fn code_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        request: &Request,
        asking: &Asking,
    ) -> Result<NewCode, ProofError> {
        let now = ctx.now();
        self.codes_go_on(tx, request.customer, now).await?;
        let before = store::before(tx, request.id).await?;
        if before.refused >= model::REFUSED {
            return Err(ProofError::Conflict(NO_MORE_CODES));
        }
        let code = SecretString::new(model::draw(ctx));
        let hash = self.hash(request.id, code.expose());
        if !store::set_code(tx, request.id, asking, &hash, now, now + model::CODE).await? {
            return Err(why_not(request, asking, now));
        }
        Ok(NewCode { code, before })
    }

    /// The code is on its way; in which text message, if it is one.
    pub async fn sent_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        request: &Request,
        message: Option<SmsId>,
    ) -> Result<(), ProofError> {
        if let Some(message) = message {
            store::set_message(tx, request.id, message).await?;
        }
        Ok(tell(tx, ctx, request, Entry::done("customer_proof.code_sent")).await?)
    }

    /// The code was not sent, and `reason` says why. It does not count, and the one before is what it was.
    pub async fn not_sent_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        request: &Request,
        code: &NewCode,
        reason: &'static str,
    ) -> Result<(), ProofError> {
        store::not_sent(tx, request.id, &code.before).await?;
        let entry = Entry::refused("customer_proof.code_sent").detail("reason", reason);
        Ok(tell(tx, ctx, request, entry).await?)
    }

    /// Tries a code.
    pub async fn answer_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        request: &Request,
        asking: &Asking,
        code: &str,
    ) -> Result<Answer, ProofError> {
        let now = ctx.now();
        // In other conversations somebody may answer at this moment.
        store::gate(tx).await?;
        self.codes_go_on(tx, request.customer, now).await?;
        let Some((tries, hash)) = store::count_try(tx, request.id, asking, now).await? else {
            return Err(why_not(request, asking, now));
        };
        if equal(&hash, &self.hash(request.id, code)) {
            store::proved(tx, request.id, now, now + VALID, None).await?;
            tell(tx, ctx, request, Entry::done("customer_proof.given")).await?;
            return Ok(Answer::Proved);
        }
        let entry = Entry::refused("customer_proof.given");
        Ok(wrong(tx, ctx, request, tries, entry).await?)
    }

    /// Whether so many answers of a customer were wrong within a day that no code is asked for or taken.
    pub async fn codes_are_stopped_in(
        &self,
        tx: &mut Tx,
        customer: CustomerId,
        now: Timestamp,
    ) -> Result<bool, ProofError> {
        Ok(wrong_of(tx, customer, now).await? >= WRONG)
    }

    /// How many tries a request has left; none while its customer's codes are stopped.
    pub async fn tries_left_in(&self, tx: &mut Tx, request: &Request, now: Timestamp) -> Result<i64, ProofError> {
        let wrong = wrong_of(tx, request.customer, now).await?;
        Ok(model::left(request.channel, request.tries, wrong))
    }

    async fn codes_go_on(&self, tx: &mut Tx, customer: CustomerId, now: Timestamp) -> Result<(), ProofError> {
        if self.codes_are_stopped_in(tx, customer, now).await? {
            return Err(ProofError::Conflict(CODES_STOPPED));
        }
        Ok(())
    }

    /// The newest request of a conversation.
    pub async fn latest_in(&self, tx: &mut Tx, conversation: ConversationId) -> Result<Option<Request>, ProofError> {
        Ok(store::latest(tx, conversation).await?)
    }

    /// The newest requests of a conversation, at most `most`, the newest first.
    pub async fn newest_in(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        most: i64,
    ) -> Result<Vec<Request>, ProofError> {
        Ok(store::newest(tx, conversation, most).await?)
    }

    /// The proof that counts in a conversation by its time. Whether its device and session still do is for the caller.
    pub async fn proof_in(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        now: Timestamp,
    ) -> Result<Option<Proof>, ProofError> {
        Ok(store::proof(tx, conversation, now).await?)
    }

    /// The conversations in which a customer gave a proof, by this device and in this session, that counts by its time.
    pub async fn proved_by_in(
        &self,
        tx: &mut Tx,
        customer: CustomerId,
        asking: &Asking,
        now: Timestamp,
    ) -> Result<Vec<ConversationId>, ProofError> {
        Ok(store::proved_by(tx, customer, asking, now).await?)
    }

    /// 64 bits of an HMAC under a key of the vault: of a million codes, no two are likely to share them.
    fn hash(&self, request: ProofRequestId, code: &str) -> Vec<u8> {
        self.vault
            .blind_index("proof_request", "code")
            .of(&format!("{request}|{code}"))
    }
}

/// What a wrong answer leads to, which is the try of this number.
pub(crate) async fn wrong(
    tx: &mut Tx,
    ctx: &Ctx,
    request: &Request,
    tries: i64,
    entry: Entry,
) -> Result<Answer, DbError> {
    let wrong = wrong_of(tx, request.customer, ctx.now()).await?;
    let left = model::left(request.channel, tries, wrong);
    if left <= 0 {
        store::failed(tx, request.id, ctx.now()).await?;
    }
    tell(tx, ctx, request, entry.detail("tries", tries.to_string())).await?;
    // Answers come one after the other, so one of them is the last that was let pass.
    if wrong == WRONG {
        stopped(tx, ctx, request).await?;
    }
    Ok(if left > 0 {
        Answer::Wrong { left }
    } else {
        Answer::Failed
    })
}

/// The alarm: somebody may be trying to pass as the customer.
async fn stopped(tx: &mut Tx, ctx: &Ctx, request: &Request) -> Result<(), DbError> {
    let (conversation, customer) = (request.conversation, request.customer);
    tx.emit(ctx, &CodesStopped { conversation, customer }).await?;
    let entry = Entry::done("customer_proof.codes_stopped")
        .target(customer)
        .detail("conversation", conversation.to_string())
        .detail("wrong", WRONG.to_string());
    tx.audit(ctx, entry).await?;
    Ok(())
}

/// The wrong answers of a customer that count. When each was made is not kept, so it counts as made when its request
/// would end: never too short.
async fn wrong_of(tx: &mut Tx, customer: CustomerId, now: Timestamp) -> Result<i64, DbError> {
    store::wrong_since(tx, customer, now - model::WRONG_WITHIN - model::REQUEST).await
}

fn within(
    (count, first): (i64, Option<Timestamp>),
    most: i64,
    span: Duration,
    now: Timestamp,
) -> Result<(), ProofError> {
    if count < most {
        return Ok(());
    }
    let again = first.unwrap_or(now) + span;
    let wait = again.seconds().saturating_sub(now.seconds()).saturating_add(1);
    Err(ProofError::TooMany {
        retry_after: u64::try_from(wait).unwrap_or(1),
    })
}

pub(crate) fn why_not(request: &Request, asking: &Asking, now: Timestamp) -> ProofError {
    let by_passkey = request.channel == Channel::Passkey;
    ProofError::Conflict(if !request.is_for(asking) {
        "this was begun on another device or before the last sign-in"
    } else if !request.waits(now) {
        "nobody waits for this any more"
    } else if by_passkey && request.code_ends_at.is_none() {
        "no passkey was asked for yet"
    } else if by_passkey {
        "the question for a passkey is too old"
    } else if request.code_ends_at.is_none() {
        "no code was sent yet"
    } else if request.codes >= model::CODES && request.code_ends_at.is_some_and(|at| at > now) {
        NO_MORE_CODES
    } else {
        "the code is too old"
    })
}

pub(crate) async fn tell(tx: &mut Tx, ctx: &Ctx, request: &Request, entry: Entry) -> Result<(), DbError> {
    let conversation = request.conversation;
    tx.emit(ctx, &ProofChanged { conversation }).await?;
    let entry = entry
        .target(conversation)
        .detail("request", request.id.to_string())
        .detail("customer", request.customer.to_string())
        .detail("channel", request.channel.as_str());
    tx.audit(ctx, entry).await?;
    Ok(())
}
