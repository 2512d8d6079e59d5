//! Waves of a roll-out of second factors.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::{FactorWaveId, StaffId, Timestamp};
use wd_web::{ApiResult, Json, Path, ProblemBody, ReqCtx};

use crate::{Concerned, FactorStrength, Identity, ProposedWave, WaveChange, WavePreview, WaveView};

/// All waves, and those that could come next.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactorWaves {
    /// Those that were made last first, ended ones too.
    items: Vec<WaveView>,
    /// What could come next, in this order.
    proposals: Vec<ProposedWave>,
}

/// What a wave is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFactorWave {
    /// What people call it, 1 to 80 characters; no other open wave is called so.
    name: String,
    /// What its members must have.
    asks: FactorStrength,
    /// The names of roles whose holders belong to it.
    #[serde(default)]
    roles: Vec<String>,
    /// People who belong to it whatever their roles; at most 1,000.
    #[serde(default)]
    people: Vec<StaffId>,
    /// From when on they are told, not in the past; `null`: now, or as before.
    starts_at: Option<Timestamp>,
    /// How many days after that they can do nothing else without it, from 0 to 180.
    grace_days: i64,
    /// Whether they are reminded by mail: at the beginning, at half of the grace, three days and one day before the day,
    /// and on it.
    reminds: bool,
}

/// What a wave is to be from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeFactorWave {
    /// The version that was read.
    version: i64,
    /// What it is to be.
    wave: NewFactorWave,
}

/// The end of a wave.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndFactorWave {
    /// The version that was read.
    version: i64,
}

/// A wave as it would be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewFactorWave {
    /// The wave that would be changed; `null`: a new one.
    id: Option<FactorWaveId>,
    /// What it would be.
    wave: NewFactorWave,
}

/// Whom a wave would concern.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactorWavePreview {
    /// How many who can sign in would belong to it.
    members: usize,
    /// How many of them do not have what it asks.
    left: usize,
    /// Whether you are one of these.
    yourself: bool,
    /// Who they are; `null`: you may not see who works here.
    concerned: Option<Concerned>,
}

impl From<NewFactorWave> for WaveChange {
    fn from(new: NewFactorWave) -> Self {
        let NewFactorWave {
            name,
            asks,
            roles,
            people,
            starts_at,
            grace_days,
            reminds,
        } = new;
        Self {
            name,
            asks,
            roles,
            people,
            starts_at,
            grace_days,
            reminds,
        }
    }
}

/// All waves, how far their members are, and what could come next.
#[utoipa::path(get, path = "/api/v1/factor-waves", tag = "identity", operation_id = "factor_waves",
    responses((status = 200, body = FactorWaves)))]
pub(crate) async fn list(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<FactorWaves>> {
    let waves = identity.factor_waves(&ctx).await?;
    Ok(Json(FactorWaves {
        items: waves.items,
        proposals: waves.proposals,
    }))
}

/// Makes a wave.
#[utoipa::path(post, path = "/api/v1/factor-waves", tag = "identity", operation_id = "create_factor_wave",
    request_body = NewFactorWave, responses((status = 201, body = WaveView),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn create(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Json(new): Json<NewFactorWave>,
) -> ApiResult<(StatusCode, Json<WaveView>)> {
    let made = identity.create_factor_wave(&ctx, new.into()).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Says whom a wave would concern, and changes nothing.
#[utoipa::path(post, path = "/api/v1/factor-waves/preview", tag = "identity", operation_id = "preview_factor_wave",
    request_body = PreviewFactorWave, responses((status = 200, body = FactorWavePreview),
        (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn preview(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Json(PreviewFactorWave { id, wave }): Json<PreviewFactorWave>,
) -> ApiResult<Json<FactorWavePreview>> {
    let WavePreview {
        members,
        left,
        yourself,
        concerned,
    } = identity.preview_factor_wave(&ctx, wave.into(), id).await?;
    Ok(Json(FactorWavePreview {
        members,
        left,
        yourself,
        concerned,
    }))
}

/// Changes a wave. Who is left by it cannot make it ask for less, or later, or of fewer people.
#[utoipa::path(put, path = "/api/v1/factor-waves/{id}", tag = "identity", operation_id = "change_factor_wave",
    params(("id" = FactorWaveId, Path)), request_body = ChangeFactorWave,
    responses((status = 200, body = WaveView),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn change(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<FactorWaveId>,
    Json(ChangeFactorWave { version, wave }): Json<ChangeFactorWave>,
) -> ApiResult<Json<WaveView>> {
    Ok(Json(identity.change_factor_wave(&ctx, id, version, wave.into()).await?))
}

/// Ends a wave: nobody is asked by it any more. Who is left by it cannot do that.
#[utoipa::path(post, path = "/api/v1/factor-waves/{id}/end", tag = "identity", operation_id = "end_factor_wave",
    params(("id" = FactorWaveId, Path)), request_body = EndFactorWave,
    responses((status = 200, body = WaveView),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn end(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<FactorWaveId>,
    Json(EndFactorWave { version }): Json<EndFactorWave>,
) -> ApiResult<Json<WaveView>> {
    Ok(Json(identity.end_factor_wave(&ctx, id, version).await?))
}
