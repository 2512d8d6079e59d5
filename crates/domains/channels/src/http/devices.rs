use axum::extract::State;
use serde::Deserialize;
use wd_kernel::{DeviceId, StaffId};
use wd_web::{ApiResult, ClientInfo, Json, NoContent, Path, ProblemBody, Query, ReqCtx};

use super::DeviceList;
use crate::{AvailableKeyPackages, Channels, Enrolled, NewDevice, NewKeyPackages, RenewedStatement, UnlockSecret};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfStaff {
    /// Whose devices; one's own unless told.
    #[serde(default)]
    staff: Option<StaffId>,
}

/// The devices of a staff member.
#[utoipa::path(get, path = "/api/v1/devices", tag = "devices", operation_id = "list_devices", params(OfStaff), responses(
    (status = 200, body = DeviceList), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn list_devices(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    Query(query): Query<OfStaff>,
) -> ApiResult<Json<DeviceList>> {
    Ok(Json(DeviceList {
        items: channels.devices(&ctx, query.staff).await?,
    }))
}

/// Enrols a device of the signed-in staff member.
#[utoipa::path(post, path = "/api/v1/devices", tag = "devices", operation_id = "enrol_device", request_body = NewDevice, responses(
    (status = 200, body = Enrolled), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn enrol_device(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    client: ClientInfo,
    Json(new): Json<NewDevice>,
) -> ApiResult<Json<Enrolled>> {
    ctx.staff()?;
    Ok(Json(channels.enrol(&ctx, new, &client.user_agent).await?))
}

/// A new statement about an own device.
#[utoipa::path(post, path = "/api/v1/devices/{device}/statement", tag = "devices", operation_id = "renew_device_statement", params(("device" = DeviceId, Path)), responses(
    (status = 200, body = RenewedStatement), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn renew_device_statement(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    Path(device): Path<DeviceId>,
) -> ApiResult<Json<RenewedStatement>> {
    ctx.staff()?;
    Ok(Json(channels.renew_statement(&ctx, device).await?))
}

/// The secret half of an own device's local store.
#[utoipa::path(post, path = "/api/v1/devices/{device}/unlock", tag = "devices", operation_id = "unlock_device", params(("device" = DeviceId, Path)), responses(
    (status = 200, body = UnlockSecret), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn unlock_device(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    Path(device): Path<DeviceId>,
) -> ApiResult<Json<UnlockSecret>> {
    Ok(Json(channels.unlock(&ctx, device).await?))
}

/// Revokes a device: an own one, or another's by right.
#[utoipa::path(delete, path = "/api/v1/devices/{device}", tag = "devices", operation_id = "revoke_device", params(("device" = DeviceId, Path)), responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn revoke_device(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    Path(device): Path<DeviceId>,
) -> ApiResult<NoContent> {
    ctx.staff()?;
    channels.revoke(&ctx, device).await?;
    Ok(NoContent)
}

/// Keeps key packages for an own device.
#[utoipa::path(post, path = "/api/v1/devices/{device}/key-packages", tag = "devices", operation_id = "add_key_packages", params(("device" = DeviceId, Path)),
    request_body = NewKeyPackages, responses((status = 200, body = AvailableKeyPackages),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn add_key_packages(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    Path(device): Path<DeviceId>,
    Json(new): Json<NewKeyPackages>,
) -> ApiResult<Json<AvailableKeyPackages>> {
    ctx.staff()?;
    Ok(Json(channels.add_key_packages(&ctx, device, &new).await?))
}
