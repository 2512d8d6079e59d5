//! Signing in and out.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use wd_kernel::{Ctx, SecretString};
use wd_web::{
    ApiResult, ClientInfo, Json, NoContent, ProblemBody, ReqCtx, SessionCookie, clear_session_cookie, with_cookie,
};

use super::{Ceremony, Code, Nothing, client, factor_sms::SmsCode, signed_in};
use crate::{Identity, SessionState, SignedIn};

/// Name and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordSignIn {
    /// The name to sign in with.
    login: String,
    /// The password.
    password: SecretString,
}

/// A code of a second factor, and whether to remember the browser.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactorCode {
    /// The code.
    code: SecretString,
    /// Whether the password alone is to be enough in this browser for some days. Where the person's roles do not allow
    /// it, nothing is remembered.
    #[serde(default)]
    remember: bool,
}

/// A passkey's answer, and whether to remember the browser.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeySignIn {
    /// The ceremony of the question.
    ceremony: String,
    /// `credential.toJSON()` of the browser.
    #[schema(value_type = Object)]
    credential: Value,
    /// As with a code.
    #[serde(default)]
    remember: bool,
}

/// How far this browser is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "identity", operation_id = "session",
    responses((status = 200, body = SessionState)))]
pub(crate) async fn show(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
) -> ApiResult<Json<SessionState>> {
    Ok(Json(identity.session_state(&ctx, token.as_ref()).await?))
}

/// The first step: name and password.
#[utoipa::path(post, path = "/api/v1/session/password", tag = "identity", operation_id = "sign_in_password",
    request_body = PasswordSignIn, responses((status = 200, body = SessionState)))]
pub(crate) async fn password(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(old): SessionCookie,
    info: ClientInfo,
    Json(body): Json<PasswordSignIn>,
) -> ApiResult<Response> {
    let entered = identity
        .sign_in_by_password(&ctx, old.as_ref(), &body.login, &body.password, &client(info))
        .await?;
    Ok(signed_in(entered))
}

/// The second step: a code of an authenticator app.
#[utoipa::path(post, path = "/api/v1/session/totp", tag = "identity", operation_id = "sign_in_totp",
    request_body = FactorCode,
    responses((status = 200, body = SessionState), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn totp(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    info: ClientInfo,
    Json(body): Json<FactorCode>,
) -> ApiResult<Response> {
    let entered = identity
        .sign_in_by_totp(&ctx, token.as_ref(), &body.code, &client(info))
        .await?;
    remembered(&identity, &ctx, &entered, body.remember).await;
    Ok(signed_in(entered))
}

/// The second step: a recovery code.
#[utoipa::path(post, path = "/api/v1/session/recovery-code", tag = "identity", operation_id = "sign_in_recovery_code",
    request_body = Code,
    responses((status = 200, body = SessionState), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn recovery_code(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    info: ClientInfo,
    Json(body): Json<Code>,
) -> ApiResult<Response> {
    Ok(signed_in(
        identity
            .sign_in_by_recovery_code(&ctx, token.as_ref(), &body.code, &client(info))
            .await?,
    ))
}

/// Sends a code by text message, after the password.
#[utoipa::path(post, path = "/api/v1/session/sms/send", tag = "identity", operation_id = "send_sign_in_sms",
    request_body = Nothing,
    responses((status = 200, body = SmsCode),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn send_sms(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    info: ClientInfo,
    Json(Nothing {}): Json<Nothing>,
) -> ApiResult<Json<SmsCode>> {
    let sent = identity.send_sign_in_sms(&ctx, token.as_ref(), &client(info)).await?;
    Ok(Json(sent.into()))
}

/// The second step: the code that came by text message.
#[utoipa::path(post, path = "/api/v1/session/sms", tag = "identity", operation_id = "sign_in_sms",
    request_body = FactorCode,
    responses((status = 200, body = SessionState), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn sms(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    info: ClientInfo,
    Json(body): Json<FactorCode>,
) -> ApiResult<Response> {
    let entered = identity
        .sign_in_by_sms(&ctx, token.as_ref(), &body.code, &client(info))
        .await?;
    remembered(&identity, &ctx, &entered, body.remember).await;
    Ok(signed_in(entered))
}

/// The question for a passkey, before the password or after it.
#[utoipa::path(post, path = "/api/v1/session/passkey/options", tag = "identity", operation_id = "sign_in_passkey_options",
    request_body = Nothing, responses((status = 200, body = Ceremony)))]
pub(crate) async fn passkey_options(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    info: ClientInfo,
    Json(Nothing {}): Json<Nothing>,
) -> ApiResult<Json<Ceremony>> {
    let asked = identity.passkey_options(&ctx, token.as_ref(), &client(info)).await?;
    Ok(Json(asked.into()))
}

/// The answer of a passkey.
#[utoipa::path(post, path = "/api/v1/session/passkey", tag = "identity", operation_id = "sign_in_passkey",
    request_body = PasskeySignIn, responses((status = 200, body = SessionState)))]
pub(crate) async fn passkey(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    info: ClientInfo,
    Json(body): Json<PasskeySignIn>,
) -> ApiResult<Response> {
    let entered = identity
        .sign_in_by_passkey(&ctx, token.as_ref(), &body.ceremony, &body.credential, &client(info))
        .await?;
    remembered(&identity, &ctx, &entered, body.remember).await;
    Ok(signed_in(entered))
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "identity", operation_id = "sign_out",
    responses((status = 204)))]
pub(crate) async fn sign_out(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
) -> ApiResult<Response> {
    identity.sign_out(&ctx, token.as_ref()).await?;
    Ok(with_cookie(clear_session_cookie(), NoContent))
}

/// Who is signed in stays so, also where the browser could not be remembered.
async fn remembered(identity: &Identity, ctx: &Ctx, entered: &SignedIn, wanted: bool) {
    if wanted && let Err(error) = identity.remember_browser(ctx, entered).await {
        tracing::error!(%error, "a browser was not remembered");
    }
}
