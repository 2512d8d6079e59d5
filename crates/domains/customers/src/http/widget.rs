use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use serde::Deserialize;
use wd_kernel::ProblemCode;
use wd_web::{ApiResult, ClientInfo, Json, NoContent, ReqCtx};

use crate::{
    Customers,
    service::{Identified, Visitor},
};

/// Nothing.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Empty {}

/// Makes an anonymous customer. At most 20 an hour from one address.
#[utoipa::path(post, path = "/api/v1/widget/visitors", tag = "widget", operation_id = "visit", request_body = Empty, responses((status = 201, body = Visitor)))]
pub(super) async fn visit(
    State(customers): State<Customers>,
    ReqCtx(ctx): ReqCtx,
    client: ClientInfo,
    Json(Empty {}): Json<Empty>,
) -> ApiResult<(StatusCode, Json<Visitor>)> {
    Ok((StatusCode::CREATED, Json(customers.visit(&ctx, client.address).await?)))
}

/// What the company's site says of its customer.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    /// A JWT with `kid`, ES256 or EdDSA; `sub`, `aud`, `iat`, `exp` at most ten minutes later, `jti`; optionally `name` and `email`.
    identity_token: String,
}

/// Signs a customer in with the site's identity token.
#[utoipa::path(post, path = "/api/v1/widget/identities", tag = "widget", operation_id = "identify", request_body = Identity, responses((status = 201, body = Identified)))]
pub(super) async fn identify(
    State(customers): State<Customers>,
    ReqCtx(ctx): ReqCtx,
    client: ClientInfo,
    Json(identity): Json<Identity>,
) -> ApiResult<(StatusCode, Json<Identified>)> {
    Ok((
        StatusCode::CREATED,
        Json(
            customers
                .identify(&ctx, &identity.identity_token, client.address)
                .await?,
        ),
    ))
}

/// Signs the customer out. The identity token behind the session cannot be used again.
#[utoipa::path(delete, path = "/api/v1/widget/session", tag = "widget", operation_id = "sign_out_widget", responses((status = 204)))]
pub(super) async fn sign_out(
    State(customers): State<Customers>,
    ReqCtx(ctx): ReqCtx,
    headers: HeaderMap,
) -> ApiResult<NoContent> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    customers
        .sign_out_widget(&ctx, token.ok_or(ProblemCode::Unauthenticated)?)
        .await?;
    Ok(NoContent)
}
