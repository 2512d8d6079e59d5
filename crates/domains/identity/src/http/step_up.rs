//! Showing a factor again.

use axum::{extract::State, response::Response};
use wd_web::{ApiResult, Json, ProblemBody, ReqCtx, SessionCookie};

use super::{Ceremony, Code, Nothing, PasskeyAnswer, signed_in};
use crate::{Identity, SessionState};

/// By a code of an authenticator app.
#[utoipa::path(post, path = "/api/v1/step-up/totp", tag = "identity", operation_id = "step_up_totp",
    request_body = Code,
    responses((status = 200, body = SessionState), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn totp(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(body): Json<Code>,
) -> ApiResult<Response> {
    Ok(signed_in(
        identity.step_up_by_totp(&ctx, token.as_ref(), &body.code).await?,
    ))
}

/// The question for one's passkeys.
#[utoipa::path(post, path = "/api/v1/step-up/passkey/options", tag = "identity", operation_id = "step_up_passkey_options",
    request_body = Nothing, responses((status = 200, body = Ceremony)))]
pub(crate) async fn passkey_options(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(Nothing {}): Json<Nothing>,
) -> ApiResult<Json<Ceremony>> {
    Ok(Json(identity.step_up_options(&ctx, token.as_ref()).await?.into()))
}

/// By a passkey.
#[utoipa::path(post, path = "/api/v1/step-up/passkey", tag = "identity", operation_id = "step_up_passkey",
    request_body = PasskeyAnswer, responses((status = 200, body = SessionState)))]
pub(crate) async fn passkey(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(body): Json<PasskeyAnswer>,
) -> ApiResult<Response> {
    Ok(signed_in(
        identity
            .step_up_by_passkey(&ctx, token.as_ref(), &body.ceremony, &body.credential)
            .await?,
    ))
}
