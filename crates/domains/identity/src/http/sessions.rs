//! One's own sessions.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use wd_kernel::{SessionId, Timestamp};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, ReqCtx};

use crate::{Identity, SessionView};

/// A session of one's own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Which one.
    id: SessionId,
    /// Its beginning.
    created_at: Timestamp,
    /// The latest request, to the minute.
    last_seen_at: Timestamp,
    /// What the browser calls itself.
    user_agent: String,
    /// The one this request came with.
    current: bool,
}

/// One's own sessions, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sessions {
    items: Vec<Session>,
}

impl From<SessionView> for Session {
    fn from(view: SessionView) -> Self {
        let SessionView {
            id,
            created_at,
            last_seen_at,
            user_agent,
            current,
        } = view;
        Self {
            id,
            created_at,
            last_seen_at,
            user_agent,
            current,
        }
    }
}

/// Where one is signed in.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "identity", operation_id = "sessions",
    responses((status = 200, body = Sessions)))]
pub(crate) async fn list(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<Sessions>> {
    let items = identity.sessions(&ctx).await?.into_iter().map(Session::from).collect();
    Ok(Json(Sessions { items }))
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/api/v1/sessions/{session}", tag = "identity", operation_id = "end_session",
    params(("session" = SessionId, Path)),
    responses((status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn end(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(session): Path<SessionId>,
) -> ApiResult<NoContent> {
    identity.end_own_session(&ctx, session).await?;
    Ok(NoContent)
}
