use axum::extract::State;
use wd_desk::SettingsChange;
use wd_web::{ApiResult, Json, ReqCtx};

use crate::conversations::{Conversations, OrganisationView, PublicOrganisation, WidgetOrganisation};

/// The organisation and its settings.
#[utoipa::path(get, path = "/api/v1/organisation", tag = "organisation", operation_id = "get_organisation", responses((status = 200, body = OrganisationView)))]
pub(super) async fn get_organisation(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
) -> ApiResult<Json<OrganisationView>> {
    Ok(Json(conversations.organisation(&ctx).await?))
}

/// Changes the settings.
#[utoipa::path(put, path = "/api/v1/organisation/settings", tag = "organisation", operation_id = "change_settings", request_body = SettingsChange, responses((status = 200, body = OrganisationView)))]
pub(super) async fn change_settings(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Json(change): Json<SettingsChange>,
) -> ApiResult<Json<OrganisationView>> {
    Ok(Json(conversations.change_settings(&ctx, change).await?))
}

/// What everybody may know of the organisation: the keys that all statements are checked against.
#[utoipa::path(get, path = "/.well-known/wardesk-organisation.json", tag = "organisation", operation_id = "well_known_organisation", responses((status = 200, body = PublicOrganisation)))]
pub(super) async fn well_known_organisation(
    State(conversations): State<Conversations>,
) -> ApiResult<Json<PublicOrganisation>> {
    Ok(Json(conversations.public_organisation().await?))
}

/// What the widget needs to know of the organisation.
#[utoipa::path(get, path = "/api/v1/widget/organisation", tag = "widget", operation_id = "get_widget_organisation", responses((status = 200, body = WidgetOrganisation)))]
pub(super) async fn get_widget_organisation(
    State(conversations): State<Conversations>,
) -> ApiResult<Json<WidgetOrganisation>> {
    Ok(Json(conversations.widget_organisation().await?))
}
