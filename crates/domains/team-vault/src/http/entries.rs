use axum::extract::State;
use wd_kernel::{Page, PageQuery, VaultEntryId, VaultFolderId};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, Query, ReqCtx};

use crate::{ChangedEntry, Entry, EntryHistory, NewEntries, OpenedEntry, Opening, OpeningAll, TeamVault, WishForAll};

/// A page of a folder's entries, without their secret parts.
#[utoipa::path(get, path = "/api/v1/team-vault/folders/{folder}/entries", tag = "team-vault", operation_id = "list_vault_entries", params(("folder" = VaultFolderId, Path), PageQuery), responses(
    (status = 200, body = Page<Entry>), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn list_vault_entries(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultFolderId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Entry>>> {
    Ok(Json(vault.entries(&ctx, id, &page).await?))
}

/// Adds entries, all or none.
#[utoipa::path(post, path = "/api/v1/team-vault/folders/{folder}/entries", tag = "team-vault", operation_id = "add_vault_entries", params(("folder" = VaultFolderId, Path)), request_body = NewEntries, responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn add_vault_entries(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultFolderId>,
    Json(new): Json<NewEntries>,
) -> ApiResult<NoContent> {
    vault.add_entries(&ctx, id, &new).await?;
    Ok(NoContent)
}

/// Writes the next version of an entry.
#[utoipa::path(put, path = "/api/v1/team-vault/entries/{entry}", tag = "team-vault", operation_id = "change_vault_entry", params(("entry" = VaultEntryId, Path)), request_body = ChangedEntry, responses(
    (status = 200, body = Entry), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn change_vault_entry(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultEntryId>,
    Json(new): Json<ChangedEntry>,
) -> ApiResult<Json<Entry>> {
    Ok(Json(vault.change_entry(&ctx, id, &new).await?))
}

/// Deletes an entry with all its versions.
#[utoipa::path(delete, path = "/api/v1/team-vault/entries/{entry}", tag = "team-vault", operation_id = "delete_vault_entry", params(("entry" = VaultEntryId, Path)), responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn delete_vault_entry(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultEntryId>,
) -> ApiResult<NoContent> {
    vault.delete_entry(&ctx, id).await?;
    Ok(NoContent)
}

/// Lets an own device open every entry of a folder for a quarter of an hour, to check or to export them; security hears
/// of it. Needs the role `share` in the folder and a fresh factor.
#[utoipa::path(post, path = "/api/v1/team-vault/folders/{folder}/open", tag = "team-vault", operation_id = "open_vault_folder", params(("folder" = VaultFolderId, Path)), request_body = WishForAll, responses(
    (status = 200, body = OpeningAll), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn open_vault_folder(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultFolderId>,
    Json(wish): Json<WishForAll>,
) -> ApiResult<Json<OpeningAll>> {
    Ok(Json(vault.open_all(&ctx, id, &wish).await?))
}

/// Hands out the sealed secret of an entry. It is in the audit log before the answer leaves. At most 60 entries an hour,
/// unless the whole folder may be opened.
#[utoipa::path(post, path = "/api/v1/team-vault/entries/{entry}/open", tag = "team-vault", operation_id = "open_vault_entry", params(("entry" = VaultEntryId, Path)), request_body = Opening, responses(
    (status = 200, body = OpenedEntry), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn open_vault_entry(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultEntryId>,
    Json(wish): Json<Opening>,
) -> ApiResult<Json<OpenedEntry>> {
    Ok(Json(vault.open_entry(&ctx, id, &wish).await?))
}

/// The versions of an entry that are kept, and who opened it.
#[utoipa::path(get, path = "/api/v1/team-vault/entries/{entry}/history", tag = "team-vault", operation_id = "get_vault_entry_history", params(("entry" = VaultEntryId, Path)), responses(
    (status = 200, body = EntryHistory), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_vault_entry_history(
    State(vault): State<TeamVault>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<VaultEntryId>,
) -> ApiResult<Json<EntryHistory>> {
    Ok(Json(vault.history(&ctx, id).await?))
}
