//! The endpoints that the directory calls. They take a token of a directory and nothing else: no cookie counts here.
//! They are described by themselves (`/Schemas`) and not by the OpenAPI document.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{FromRequest, Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get},
};
use serde_json::Value;
use wd_kernel::{Ctx, DirectoryGroupId, Duration, StaffId};
use wd_provisioning::{
    Noted, ShowError,
    model::{
        ScimError, discovery,
        filter::{self, Field, Filter},
        group::GroupChange,
        render::{Group, Selection, User, list, page},
        user::UserChange,
    },
};
use wd_web::{Failure, OtherForm, ReqCtx};

use super::{ProvisioningFlows, Refusal};

/// The largest body: a group of some thousand members.
const LARGEST_BODY: usize = 512 * 1024;
const LONGEST_REQUEST: Duration = Duration::from_secs(30);

const OF_USERS: [Field; 3] = [Field::Id, Field::UserName, Field::ExternalId];
const OF_GROUPS: [Field; 4] = [Field::Id, Field::DisplayName, Field::ExternalId, Field::Member];

/// The routes, with their own authentication.
pub fn directory_router(state: ProvisioningFlows) -> Router {
    let only = |methods: MethodRouter<ProvisioningFlows>| methods.fallback(not_allowed);
    Router::new()
        .route("/scim/v2/ServiceProviderConfig", only(get(config)))
        .route("/scim/v2/ResourceTypes", only(get(resource_types)))
        .route("/scim/v2/ResourceTypes/{id}", only(get(resource_type)))
        .route("/scim/v2/Schemas", only(get(schemas)))
        .route("/scim/v2/Schemas/{id}", only(get(schema)))
        .route("/scim/v2/Users", only(get(users).post(create_user)))
        .route(
            "/scim/v2/Users/{id}",
            only(get(user).put(put_user).patch(patch_user).delete(delete_user)),
        )
        .route("/scim/v2/Groups", only(get(groups).post(create_group)))
        .route(
            "/scim/v2/Groups/{id}",
            only(get(group).put(put_group).patch(patch_group).delete(delete_group)),
        )
        .route("/scim/v2/Users/.search", any(not_implemented))
        .route("/scim/v2/Groups/.search", any(not_implemented))
        .route("/scim/v2/.search", any(not_implemented))
        .route("/scim/v2/Bulk", any(not_implemented))
        .route("/scim/v2/Me", any(not_implemented))
        .route("/scim/v2", any(nothing))
        .route("/scim/v2/{*rest}", any(nothing))
        .route_layer(from_fn_with_state(state.clone(), authenticate))
        .with_state(state)
}

/// A refusal on its way out.
struct Refused(ScimError);

impl From<ScimError> for Refused {
    fn from(error: ScimError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = answer(status, &self.0.body());
        response.extensions_mut().insert(OtherForm);
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/scim+json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}

/// Middleware: finds out which token is shown, before anything of the request is read, and limits the time.
async fn authenticate(State(flows): State<ProvisioningFlows>, mut request: Request, next: Next) -> Response {
    let Some(ctx) = request.extensions().get::<Ctx>().cloned() else {
        return Refused(ScimError::plain(500, "Something went wrong on the server.")).into_response();
    };
    let unspecified = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let address = request.extensions().get::<IpAddr>().copied().unwrap_or(unspecified);
    let shown = bearer(request.headers()).unwrap_or_default();
    let actor = match flows.provisioning.who_shows(&ctx, address, shown).await {
        Ok(actor) => actor,
        Err(ShowError::Refused) => {
            return Refused(ScimError::plain(
                401,
                "The token does not work: it is unknown, expired or revoked, or the directory is switched off in Wardesk.",
            ))
            .into_response();
        }
        Err(ShowError::RateLimited(seconds)) => return Refused(too_many(seconds)).into_response(),
        Err(fault) => {
            let problem = Failure::from(fault).problem().clone();
            return Refused(ScimError::plain(problem.code.status(), problem.code.title())).into_response();
        }
    };
    request.extensions_mut().insert(ctx.acting_as(actor));
    match tokio::time::timeout(LONGEST_REQUEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refused(ScimError {
            retry_after: Some(1),
            ..ScimError::plain(503, "This took too long and was given up.")
        })
        .into_response(),
    }
}

fn too_many(seconds: u64) -> ScimError {
    ScimError {
        retry_after: Some(seconds),
        ..ScimError::plain(429, "Too many requests. Wait a little.")
    }
}

/// The token; nothing where there is none, or more than one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut shown = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, token) = shown.next()?.to_str().ok()?.split_once(' ')?;
    (shown.next().is_none() && scheme.eq_ignore_ascii_case("Bearer")).then(|| token.trim())
}

