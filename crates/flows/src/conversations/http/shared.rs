//! What staff and customers ask alike. Who may ask is decided before: by the handler which half of the interface it is,
//! by the use case which conversation.

use wd_channels::{Appended, GroupView, LogPage, Receipt};
use wd_kernel::{ConversationId, Ctx};
use wd_web::{ApiResult, Json, NoContent};

use super::{After, AskingDevice, Items, NewMessage, NewReceipt};
use crate::conversations::Conversations;

pub(super) async fn log(
    conversations: &Conversations,
    ctx: &Ctx,
    id: ConversationId,
    AskingDevice(device): AskingDevice,
    query: &After,
) -> ApiResult<Json<LogPage>> {
    Ok(Json(
        conversations.log(ctx, id, device, query.after, query.limit).await?,
    ))
}

pub(super) async fn group(conversations: &Conversations, ctx: &Ctx, id: ConversationId) -> ApiResult<Json<GroupView>> {
    Ok(Json(conversations.group(ctx, id).await?))
}

pub(super) async fn send(
    conversations: &Conversations,
    ctx: &Ctx,
    id: ConversationId,
    new: &NewMessage,
) -> ApiResult<Json<Appended>> {
    Ok(Json(conversations.send(ctx, id, new.sending()).await?))
}

pub(super) async fn receipts(
    conversations: &Conversations,
    ctx: &Ctx,
    id: ConversationId,
) -> ApiResult<Json<Items<Receipt>>> {
    Ok(Json(Items {
        items: conversations.receipts(ctx, id).await?,
    }))
}

pub(super) async fn receive(
    conversations: &Conversations,
    ctx: &Ctx,
    id: ConversationId,
    new: &NewReceipt,
) -> ApiResult<NoContent> {
    conversations.receive(ctx, id, new.delivered, new.read).await?;
    Ok(NoContent)
}
