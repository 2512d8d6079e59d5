//! Cases of people who lost all factors, for those who check and decide.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::{Page, PageQuery, ReProofingId, Scope, StaffId};
use wd_web::{ApiResult, Json, Path, ProblemBody, Query, ReqCtx};

use super::Nothing;
use crate::{
    Answer, Identity, ReProofingError, ReProofingReason, ReProofingView, WaitsView,
    model::{PROCEDURE, ProcedureStep},
    permissions::StaffVerifyCaller,
};

/// The questions of the procedure, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Procedure {
    items: &'static [ProcedureStep],
}

/// A colleague who lost all factors, and what was found out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestReProofing {
    /// Who.
    staff: StaffId,
    /// One answer to each question, up to one that stops.
    answers: Vec<Answer>,
}

/// What was found out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProcedureAnswers {
    /// One answer to each question, up to one that stops.
    answers: Vec<Answer>,
}

/// Why not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefuseReProofing {
    /// `not-the-person`, `suspicious` or `not-needed`.
    reason: ReProofingReason,
}

/// How long people are to wait.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetWaits {
    /// Hours for most people.
    ordinary_hours: i64,
    /// Hours for those with administrative rights.
    administrative_hours: i64,
    /// The version that was read.
    version: i64,
}

/// Who lost all factors, the newest case first.
#[utoipa::path(get, path = "/api/v1/re-proofings", tag = "identity", operation_id = "re_proofings",
    params(PageQuery), responses((status = 200, body = Page<ReProofingView>)))]
pub(crate) async fn list(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<Page<ReProofingView>>> {
    Ok(Json(identity.re_proofings(&ctx, &query).await?))
}

/// Asks for a colleague, with the answers of the procedure. Some answers end the case at once.
#[utoipa::path(post, path = "/api/v1/re-proofings", tag = "identity", operation_id = "request_re_proofing_for",
    request_body = RequestReProofing,
    responses((status = 200, body = ReProofingView),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn request(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<RequestReProofing>,
) -> ApiResult<Json<ReProofingView>> {
    let view = identity
        .request_re_proofing_for(&ctx, body.staff, &body.answers)
        .await?;
    Ok(Json(view))
}

/// The questions by which a colleague finds out whether it is the person.
#[utoipa::path(get, path = "/api/v1/re-proofing-procedure", tag = "identity", operation_id = "re_proofing_procedure",
    responses((status = 200, body = Procedure)))]
pub(crate) async fn procedure(ReqCtx(ctx): ReqCtx) -> ApiResult<Json<Procedure>> {
    ctx.require::<StaffVerifyCaller>(Scope::ORGANISATION)
        .map_err(ReProofingError::Denied)?;
    Ok(Json(Procedure { items: PROCEDURE }))
}

/// The answers of the procedure about somebody who asked. Some answers end the case at once.
#[utoipa::path(post, path = "/api/v1/re-proofings/{re_proofing}/procedure", tag = "identity",
    operation_id = "verify_re_proofing", params(("re_proofing" = ReProofingId, Path)), request_body = ProcedureAnswers,
    responses((status = 200, body = ReProofingView),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn verify(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ReProofingId>,
    Json(body): Json<ProcedureAnswers>,
) -> ApiResult<Json<ReProofingView>> {
    Ok(Json(identity.verify_re_proofing(&ctx, id, &body.answers).await?))
}

/// Approves.
#[utoipa::path(post, path = "/api/v1/re-proofings/{re_proofing}/approve", tag = "identity",
    operation_id = "approve_re_proofing", params(("re_proofing" = ReProofingId, Path)), request_body = Nothing,
    responses((status = 200, body = ReProofingView),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn approve(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ReProofingId>,
    Json(Nothing {}): Json<Nothing>,
) -> ApiResult<Json<ReProofingView>> {
    Ok(Json(identity.approve_re_proofing(&ctx, id).await?))
}

/// Refuses, also while the waiting period runs.
#[utoipa::path(post, path = "/api/v1/re-proofings/{re_proofing}/refuse", tag = "identity",
    operation_id = "refuse_re_proofing", params(("re_proofing" = ReProofingId, Path)), request_body = RefuseReProofing,
    responses((status = 200, body = ReProofingView),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn refuse(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ReProofingId>,
    Json(body): Json<RefuseReProofing>,
) -> ApiResult<Json<ReProofingView>> {
    Ok(Json(identity.refuse_re_proofing(&ctx, id, body.reason).await?))
}

/// How long people wait after the approval.
#[utoipa::path(get, path = "/api/v1/re-proofing-waits", tag = "identity", operation_id = "re_proofing_waits",
    responses((status = 200, body = WaitsView)))]
pub(crate) async fn waits(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<WaitsView>> {
    Ok(Json(identity.re_proofing_waits(&ctx).await?))
}

/// Sets how long people wait after the approval.
#[utoipa::path(put, path = "/api/v1/re-proofing-waits", tag = "identity", operation_id = "set_re_proofing_waits",
    request_body = SetWaits,
    responses((status = 200, body = WaitsView),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn set_waits(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<SetWaits>,
) -> ApiResult<Json<WaitsView>> {
    let SetWaits {
        ordinary_hours,
        administrative_hours,
        version,
    } = body;
    let view = identity
        .set_re_proofing_waits(&ctx, ordinary_hours, administrative_hours, version)
        .await?;
    Ok(Json(view))
}