/// A JSON body.
struct ScimBody(Value);

impl<S: Send + Sync> FromRequest<S> for ScimBody {
    type Rejection = Refused;
    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Refused> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !["application/scim+json", "application/json"]
            .iter()
            .any(|fine| kind.eq_ignore_ascii_case(fine))
        {
            return Err(ScimError::plain(415, "Send application/scim+json.").into());
        }
        let bytes = to_bytes(request.into_body(), LARGEST_BODY)
            .await
            .map_err(|_| ScimError::plain(413, format!("The body has more than {LARGEST_BODY} bytes.")))?;
        let value = serde_json::from_slice(&bytes).map_err(|_| ScimError::invalid_syntax("The body is not JSON."))?;
        Ok(Self(value))
    }
}

/// What the query asks for.
struct Asked {
    selection: Selection,
    filter: Option<String>,
    skip: i64,
    most: i64,
}

type Parameters = Result<Query<HashMap<String, String>>, QueryRejection>;

fn asked(parameters: Parameters) -> Result<Asked, ScimError> {
    let Query(parameters) = parameters.map_err(|_| ScimError::invalid_value("The query cannot be read."))?;
    let get = |name: &str| {
        let mut found = parameters.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    };
    let (skip, most) = page(get("startIndex"), get("count"))?;
    Ok(Asked {
        selection: Selection::new(get("attributes"), get("excludedAttributes"))?,
        filter: get("filter").map(str::to_owned),
        skip,
        most,
    })
}

impl Asked {
    fn filter(&self, allowed: &[Field]) -> Result<Option<Filter>, ScimError> {
        self.filter
            .as_deref()
            .map(|text| filter::parse(text, allowed))
            .transpose()
    }
}

/// What a request was about, for the list of requests.
struct About {
    method: &'static str,
    resource: &'static str,
    target: Option<String>,
}

const fn about(method: &'static str, resource: &'static str, target: Option<String>) -> About {
    About {
        method,
        resource,
        target,
    }
}

/// The answer; a refusal of what should have changed something is noted first.
async fn answered(flows: &ProvisioningFlows, ctx: &Ctx, about: About, result: Result<Response, Refusal>) -> Response {
    let error = match result {
        Ok(response) => return response,
        Err(refusal) => refusal.scim(),
    };
    if about.method != "GET" && error.status < 500 {
        let noted = Noted {
            method: about.method,
            resource: about.resource,
            target: about.target,
            status: error.status,
            what: error.detail.clone(),
        };
        if let Err(fault) = flows.note_refusal(ctx, &noted).await {
            // The directory is told why all the same; what failed is in the log.
            drop(Failure::fault(&fault));
        }
    }
    Refused(error).into_response()
}

fn one_user(flows: &ProvisioningFlows, status: StatusCode, asked: &Asked, user: &User) -> Response {
    let base = flows.provisioning.base_url();
    let mut response = answer(status, &asked.selection.cut(user.json(base)));
    located(&mut response, &format!("{base}/Users/{}", user.id));
    response
}

fn one_group(flows: &ProvisioningFlows, status: StatusCode, asked: &Asked, group: &Group) -> Response {
    let base = flows.provisioning.base_url();
    let mut response = answer(status, &asked.selection.cut(group.json(base)));
    located(&mut response, &format!("{base}/Groups/{}", group.id));
    response
}

fn located(response: &mut Response, place: &str) {
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
}

fn user_id(text: &str) -> Result<StaffId, ScimError> {
    text.parse().map_err(|_| ScimError::not_found())
}

