//! Who has which second factors.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wd_kernel::FactorWaveId;
use wd_web::{ApiResult, Json, ProblemBody, Query, ReqCtx};

use crate::{Coverage, CoverageDay, CoverageQuery, CoveredPerson, Figures, Identity, RoleCoverage};

/// Whom to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhomToShow {
    /// Only who holds this role; the days are of the role too.
    role: Option<String>,
    /// Only who belongs to this open wave.
    wave: Option<FactorWaveId>,
    /// Only who has not all that is asked of them.
    left: Option<bool>,
    /// Only whose name or login has this in it, in capitals or not.
    search: Option<String>,
}

/// Who has which second factors, who is left, and how that went over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactorCoverage {
    /// Everybody together.
    total: Figures,
    /// Each role, in order of the titles. Who holds two counts in both.
    roles: Vec<RoleCoverage>,
    /// The people who were asked for, who is at most risk first; at most 500.
    items: Vec<CoveredPerson>,
    /// How many people were asked for.
    matching: usize,
    /// The days of the last year and today, the oldest first: of the role that was asked for, or of everybody.
    days: Vec<CoverageDay>,
}

/// Who has which second factors, who is left, and how that went over time.
#[utoipa::path(get, path = "/api/v1/factor-coverage", tag = "identity", operation_id = "factor_coverage",
    params(WhomToShow),
    responses((status = 200, body = FactorCoverage),
        (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn show(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Query(WhomToShow {
        role,
        wave,
        left,
        search,
    }): Query<WhomToShow>,
) -> ApiResult<Json<FactorCoverage>> {
    let query = CoverageQuery {
        role,
        wave,
        left: left.unwrap_or_default(),
        search,
    };
    let Coverage {
        total,
        roles,
        people,
        matching,
        days,
    } = identity.factor_coverage(&ctx, &query).await?;
    Ok(Json(FactorCoverage {
        total,
        roles,
        items: people,
        matching,
        days,
    }))
}
