//! How long the sessions of a role last.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::Timestamp;
use wd_web::{ApiResult, Json, Path, ProblemBody, ReqCtx};

use crate::{
    Concerned, Identity, RoleSessions, SessionDecision, SessionDeviation, SessionLimits, SessionPolicyChange,
    SessionPreview, SessionReach,
};

/// How long the sessions of a role last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionPolicyOfRole {
    /// The name of the role.
    role: String,
    /// What people call it.
    title: String,
    /// Counts the changes; 0: nobody has changed the default. It goes back with a change.
    version: i64,
    /// Minutes without use, 5 to 1440.
    idle_minutes: i64,
    /// Minutes in all, 15 to 1440.
    longest_minutes: i64,
    /// For how many days a browser may be remembered, in which the password alone signs in: 0, never, to 30.
    remember_days: i64,
    /// Whether that may be more than 0: not where the role has administrative rights.
    may_remember: bool,
    /// Where that goes against NIST SP 800-63B-4.
    deviations: Vec<SessionDeviation>,
    /// Who decided so and why.
    decision: Option<SessionPolicyDecision>,
    /// How many people who can sign in hold the role.
    people: usize,
    /// In how many sessions they are signed in.
    sessions: usize,
}

/// Why limits go against NIST.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionPolicyDecision {
    /// What was typed.
    reason: String,
    /// The shown name of who decided; `null` is Wardesk itself, or somebody unknown.
    by: Option<String>,
    /// When.
    at: Timestamp,
}

/// The limits of all roles.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionPolicies {
    items: Vec<SessionPolicyOfRole>,
}

/// How long the sessions of a role are to last.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetSessionPolicy {
    /// The version that was read.
    version: i64,
    /// Minutes without use, 5 to 1440, not more than in all.
    idle_minutes: i64,
    /// Minutes in all, 15 to 1440.
    longest_minutes: i64,
    /// For how many days a browser may be remembered: 0, never, to 30.
    remember_days: i64,
    /// Why it goes against NIST, 1 to 1000 characters; needed only then.
    #[serde(default)]
    reason: Option<String>,
}

/// Limits somebody is thinking of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThoughtSessionPolicy {
    /// Minutes without use.
    idle_minutes: i64,
    /// Minutes in all.
    longest_minutes: i64,
    /// For how many days a browser may be remembered.
    remember_days: i64,
}

/// Whom they would concern.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionPolicyPreview {
    /// How many people who can sign in hold the role.
    people: usize,
    /// In how many sessions they are signed in.
    sessions: usize,
    /// How many of those would end at once.
    ending: usize,
    /// Who would be signed out at once, or sooner than now; `null`: you may not see who works here.
    concerned: Option<Concerned>,
    /// Where it goes against NIST SP 800-63B-4.
    deviations: Vec<SessionDeviation>,
}

impl From<RoleSessions> for SessionPolicyOfRole {
    fn from(of: RoleSessions) -> Self {
        Self {
            deviations: of.limits.deviations(),
            role: of.role,
            title: of.title,
            version: of.version,
            idle_minutes: of.limits.idle_minutes,
            longest_minutes: of.limits.longest_minutes,
            remember_days: of.limits.remember_days,
            may_remember: of.reach.may_remember,
            decision: of.decision.map(SessionPolicyDecision::from),
            people: of.reach.people,
            sessions: of.reach.sessions,
        }
    }
}

impl From<SessionDecision> for SessionPolicyDecision {
    fn from(decision: SessionDecision) -> Self {
        let SessionDecision { reason, by, at } = decision;
        Self { reason, by, at }
    }
}

/// How long sessions last, for each role.
#[utoipa::path(get, path = "/api/v1/session-policies", tag = "identity", operation_id = "session_policies",
    responses((status = 200, body = SessionPolicies)))]
pub(crate) async fn list(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<SessionPolicies>> {
    let items = identity.session_policies(&ctx).await?;
    Ok(Json(SessionPolicies {
        items: items.into_iter().map(SessionPolicyOfRole::from).collect(),
    }))
}

/// Sets how long the sessions of a role last. Those that are over by it end at once.
#[utoipa::path(put, path = "/api/v1/session-policies/{role}", tag = "identity", operation_id = "change_session_policy",
    params(("role" = String, Path)), request_body = SetSessionPolicy,
    responses((status = 200, body = SessionPolicyOfRole),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn change(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(role): Path<String>,
    Json(body): Json<SetSessionPolicy>,
) -> ApiResult<Json<SessionPolicyOfRole>> {
    let SetSessionPolicy {
        version,
        idle_minutes,
        longest_minutes,
        remember_days,
        reason,
    } = body;
    let change = SessionPolicyChange {
        version,
        limits: SessionLimits {
            idle_minutes,
            longest_minutes,
            remember_days,
        },
        reason,
    };
    Ok(Json(identity.change_session_policy(&ctx, &role, change).await?.into()))
}

/// Whom limits would concern; nothing is changed.
#[utoipa::path(post, path = "/api/v1/session-policies/{role}/preview", tag = "identity",
    operation_id = "preview_session_policy", params(("role" = String, Path)), request_body = ThoughtSessionPolicy,
    responses((status = 200, body = SessionPolicyPreview),
        (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn preview(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(role): Path<String>,
    Json(body): Json<ThoughtSessionPolicy>,
) -> ApiResult<Json<SessionPolicyPreview>> {
    let ThoughtSessionPolicy {
        idle_minutes,
        longest_minutes,
        remember_days,
    } = body;
    let limits = SessionLimits {
        idle_minutes,
        longest_minutes,
        remember_days,
    };
    let SessionPreview { reach, concerned } = identity.preview_session_policy(&ctx, &role, limits).await?;
    let SessionReach {
        people,
        sessions,
        ending,
        may_remember: _,
    } = reach;
    Ok(Json(SessionPolicyPreview {
        people,
        sessions,
        ending,
        concerned,
        deviations: limits.deviations(),
    }))
}
