use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::{StatusCode, header},
};
use wd_kernel::{ImportId, Problem, ProblemCode};
use wd_web::{ApiResult, Failure, Json, Path, ProblemBody, ReqCtx};

use crate::{Customers, service::Import};

/// A CSV body of at most 50 MiB.
pub(super) struct Csv(Bytes);

impl<S: Send + Sync> FromRequest<S> for Csv {
    type Rejection = Failure;
    async fn from_request(mut request: Request, state: &S) -> Result<Self, Failure> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if !kind.starts_with("text/csv") {
            return Err(Problem::new(ProblemCode::UnsupportedMediaType)
                .detail("Send text/csv.")
                .into());
        }
        DefaultBodyLimit::max(50 * 1024 * 1024).apply(&mut request);
        Bytes::from_request(request, state)
            .await
            .map(Self)
            .map_err(|_| ProblemCode::TooLarge.into())
    }
}

/// Imports customers from CSV with a header of column names: name, mail, phone, address, `external_id`, notes, tags.
#[utoipa::path(post, path = "/api/v1/customers/imports", tag = "customers", operation_id = "import_customers", request_body(content = String, content_type = "text/csv"),
    responses((status = 202, body = Import)))]
pub(super) async fn start(
    State(customers): State<Customers>,
    ReqCtx(ctx): ReqCtx,
    Csv(file): Csv,
) -> ApiResult<(StatusCode, Json<Import>)> {
    Ok((StatusCode::ACCEPTED, Json(customers.start_import(&ctx, &file).await?)))
}

/// How far an import is, and which rows were rejected.
#[utoipa::path(get, path = "/api/v1/customers/imports/{import}", tag = "customers", operation_id = "read_import", params(("import" = ImportId, Path)),
    responses((status = 200, body = Import), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn progress(
    State(customers): State<Customers>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ImportId>,
) -> ApiResult<Json<Import>> {
    Ok(Json(customers.import(&ctx, id).await?))
}
