//! The endpoints of passkeys.

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};
use wd_customer_proof::{CustomerPasskey, PasskeyQuestion};
use wd_kernel::{ConversationId, CustomerPasskeyId};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, ReqCtx};

use super::PasskeyList;
use crate::customer_proof::{CustomerProofs, WidgetProof, http::AskedFrom};

/// The endpoints for widgets.
pub(in crate::customer_proof) fn router() -> OpenApiRouter<CustomerProofs> {
    OpenApiRouter::new()
        .routes(routes!(list_customer_passkeys, add_customer_passkey))
        .routes(routes!(begin_customer_passkey))
        .routes(routes!(remove_customer_passkey))
        .routes(routes!(begin_passkey_proof))
        .routes(routes!(answer_passkey_proof))
}

/// Nothing: which passkeys may answer is not for the asker to say.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AskForPasskey {}

/// A new passkey.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCustomerPasskey {
    /// The ticket of the question.
    ceremony: String,
    /// What the customer calls it: 1 to 64 characters.
    name: String,
    /// `RegistrationResponseJSON` (WebAuthn Level 3).
    #[schema(value_type = Object)]
    answer: Value,
}

/// What a passkey answered.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PasskeyProofAnswer {
    /// The ticket of the question.
    ceremony: String,
    /// `AuthenticationResponseJSON` (WebAuthn Level 3).
    #[schema(value_type = Object)]
    answer: Value,
}

/// The customer's own passkeys. The header `wardesk-device` names the device, here and below.
#[utoipa::path(get, path = "/api/v1/widget/passkeys", tag = "widget", operation_id = "list_customer_passkeys", responses(
    (status = 200, body = PasskeyList)))]
async fn list_customer_passkeys(
    State(proofs): State<CustomerProofs>,
    ReqCtx(ctx): ReqCtx,
    AskedFrom(asking): AskedFrom,
) -> ApiResult<Json<PasskeyList>> {
    Ok(Json(proofs.own_passkeys(&ctx, &asking).await?))
}

/// The question for a new passkey, for a customer whom the company's site vouches for, or who gave a proof in this session that counts now. Ten are the most.
#[utoipa::path(post, path = "/api/v1/widget/passkeys/options", tag = "widget", operation_id = "begin_customer_passkey", request_body = AskForPasskey, responses(
    (status = 200, body = PasskeyQuestion), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
async fn begin_customer_passkey(
    State(proofs): State<CustomerProofs>,
    ReqCtx(ctx): ReqCtx,
    AskedFrom(asking): AskedFrom,
    Json(AskForPasskey {}): Json<AskForPasskey>,
) -> ApiResult<Json<PasskeyQuestion>> {
    Ok(Json(proofs.begin_passkey(&ctx, &asking).await?))
}

/// Adds the passkey that answered. It counts after 24 hours; the mail address on file is told.
#[utoipa::path(post, path = "/api/v1/widget/passkeys", tag = "widget", operation_id = "add_customer_passkey", request_body = NewCustomerPasskey, responses(
    (status = 201, body = CustomerPasskey), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
async fn add_customer_passkey(
    State(proofs): State<CustomerProofs>,
    ReqCtx(ctx): ReqCtx,
    AskedFrom(asking): AskedFrom,
    Json(new): Json<NewCustomerPasskey>,
) -> ApiResult<(StatusCode, Json<CustomerPasskey>)> {
    let added = proofs.add_passkey(&ctx, &asking, &new.ceremony, &new.name, &new.answer);
    Ok((StatusCode::CREATED, Json(added.await?)))
}

/// Removes a passkey, for who could add one.
#[utoipa::path(delete, path = "/api/v1/widget/passkeys/{passkey}", tag = "widget", operation_id = "remove_customer_passkey", params(("passkey" = CustomerPasskeyId, Path)), responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
async fn remove_customer_passkey(
    State(proofs): State<CustomerProofs>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<CustomerPasskeyId>,
    AskedFrom(asking): AskedFrom,
) -> ApiResult<NoContent> {
    proofs.remove_passkey(&ctx, &asking, id).await?;
    Ok(NoContent)
}

/// The question for a passkey that counts. The device and session that ask first are the only ones that may answer.
#[utoipa::path(post, path = "/api/v1/widget/conversations/{conversation}/proof/passkey/options", tag = "widget", operation_id = "begin_passkey_proof", params(("conversation" = ConversationId, Path)), request_body = AskForPasskey, responses(
    (status = 200, body = PasskeyQuestion), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
async fn begin_passkey_proof(
    State(proofs): State<CustomerProofs>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    AskedFrom(asking): AskedFrom,
    Json(AskForPasskey {}): Json<AskForPasskey>,
) -> ApiResult<Json<PasskeyQuestion>> {
    Ok(Json(proofs.begin_passkey_proof(&ctx, id, &asking).await?))
}

/// Answers with a passkey. Five tries for a request; a passkey that answers like a copy is stopped for good.
#[utoipa::path(post, path = "/api/v1/widget/conversations/{conversation}/proof/passkey", tag = "widget", operation_id = "answer_passkey_proof", params(("conversation" = ConversationId, Path)), request_body = PasskeyProofAnswer, responses(
    (status = 200, body = WidgetProof), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
async fn answer_passkey_proof(
    State(proofs): State<CustomerProofs>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    AskedFrom(asking): AskedFrom,
    Json(given): Json<PasskeyProofAnswer>,
) -> ApiResult<Json<WidgetProof>> {
    let proof = proofs.answer_passkey_proof(&ctx, id, &asking, &given.ceremony, &given.answer);
    Ok(Json(proof.await?))
}
