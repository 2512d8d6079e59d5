use axum::extract::State;
use serde::Deserialize;
use wd_kernel::CustomerId;
use wd_web::{ApiResult, Json, Path, ProblemBody, ReqCtx};

use crate::{
    Customers,
    model::FieldClass,
    service::{Customer, CustomerChange, Revealed},
};

/// One record, masked as the reader's rights say.
#[utoipa::path(get, path = "/api/v1/customers/{customer}", tag = "customers", operation_id = "read_customer", params(("customer" = CustomerId, Path)),
    responses((status = 200, body = Customer), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn read(
    State(customers): State<Customers>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<CustomerId>,
) -> ApiResult<Json<Customer>> {
    Ok(Json(customers.read(&ctx, id).await?))
}

/// Changes a record. A field that is left out stays, `null` clears it.
#[utoipa::path(patch, path = "/api/v1/customers/{customer}", tag = "customers", operation_id = "change_customer", params(("customer" = CustomerId, Path)), request_body = CustomerChange,
    responses((status = 200, body = Customer), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn change(
    State(customers): State<Customers>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<CustomerId>,
    Json(change): Json<CustomerChange>,
) -> ApiResult<Json<Customer>> {
    Ok(Json(customers.change(&ctx, id, change).await?))
}

/// What is to be revealed, and why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reveal {
    /// Which class of fields.
    class: FieldClass,
    /// Why; it goes into the audit log. At most 500 characters count.
    reason: Option<String>,
}

/// Reveals a class of fields. The reveal is in the audit log before the answer leaves.
#[utoipa::path(post, path = "/api/v1/customers/{customer}/reveal", tag = "customers", operation_id = "reveal_customer", params(("customer" = CustomerId, Path)), request_body = Reveal,
    responses((status = 200, body = Revealed), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn reveal(
    State(customers): State<Customers>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<CustomerId>,
    Json(wish): Json<Reveal>,
) -> ApiResult<Json<Revealed>> {
    Ok(Json(
        customers.reveal(&ctx, id, wish.class, wish.reason.as_deref()).await?,
    ))
}
