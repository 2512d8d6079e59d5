//! What happened to one's own account.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use wd_kernel::{AuditId, Page, PageQuery, Timestamp};
use wd_web::{ApiResult, Json, Query, ReqCtx};

use crate::{HistoryView, Identity, RiskDecision};

/// Something that happened to one's own account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecurityEvent {
    /// The entry of the audit log.
    id: AuditId,
    /// When.
    at: Timestamp,
    /// What, as the audit log calls it.
    action: String,
    /// Whether it was tried and refused.
    refused: bool,
    /// Whether it was done in a session of one's own.
    own: bool,
    /// With which kind of factor or session, where that says more; of an unusual sign-in, what speaks against it.
    kind: Option<String>,
    /// What was decided about an unusual sign-in.
    decision: Option<RiskDecision>,
    /// By what way.
    by: Option<String>,
    /// What the browser called itself.
    user_agent: Option<String>,
    /// From which network: an IPv4 address, or 64 bits of an IPv6 address.
    network: Option<String>,
}

impl From<HistoryView> for SecurityEvent {
    fn from(view: HistoryView) -> Self {
        let HistoryView {
            id,
            at,
            action,
            refused,
            own,
            kind,
            decision,
            by,
            user_agent,
            network,
        } = view;
        Self {
            id,
            at,
            action,
            refused,
            own,
            kind,
            decision,
            by,
            user_agent,
            network,
        }
    }
}

/// One's own sign-ins, refusals and changes of factors, the newest first.
#[utoipa::path(get, path = "/api/v1/session/history", tag = "identity", operation_id = "security_history",
    params(PageQuery), responses((status = 200, body = Page<SecurityEvent>)))]
pub(crate) async fn list(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<Page<SecurityEvent>>> {
    Ok(Json(identity.own_history(&ctx, &query).await?.map(SecurityEvent::from)))
}