fn group_id(text: &str) -> Result<DirectoryGroupId, ScimError> {
    text.parse().map_err(|_| ScimError::not_found())
}

async fn nothing() -> Refused {
    Refused(ScimError::not_found())
}

async fn not_allowed() -> Refused {
    Refused(ScimError::plain(405, "This address does not take this method."))
}

async fn not_implemented() -> Refused {
    Refused(ScimError::plain(
        501,
        "This is not supported; ServiceProviderConfig says what is.",
    ))
}

async fn config(State(flows): State<ProvisioningFlows>) -> Response {
    answer(
        StatusCode::OK,
        &discovery::service_provider_config(flows.provisioning.base_url()),
    )
}

async fn resource_types(State(flows): State<ProvisioningFlows>) -> Response {
    described(&discovery::resource_types(flows.provisioning.base_url()))
}

async fn resource_type(State(flows): State<ProvisioningFlows>, Path(id): Path<String>) -> Result<Response, Refused> {
    described_one(discovery::resource_types(flows.provisioning.base_url()), &id)
}

async fn schemas(State(flows): State<ProvisioningFlows>) -> Response {
    described(&discovery::schemas(flows.provisioning.base_url()))
}

async fn schema(State(flows): State<ProvisioningFlows>, Path(id): Path<String>) -> Result<Response, Refused> {
    described_one(discovery::schemas(flows.provisioning.base_url()), &id)
}

fn described(all: &[Value]) -> Response {
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    answer(StatusCode::OK, &list(all, total, 1))
}

fn described_one(all: Vec<Value>, id: &str) -> Result<Response, Refused> {
    let found = all
        .into_iter()
        .find(|one| one.get("id").is_some_and(|known| *known == *id));
    Ok(answer(StatusCode::OK, &found.ok_or_else(ScimError::not_found)?))
}

async fn users(State(flows): State<ProvisioningFlows>, ReqCtx(ctx): ReqCtx, parameters: Parameters) -> Response {
    let result = async {
        let asked = asked(parameters)?;
        let filter = asked.filter(&OF_USERS)?;
        let (users, total) = flows.users(filter.as_ref(), asked.skip, asked.most).await?;
        let base = flows.provisioning.base_url();
        let shown = users.iter().map(|user| asked.selection.cut(user.json(base)));
        Ok(answer(
            StatusCode::OK,
            &list(&shown.collect::<Vec<_>>(), total, asked.skip + 1),
        ))
    };
    let result = result.await;
    answered(&flows, &ctx, about("GET", "User", None), result).await
}

