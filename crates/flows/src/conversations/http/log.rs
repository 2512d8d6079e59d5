use axum::extract::State;
use wd_channels::{Appended, GroupView, LogPage, Receipt};
use wd_kernel::ConversationId;
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, Query, ReqCtx};

use super::{After, AskingDevice, Items, NewMessage, NewReceipt, shared};
use crate::conversations::Conversations;

/// The log after an item.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation}/log", tag = "conversations", operation_id = "get_log", params(("conversation" = ConversationId, Path), After), responses(
    (status = 200, body = LogPage), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_log(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    device: AskingDevice,
    Query(query): Query<After>,
) -> ApiResult<Json<LogPage>> {
    ctx.staff()?;
    shared::log(&conversations, &ctx, id, device, &query).await
}

/// The group's state, for who joins it.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation}/group", tag = "conversations", operation_id = "get_group", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = GroupView), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_group(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<GroupView>> {
    ctx.staff()?;
    shared::group(&conversations, &ctx, id).await
}

/// Sends a message, while staff is in the group.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/messages", tag = "conversations", operation_id = "send_message", params(("conversation" = ConversationId, Path)), request_body = NewMessage, responses(
    (status = 200, body = Appended), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn send_message(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(new): Json<NewMessage>,
) -> ApiResult<Json<Appended>> {
    ctx.staff()?;
    shared::send(&conversations, &ctx, id, &new).await
}

/// How far everybody is.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation}/receipts", tag = "conversations", operation_id = "get_receipts", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = Items<Receipt>), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_receipts(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<Items<Receipt>>> {
    ctx.staff()?;
    shared::receipts(&conversations, &ctx, id).await
}

/// Notes how far the actor is.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/receipts", tag = "conversations", operation_id = "set_receipt", params(("conversation" = ConversationId, Path)), request_body = NewReceipt, responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn set_receipt(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(new): Json<NewReceipt>,
) -> ApiResult<NoContent> {
    ctx.staff()?;
    shared::receive(&conversations, &ctx, id, &new).await
}
