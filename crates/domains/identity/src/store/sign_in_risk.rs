use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{BrowserId, FactorId, SessionId, SignInReviewId, StaffId, Timestamp};

use crate::model::{FactorStrength, RISK_SIGNALS, RiskAnswer, RiskDecision, RiskSignal};

record! {
    /// A sign-in that something spoke against. `place` is sealed.
    #[derive(Debug, Clone)]
    pub struct ReviewRow {
        pub id: SignInReviewId,
        pub staff: StaffId,
        pub session: Option<SessionId>,
        pub factor: Option<FactorId>,
        pub browser: Option<BrowserId>,
        pub shown_by: String,
        pub at: Timestamp,
        pub decision: RiskDecision,
        pub signals: String,
        pub asked: i64,
        pub place: Vec<u8>,
        pub answer: Option<RiskAnswer>,
        pub answered_at: Option<Timestamp>,
    }
}

/// Which kind of place, as a word of the table.
#[derive(Debug, Clone, Copy)]
pub enum PlaceKind {
    Network,
    Country,
}

impl PlaceKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Country => "country",
        }
    }
}

/// Signals as they stand in a column.
pub fn written(signals: &[RiskSignal]) -> String {
    signals
        .iter()
        .map(|signal| signal.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Signals of a column.
pub fn read(column: &str) -> Vec<RiskSignal> {
    let stands = |signal: &RiskSignal| column.split(' ').any(|word| word == signal.as_str());
    RISK_SIGNALS.into_iter().filter(stands).collect()
}

/// The places of a kind that somebody signed in from since then.
pub async fn places(tx: &mut Tx, staff: StaffId, kind: PlaceKind, since: Timestamp) -> Result<Vec<Vec<u8>>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>,),
        "SELECT place FROM seen_place WHERE staff = $1 AND kind = $2 AND seen_at > $3",
        staff,
        kind.as_str(),
        since
    )
    .await?;
    Ok(rows.into_iter().map(|(place,)| place).collect())
}

pub async fn saw(tx: &mut Tx, staff: StaffId, kind: PlaceKind, place: &[u8], now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO seen_place (staff, kind, place, seen_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (staff, kind, place) DO UPDATE SET seen_at = excluded.seen_at",
        staff,
        kind.as_str(),
        place,
        now
    )
    .await
    .map(drop)
}

/// Where somebody signed in last, sealed, and when.
pub async fn last_place(tx: &mut Tx, staff: StaffId) -> Result<Option<(Vec<u8>, Timestamp)>, DbError> {
    sql!(
        tx,
        fetch_optional as (Vec<u8>, Timestamp),
        "SELECT place, seen_at FROM last_place WHERE staff = $1",
        staff
    )
    .await
}

pub async fn set_last_place(tx: &mut Tx, staff: StaffId, sealed: &[u8], now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO last_place (staff, place, seen_at) VALUES ($1, $2, $3)
         ON CONFLICT (staff) DO UPDATE SET place = excluded.place, seen_at = excluded.seen_at",
        staff,
        sealed,
        now
    )
    .await
    .map(drop)
}

/// What was found out on the way in, for the next step.
pub async fn mark_session(
    tx: &mut Tx,
    session: SessionId,
    signals: &[RiskSignal],
    at_least: FactorStrength,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO session_risk (session, signals, strongest) VALUES ($1, $2, $3)",
        session,
        written(signals),
        at_least
    )
    .await
    .map(drop)
}

/// What was found out in the step before, and what the factor must at least withstand.
pub async fn of_session(tx: &mut Tx, session: SessionId) -> Result<Option<(Vec<RiskSignal>, FactorStrength)>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (String, FactorStrength),
        "SELECT signals, strongest FROM session_risk WHERE session = $1",
        session
    )
    .await?;
    Ok(row.map(|(signals, at_least)| (read(&signals), at_least)))
}

pub async fn insert(tx: &mut Tx, row: &ReviewRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO sign_in_review (id, staff, session, factor, browser, shown_by, at, decision, signals, asked, place)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        row.id,
        row.staff,
        row.session,
        row.factor,
        row.browser,
        row.shown_by.clone(),
        row.at,
        row.decision,
        row.signals.clone(),
        row.asked,
        row.place.clone()
    )
    .await
    .map(drop)
}

/// Whose sign-ins since then something spoke against, and they have not said that it was them: everybody with whether it
/// was more than was let in as any other sign-in. Of the latter only those from a new network or country.
pub async fn exposed(tx: &mut Tx, since: Timestamp) -> Result<Vec<(StaffId, bool)>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (StaffId, i64),
        "SELECT staff, COUNT(CASE WHEN decision <> 'allow' OR answer = 'not-me' THEN 1 END) FROM sign_in_review
         WHERE at > $1 AND (answer IS NULL OR answer = 'not-me')
           AND (decision <> 'allow' OR answer = 'not-me' OR signals LIKE '%new-network%' OR signals LIKE '%new-country%')
         GROUP BY staff",
        since
    )
    .await?;
    Ok(rows.into_iter().map(|(staff, unusual)| (staff, unusual > 0)).collect())
}

