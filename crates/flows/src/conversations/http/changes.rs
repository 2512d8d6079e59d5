use axum::extract::State;
use serde::Deserialize;
use wd_channels::{Appended, Commit};
use wd_kernel::{ConversationId, StaffId};
use wd_web::{ApiResult, Json, Path, ProblemBody, ReqCtx};

use crate::conversations::{ConversationView, Conversations, GrantRequest, Grants};

/// A commit that brings a colleague in, to whom the conversation is handed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(super) struct AssignCommit {
    /// The commit.
    #[serde(flatten)]
    commit: Commit,
    /// To whom.
    staff: StaffId,
}

/// Grants for a commit, as far as the actor's rights reach.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/grants", tag = "conversations", operation_id = "give_grants", params(("conversation" = ConversationId, Path)), request_body = GrantRequest, responses(
    (status = 200, body = Grants), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn give_grants(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(request): Json<GrantRequest>,
) -> ApiResult<Json<Grants>> {
    Ok(Json(conversations.grants(&ctx, id, &request).await?))
}

/// Takes a waiting conversation.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/take", tag = "conversations", operation_id = "take_conversation", params(("conversation" = ConversationId, Path)), request_body = Commit, responses(
    (status = 200, body = Appended), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn take_conversation(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(commit): Json<Commit>,
) -> ApiResult<Json<Appended>> {
    Ok(Json(conversations.take(&ctx, id, &commit).await?))
}

/// Hands a conversation to a colleague.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/assign", tag = "conversations", operation_id = "assign_conversation", params(("conversation" = ConversationId, Path)), request_body = AssignCommit, responses(
    (status = 200, body = Appended), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn assign_conversation(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(request): Json<AssignCommit>,
) -> ApiResult<Json<Appended>> {
    Ok(Json(
        conversations.assign(&ctx, id, request.staff, &request.commit).await?,
    ))
}

/// Any other change of the group.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/commits", tag = "conversations", operation_id = "commit_change", params(("conversation" = ConversationId, Path)), request_body = Commit, responses(
    (status = 200, body = Appended), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn commit_change(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(commit): Json<Commit>,
) -> ApiResult<Json<Appended>> {
    ctx.staff()?;
    Ok(Json(conversations.commit(&ctx, id, &commit).await?))
}

/// Back to the queue.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/release", tag = "conversations", operation_id = "release_conversation", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = ConversationView), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn release_conversation(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<ConversationView>> {
    Ok(Json(conversations.release(&ctx, id).await?))
}

/// A colleague leaves.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/leave", tag = "conversations", operation_id = "leave_conversation", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = ConversationView), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn leave_conversation(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<ConversationView>> {
    Ok(Json(conversations.leave(&ctx, id).await?))
}

/// Closes a conversation.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/close", tag = "conversations", operation_id = "close_conversation", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = ConversationView), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn close_conversation(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<ConversationView>> {
    Ok(Json(conversations.close(&ctx, id).await?))
}

/// Opens a closed conversation again.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/reopen", tag = "conversations", operation_id = "reopen_conversation", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = ConversationView), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn reopen_conversation(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<ConversationView>> {
    Ok(Json(conversations.reopen(&ctx, id).await?))
}
