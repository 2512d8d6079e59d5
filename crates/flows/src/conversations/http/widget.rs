use axum::{
    extract::State,
    http::{HeaderMap, header},
};
use serde::Deserialize;
use wd_channels::{
    Appended, Commit, FirstLetter, GroupView, HandOver, LogPage, NewConversation, OpenedConversation, Receipt, Sending,
    TeamKey,
};
use wd_kernel::{ConversationId, Ctx, Denied, DeviceId};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, Query, ReqCtx};

use super::{After, AskingDevice, Items, NewMessage, NewReceipt, shared};
use crate::conversations::{Conversations, Grants, customer::WidgetConversation};

/// A wish of a customer's device to enter.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WidgetGrantRequest {
    /// The device.
    device: DeviceId,
}

fn customer(ctx: &Ctx) -> Result<(), Denied> {
    ctx.actor.customer().map(drop).ok_or(Denied::Unauthenticated)
}

/// The key that customers seal to.
#[utoipa::path(get, path = "/api/v1/widget/team-key", tag = "widget", operation_id = "get_widget_team_key", responses(
    (status = 200, body = TeamKey), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_widget_team_key(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
) -> ApiResult<Json<TeamKey>> {
    Ok(Json(conversations.widget_team_key(&ctx).await?))
}

/// The customer's conversations.
#[utoipa::path(get, path = "/api/v1/widget/conversations", tag = "widget", operation_id = "list_widget_conversations", responses(
    (status = 200, body = Items<WidgetConversation>)))]
pub(super) async fn list_widget_conversations(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
) -> ApiResult<Json<Items<WidgetConversation>>> {
    Ok(Json(Items {
        items: conversations.of_customer(&ctx).await?,
    }))
}

/// Begins a conversation.
#[utoipa::path(post, path = "/api/v1/widget/conversations", tag = "widget", operation_id = "open_conversation", request_body = NewConversation, responses(
    (status = 200, body = OpenedConversation), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn open_conversation(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Json(new): Json<NewConversation>,
) -> ApiResult<Json<OpenedConversation>> {
    Ok(Json(conversations.open(&ctx, &new).await?))
}

/// Sends a letter, while no staff is in the group.
#[utoipa::path(post, path = "/api/v1/widget/conversations/{conversation}/letters", tag = "widget", operation_id = "send_letter", params(("conversation" = ConversationId, Path)), request_body = FirstLetter, responses(
    (status = 200, body = Appended), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn send_letter(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(new): Json<FirstLetter>,
) -> ApiResult<Json<Appended>> {
    customer(&ctx)?;
    let sending = Sending::Letter {
        client_id: &new.client_id,
        record: &new.record,
    };
    Ok(Json(conversations.send(&ctx, id, sending).await?))
}

/// A grant for a further device of the customer, or one that lost its state.
#[utoipa::path(post, path = "/api/v1/widget/conversations/{conversation}/grants", tag = "widget", operation_id = "give_widget_grants", params(("conversation" = ConversationId, Path)), request_body = WidgetGrantRequest, responses(
    (status = 200, body = Grants), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn give_widget_grants(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(request): Json<WidgetGrantRequest>,
) -> ApiResult<Json<Grants>> {
    Ok(Json(conversations.widget_grants(&ctx, id, request.device).await?))
}

/// A change of the group.
#[utoipa::path(post, path = "/api/v1/widget/conversations/{conversation}/commits", tag = "widget", operation_id = "commit_widget_change", params(("conversation" = ConversationId, Path)), request_body = Commit, responses(
    (status = 200, body = Appended), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn commit_widget_change(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(commit): Json<Commit>,
) -> ApiResult<Json<Appended>> {
    customer(&ctx)?;
    Ok(Json(conversations.commit(&ctx, id, &commit).await?))
}

/// Keys of earlier epochs, for another device of the customer.
#[utoipa::path(post, path = "/api/v1/widget/conversations/{conversation}/history", tag = "widget", operation_id = "hand_over_widget_history", params(("conversation" = ConversationId, Path)), request_body = HandOver, responses(
    (status = 200, body = Appended), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn hand_over_widget_history(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(keys): Json<HandOver>,
) -> ApiResult<Json<Appended>> {
    customer(&ctx)?;
    Ok(Json(conversations.hand_over(&ctx, id, &keys).await?))
}

/// Takes a device of the customer out of all conversations, and ends all sessions of the customer but this one.
#[utoipa::path(delete, path = "/api/v1/widget/devices/{device}", tag = "widget", operation_id = "remove_widget_device", params(("device" = DeviceId, Path)), responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn remove_widget_device(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    headers: HeaderMap,
    Path(device): Path<DeviceId>,
) -> ApiResult<NoContent> {
    customer(&ctx)?;
    let session = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(Denied::Unauthenticated)?;
    conversations.remove_widget_device(&ctx, device, session).await?;
    Ok(NoContent)
}

/// The log after an item.
#[utoipa::path(get, path = "/api/v1/widget/conversations/{conversation}/log", tag = "widget", operation_id = "get_widget_log", params(("conversation" = ConversationId, Path), After), responses(
    (status = 200, body = LogPage), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_widget_log(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    device: AskingDevice,
    Query(query): Query<After>,
) -> ApiResult<Json<LogPage>> {
    customer(&ctx)?;
    shared::log(&conversations, &ctx, id, device, &query).await
}

/// The group's state, for who joins it.
#[utoipa::path(get, path = "/api/v1/widget/conversations/{conversation}/group", tag = "widget", operation_id = "get_widget_group", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = GroupView), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_widget_group(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<GroupView>> {
    customer(&ctx)?;
    shared::group(&conversations, &ctx, id).await
}

/// Sends a message, while staff is in the group.
#[utoipa::path(post, path = "/api/v1/widget/conversations/{conversation}/messages", tag = "widget", operation_id = "send_widget_message", params(("conversation" = ConversationId, Path)), request_body = NewMessage, responses(
    (status = 200, body = Appended), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn send_widget_message(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(new): Json<NewMessage>,
) -> ApiResult<Json<Appended>> {
    customer(&ctx)?;
    shared::send(&conversations, &ctx, id, &new).await
}

/// How far everybody is.
#[utoipa::path(get, path = "/api/v1/widget/conversations/{conversation}/receipts", tag = "widget", operation_id = "get_widget_receipts", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = Items<Receipt>), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_widget_receipts(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<Items<Receipt>>> {
    customer(&ctx)?;
    shared::receipts(&conversations, &ctx, id).await
}

/// Notes how far the actor is.
#[utoipa::path(post, path = "/api/v1/widget/conversations/{conversation}/receipts", tag = "widget", operation_id = "set_widget_receipt", params(("conversation" = ConversationId, Path)), request_body = NewReceipt, responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn set_widget_receipt(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(new): Json<NewReceipt>,
) -> ApiResult<NoContent> {
    customer(&ctx)?;
    shared::receive(&conversations, &ctx, id, &new).await
}
