use axum::extract::State;
use wd_kernel::{DeviceId, VaultFolderId};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, ReqCtx};

use crate::{Folder, Moves, NewShares, Rekeying, TeamVault, UnmovedKeys};

/// A new key for a folder, in place of the newest.
#[utoipa::path(post, path = "/api/v1/team-vault/folders/{folder}/keys", tag = "team-vault", operation_id = "rekey_vault_folder", params(("folder" = VaultFolderId, Path)), request_body = Rekeying, responses(
    (status = 200, body = Folder), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn rekey_vault_folder(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultFolderId>,
    Json(new): Json<Rekeying>,
) -> ApiResult<Json<Folder>> {
    Ok(Json(vault.rekey(&ctx, id, &new).await?))
}

/// Hands the newest key to members' devices that lack it.
#[utoipa::path(post, path = "/api/v1/team-vault/folders/{folder}/shares", tag = "team-vault", operation_id = "share_vault_key", params(("folder" = VaultFolderId, Path)), request_body = NewShares, responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn share_vault_key(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultFolderId>,
    Json(new): Json<NewShares>,
) -> ApiResult<NoContent> {
    vault.share_key(&ctx, id, &new).await?;
    Ok(NoContent)
}

/// Says of an own device that its share of the newest key does not open, so that it waits for another one. The audit log
/// tells which device gave the one that is discarded.
#[utoipa::path(delete, path = "/api/v1/team-vault/folders/{folder}/shares/{device}", tag = "team-vault", operation_id = "discard_vault_share", params(("folder" = VaultFolderId, Path), ("device" = DeviceId, Path)), responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn discard_vault_share(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path((id, device)): Path<(VaultFolderId, DeviceId)>,
) -> ApiResult<NoContent> {
    vault.discard_share(&ctx, id, device).await?;
    Ok(NoContent)
}

/// The entries' keys that still lie under the folder key before.
#[utoipa::path(get, path = "/api/v1/team-vault/folders/{folder}/moves", tag = "team-vault", operation_id = "get_unmoved_vault_keys", params(("folder" = VaultFolderId, Path)), responses(
    (status = 200, body = UnmovedKeys), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_unmoved_vault_keys(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultFolderId>,
) -> ApiResult<Json<UnmovedKeys>> {
    Ok(Json(vault.unmoved(&ctx, id).await?))
}

/// Puts entries' keys under the newest folder key.
#[utoipa::path(post, path = "/api/v1/team-vault/folders/{folder}/moves", tag = "team-vault", operation_id = "move_vault_keys", params(("folder" = VaultFolderId, Path)), request_body = Moves, responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn move_vault_keys(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultFolderId>,
    Json(moves): Json<Moves>,
) -> ApiResult<NoContent> {
    vault.move_keys(&ctx, id, &moves).await?;
    Ok(NoContent)
}
