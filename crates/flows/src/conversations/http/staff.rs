use axum::extract::State;
use serde::Deserialize;
use wd_desk::View;
use wd_kernel::{ConversationId, CustomerId, Page, PageQuery, TeamId};
use wd_web::{ApiResult, Json, Path, ProblemBody, Query, ReqCtx};

use crate::conversations::{ConversationView, Conversations, CountsView};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Which list; `waiting` unless told.
    #[serde(default)]
    #[param(inline)]
    view: Option<View>,
    /// Only of this team.
    #[serde(default)]
    team: Option<TeamId>,
    /// The cursor of the page before.
    #[serde(default)]
    after: Option<String>,
    /// How many entries at most: 1 to 200, 50 unless told.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// A list of conversations, as far as the right to read reaches.
#[utoipa::path(get, path = "/api/v1/conversations", tag = "conversations", operation_id = "list_conversations", params(ListQuery), responses(
    (status = 200, body = Page<ConversationView>)))]
pub(super) async fn list_conversations(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<ConversationView>>> {
    let page = PageQuery {
        after: query.after,
        limit: query.limit,
    };
    Ok(Json(
        conversations
            .list(&ctx, query.view.unwrap_or(View::Waiting), query.team, &page)
            .await?,
    ))
}

/// The conversations of a customer that the asker may read, the newest first. A customer whom nobody knows has none.
#[utoipa::path(get, path = "/api/v1/customers/{customer}/conversations", tag = "conversations", operation_id = "list_customer_conversations", params(("customer" = CustomerId, Path), PageQuery), responses(
    (status = 200, body = Page<ConversationView>)))]
pub(super) async fn list_customer_conversations(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(customer): Path<CustomerId>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<ConversationView>>> {
    Ok(Json(conversations.of_one_customer(&ctx, customer, &page).await?))
}

/// How many conversations are in each list.
#[utoipa::path(get, path = "/api/v1/conversations/counts", tag = "conversations", operation_id = "count_conversations", responses((status = 200, body = CountsView)))]
pub(super) async fn count_conversations(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
) -> ApiResult<Json<CountsView>> {
    Ok(Json(conversations.counts(&ctx).await?))
}

/// One conversation.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation}", tag = "conversations", operation_id = "get_conversation", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = ConversationView), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_conversation(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<ConversationView>> {
    Ok(Json(conversations.get(&ctx, id).await?))
}
