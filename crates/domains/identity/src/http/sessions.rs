//! One's own sessions.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::{SessionId, StaffId, Timestamp};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, ReqCtx};

use crate::{EndedOfAll, Identity, SessionView};

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
    /// From which network it began: an IPv4 address, or 64 bits of an IPv6 address. `null`: not known.
    network: Option<String>,
    /// In which country (ISO 3166-1 alpha-2). `null`: not known.
    country: Option<String>,
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
            network,
            country,
            current,
        } = view;
        Self {
            id,
            created_at,
            last_seen_at,
            user_agent,
            network,
            country,
            current,
        }
    }
}

/// What was ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndedSessions {
    /// How many sessions.
    pub(super) sessions: usize,
}

/// Nothing is said with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignOutStaff {}

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

/// Ends all of one's own sessions but this one.
#[utoipa::path(delete, path = "/api/v1/sessions", tag = "identity", operation_id = "end_other_sessions",
    responses((status = 200, body = EndedSessions)))]
pub(crate) async fn end_others(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
) -> ApiResult<Json<EndedSessions>> {
    let sessions = identity.end_other_sessions(&ctx).await?;
    Ok(Json(EndedSessions { sessions }))
}

/// What was ended, of everybody.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndedSessionsOfAll {
    /// How many people had any.
    people: usize,
    /// How many sessions there were.
    sessions: usize,
}

/// Ends all sessions of everybody but this one, and forgets the browsers: both factors are needed everywhere again.
#[utoipa::path(post, path = "/api/v1/staff/sign-out", tag = "staff", operation_id = "sign_out_everybody", request_body = SignOutStaff,
    responses((status = 200, body = EndedSessionsOfAll)))]
pub(crate) async fn sign_out_everybody(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Json(SignOutStaff {}): Json<SignOutStaff>,
) -> ApiResult<Json<EndedSessionsOfAll>> {
    let EndedOfAll { people, sessions } = identity.end_sessions_of_all(&ctx).await?;
    Ok(Json(EndedSessionsOfAll { people, sessions }))
}

/// Ends all sessions of a colleague and forgets the browsers: both factors are needed everywhere again.
#[utoipa::path(post, path = "/api/v1/staff/{staff}/sign-out", tag = "staff", operation_id = "sign_out_staff",
    params(("staff" = StaffId, Path)), request_body = SignOutStaff,
    responses((status = 200, body = EndedSessions), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn sign_out_staff(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(staff): Path<StaffId>,
    Json(SignOutStaff {}): Json<SignOutStaff>,
) -> ApiResult<Json<EndedSessions>> {
    let sessions = identity.end_sessions_of(&ctx, staff).await?;
    Ok(Json(EndedSessions { sessions }))
}
