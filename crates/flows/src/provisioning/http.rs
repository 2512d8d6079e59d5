//! The endpoints for those who set the directory up.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use wd_kernel::{DirectoryTokenId, RequestId, StaffId, Timestamp};
use wd_provisioning::{MOST_TOKENS, RequestView, TokenView, model::settings::Settings};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, ReqCtx};

use super::{ProvisioningFlows, configure::Overview};

/// The routes.
pub fn router(state: ProvisioningFlows) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(overview, change_settings))
        .routes(routes!(make_token))
        .routes(routes!(revoke_token))
        .routes(routes!(adopt))
        .routes(routes!(waiting))
        .routes(routes!(link))
        .routes(routes!(requests))
        .with_state(state)
}

/// How the directory brings and takes away staff.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProvisioningOverview {
    /// The settings.
    settings: Settings,
    /// Goes back with a change; 0 before the first.
    version: i64,
    /// What is entered in the directory.
    base_url: String,
    /// For how many people the directory answers.
    people: i64,
    /// The groups it sent.
    groups: Vec<DirectoryGroup>,
    /// The roles that a group may give.
    roles: Vec<DirectoryRole>,
    /// The tokens that were not revoked, the newest first.
    tokens: Vec<DirectoryToken>,
    /// How many may work at once.
    most_tokens: usize,
}

/// A group that the directory sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DirectoryGroup {
    /// Its name.
    name: String,
    /// How many are in it.
    members: i64,
}

/// A role that a group may give.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DirectoryRole {
    /// Its name.
    name: String,
    /// What people call it.
    title: String,
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DirectoryToken {
    /// Which one.
    id: DirectoryTokenId,
    /// What people call it.
    name: String,
    /// When it was made.
    created_at: Timestamp,
    /// Until when it works.
    expires_at: Timestamp,
    /// The latest use, to the minute.
    last_used_at: Option<Timestamp>,
}

/// What the settings are to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeProvisioning {
    /// The settings.
    settings: Settings,
    /// The version they were made from.
    version: i64,
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDirectoryToken {
    /// What people call it: 1 to 60 characters.
    name: String,
    /// How many days it works, 1 to 365.
    #[schema(minimum = 1, maximum = 365)]
    days: u32,
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeDirectoryToken {
    /// What is known of it.
    token: DirectoryToken,
    /// What is entered in the directory. It is shown once.
    secret: String,
}

/// Nothing more to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdoptStaff {}

/// Who came under the directory.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdoptedStaff {
    /// How many.
    adopted: i64,
}

/// Somebody whom the directory brought and who cannot sign in yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingPerson {
    /// Who.
    id: StaffId,
    /// The name to sign in with.
    login: String,
    /// The shown name.
    name: String,
}

/// All of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingPeople {
    items: Vec<WaitingPerson>,
}

/// Nothing more to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MakeLink {}

/// A link to set up an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProvisioningLink {
    /// The link; it is shown once.
    invitation_url: String,
    /// When the link begins to work; `null`: at once.
    works_from: Option<Timestamp>,
}

/// A request of the directory that changed something or was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DirectoryRequest {
    /// Which one, as the audit log names it.
    id: RequestId,
    /// When.
    at: Timestamp,
    /// The name of the token.
    token: String,
    /// POST, PUT, PATCH, DELETE.
    method: String,
    /// User or Group.
    resource: String,
    /// About which one.
    target: Option<String>,
    /// The answer's status.
    status: i64,
    /// What changed, or why nothing did.
    what: String,
}

/// The latest ones, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DirectoryRequests {
    items: Vec<DirectoryRequest>,
}

impl From<TokenView> for DirectoryToken {
    fn from(view: TokenView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            created_at: view.created_at,
            expires_at: view.expires_at,
            last_used_at: view.last_used_at,
        }
    }
}

impl From<RequestView> for DirectoryRequest {
    fn from(view: RequestView) -> Self {
        Self {
            id: view.id,
            at: view.at,
            token: view.token,
            method: view.method,
            resource: view.resource,
            target: view.target,
            status: view.status,
            what: view.what,
        }
    }
}

impl ProvisioningFlows {
    async fn shown_overview(&self, ctx: &wd_kernel::Ctx, overview: Overview) -> ApiResult<Json<ProvisioningOverview>> {
        let tokens = self.provisioning.tokens(ctx).await?;
        let groups = overview.groups.into_iter();
        let roles = overview.roles.into_iter();
        Ok(Json(ProvisioningOverview {
            settings: overview.settings.settings,
            version: overview.settings.version,
            base_url: self.provisioning.base_url().to_owned(),
            people: overview.people,
            groups: groups.map(|(name, members)| DirectoryGroup { name, members }).collect(),
            roles: roles.map(|(name, title)| DirectoryRole { name, title }).collect(),
            tokens: tokens.into_iter().map(DirectoryToken::from).collect(),
            most_tokens: MOST_TOKENS,
        }))
    }
}

