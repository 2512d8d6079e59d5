//! The endpoints for signing in through the provider, and for its settings.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use wd_crypto::token_hash;
use wd_identity::{Client, SessionState};
use wd_kernel::{SecretString, Timestamp};
use wd_single_sign_on::{
    Answer, Attempt, NewSettings, Purpose, SettingsView,
    model::{discovery::Finding, settings::ProviderSettings},
};
use wd_web::{
    ApiResult, ClientInfo, Failure, Json, NoContent, ProblemBody, ProviderCookie, ReqCtx, SessionCookie,
    clear_provider_cookie, set_device_cookie, set_provider_cookie, set_session_cookie, with_cookie,
};

use super::{Finished, Shown, SingleSignOnFlows};

/// The routes.
pub fn router(state: SingleSignOnFlows) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(provider, finish))
        .routes(routes!(begin))
        .routes(routes!(begin_step_up))
        .routes(routes!(account, unbind))
        .routes(routes!(begin_binding))
        .routes(routes!(settings, change_settings))
        .routes(routes!(try_provider))
        .with_state(state)
}

/// A body without fields.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BeginAtProvider)]
pub(crate) struct Begin {}

/// The provider, as the sign-in form shows it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignInProvider)]
pub(crate) struct Provider {
    /// What it is called; `null` when nobody signs in through one.
    name: Option<String>,
}

/// Where the browser goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AtProvider {
    /// The provider's page.
    url: String,
}

/// What the provider sent the browser back with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderAnswer {
    /// Which attempt it answers.
    state: SecretString,
    /// What becomes a token.
    code: Option<SecretString>,
    /// Why there is no code.
    error: Option<String>,
    /// From whom it is (RFC 9207).
    iss: Option<String>,
}

/// What the attempt was for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProviderPurpose {
    /// Signing in.
    SignIn,
    /// Binding one's account.
    Bind,
    /// Showing again who one is.
    StepUp,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderOutcome {
    /// What it was for.
    purpose: ProviderPurpose,
    /// How far the browser is signed in now.
    session: SessionState,
}

/// One's own account at the provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderAccount {
    /// What the provider is called; `null` when there is none.
    provider: Option<String>,
    /// Since when the account is bound; `null` when it is not.
    bound_at: Option<Timestamp>,
    /// The latest sign-in with it.
    last_used_at: Option<Timestamp>,
}

/// The settings of single sign-on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SingleSignOnSettings {
    /// The provider, once there is one.
    settings: Option<ProviderSettings>,
    /// Whether a client secret is kept; it is never shown.
    has_secret: bool,
    /// Goes back with a change.
    version: i64,
    /// What to enter at the provider as the address to come back to.
    redirect_uri: String,
}

/// A change of the settings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeSingleSignOn {
    /// The provider.
    settings: ProviderSettings,
    /// A new client secret. Without one the old one stays, as long as the issuer does.
    client_secret: Option<SecretString>,
    /// The version it was made from.
    version: i64,
}

/// A provider to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TryProvider {
    /// The issuer.
    issuer: String,
    /// What would be asked for.
    scopes: Vec<String>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderTrial {
    /// Whether people can sign in like this, as far as one can tell.
    usable: bool,
    /// One sentence each.
    findings: Vec<Finding>,
}

fn client(info: ClientInfo) -> Client {
    Client {
        address: info.address,
        user_agent: info.user_agent,
        device: info.device.map(|token| token_hash(token.expose())),
    }
}

fn gone(attempt: Attempt) -> Response {
    let url = attempt.url.into();
    with_cookie(set_provider_cookie(attempt.ticket.expose()), Json(AtProvider { url }))
}

/// The provider of the sign-in form.
#[utoipa::path(get, path = "/api/v1/session/provider", tag = "single-sign-on", operation_id = "sign_in_provider",
    responses((status = 200, body = Provider)))]
pub(crate) async fn provider(State(flows): State<SingleSignOnFlows>) -> ApiResult<Json<Provider>> {
    let name = flows.provider.provider_name().await?;
    Ok(Json(Provider { name }))
}

/// Begins signing in through the provider.
#[utoipa::path(post, path = "/api/v1/session/provider/begin", tag = "single-sign-on", operation_id = "begin_sign_in_at_provider",
    request_body = Begin, responses((status = 200, body = AtProvider)))]
pub(crate) async fn begin(
    State(flows): State<SingleSignOnFlows>,
    ReqCtx(ctx): ReqCtx,
    info: ClientInfo,
    Json(Begin {}): Json<Begin>,
) -> ApiResult<Response> {
    Ok(gone(flows.provider.begin(&ctx, Purpose::SignIn, info.address).await?))
}

