use axum::extract::State;
use serde::Deserialize;
use wd_kernel::{DeviceId, TeamId};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, Query, ReqCtx};

use crate::{Channels, NewShares, NewTeamKey, TeamKeys};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AsDevice {
    /// The own device that asks.
    device: DeviceId,
}

/// The keys of a team, as an own device sees them.
#[utoipa::path(get, path = "/api/v1/teams/{team}/keys", tag = "devices", operation_id = "get_team_keys", params(("team" = TeamId, Path), AsDevice), responses(
    (status = 200, body = TeamKeys), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_team_keys(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    Path(team): Path<TeamId>,
    Query(query): Query<AsDevice>,
) -> ApiResult<Json<TeamKeys>> {
    Ok(Json(channels.team_keys(&ctx, team, query.device).await?))
}

/// A new generation of a team's key.
#[utoipa::path(post, path = "/api/v1/teams/{team}/keys", tag = "devices", operation_id = "add_team_key", params(("team" = TeamId, Path)), request_body = NewTeamKey, responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn add_team_key(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    Path(team): Path<TeamId>,
    Json(new): Json<NewTeamKey>,
) -> ApiResult<NoContent> {
    channels.add_team_key(&ctx, team, &new).await?;
    Ok(NoContent)
}

/// Shares a generation with devices that came later.
#[utoipa::path(post, path = "/api/v1/teams/{team}/keys/{generation}/shares", tag = "devices", operation_id = "share_team_key",
    params(("team" = TeamId, Path), ("generation" = i64, Path)), request_body = NewShares, responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn share_team_key(
    State(channels): State<Channels>,
    ReqCtx(ctx): ReqCtx,
    Path((team, generation)): Path<(TeamId, i64)>,
    Json(new): Json<NewShares>,
) -> ApiResult<NoContent> {
    channels.share_team_key(&ctx, team, generation, &new).await?;
    Ok(NoContent)
}
