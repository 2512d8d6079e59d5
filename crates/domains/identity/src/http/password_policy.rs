//! What passwords must be, per role.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::Timestamp;
use wd_web::{ApiResult, Json, Path, ProblemBody, ReqCtx};

use crate::{
    Concerned, Decision, Deviation, Identity, PasswordPolicy, PolicyPreview, RolePolicy,
    model::{PRESETS, Preset},
};

/// The policy of a role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordPolicyOfRole {
    /// The name of the role.
    role: String,
    /// What people call it.
    title: String,
    /// Counts the changes; 0: nobody has changed the default. It goes back with a change.
    version: i64,
    /// What passwords must be.
    policy: PasswordPolicy,
    /// Where that goes against NIST SP 800-63B-4.
    deviations: Vec<Deviation>,
    /// Who decided so and why.
    decision: Option<PasswordPolicyDecision>,
    /// How many people who can sign in hold the role.
    people: usize,
    /// How many of them must change the password when they sign in with it.
    must_change: usize,
}

/// Why a policy goes against NIST.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordPolicyDecision {
    /// What was typed.
    reason: String,
    /// The shown name of who decided; `null` is Wardesk itself, or somebody unknown.
    by: Option<String>,
    /// When.
    at: Timestamp,
}

/// A ready-made policy.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordPolicyPreset {
    /// `nist` (the default), `asvs-3`, `legacy`.
    id: &'static str,
    /// The name people read.
    title: &'static str,
    /// What it asks for.
    policy: PasswordPolicy,
}

/// The policies of all roles, and ready-made ones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordPolicies {
    items: Vec<PasswordPolicyOfRole>,
    presets: Vec<PasswordPolicyPreset>,
}

/// The policy a role is to have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetPasswordPolicy {
    /// The version that was read.
    version: i64,
    /// What passwords must be.
    policy: PasswordPolicy,
    /// Why it goes against NIST, 1 to 1000 characters; needed only then.
    #[serde(default)]
    reason: Option<String>,
}

/// A policy somebody is thinking of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThoughtPasswordPolicy {
    /// What passwords would have to be.
    policy: PasswordPolicy,
}

/// Whom it would concern.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordPolicyPreview {
    /// How many people who can sign in hold the role.
    people: usize,
    /// How many of them would have to change the password when they sign in with it.
    must_change: usize,
    /// Who these are; `null`: you may not see who works here.
    concerned: Option<Concerned>,
    /// Where it goes against NIST SP 800-63B-4.
    deviations: Vec<Deviation>,
}

impl From<RolePolicy> for PasswordPolicyOfRole {
    fn from(of: RolePolicy) -> Self {
        Self {
            deviations: of.policy.deviations(),
            role: of.role,
            title: of.title,
            version: of.version,
            policy: of.policy,
            decision: of.decision.map(PasswordPolicyDecision::from),
            people: of.reach.people,
            must_change: of.reach.must_change,
        }
    }
}

impl From<Decision> for PasswordPolicyDecision {
    fn from(decision: Decision) -> Self {
        let Decision { reason, by, at } = decision;
        Self { reason, by, at }
    }
}

impl From<Preset> for PasswordPolicyPreset {
    fn from(preset: Preset) -> Self {
        let Preset { id, title, policy } = preset;
        Self { id, title, policy }
    }
}

/// What passwords must be, for each role.
#[utoipa::path(get, path = "/api/v1/password-policies", tag = "identity", operation_id = "password_policies",
    responses((status = 200, body = PasswordPolicies)))]
pub(crate) async fn list(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<PasswordPolicies>> {
    let items = identity.password_policies(&ctx).await?;
    Ok(Json(PasswordPolicies {
        items: items.into_iter().map(PasswordPolicyOfRole::from).collect(),
        presets: PRESETS.map(PasswordPolicyPreset::from).into(),
    }))
}

/// Sets what passwords of a role must be. Passwords that fall short are changed after the next sign-in with them.
#[utoipa::path(put, path = "/api/v1/password-policies/{role}", tag = "identity", operation_id = "set_password_policy",
    params(("role" = String, Path)), request_body = SetPasswordPolicy,
    responses((status = 200, body = PasswordPolicyOfRole),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn set(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(role): Path<String>,
    Json(body): Json<SetPasswordPolicy>,
) -> ApiResult<Json<PasswordPolicyOfRole>> {
    let reason = body.reason.as_deref();
    let set = identity
        .set_password_policy(&ctx, &role, body.version, body.policy, reason)
        .await?;
    Ok(Json(set.into()))
}

/// Whom a policy would concern; nothing is changed.
#[utoipa::path(post, path = "/api/v1/password-policies/{role}/preview", tag = "identity",
    operation_id = "preview_password_policy", params(("role" = String, Path)), request_body = ThoughtPasswordPolicy,
    responses((status = 200, body = PasswordPolicyPreview),
        (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn preview(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(role): Path<String>,
    Json(body): Json<ThoughtPasswordPolicy>,
) -> ApiResult<Json<PasswordPolicyPreview>> {
    let PolicyPreview { reach, concerned } = identity.preview_password_policy(&ctx, &role, body.policy).await?;
    Ok(Json(PasswordPolicyPreview {
        people: reach.people,
        must_change: reach.must_change,
        concerned,
        deviations: body.policy.deviations(),
    }))
}
