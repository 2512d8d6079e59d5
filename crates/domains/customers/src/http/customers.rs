use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use wd_kernel::{Page, PageQuery, Problem, Scope};
use wd_web::{ApiResult, Json, ProblemBody, Query, ReqCtx};

use crate::{
    Customers,
    model::{Search, SearchKind},
    permissions::CustomerRead,
    service::{Customer, CustomerSummary, NewCustomer},
};

/// A page of customers, newest first.
#[utoipa::path(get, path = "/api/v1/customers", tag = "customers", operation_id = "list_customers", params(PageQuery), responses((status = 200, body = Page<CustomerSummary>)))]
pub(super) async fn list(
    State(customers): State<Customers>,
    ReqCtx(ctx): ReqCtx,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<CustomerSummary>>> {
    Ok(Json(customers.list(&ctx, &page).await?))
}

/// Makes a record.
#[utoipa::path(post, path = "/api/v1/customers", tag = "customers", operation_id = "create_customer", request_body = NewCustomer,
    responses((status = 201, body = Customer), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn create(
    State(customers): State<Customers>,
    ReqCtx(ctx): ReqCtx,
    Json(new): Json<NewCustomer>,
) -> ApiResult<(StatusCode, Json<Customer>)> {
    Ok((StatusCode::CREATED, Json(customers.create(&ctx, new).await?)))
}

/// What is searched.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomerSearch {
    /// By what.
    kind: SearchKind,
    /// The whole value; parts are not found.
    value: String,
}

/// What was found.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct FoundCustomers {
    items: Vec<CustomerSummary>,
}

/// Finds customers by exact mail, phone or external id.
#[utoipa::path(post, path = "/api/v1/customers/search", tag = "customers", operation_id = "search_customers", request_body = CustomerSearch, responses((status = 200, body = FoundCustomers)))]
pub(super) async fn search(
    State(customers): State<Customers>,
    ReqCtx(ctx): ReqCtx,
    Json(wanted): Json<CustomerSearch>,
) -> ApiResult<Json<FoundCustomers>> {
    // Who may not search is not told how to.
    ctx.require::<CustomerRead>(Scope::ORGANISATION)?;
    let search = Search::new(wanted.kind, &wanted.value).map_err(|message| Problem::invalid("value", message))?;
    Ok(Json(FoundCustomers {
        items: customers.search(&ctx, &search).await?,
    }))
}