/// Takes the provider's answer, whatever the attempt was for.
#[utoipa::path(post, path = "/api/v1/session/provider", tag = "single-sign-on", operation_id = "finish_at_provider",
    request_body = ProviderAnswer,
    responses((status = 200, body = ProviderOutcome), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn finish(
    State(flows): State<SingleSignOnFlows>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(session): SessionCookie,
    ProviderCookie(ticket): ProviderCookie,
    info: ClientInfo,
    Json(body): Json<ProviderAnswer>,
) -> Response {
    let answer = Answer {
        state: body.state,
        code: body.code,
        error: body.error,
        iss: body.iss,
    };
    let shown = Shown { session, ticket };
    let response = match flows.finish(&ctx, shown, &answer, &client(info)).await {
        Ok(Finished::Entered(purpose, entered)) => {
            let purpose = match purpose {
                Purpose::SignIn => ProviderPurpose::SignIn,
                Purpose::Bind { .. } => ProviderPurpose::Bind,
                Purpose::StepUp { .. } => ProviderPurpose::StepUp,
            };
            let body = Json(ProviderOutcome {
                purpose,
                session: entered.state,
            });
            let response = with_cookie(set_session_cookie(entered.token.expose()), body);
            match entered.device {
                Some(device) => with_cookie(set_device_cookie(device.expose()), response),
                None => response,
            }
        }
        Ok(Finished::Bound(session)) => Json(ProviderOutcome {
            purpose: ProviderPurpose::Bind,
            session,
        })
        .into_response(),
        Err(error) => Failure::from(error).into_response(),
    };
    with_cookie(clear_provider_cookie(), response)
}

/// Begins showing again who one is, at the provider.
#[utoipa::path(post, path = "/api/v1/step-up/provider", tag = "single-sign-on", operation_id = "begin_step_up_at_provider",
    request_body = Begin,
    responses((status = 200, body = AtProvider), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn begin_step_up(
    State(flows): State<SingleSignOnFlows>,
    ReqCtx(ctx): ReqCtx,
    info: ClientInfo,
    Json(Begin {}): Json<Begin>,
) -> ApiResult<Response> {
    Ok(gone(flows.begin_step_up(&ctx, &client(info)).await?))
}

/// One's own account at the provider.
#[utoipa::path(get, path = "/api/v1/provider-account", tag = "single-sign-on", operation_id = "provider_account",
    responses((status = 200, body = ProviderAccount)))]
pub(crate) async fn account(
    State(flows): State<SingleSignOnFlows>,
    ReqCtx(ctx): ReqCtx,
) -> ApiResult<Json<ProviderAccount>> {
    let view = flows.account(&ctx).await?;
    Ok(Json(ProviderAccount {
        provider: view.as_ref().map(|view| view.provider.clone()),
        bound_at: view.as_ref().and_then(|view| view.bound_at),
        last_used_at: view.and_then(|view| view.last_used_at),
    }))
}

/// Begins binding one's account at the provider.
#[utoipa::path(post, path = "/api/v1/provider-account/begin", tag = "single-sign-on", operation_id = "begin_binding_at_provider",
    request_body = Begin, responses((status = 200, body = AtProvider)))]
pub(crate) async fn begin_binding(
    State(flows): State<SingleSignOnFlows>,
    ReqCtx(ctx): ReqCtx,
    info: ClientInfo,
    Json(Begin {}): Json<Begin>,
) -> ApiResult<Response> {
    Ok(gone(flows.begin_binding(&ctx, &client(info)).await?))
}

/// Unbinds one's account at the provider.
#[utoipa::path(delete, path = "/api/v1/provider-account", tag = "single-sign-on", operation_id = "unbind_provider_account",
    responses((status = 204), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn unbind(State(flows): State<SingleSignOnFlows>, ReqCtx(ctx): ReqCtx) -> ApiResult<NoContent> {
    flows.unbind(&ctx).await?;
    Ok(NoContent)
}

/// The settings.
#[utoipa::path(get, path = "/api/v1/single-sign-on", tag = "single-sign-on", operation_id = "single_sign_on",
    responses((status = 200, body = SingleSignOnSettings)))]
pub(crate) async fn settings(
    State(flows): State<SingleSignOnFlows>,
    ReqCtx(ctx): ReqCtx,
) -> ApiResult<Json<SingleSignOnSettings>> {
    let view = flows.provider.settings(&ctx).await?;
    Ok(Json(shown_settings(&flows, view)))
}

/// Changes the settings.
#[utoipa::path(put, path = "/api/v1/single-sign-on", tag = "single-sign-on", operation_id = "change_single_sign_on",
    request_body = ChangeSingleSignOn,
    responses((status = 200, body = SingleSignOnSettings), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn change_settings(
    State(flows): State<SingleSignOnFlows>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<ChangeSingleSignOn>,
) -> ApiResult<Json<SingleSignOnSettings>> {
    let new = NewSettings {
        settings: body.settings,
        client_secret: body.client_secret,
        version: body.version,
    };
    let view = flows.change_settings(&ctx, new).await?;
    Ok(Json(shown_settings(&flows, view)))
}

/// Asks a provider who it is, and says what is right and wrong.
#[utoipa::path(post, path = "/api/v1/single-sign-on/try", tag = "single-sign-on", operation_id = "try_provider",
    request_body = TryProvider, responses((status = 200, body = ProviderTrial)))]
pub(crate) async fn try_provider(
    State(flows): State<SingleSignOnFlows>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<TryProvider>,
) -> ApiResult<Json<ProviderTrial>> {
    let trial = flows.provider.try_provider(&ctx, &body.issuer, &body.scopes).await?;
    Ok(Json(ProviderTrial {
        usable: trial.usable,
        findings: trial.findings,
    }))
}

fn shown_settings(flows: &SingleSignOnFlows, view: SettingsView) -> SingleSignOnSettings {
    SingleSignOnSettings {
        settings: view.settings,
        has_secret: view.has_secret,
        version: view.version,
        redirect_uri: flows.provider.redirect_uri(),
    }
}
