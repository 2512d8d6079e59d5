//! The endpoints.

use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, header, request::Parts},
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wd_customer_proof::{Asking, Channel};
use wd_kernel::{ConversationId, Problem, ProblemCode, SecretString};
use wd_web::{ApiResult, ClientInfo, Failure, Json, Path, ProblemBody, ReqCtx};

use super::{CustomerProofs, StaffProof, WidgetProof};

/// The endpoints for staff.
pub fn router(state: CustomerProofs) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(ask_for_proof))
        .routes(routes!(get_proof))
        .with_state(state)
}

/// The endpoints for widgets.
pub fn widget_router(state: CustomerProofs) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_widget_proof))
        .routes(routes!(send_proof_code))
        .routes(routes!(answer_proof))
        .merge(super::passkey::router())
        .with_state(state)
}

/// By what the customer is to prove who they are. Which address that is, their record says.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AskForProof {
    /// By what.
    channel: Channel,
}

/// Where the chat stands. Where the code goes is not for the asker to say.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SendProofCode {
    /// The origin of the page around the widget's frame, as the browser knows it. A text message names it if it is one of the websites of the settings, and our own page otherwise.
    site: Option<String>,
}

/// A code.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ProofAnswer {
    /// Six digits.
    code: SecretString,
}

/// The device of the header `wardesk-device` with the session of the bearer token.
pub(super) struct AskedFrom(pub(super) Asking);

impl<S: Sync> FromRequestParts<S> for AskedFrom {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let token = text(header::AUTHORIZATION.as_str())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(ProblemCode::Unauthenticated)?;
        let device = text("wardesk-device")
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| Problem::new(ProblemCode::BadRequest).detail("wardesk-device is dev_ and 32 hex digits"))?;
        Ok(Self(Asking::new(device, token)))
    }
}

/// Asks the customer of a conversation one has to prove who they are. What waited before is replaced. At most 3 an hour in a conversation, 10 a day of a customer.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/proof-requests", tag = "proofs", operation_id = "ask_for_proof", params(("conversation" = ConversationId, Path)), request_body = AskForProof, responses(
    (status = 201, body = StaffProof), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
async fn ask_for_proof(
    State(proofs): State<CustomerProofs>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(asked): Json<AskForProof>,
) -> ApiResult<(StatusCode, Json<StaffProof>)> {
    Ok((StatusCode::CREATED, Json(proofs.ask(&ctx, id, asked.channel).await?)))
}

/// Whether the customer of a conversation proved who they are.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation}/proof", tag = "proofs", operation_id = "get_proof", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = StaffProof), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
async fn get_proof(
    State(proofs): State<CustomerProofs>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<StaffProof>> {
    Ok(Json(proofs.for_staff(&ctx, id).await?))
}

/// What the customer is asked for, and what they proved. The header `wardesk-device` names the device.
#[utoipa::path(get, path = "/api/v1/widget/conversations/{conversation}/proof", tag = "widget", operation_id = "get_widget_proof", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = WidgetProof), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
async fn get_widget_proof(
    State(proofs): State<CustomerProofs>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    AskedFrom(asking): AskedFrom,
) -> ApiResult<Json<WidgetProof>> {
    Ok(Json(proofs.for_customer(&ctx, id, &asking).await?))
}

/// Sends a code to the address on file. The device and session that ask first are the only ones that may answer.
#[utoipa::path(post, path = "/api/v1/widget/conversations/{conversation}/proof/code", tag = "widget", operation_id = "send_proof_code", params(("conversation" = ConversationId, Path)), request_body = SendProofCode, responses(
    (status = 200, body = WidgetProof), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
async fn send_proof_code(
    State(proofs): State<CustomerProofs>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    AskedFrom(asking): AskedFrom,
    client: ClientInfo,
    Json(SendProofCode { site }): Json<SendProofCode>,
) -> ApiResult<Json<WidgetProof>> {
    Ok(Json(
        proofs
            .send_code(&ctx, id, &asking, client.address, site.as_deref())
            .await?,
    ))
}

/// Answers with the code. Five tries over all codes of a request.
#[utoipa::path(post, path = "/api/v1/widget/conversations/{conversation}/proof/answer", tag = "widget", operation_id = "answer_proof", params(("conversation" = ConversationId, Path)), request_body = ProofAnswer, responses(
    (status = 200, body = WidgetProof), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
async fn answer_proof(
    State(proofs): State<CustomerProofs>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    AskedFrom(asking): AskedFrom,
    Json(answer): Json<ProofAnswer>,
) -> ApiResult<Json<WidgetProof>> {
    Ok(Json(proofs.answer(&ctx, id, &asking, &answer.code).await?))
}