async fn user(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Response {
    let result = async {
        let asked = asked(parameters)?;
        let user = flows.user(user_id(&id)?).await?;
        Ok(one_user(&flows, StatusCode::OK, &asked, &user))
    };
    let result = result.await;
    answered(&flows, &ctx, about("GET", "User", None), result).await
}

async fn create_user(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    parameters: Parameters,
    body: Result<ScimBody, Refused>,
) -> Response {
    let result = async {
        let asked = asked(parameters)?;
        let change = UserChange::whole(&read(body)?)?;
        let user = flows.create_user(&ctx, change).await?;
        Ok(one_user(&flows, StatusCode::CREATED, &asked, &user))
    };
    let result = result.await;
    answered(&flows, &ctx, about("POST", "User", None), result).await
}

async fn put_user(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<String>,
    parameters: Parameters,
    body: Result<ScimBody, Refused>,
) -> Response {
    change_user(&flows, &ctx, "PUT", &id, parameters, body, UserChange::whole).await
}

async fn patch_user(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<String>,
    parameters: Parameters,
    body: Result<ScimBody, Refused>,
) -> Response {
    change_user(&flows, &ctx, "PATCH", &id, parameters, body, UserChange::patched).await
}

async fn change_user(
    flows: &ProvisioningFlows,
    ctx: &Ctx,
    method: &'static str,
    id: &str,
    parameters: Parameters,
    body: Result<ScimBody, Refused>,
    meant: fn(&Value) -> Result<UserChange, ScimError>,
) -> Response {
    let known = user_id(id);
    let about = about(method, "User", known.as_ref().ok().map(ToString::to_string));
    let result = async {
        let id = known?;
        let asked = asked(parameters)?;
        let change = meant(&read(body)?)?;
        let user = flows.change_user(ctx, method, id, change).await?;
        Ok(one_user(flows, StatusCode::OK, &asked, &user))
    };
    let result = result.await;
    answered(flows, ctx, about, result).await
}

async fn delete_user(State(flows): State<ProvisioningFlows>, ReqCtx(ctx): ReqCtx, Path(id): Path<String>) -> Response {
    let known = user_id(&id);
    let about = about("DELETE", "User", known.as_ref().ok().map(ToString::to_string));
    let result = async {
        flows.delete_user(&ctx, known?).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    let result = result.await;
    answered(&flows, &ctx, about, result).await
}

async fn groups(State(flows): State<ProvisioningFlows>, ReqCtx(ctx): ReqCtx, parameters: Parameters) -> Response {
    let result = async {
        let asked = asked(parameters)?;
        let filter = asked.filter(&OF_GROUPS)?;
        let members = asked.selection.shows("members");
        let (groups, total) = flows.groups(filter.as_ref(), asked.skip, asked.most, members).await?;
        let base = flows.provisioning.base_url();
        let shown = groups.iter().map(|group| asked.selection.cut(group.json(base)));
        Ok(answer(
            StatusCode::OK,
            &list(&shown.collect::<Vec<_>>(), total, asked.skip + 1),
        ))
    };
    let result = result.await;
    answered(&flows, &ctx, about("GET", "Group", None), result).await
}

async fn group(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Response {
    let result = async {
        let asked = asked(parameters)?;
        let group = flows.group(group_id(&id)?, asked.selection.shows("members")).await?;
        Ok(one_group(&flows, StatusCode::OK, &asked, &group))
    };
    let result = result.await;
    answered(&flows, &ctx, about("GET", "Group", None), result).await
}

async fn create_group(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    parameters: Parameters,
    body: Result<ScimBody, Refused>,
) -> Response {
    let result = async {
        let asked = asked(parameters)?;
        let change = GroupChange::whole(&read(body)?)?;
        let group = flows.create_group(&ctx, change).await?;
        Ok(one_group(&flows, StatusCode::CREATED, &asked, &group))
    };
    let result = result.await;
    answered(&flows, &ctx, about("POST", "Group", None), result).await
}

async fn put_group(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<String>,
    parameters: Parameters,
    body: Result<ScimBody, Refused>,
) -> Response {
    change_group(&flows, &ctx, "PUT", &id, parameters, body, GroupChange::whole).await
}

async fn patch_group(
    State(flows): State<ProvisioningFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<String>,
    parameters: Parameters,
    body: Result<ScimBody, Refused>,
) -> Response {
    change_group(&flows, &ctx, "PATCH", &id, parameters, body, GroupChange::patched).await
}

async fn change_group(
    flows: &ProvisioningFlows,
    ctx: &Ctx,
    method: &'static str,
    id: &str,
    parameters: Parameters,
    body: Result<ScimBody, Refused>,
    meant: fn(&Value) -> Result<GroupChange, ScimError>,
) -> Response {
    let known = group_id(id);
    let about = about(method, "Group", known.as_ref().ok().map(ToString::to_string));
    let result = async {
        let id = known?;
        let asked = asked(parameters)?;
        let change = meant(&read(body)?)?;
        let group = flows.change_group(ctx, method, id, change).await?;
        Ok(one_group(flows, StatusCode::OK, &asked, &group))
    };
    let result = result.await;
    answered(flows, ctx, about, result).await
}

async fn delete_group(State(flows): State<ProvisioningFlows>, ReqCtx(ctx): ReqCtx, Path(id): Path<String>) -> Response {
    let known = group_id(&id);
    let about = about("DELETE", "Group", known.as_ref().ok().map(ToString::to_string));
    let result = async {
        flows.delete_group(&ctx, known?).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    let result = result.await;
    answered(&flows, &ctx, about, result).await
}

fn read(body: Result<ScimBody, Refused>) -> Result<Value, ScimError> {
    body.map(|body| body.0).map_err(|refused| refused.0)
}