/// The latest sign-ins of a person that they are asked about, the newest first.
pub async fn asked_of(tx: &mut Tx, staff: StaffId, since: Timestamp, most: i64) -> Result<Vec<ReviewRow>, DbError> {
    sql!(
        tx,
        fetch_all as ReviewRow,
        "SELECT id, staff, session, factor, browser, shown_by, at, decision, signals, asked, place, answer, answered_at
         FROM sign_in_review WHERE staff = $1 AND asked = 1 AND at > $2 ORDER BY at DESC, id DESC LIMIT $3",
        staff,
        since,
        most
    )
    .await
}

/// One that a person is asked about.
pub async fn one(tx: &mut Tx, staff: StaffId, id: SignInReviewId) -> Result<Option<ReviewRow>, DbError> {
    sql!(
        tx,
        fetch_optional as ReviewRow,
        "SELECT id, staff, session, factor, browser, shown_by, at, decision, signals, asked, place, answer, answered_at
         FROM sign_in_review WHERE staff = $1 AND id = $2 AND asked = 1",
        staff,
        id
    )
    .await
}

pub async fn answer(tx: &mut Tx, id: SignInReviewId, answer: RiskAnswer, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE sign_in_review SET answer = $1, answered_at = $2 WHERE id = $3",
        answer,
        now,
        id
    )
    .await
    .map(drop)
}

/// Whether this browser became known by a sign-in of which the owner has not said that it was theirs. One that nothing
/// else spoke against is beyond doubt when it is older than `doubted_since`.
pub async fn is_in_question(
    tx: &mut Tx,
    staff: StaffId,
    session: SessionId,
    browser: BrowserId,
    doubted_since: Timestamp,
) -> Result<bool, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM sign_in_review
         WHERE staff = $1 AND (browser = $2 OR session = $3) AND asked = 1
           AND signals LIKE '%new-browser%' AND (answer = 'not-me' OR (answer IS NULL AND (decision <> 'allow' OR at > $4)))",
        staff,
        browser,
        session,
        doubted_since
    )
    .await?;
    Ok(count > 0)
}

/// Whether more than a new browser spoke against a sign-in in this session or browser, and its owner has not said that it was theirs.
pub async fn is_in_doubt(
    tx: &mut Tx,
    staff: StaffId,
    session: Option<SessionId>,
    browser: Option<BrowserId>,
) -> Result<bool, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM sign_in_review
         WHERE staff = $1 AND (browser = $2 OR session = $3) AND asked = 1
           AND (answer = 'not-me' OR (answer IS NULL AND decision <> 'allow'))",
        staff,
        browser,
        session
    )
    .await?;
    Ok(count > 0)
}

/// A session took the place of another one.
pub async fn follow(tx: &mut Tx, old: SessionId, session: SessionId, browser: BrowserId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE sign_in_review SET session = $1, browser = $2 WHERE session = $3",
        session,
        browser,
        old
    )
    .await
    .map(drop)
}

/// A browser that came without its token is another one from now on.
pub async fn browser_renamed(tx: &mut Tx, old: BrowserId, new: BrowserId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE sign_in_review SET browser = $1 WHERE browser = $2",
        new,
        old
    )
    .await
    .map(drop)
}

/// How often each signal was seen since then: the columns of the sign-ins, one by one.
pub async fn signals_since(tx: &mut Tx, since: Timestamp) -> Result<Vec<(String, i64)>, DbError> {
    sql!(
        tx,
        fetch_all as (String, i64),
        "SELECT signals, COUNT(*) FROM sign_in_review WHERE at > $1 GROUP BY signals",
        since
    )
    .await
}

/// What the organisation decided otherwise than is usual.
pub async fn decisions(tx: &mut Tx) -> Result<Vec<(RiskSignal, RiskDecision)>, DbError> {
    sql!(
        tx,
        fetch_all as (RiskSignal, RiskDecision),
        "SELECT signal, decision FROM risk_policy"
    )
    .await
}

pub async fn set_decision(tx: &mut Tx, signal: RiskSignal, decision: RiskDecision) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO risk_policy (signal, decision) VALUES ($1, $2)
         ON CONFLICT (signal) DO UPDATE SET decision = excluded.decision",
        signal,
        decision
    )
    .await
    .map(drop)
}

pub async fn version(tx: &mut Tx) -> Result<i64, DbError> {
    let (version,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT version FROM risk_policy_version WHERE one = 1"
    )
    .await?;
    Ok(version)
}

/// Raises the version; false when it is not this one any more.
pub async fn raise_version(tx: &mut Tx, from: i64) -> Result<bool, DbError> {
    Ok(sql!(
        tx,
        execute,
        "UPDATE risk_policy_version SET version = version + 1 WHERE one = 1 AND version = $1",
        from
    )
    .await?
        == 1)
}

pub async fn forget(tx: &mut Tx, places_before: Timestamp, reviews_before: Timestamp) -> Result<u64, DbError> {
    let places = sql!(tx, execute, "DELETE FROM seen_place WHERE seen_at <= $1", places_before).await?;
    sql!(tx, execute, "DELETE FROM last_place WHERE seen_at <= $1", places_before).await?;
    // What leaves a browser in doubt stays as long as that is known.
    let reviews = sql!(
        tx,
        execute,
        "DELETE FROM sign_in_review WHERE at <= $1 AND NOT
           (asked = 1 AND decision <> 'allow' AND COALESCE(answer, 'not-me') = 'not-me'
             AND browser IS NOT NULL AND browser IN (SELECT id FROM browser))",
        reviews_before
    )
    .await?;
    Ok(places + reviews)
}
