//! The endpoints of outgoing text messages.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Db;
use wd_kernel::{Duration, PageQuery, Problem, ProblemCode, Scope, SecretString, SmsId};
use wd_sms::{
    BadNumber, BadText, PhoneNumber, Sent, SmsAlarm, SmsDriverState, SmsFigure, SmsMessage, SmsSpend, Text, Texts,
    TextsError, Trouble,
};
use wd_web::{ApiResult, ClientInfo, Fails, Json, ProblemBody, Query, ReqCtx};

use crate::{
    App,
    roles::{OutgoingRead, OutgoingTest},
};

/// How far back the figures go.
const FIGURES_OF: Duration = Duration::from_hours(48);
/// How long a test is of use.
const TEST_FOR: Duration = Duration::from_mins(10);
const TEST: &str = "This is a test of Wardesk. Nothing needs to be done.";

/// What the endpoints need.
#[derive(Clone)]
pub(crate) struct Messages {
    db: Db,
    texts: Texts,
}

impl Messages {
    pub(crate) fn of(app: &App) -> Self {
        Self {
            db: app.db.clone(),
            texts: app.texts.clone(),
        }
    }
}

pub(crate) fn router(messages: Messages) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(test))
        .with_state(messages)
}

/// Outgoing text messages: what they cost, how the drivers fare, and a page of them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TextMessages {
    /// What is spent, and what may be; `null` when there is no driver in the settings, and so nothing is sent.
    spend: Option<SmsSpend>,
    /// The drivers in the order in which they are asked.
    drivers: Vec<SmsDriverState>,
    /// What happened within the last 48 hours, by hour and driver, oldest first; hours without anything are left out.
    figures: Vec<SmsFigure>,
    /// The alarms of the last seven days, newest first, at most 100. They are in the audit log, too.
    alarms: Vec<SmsAlarm>,
    /// Newest first.
    items: Vec<SmsMessage>,
    /// Where the next page begins; `null` on the last one.
    next: Option<String>,
}

/// Outgoing text messages, newest first: to which country, never to whom, and never what.
#[utoipa::path(get, path = "/api/v1/text-messages", tag = "outgoing", operation_id = "list_text_messages", params(PageQuery), responses((status = 200, body = TextMessages)))]
async fn list(
    State(messages): State<Messages>,
    ReqCtx(ctx): ReqCtx,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<TextMessages>> {
    ctx.require::<OutgoingRead>(Scope::ORGANISATION)?;
    if page
        .after
        .as_deref()
        .is_some_and(|after| after.parse::<SmsId>().is_err())
    {
        return Err(Problem::invalid("after", "This is not a cursor of this list.").into());
    }
    let Messages { db, texts } = messages;
    let mut tx = db.snapshot().await?;
    let page = texts.list(&mut tx, &page).await?;
    Ok(Json(TextMessages {
        spend: texts.spend(&mut tx, &ctx).await?,
        drivers: texts.drivers(&mut tx, &ctx).await?,
        figures: texts.figures(&mut tx, ctx.now() - FIGURES_OF).await?,
        alarms: texts.alarms(&mut tx, &ctx).await?,
        items: page.items,
        next: page.next,
    }))
}

/// To whom a test goes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TestTextMessage {
    /// A telephone number with its calling code, as in `+49 151 23456789` (ITU-T E.164).
    number: SecretString,
}

/// Why no test is sent.
#[derive(Debug, thiserror::Error)]
enum TestError {
    #[error("there is no driver in the settings")]
    NoDriver,
    #[error("the number cannot be used")]
    Number(#[from] BadNumber),
    #[error("a limit is in the way")]
    Limit(Trouble),
    #[error("the test is no text message")]
    Text(#[from] BadText),
    #[error("the test could not be queued")]
    Texts(#[from] TextsError),
    #[error("the database failed")]
    Db(#[from] wd_db::DbError),
}

impl Fails for TestError {
    fn problem(&self) -> Problem {
        match self {
            Self::NoDriver => {
                Problem::new(ProblemCode::Conflict).detail("There is nobody who delivers text messages: set [sms].")
            }
            Self::Number(_) => Problem::invalid(
                "number",
                "Write the number with + and its calling code, as in +49 151 23456789.",
            ),
            Self::Limit(Trouble::Country) => Problem::invalid(
                "number",
                "No text messages go to this country. Whoever administers the server can name it under sms.countries.",
            ),
            Self::Limit(trouble) => Problem::new(ProblemCode::RateLimited).detail(match trouble {
                Trouble::NumberLimit => "This number had too many text messages. Try again in an hour.",
                Trouble::AddressLimit => {
                    "Too many text messages were asked for from your network. Try again in an hour."
                }
                Trouble::Pumping => {
                    "Many text messages went to numbers like this one and were not answered. Try again in an hour."
                }
                _ => "What may be spent on text messages is spent. Try again later.",
            }),
            Self::Text(_) | Self::Texts(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

wd_web::fails!(TestError);

/// Sends a test to a number. It costs money, so the factor must be fresh. How it goes is in the list.
#[utoipa::path(post, path = "/api/v1/text-messages/test", tag = "outgoing", operation_id = "test_text_message",
    request_body = TestTextMessage,
    responses((status = 202), (status = 409, body = ProblemBody, content_type = "application/problem+json"), (status = 429, body = ProblemBody, content_type = "application/problem+json")))]
async fn test(
    State(messages): State<Messages>,
    ReqCtx(ctx): ReqCtx,
    info: ClientInfo,
    Json(body): Json<TestTextMessage>,
) -> ApiResult<StatusCode> {
    ctx.require::<OutgoingTest>(Scope::ORGANISATION)?;
    ctx.fresh_factor("outgoing.test")?;
    if !messages.texts.is_set_up() {
        return Err(TestError::NoDriver.into());
    }
    let number: PhoneNumber = body.number.expose().parse().map_err(TestError::Number)?;
    let country = number.calling_code().to_owned();
    let text = Text::new(number, "test", TEST, TEST_FOR).map_err(TestError::Text)?;
    let text = text.asked_from(Some(info.address));
    let mut tx = messages.db.begin().await.map_err(TestError::Db)?;
    let sent = messages
        .texts
        .send(&mut tx, &ctx, text)
        .await
        .map_err(TestError::Texts)?;
    let entry = match sent {
        Sent::Queued(_) => Entry::done("text-message.tested"),
        Sent::Refused(_) | Sent::NotSetUp => Entry::refused("text-message.tested"),
    };
    tx.audit(&ctx, entry.detail("country", country))
        .await
        .map_err(TestError::Db)?;
    // What was refused is written down, too.
    tx.commit().await.map_err(TestError::Db)?;
    match sent {
        Sent::Queued(_) => Ok(StatusCode::ACCEPTED),
        Sent::Refused(trouble) => Err(TestError::Limit(trouble).into()),
        Sent::NotSetUp => Err(TestError::NoDriver.into()),
    }
}
