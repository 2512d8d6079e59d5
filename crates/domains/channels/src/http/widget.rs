use axum::{extract::State, http::HeaderMap};
use serde::Serialize;
use wd_kernel::DeviceId;
use wd_web::{ApiResult, ClientInfo, Json, Path, ProblemBody, ReqCtx};

use crate::{Channels, ChannelsError, Enrolled, NewDevice, RenewedStatement, WidgetDevice};

/// Enrols the widget's device of the customer.
#[utoipa::path(post, path = "/api/v1/widget/devices", tag = "widget", operation_id = "enrol_widget_device", request_body = NewDevice, responses(
    (status = 200, body = Enrolled), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn enrol_widget_device(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    client: ClientInfo,
    Json(new): Json<NewDevice>,
) -> ApiResult<Json<Enrolled>> {
    ctx.actor
        .customer()
        .ok_or(ChannelsError::Denied(wd_kernel::Denied::Unauthenticated))?;
    Ok(Json(channels.enrol(&ctx, new, &client.user_agent).await?))
}

/// A customer's devices.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct WidgetDeviceList {
    items: Vec<WidgetDevice>,
}

/// The customer's devices that count.
#[utoipa::path(get, path = "/api/v1/widget/devices", tag = "widget", operation_id = "list_widget_devices", responses(
    (status = 200, body = WidgetDeviceList)))]
pub(super) async fn list_widget_devices(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    headers: HeaderMap,
) -> ApiResult<Json<WidgetDeviceList>> {
    let asking = headers
        .get("wardesk-device")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok());
    Ok(Json(WidgetDeviceList {
        items: channels.widget_devices(&ctx, asking).await?,
    }))
}

/// A new statement about the widget's device.
#[utoipa::path(post, path = "/api/v1/widget/devices/{device}/statement", tag = "widget", operation_id = "renew_widget_device_statement", params(("device" = DeviceId, Path)), responses(
    (status = 200, body = RenewedStatement), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn renew_widget_device_statement(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    Path(device): Path<DeviceId>,
) -> ApiResult<Json<RenewedStatement>> {
    ctx.actor
        .customer()
        .ok_or(ChannelsError::Denied(wd_kernel::Denied::Unauthenticated))?;
    Ok(Json(channels.renew_statement(&ctx, device).await?))
}
