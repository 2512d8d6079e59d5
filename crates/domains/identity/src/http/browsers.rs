//! The browsers in which one is known.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use wd_kernel::{BrowserId, StaffId, Timestamp};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, ReqCtx};

use super::sessions::EndedSessions;
use crate::{BrowserView, Identity};

/// A browser in which one is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnownBrowser {
    /// Which one.
    id: BrowserId,
    /// What it calls itself.
    user_agent: String,
    /// Since when it is known.
    created_at: Timestamp,
    /// The latest full sign-in there.
    used_at: Timestamp,
    /// Until when the password alone is enough there; `null`: it is not.
    remembered_until: Option<Timestamp>,
    /// From which network the latest session there began: an IPv4 address, or 64 bits of an IPv6 address.
    network: Option<String>,
    /// From which country (ISO 3166-1 alpha-2), if that is known.
    country: Option<String>,
    /// The one in which the asking session began.
    current: bool,
}

/// The browsers, the one used latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnownBrowsers {
    items: Vec<KnownBrowser>,
}

impl From<BrowserView> for KnownBrowser {
    fn from(view: BrowserView) -> Self {
        let BrowserView {
            id,
            user_agent,
            created_at,
            used_at,
            remembered_until,
            network,
            country,
            current,
        } = view;
        Self {
            id,
            user_agent,
            created_at,
            used_at,
            remembered_until,
            network,
            country,
            current,
        }
    }
}

impl From<Vec<BrowserView>> for KnownBrowsers {
    fn from(views: Vec<BrowserView>) -> Self {
        Self {
            items: views.into_iter().map(KnownBrowser::from).collect(),
        }
    }
}

/// Where one is known.
#[utoipa::path(get, path = "/api/v1/browsers", tag = "identity", operation_id = "browsers",
    responses((status = 200, body = KnownBrowsers)))]
pub(crate) async fn list(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<KnownBrowsers>> {
    Ok(Json(identity.browsers(&ctx).await?.into()))
}

/// Forgets one of them: signing in there needs the second factor again.
#[utoipa::path(delete, path = "/api/v1/browsers/{browser}", tag = "identity", operation_id = "forget_browser",
    params(("browser" = BrowserId, Path)),
    responses((status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn forget(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(browser): Path<BrowserId>,
) -> ApiResult<NoContent> {
    identity.forget_browser(&ctx, browser).await?;
    Ok(NoContent)
}

/// Forgets all of them, the asking one too.
#[utoipa::path(delete, path = "/api/v1/browsers", tag = "identity", operation_id = "forget_browsers",
    responses((status = 204)))]
pub(crate) async fn forget_all(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<NoContent> {
    identity.forget_browsers(&ctx).await?;
    Ok(NoContent)
}

/// Where a colleague is known.
#[utoipa::path(get, path = "/api/v1/staff/{staff}/browsers", tag = "staff", operation_id = "staff_browsers",
    params(("staff" = StaffId, Path)),
    responses((status = 200, body = KnownBrowsers), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn of_staff(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(staff): Path<StaffId>,
) -> ApiResult<Json<KnownBrowsers>> {
    Ok(Json(identity.browsers_of(&ctx, staff).await?.into()))
}

/// Forgets one browser of a colleague and ends the sessions in it: both factors are needed there again.
#[utoipa::path(delete, path = "/api/v1/staff/{staff}/browsers/{browser}", tag = "staff", operation_id = "forget_staff_browser",
    params(("staff" = StaffId, Path), ("browser" = BrowserId, Path)),
    responses((status = 200, body = EndedSessions), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn forget_of_staff(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path((staff, browser)): Path<(StaffId, BrowserId)>,
) -> ApiResult<Json<EndedSessions>> {
    let sessions = identity.forget_browser_of(&ctx, staff, browser).await?;
    Ok(Json(EndedSessions { sessions }))
}
