//! One's own case, at the sign-in form after the right password, and in every open session.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;
use wd_web::{ApiResult, ClientInfo, Json, ProblemBody, ReqCtx, SessionCookie};

use super::{Nothing, client, signed_in};
use crate::{Identity, OwnReProofing, SessionState};

/// Ends one's own case.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawReProofing {
    /// Somebody else asked: security is told.
    not_me: bool,
}

/// One's own latest case.
#[utoipa::path(get, path = "/api/v1/session/re-proofing", tag = "identity", operation_id = "own_re_proofing",
    responses((status = 200, body = OwnReProofing)))]
pub(crate) async fn show(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
) -> ApiResult<Json<OwnReProofing>> {
    Ok(Json(identity.own_re_proofing(&ctx, token.as_ref()).await?))
}

/// Says that one lost all factors, after the right password.
#[utoipa::path(post, path = "/api/v1/session/re-proofing", tag = "identity", operation_id = "request_re_proofing",
    request_body = Nothing,
    responses((status = 200, body = OwnReProofing),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn request(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(Nothing {}): Json<Nothing>,
) -> ApiResult<Json<OwnReProofing>> {
    Ok(Json(identity.request_re_proofing(&ctx, token.as_ref()).await?))
}

/// Ends one's own open case.
#[utoipa::path(post, path = "/api/v1/session/re-proofing/withdraw", tag = "identity",
    operation_id = "withdraw_re_proofing", request_body = WithdrawReProofing,
    responses((status = 200, body = OwnReProofing),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn withdraw(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(body): Json<WithdrawReProofing>,
) -> ApiResult<Json<OwnReProofing>> {
    let own = identity.withdraw_re_proofing(&ctx, token.as_ref(), body.not_me).await?;
    Ok(Json(own))
}

/// Begins to set up new factors instead of the lost ones: once, when the waiting period is over.
#[utoipa::path(post, path = "/api/v1/session/re-proofing/use", tag = "identity", operation_id = "use_re_proofing",
    request_body = Nothing,
    responses((status = 200, body = SessionState),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn begin(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    info: ClientInfo,
    Json(Nothing {}): Json<Nothing>,
) -> ApiResult<Response> {
    let entered = identity.use_re_proofing(&ctx, token.as_ref(), &client(info)).await?;
    Ok(signed_in(entered))
}