/// The settings, the tokens, and what the directory sent.
#[utoipa::path(get, path = "/api/v1/provisioning", tag = "provisioning", operation_id = "provisioning",
    responses((status = 200, body = ProvisioningOverview)))]
pub(crate) async fn overview(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
) -> ApiResult<Json<ProvisioningOverview>> {
    let overview = flows.overview(&ctx).await?;
    flows.shown_overview(&ctx, overview).await
}

/// Changes the settings.
#[utoipa::path(put, path = "/api/v1/provisioning", tag = "provisioning", operation_id = "change_provisioning",
    request_body = ChangeProvisioning,
    responses((status = 200, body = ProvisioningOverview), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn change_settings(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<ChangeProvisioning>,
) -> ApiResult<Json<ProvisioningOverview>> {
    let overview = flows.change_settings(&ctx, body.settings, body.version).await?;
    flows.shown_overview(&ctx, overview).await
}

/// Makes a token for the directory.
#[utoipa::path(post, path = "/api/v1/provisioning/tokens", tag = "provisioning", operation_id = "make_directory_token",
    request_body = NewDirectoryToken,
    responses((status = 200, body = MadeDirectoryToken), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn make_token(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<NewDirectoryToken>,
) -> ApiResult<Json<MadeDirectoryToken>> {
    let made = flows.provisioning.make_token(&ctx, &body.name, body.days).await?;
    Ok(Json(MadeDirectoryToken {
        token: made.view.into(),
        secret: made.secret.expose().to_owned(),
    }))
}

/// Revokes a token: the next request with it is refused.
#[utoipa::path(delete, path = "/api/v1/provisioning/tokens/{token}", tag = "provisioning", operation_id = "revoke_directory_token",
    params(("token" = DirectoryTokenId, Path)),
    responses((status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn revoke_token(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(token): Path<DirectoryTokenId>,
) -> ApiResult<NoContent> {
    flows.provisioning.revoke_token(&ctx, token).await?;
    Ok(NoContent)
}

/// Puts everybody who works here under the directory.
#[utoipa::path(post, path = "/api/v1/provisioning/adopt", tag = "provisioning", operation_id = "adopt_staff",
    request_body = AdoptStaff, responses((status = 200, body = AdoptedStaff)))]
pub(crate) async fn adopt(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    Json(AdoptStaff {}): Json<AdoptStaff>,
) -> ApiResult<Json<AdoptedStaff>> {
    let adopted = flows.adopt(&ctx).await?;
    Ok(Json(AdoptedStaff { adopted }))
}

/// Whom the directory brought and who cannot sign in yet.
#[utoipa::path(get, path = "/api/v1/provisioning/waiting", tag = "provisioning", operation_id = "provisioning_waiting",
    responses((status = 200, body = WaitingPeople)))]
pub(crate) async fn waiting(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
) -> ApiResult<Json<WaitingPeople>> {
    let waiting = flows.waiting(&ctx).await?.into_iter();
    let items = waiting.map(|person| WaitingPerson {
        id: person.id,
        login: person.login,
        name: person.name,
    });
    Ok(Json(WaitingPeople { items: items.collect() }))
}

/// Makes a link with which one of them sets up the account.
#[utoipa::path(post, path = "/api/v1/provisioning/waiting/{staff}/link", tag = "provisioning", operation_id = "make_provisioning_link",
    params(("staff" = StaffId, Path)), request_body = MakeLink,
    responses((status = 200, body = ProvisioningLink), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn link(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(staff): Path<StaffId>,
    Json(MakeLink {}): Json<MakeLink>,
) -> ApiResult<Json<ProvisioningLink>> {
    let (invitation_url, works_from) = flows.link(&ctx, staff).await?;
    Ok(Json(ProvisioningLink {
        invitation_url,
        works_from,
    }))
}

/// The latest requests that changed something or were refused.
#[utoipa::path(get, path = "/api/v1/provisioning/requests", tag = "provisioning", operation_id = "directory_requests",
    responses((status = 200, body = DirectoryRequests)))]
pub(crate) async fn requests(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
) -> ApiResult<Json<DirectoryRequests>> {
    let items = flows.provisioning.requests(&ctx).await?;
    Ok(Json(DirectoryRequests {
        items: items.into_iter().map(DirectoryRequest::from).collect(),
    }))
}
