//! What roles ask of second factors.

use std::collections::BTreeSet;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::{StaffId, Timestamp};
use wd_web::{ApiResult, Json, Path, ProblemBody, ReqCtx};

use crate::{
    Aaguid, Concerned, FactorKind, FactorPolicyChange, FactorReach, FactorStrength, Identity, KnownMake, LeftBehind,
    RoleFactors,
};

/// What a role asks, and how far its people are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactorPolicyOfRole {
    /// The name of the role.
    role: String,
    /// What people call it.
    title: String,
    /// Counts the changes; 0: nobody has changed it. It goes back with a change.
    version: i64,
    /// What signing in must be done with.
    sign_in: FactorStrength,
    /// What dangerous acts must be confirmed with.
    step_up: FactorStrength,
    /// Which makes count, where an attested one is asked for, by AAGUID; `null`: every one that is known here.
    makes: Option<Vec<Aaguid>>,
    /// From when on; `null`: nothing was ever decided.
    due_at: Option<Timestamp>,
    /// How many who can sign in hold the role.
    people: usize,
    /// Who of them has no factor that works and does for what is asked; where less is asked, no phishing-resistant one.
    left: Vec<WithoutPasskey>,
}

/// Somebody without a phishing-resistant factor, or without a make that counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WithoutPasskey {
    /// Who.
    id: StaffId,
    /// The shown name.
    name: String,
    /// The kinds of factors that work.
    factors: Vec<FactorKind>,
}

/// What all roles ask.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactorPolicies {
    items: Vec<FactorPolicyOfRole>,
    /// The makes of passkeys that are known here, by name; none: no role can ask for attested ones.
    known_makes: Vec<KnownMake>,
}

/// What a role is to ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetFactorPolicy {
    /// The version that was read.
    version: i64,
    /// What signing in must be done with.
    sign_in: FactorStrength,
    /// What dangerous acts must be confirmed with.
    step_up: FactorStrength,
    /// Which makes count, where an attested one is asked for, by AAGUID; `null`: every one that is known here.
    makes: Option<BTreeSet<Aaguid>>,
    /// From when on, not in the past; `null`: at once.
    due_at: Option<Timestamp>,
}

/// What somebody thinks a role could ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThoughtFactorPolicy {
    /// What signing in would have to be done with.
    sign_in: FactorStrength,
    /// What dangerous acts would have to be confirmed with.
    step_up: FactorStrength,
    /// Which makes would count, where an attested one is asked for, by AAGUID; `null`: every one that is known here.
    makes: Option<BTreeSet<Aaguid>>,
}

/// Whom it would concern.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactorPolicyPreview {
    /// How many people who can sign in hold the role.
    people: usize,
    /// How many of them have no factor that does for it; none where any factor is enough.
    left: usize,
    /// Who these are; `null`: you may not see who works here.
    concerned: Option<Concerned>,
}

impl From<RoleFactors> for FactorPolicyOfRole {
    fn from(of: RoleFactors) -> Self {
        let RoleFactors {
            role,
            title,
            version,
            sign_in,
            step_up,
            makes,
            due_at,
            people,
            left,
        } = of;
        Self {
            role,
            title,
            version,
            sign_in,
            step_up,
            makes,
            due_at,
            people,
            left: left.into_iter().map(WithoutPasskey::from).collect(),
        }
    }
}

impl From<LeftBehind> for WithoutPasskey {
    fn from(left: LeftBehind) -> Self {
        let LeftBehind { id, name, factors } = left;
        Self { id, name, factors }
    }
}

/// What all roles ask, and how far their people are.
#[utoipa::path(get, path = "/api/v1/factor-policies", tag = "identity", operation_id = "factor_policies",
    responses((status = 200, body = FactorPolicies)))]
pub(crate) async fn list(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<FactorPolicies>> {
    let items = identity.factor_policies(&ctx).await?;
    Ok(Json(FactorPolicies {
        items: items.into_iter().map(FactorPolicyOfRole::from).collect(),
        known_makes: identity.known_makes(&ctx)?,
    }))
}

/// Changes what a role asks.
#[utoipa::path(put, path = "/api/v1/factor-policies/{role}", tag = "identity", operation_id = "change_factor_policy",
    params(("role" = String, Path)), request_body = SetFactorPolicy,
    responses((status = 200, body = FactorPolicyOfRole),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn change(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(role): Path<String>,
    Json(body): Json<SetFactorPolicy>,
) -> ApiResult<Json<FactorPolicyOfRole>> {
    let SetFactorPolicy {
        version,
        sign_in,
        step_up,
        makes,
        due_at,
    } = body;
    let change = FactorPolicyChange {
        version,
        sign_in,
        step_up,
        makes,
        due_at,
    };
    Ok(Json(identity.change_factor_policy(&ctx, &role, change).await?.into()))
}

/// Whom it would concern if the role asked this; nothing is changed.
#[utoipa::path(post, path = "/api/v1/factor-policies/{role}/preview", tag = "identity",
    operation_id = "preview_factor_policy", params(("role" = String, Path)), request_body = ThoughtFactorPolicy,
    responses((status = 200, body = FactorPolicyPreview),
        (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn preview(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(role): Path<String>,
    Json(body): Json<ThoughtFactorPolicy>,
) -> ApiResult<Json<FactorPolicyPreview>> {
    let ThoughtFactorPolicy {
        sign_in,
        step_up,
        makes,
    } = body;
    let thought = FactorPolicyChange {
        version: 0,
        sign_in,
        step_up,
        makes,
        due_at: None,
    };
    let FactorReach {
        people,
        left,
        concerned,
    } = identity.preview_factor_policy(&ctx, &role, thought).await?;
    Ok(Json(FactorPolicyPreview {
        people,
        left,
        concerned,
    }))
}
