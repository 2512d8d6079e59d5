use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use wd_kernel::{DeviceId, VaultFolderId};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, Query, ReqCtx};

use crate::{Folder, FolderMembers, NewFolder, TeamVault};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AsDevice {
    /// The own device that asks.
    device: DeviceId,
}

/// The actor's folders.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct VaultFolders {
    items: Vec<Folder>,
}

/// The folders of the team vault that the caller is in, as an own device sees them.
#[utoipa::path(get, path = "/api/v1/team-vault/folders", tag = "team-vault", operation_id = "list_vault_folders", params(AsDevice), responses(
    (status = 200, body = VaultFolders), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn list_vault_folders(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Query(query): Query<AsDevice>,
) -> ApiResult<Json<VaultFolders>> {
    Ok(Json(VaultFolders {
        items: vault.folders(&ctx, query.device).await?,
    }))
}

/// Makes a folder.
#[utoipa::path(post, path = "/api/v1/team-vault/folders", tag = "team-vault", operation_id = "create_vault_folder", request_body = NewFolder, responses(
    (status = 201, body = Folder), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn create_vault_folder(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Json(new): Json<NewFolder>,
) -> ApiResult<(StatusCode, Json<Folder>)> {
    Ok((StatusCode::CREATED, Json(vault.create_folder(&ctx, new).await?)))
}

/// Deletes a folder with everything in it. Needs a fresh second factor.
#[utoipa::path(delete, path = "/api/v1/team-vault/folders/{folder}", tag = "team-vault", operation_id = "delete_vault_folder", params(("folder" = VaultFolderId, Path)), responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn delete_vault_folder(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultFolderId>,
) -> ApiResult<NoContent> {
    vault.delete_folder(&ctx, id).await?;
    Ok(NoContent)
}

/// Says who is in a folder. Needs a fresh second factor.
#[utoipa::path(put, path = "/api/v1/team-vault/folders/{folder}/members", tag = "team-vault", operation_id = "set_vault_members", params(("folder" = VaultFolderId, Path)), request_body = FolderMembers, responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn set_vault_members(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultFolderId>,
    Json(wish): Json<FolderMembers>,
) -> ApiResult<NoContent> {
    vault.set_members(&ctx, id, &wish).await?;
    Ok(NoContent)
}
