//! One's own mail address: said, proved by a code that is mailed to it, changed, forgotten. Identity keeps it; the mails
//! go out in the same transaction.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use wd_db::{Db, DbError};
use wd_identity::{Identity, MailAddressError, MailProof};
use wd_kernel::{Problem, ProblemCode, SecretString, Timestamp};
use wd_mail::{MailAddress, Sent};
use wd_web::{ApiResult, Fails, Json, ProblemBody, ReqCtx};

use crate::notices::{NoticeError, Notices};

/// What the endpoints need. Clones share what is behind it.
#[derive(Clone)]
pub struct OwnMail {
    db: Db,
    identity: Identity,
    notices: Notices,
}

impl OwnMail {
    /// Puts it together.
    pub fn new(db: Db, identity: Identity, notices: Notices) -> Self {
        Self { db, identity, notices }
    }
}

/// The routes.
pub fn router(state: OwnMail) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(show, claim, forget))
        .routes(routes!(prove))
        .with_state(state)
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
enum OwnMailError {
    #[error("there is no mail server in the settings")]
    NoServer,
    #[error("not a mail address")]
    Address,
    #[error("the address had too many mails within an hour")]
    TooMany,
    #[error("the code is not right")]
    Code,
    #[error(transparent)]
    Identity(#[from] MailAddressError),
    #[error("the mail could not be queued")]
    Notice(#[from] NoticeError),
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Fails for OwnMailError {
    fn problem(&self) -> Problem {
        match self {
            Self::NoServer => Problem::new(ProblemCode::Conflict)
                .detail("Wardesk has no mail server, so it cannot send you a code. Ask your administrator."),
            Self::Address => Problem::invalid("address", "This is not a mail address such as name@example.org."),
            Self::Code => Problem::invalid(
                "code",
                "This code is not right, too old, or was tried too often. Have a new one sent.",
            ),
            Self::Identity(MailAddressError::RateLimited(seconds)) => Problem::new(ProblemCode::RateLimited)
                .detail("Too many codes were sent within an hour.")
                .retry_after(*seconds),
            Self::TooMany => {
                Problem::new(ProblemCode::RateLimited).detail("This address had too many mails within an hour.")
            }
            Self::Identity(MailAddressError::Denied(denied)) => (*denied).into(),
            Self::Identity(MailAddressError::Vault(_) | MailAddressError::Db(_)) | Self::Notice(_) | Self::Db(_) => {
                ProblemCode::Internal.into()
            }
        }
    }
}

wd_web::fails!(OwnMailError);

/// One's own mail address.
#[derive(Debug, Serialize, ToSchema)]
struct OwnMailAddress {
    /// Where notices about one's account go; `null` until one was proved.
    address: Option<String>,
    /// When it was proved.
    proved_at: Option<Timestamp>,
    /// The address whose code is still awaited.
    claimed: Option<String>,
    /// Until when that code works.
    code_until: Option<Timestamp>,
    /// Whether there is a mail server; without one no code can be sent.
    available: bool,
}

/// An address that is to be one's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClaimMailAddress {
    /// The address: `local@domain` in ASCII.
    address: String,
}

/// The code that came by mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailCode {
    /// Six digits.
    #[schema(value_type = String)]
    code: SecretString,
}

/// One's own mail address for notices about one's account.
#[utoipa::path(get, path = "/api/v1/mail-address", tag = "identity", operation_id = "own_mail_address", responses((status = 200, body = OwnMailAddress)))]
async fn show(State(own): State<OwnMail>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<OwnMailAddress>> {
    let mut tx = own.db.snapshot().await?;
    let view = own
        .identity
        .own_mail_address_in(&mut tx, &ctx)
        .await
        .map_err(OwnMailError::Identity)?;
    let (claimed, code_until) = view.claimed.unzip();
    Ok(Json(OwnMailAddress {
        address: view.address.map(|address| address.expose().to_owned()),
        proved_at: view.proved_at,
        claimed: claimed.map(|address| address.expose().to_owned()),
        code_until,
        available: own.notices.can_be_sent(),
    }))
}

/// Mails a code to an address. The address of before stays until the code comes back.
#[utoipa::path(put, path = "/api/v1/mail-address", tag = "identity", operation_id = "claim_mail_address", request_body = ClaimMailAddress,
    responses((status = 202), (status = 409, body = ProblemBody, content_type = "application/problem+json"), (status = 429, body = ProblemBody, content_type = "application/problem+json")))]
async fn claim(
    State(own): State<OwnMail>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<ClaimMailAddress>,
) -> ApiResult<StatusCode> {
    let address: MailAddress = body.address.trim().parse().map_err(|_| OwnMailError::Address)?;
    let mut tx = own.db.begin().await?;
    let code = own
        .identity
        .claim_mail_address_in(&mut tx, &ctx, &address)
        .await
        .map_err(OwnMailError::Identity)?;
    let sent = own.notices.code_in(&mut tx, &ctx, address, &code).await;
    match sent.map_err(OwnMailError::Notice)? {
        Sent::NotSetUp => return Err(OwnMailError::NoServer.into()),
        Sent::Dropped => return Err(OwnMailError::TooMany.into()),
        Sent::Queued(_) | Sent::Collapsed => {}
    }
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}

/// Makes the address one's own by the code that was mailed to it. The address of before is told.
#[utoipa::path(post, path = "/api/v1/mail-address/prove", tag = "identity", operation_id = "prove_mail_address", request_body = MailCode, responses((status = 204)))]
async fn prove(State(own): State<OwnMail>, ReqCtx(ctx): ReqCtx, Json(body): Json<MailCode>) -> ApiResult<StatusCode> {
    let mut tx = own.db.begin().await?;
    let proof = own.identity.prove_mail_address_in(&mut tx, &ctx, &body.code).await;
    let before = match proof.map_err(OwnMailError::Identity)? {
        MailProof::Proved { before } => before,
        MailProof::Wrong => {
            tx.commit().await?;
            return Err(OwnMailError::Code.into());
        }
    };
    if let Some(before) = before {
        let told = own.notices.own_address_changed_in(&mut tx, &ctx, before).await;
        told.map_err(OwnMailError::Notice)?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets one's own address, which is told.
#[utoipa::path(delete, path = "/api/v1/mail-address", tag = "identity", operation_id = "forget_mail_address", responses((status = 204)))]
async fn forget(State(own): State<OwnMail>, ReqCtx(ctx): ReqCtx) -> ApiResult<StatusCode> {
    let mut tx = own.db.begin().await?;
    let forgotten = own.identity.forget_mail_address_in(&mut tx, &ctx).await;
    if let Some(before) = forgotten.map_err(OwnMailError::Identity)? {
        let told = own.notices.own_address_changed_in(&mut tx, &ctx, before).await;
        told.map_err(OwnMailError::Notice)?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
