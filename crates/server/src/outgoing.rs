//! The endpoints of outgoing mail.

use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wd_db::Db;
use wd_flows::notices::{NoticeError, Notices};
use wd_kernel::{MailId, PageQuery, Problem, ProblemCode, Scope};
use wd_mail::{Outgoing, OutgoingMail, OutgoingServer, OutgoingSummary, Sent};
use wd_web::{ApiResult, Fails, Json, ProblemBody, Query, ReqCtx};

use crate::{
    App,
    roles::{OutgoingRead, OutgoingTest},
};

/// What the endpoints need.
#[derive(Clone)]
pub(crate) struct Post {
    db: Db,
    outgoing: Outgoing,
    notices: Notices,
}

impl Post {
    pub(crate) fn of(app: &App) -> Self {
        Self {
            db: app.db.clone(),
            outgoing: app.outgoing.clone(),
            notices: app.notices.clone(),
        }
    }
}

pub(crate) fn router(post: Post) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(test))
        .with_state(post)
}

/// Outgoing mail: the server, how many mails stand where, and a page of them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct OutgoingList {
    /// The mail server; `null` when there is none in the settings, and so no mail is sent.
    server: Option<OutgoingServer>,
    /// How many mails there are of each state, of the last 90 days.
    summary: OutgoingSummary,
    /// Newest first.
    items: Vec<OutgoingMail>,
    /// Where the next page begins; `null` on the last one.
    next: Option<String>,
}

/// Outgoing mail, newest first: never to whom, and never what.
#[utoipa::path(get, path = "/api/v1/outgoing", tag = "outgoing", operation_id = "list_outgoing", params(PageQuery), responses((status = 200, body = OutgoingList)))]
async fn list(
    State(post): State<Post>,
    ReqCtx(ctx): ReqCtx,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<OutgoingList>> {
    ctx.require::<OutgoingRead>(Scope::ORGANISATION)?;
    if page
        .after
        .as_deref()
        .is_some_and(|after| after.parse::<MailId>().is_err())
    {
        return Err(Problem::invalid("after", "This is not a cursor of this list.").into());
    }
    let mut tx = post.db.snapshot().await?;
    let summary = post.outgoing.summary(&mut tx).await?;
    let page = post.outgoing.list(&mut tx, &page).await?;
    Ok(Json(OutgoingList {
        server: post.outgoing.server(),
        summary,
        items: page.items,
        next: page.next,
    }))
}

/// Why no test is sent.
#[derive(Debug, thiserror::Error)]
enum TestError {
    #[error("there is no mail server in the settings")]
    NoServer,
    #[error("there is no security contact")]
    NoContact,
    #[error("the security contact had too many mails within an hour")]
    TooMany,
    #[error("the test could not be queued")]
    Notice(#[from] NoticeError),
    #[error("the database failed")]
    Db(#[from] wd_db::DbError),
}

impl Fails for TestError {
    fn problem(&self) -> Problem {
        match self {
            Self::NoServer => Problem::new(ProblemCode::Conflict).detail("There is no mail server: set [mail]."),
            Self::NoContact => Problem::new(ProblemCode::Conflict)
                .detail("There is no security contact: enter one in the settings of the organisation."),
            Self::TooMany => Problem::new(ProblemCode::RateLimited),
            Self::Notice(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

wd_web::fails!(TestError);

/// Sends a test to the security contact. How it goes is in the list.
#[utoipa::path(post, path = "/api/v1/outgoing/test", tag = "outgoing", operation_id = "test_outgoing",
    responses((status = 202), (status = 409, body = ProblemBody, content_type = "application/problem+json"), (status = 429, body = ProblemBody, content_type = "application/problem+json")))]
async fn test(State(post): State<Post>, ReqCtx(ctx): ReqCtx) -> ApiResult<StatusCode> {
    ctx.require::<OutgoingTest>(Scope::ORGANISATION)?;
    if !post.outgoing.is_set_up() {
        return Err(TestError::NoServer.into());
    }
    let mut tx = post.db.begin().await.map_err(TestError::Db)?;
    match post.notices.test_in(&mut tx, &ctx).await.map_err(TestError::Notice)? {
        None => return Err(TestError::NoContact.into()),
        // Nothing of it is kept.
        Some(Sent::Dropped) => return Err(TestError::TooMany.into()),
        Some(_) => {}
    }
    tx.commit().await.map_err(TestError::Db)?;
    Ok(StatusCode::ACCEPTED)
}
