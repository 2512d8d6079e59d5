//! What speaks against sign-ins: one's own that one is asked about, and what follows from each signal.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::{SignInReviewId, Timestamp};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, ReqCtx};

use crate::{Identity, ReviewView, RiskAnswer, RiskDecision, RiskPolicyView, RiskSignal, SignalView};

/// A sign-in that its owner is asked about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInReview {
    /// Which one.
    id: SignInReviewId,
    /// When.
    at: Timestamp,
    /// What was decided.
    decision: RiskDecision,
    /// What spoke against it.
    signals: Vec<RiskSignal>,
    /// With what somebody signed in last: a kind of factor, or `provider`.
    by: String,
    /// What the browser called itself.
    user_agent: String,
    /// From which network: an IPv4 address, or 64 bits of an IPv6 address.
    network: String,
    /// From which country (ISO 3166-1 alpha-2), if that is known.
    country: Option<String>,
    /// What the owner said.
    answer: Option<RiskAnswer>,
    /// When.
    answered_at: Option<Timestamp>,
    /// Whether it was in this browser.
    current: bool,
    /// Whether this browser can say that it was the owner: not of itself, and not while it is in question.
    can_confirm: bool,
}

/// The sign-ins of the last 90 days that one is asked about, the newest first; at most 50.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInReviews {
    items: Vec<SignInReview>,
}

/// Whose a sign-in was.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInAnswer {
    /// `not-me` ends every session, locks what was signed in with, and tells security.
    answer: RiskAnswer,
}

/// What follows from a signal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalPolicy {
    /// Which signal.
    signal: RiskSignal,
    /// What it leads to.
    decision: RiskDecision,
    /// What it leads to where nothing else was decided.
    usual: RiskDecision,
    /// The strictest that may be decided.
    strictest: RiskDecision,
    /// In how many sign-ins of the last 30 days it was seen.
    seen: i64,
}

/// What follows from signals against a sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RiskPolicy {
    /// Goes back with a change.
    version: i64,
    /// Whether there is a GeoIP database; without it countries and journeys say nothing.
    locates: bool,
    /// All signals.
    signals: Vec<SignalPolicy>,
}

/// What is to follow from a signal.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalDecision {
    /// Which signal.
    signal: RiskSignal,
    /// What it leads to.
    decision: RiskDecision,
}

/// A change of what follows from signals.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RiskPolicyEdit {
    /// The version that was shown.
    version: i64,
    /// What is to follow; a signal that is not named stays as it is.
    decisions: Vec<SignalDecision>,
}

impl From<ReviewView> for SignInReview {
    fn from(view: ReviewView) -> Self {
        let ReviewView {
            id,
            at,
            decision,
            signals,
            by,
            user_agent,
            network,
            country,
            answer,
            answered_at,
            current,
            can_confirm,
        } = view;
        Self {
            id,
            at,
            decision,
            signals,
            by,
            user_agent,
            network,
            country,
            answer,
            answered_at,
            current,
            can_confirm,
        }
    }
}

impl From<RiskPolicyView> for RiskPolicy {
    fn from(view: RiskPolicyView) -> Self {
        let signal = |view: SignalView| SignalPolicy {
            signal: view.signal,
            decision: view.decision,
            usual: view.usual,
            strictest: view.strictest,
            seen: view.seen,
        };
        Self {
            version: view.version,
            locates: view.locates,
            signals: view.signals.into_iter().map(signal).collect(),
        }
    }
}

/// One's own unusual sign-ins.
#[utoipa::path(get, path = "/api/v1/session/reviews", tag = "identity", operation_id = "sign_in_reviews",
    responses((status = 200, body = SignInReviews)))]
pub(crate) async fn reviews(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<SignInReviews>> {
    let items = identity.sign_in_reviews(&ctx).await?;
    Ok(Json(SignInReviews {
        items: items.into_iter().map(SignInReview::from).collect(),
    }))
}

/// Says whose one of them was.
#[utoipa::path(put, path = "/api/v1/session/reviews/{review}", tag = "identity", operation_id = "answer_sign_in_review",
    params(("review" = SignInReviewId, Path)), request_body = SignInAnswer,
    responses((status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn answer(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(review): Path<SignInReviewId>,
    Json(body): Json<SignInAnswer>,
) -> ApiResult<NoContent> {
    identity.answer_review(&ctx, review, body.answer).await?;
    Ok(NoContent)
}

/// What follows from signals against a sign-in.
#[utoipa::path(get, path = "/api/v1/sign-in-risk", tag = "identity", operation_id = "risk_policy",
    responses((status = 200, body = RiskPolicy)))]
pub(crate) async fn policy(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<RiskPolicy>> {
    Ok(Json(identity.risk_policy(&ctx).await?.into()))
}

/// Changes that.
#[utoipa::path(put, path = "/api/v1/sign-in-risk", tag = "identity", operation_id = "set_risk_policy",
    request_body = RiskPolicyEdit,
    responses((status = 200, body = RiskPolicy), (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn set_policy(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<RiskPolicyEdit>,
) -> ApiResult<Json<RiskPolicy>> {
    let decisions: Vec<_> = body.decisions.iter().map(|one| (one.signal, one.decision)).collect();
    let policy = identity.set_risk_policy(&ctx, body.version, &decisions).await?;
    Ok(Json(policy.into()))
}
