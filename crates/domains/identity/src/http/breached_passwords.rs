//! Passwords in known breaches.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use wd_breach::{Detail, Kind};
use wd_kernel::Timestamp;
use wd_web::{ApiResult, ClientInfo, Json, Path, ProblemBody, ReqCtx};

use super::{Nothing, client};
use crate::{BreachDay, BreachReport, CorpusNow, FoundPassword, Identity, UnseenPassword};

/// How passwords stand against the corpus of breached ones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreachedPasswords {
    /// The corpus of this node; `null`: there is none, and only common passwords are refused.
    corpus: Option<BreachCorpusView>,
    /// How many people can sign in with a password.
    passwords: i64,
    /// How many of these passwords the corpus has seen.
    checked: i64,
    /// How many are known to be in a breach; they are changed after the next sign-in.
    breached: i64,
    /// How many passwords it has not seen, of those that are in no known breach.
    unseen_total: i64,
    /// How many of their owners have a mail address, and can be asked.
    unseen_reachable: i64,
    /// Whose passwords these are, whoever signed in longest ago first; at most 100. `null`: you may not see who works here.
    unseen: Option<Vec<UnseenPassword>>,
    /// Whose passwords were found in a breach, the latest first; at most 100. `null`: you may not see who works here.
    found: Option<Vec<FoundPassword>>,
    /// How it stood on the days of the last year, the oldest first.
    days: Vec<BreachDay>,
}

/// A corpus of breached passwords.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreachCorpusView {
    /// The hash it is of: `sha-1` or `ntlm`.
    kind: &'static str,
    /// Whether it knows how often each password was seen.
    counts: bool,
    /// How many passwords it has.
    entries: u64,
    /// Bytes of the file.
    bytes: u64,
    /// When the file was made.
    made_at: Timestamp,
    /// Since when it is in use.
    since: Option<Timestamp>,
    /// The file was replaced by one that cannot be used, or could not be read lately. The log says why.
    trouble: bool,
}

/// How many people were asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskedForSignIn {
    /// How many.
    people: usize,
}

/// The part of a corpus whose SHA-1 begins with the same five digits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreachRange {
    /// In order, with made-up ones among them, whose count is 0.
    items: Vec<BreachSuffix>,
}

/// The end of a SHA-1.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreachSuffix {
    /// The last 35 of its 40 hexadecimal digits, in capitals.
    suffix: String,
    /// How often the password was seen in breaches; 0: this one is made up.
    count: u64,
}

impl From<BreachReport> for BreachedPasswords {
    fn from(report: BreachReport) -> Self {
        let since = report.since;
        Self {
            corpus: report.corpus.map(|corpus| BreachCorpusView::of(corpus, since)),
            passwords: report.passwords,
            checked: report.checked,
            breached: report.breached,
            unseen_total: report.unseen_total,
            unseen_reachable: report.unseen_reachable,
            unseen: report.unseen,
            found: report.found,
            days: report.days,
        }
    }
}

impl BreachCorpusView {
    fn of(corpus: CorpusNow, since: Option<Timestamp>) -> Self {
        let CorpusNow { info, trouble } = corpus;
        Self {
            kind: match info.kind {
                Kind::Sha1 => "sha-1",
                Kind::Ntlm => "ntlm",
            },
            counts: info.detail == Detail::Full,
            entries: info.entries,
            bytes: info.length,
            made_at: Timestamp::from_seconds(info.made_at),
            since,
            trouble,
        }
    }
}

/// How passwords stand against the corpus of breached ones.
#[utoipa::path(get, path = "/api/v1/breached-passwords", tag = "identity", operation_id = "breached_passwords",
    responses((status = 200, body = BreachedPasswords),
        (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn show(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<BreachedPasswords>> {
    Ok(Json(identity.breach_report(&ctx).await?.into()))
}

/// Asks everybody by mail whose password the newest corpus has not seen to sign in with it. Nobody is asked twice in a
/// day.
#[utoipa::path(post, path = "/api/v1/breached-passwords/ask", tag = "identity", operation_id = "ask_for_sign_in",
    request_body = Nothing,
    responses((status = 200, body = AskedForSignIn),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn ask(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Json(Nothing {}): Json<Nothing>,
) -> ApiResult<Json<AskedForSignIn>> {
    let people = identity.ask_for_sign_in(&ctx).await?;
    Ok(Json(AskedForSignIn { people }))
}

/// The part of the corpus whose SHA-1 begins with these five digits: so one's own program can look for a password
/// without saying which. Needs a corpus of SHA-1 with counts. At most 600 a minute from one network.
#[utoipa::path(get, path = "/api/v1/breached-passwords/range/{prefix}", tag = "identity", operation_id = "breach_range",
    params(("prefix" = String, Path, description = "Five hexadecimal digits", pattern = "^[0-9A-Fa-f]{5}$")),
    responses((status = 200, body = BreachRange),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn range(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    info: ClientInfo,
    Path(prefix): Path<String>,
) -> ApiResult<Json<BreachRange>> {
    let rows = identity.breach_range(&ctx, &prefix, &client(info)).await?;
    let items = rows
        .into_iter()
        .map(|row| BreachSuffix {
            suffix: row.hash.suffix(Kind::Sha1),
            count: row.count,
        })
        .collect();
    Ok(Json(BreachRange { items }))
}
