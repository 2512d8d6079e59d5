use axum::extract::State;
use wd_channels::{NewNote, Note, NoteAppended, SealedHistoryKey, SealedNoteKey};
use wd_kernel::ConversationId;
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, Query, ReqCtx};

use super::{After, Items};
use crate::conversations::Conversations;

/// The sealed history keys.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation}/history-keys", tag = "conversations", operation_id = "get_history_keys", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = Items<SealedHistoryKey>), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_history_keys(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<Items<SealedHistoryKey>>> {
    Ok(Json(Items {
        items: conversations.history_keys(&ctx, id).await?,
    }))
}

/// The sealed note keys.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation}/note-keys", tag = "conversations", operation_id = "get_note_keys", params(("conversation" = ConversationId, Path)), responses(
    (status = 200, body = Items<SealedNoteKey>), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_note_keys(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<Items<SealedNoteKey>>> {
    Ok(Json(Items {
        items: conversations.note_keys(&ctx, id).await?,
    }))
}

/// Keeps a note key.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/note-keys", tag = "conversations", operation_id = "add_note_key", params(("conversation" = ConversationId, Path)), request_body = SealedNoteKey, responses(
    (status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn add_note_key(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(key): Json<SealedNoteKey>,
) -> ApiResult<NoContent> {
    conversations.add_note_key(&ctx, id, &key).await?;
    Ok(NoContent)
}

/// The notes after a number.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation}/notes", tag = "conversations", operation_id = "get_notes", params(("conversation" = ConversationId, Path), After), responses(
    (status = 200, body = Items<Note>), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn get_notes(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Query(query): Query<After>,
) -> ApiResult<Json<Items<Note>>> {
    Ok(Json(Items {
        items: conversations.notes(&ctx, id, query.after, query.limit).await?,
    }))
}

/// Writes a note.
#[utoipa::path(post, path = "/api/v1/conversations/{conversation}/notes", tag = "conversations", operation_id = "write_note", params(("conversation" = ConversationId, Path)), request_body = NewNote, responses(
    (status = 200, body = NoteAppended), (status = 404, body = ProblemBody, content_type = "application/problem+json"), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn write_note(
    State(conversations): State<Conversations>,
    ReqCtx(ctx): ReqCtx,
    Path(id): Path<ConversationId>,
    Json(note): Json<NewNote>,
) -> ApiResult<Json<NoteAppended>> {
    Ok(Json(conversations.write_note(&ctx, id, &note).await?))
}
