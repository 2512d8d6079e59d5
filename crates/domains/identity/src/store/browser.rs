use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{BrowserId, SessionId, StaffId, Timestamp};

use super::{known_device, session::SessionRow};

record! {
    /// A browser that is known: all the tokens that descend from its first one.
    #[derive(Debug, Clone)]
    pub struct BrowserRow {
        pub id: BrowserId,
        pub staff: StaffId,
        pub user_agent: String,
        pub created_at: Timestamp,
        pub used_at: Timestamp,
        pub remembered_at: Option<Timestamp>,
        pub remembered_until: Option<Timestamp>,
        /// The latest session that began there.
        pub last_session: Option<SessionId>,
    }
}

pub async fn insert(tx: &mut Tx, row: &BrowserRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO browser (id, staff, user_agent, created_at, used_at, remembered_at, remembered_until, last_session)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.id,
        row.staff,
        row.user_agent.as_str(),
        row.created_at,
        row.used_at,
        row.remembered_at,
        row.remembered_until,
        row.last_session
    )
    .await
    .map(drop)
}

/// The browser that a token stands for.
pub async fn by_token(
    tx: &mut Tx,
    staff: StaffId,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<BrowserRow>, DbError> {
    sql!(
        tx,
        fetch_optional as BrowserRow,
        "SELECT browser.id, browser.staff, browser.user_agent, browser.created_at, browser.used_at,
                browser.remembered_at, browser.remembered_until, browser.last_session
         FROM known_device JOIN browser ON browser.id = known_device.browser
         WHERE known_device.token_hash = $1 AND browser.staff = $2 AND known_device.expires_at > $3",
        token_hash,
        staff,
        now
    )
    .await
}

/// Which browser of this person a token stands for.
pub async fn id_of(tx: &mut Tx, staff: StaffId, token_hash: &[u8]) -> Result<Option<BrowserId>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (BrowserId,),
        "SELECT browser FROM known_device WHERE token_hash = $1 AND staff = $2 AND browser IS NOT NULL",
        token_hash,
        staff
    )
    .await?;
    Ok(row.map(|(id,)| id))
}

/// The remembered browser of this person that such a token was spent for.
pub async fn by_spent_token(
    tx: &mut Tx,
    staff: StaffId,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<BrowserId>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (BrowserId,),
        "SELECT browser.id FROM spent_device JOIN browser ON browser.id = spent_device.browser
         WHERE spent_device.token_hash = $1 AND browser.staff = $2 AND browser.remembered_until > $3",
        token_hash,
        staff,
        now
    )
    .await?;
    Ok(row.map(|(id,)| id))
}

/// The known browsers of a person, the one used latest first.
pub async fn of_staff(tx: &mut Tx, staff: StaffId) -> Result<Vec<BrowserRow>, DbError> {
    sql!(
        tx,
        fetch_all as BrowserRow,
        "SELECT id, staff, user_agent, created_at, used_at, remembered_at, remembered_until, last_session
         FROM browser WHERE staff = $1 ORDER BY used_at DESC, id DESC",
        staff
    )
    .await
}

/// The browser in which a session of this person began.
pub async fn of_session(tx: &mut Tx, staff: StaffId, session: SessionId) -> Result<Option<BrowserId>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (BrowserId,),
        "SELECT browser.id FROM session JOIN browser ON browser.id = session.browser
         WHERE session.id = $1 AND session.staff = $2",
        session,
        staff
    )
    .await?;
    Ok(row.map(|(id,)| id))
}

/// The browser of a session, also of one that began in none because it has less than a full one.
pub async fn of(tx: &mut Tx, session: &SessionRow) -> Result<Option<BrowserId>, DbError> {
    match (of_session(tx, session.staff, session.id).await?, &session.known_device) {
        (Some(browser), _) => Ok(Some(browser)),
        (None, Some(token)) => id_of(tx, session.staff, token).await,
        (None, None) => Ok(None),
    }
}

/// Writes down that a session began in the browser with this token, and what it calls itself now; which browser it is.
pub async fn began_in(
    tx: &mut Tx,
    session: SessionId,
    token_hash: [u8; 32],
    user_agent: &str,
    now: Timestamp,
) -> Result<Option<BrowserId>, DbError> {
    let found = sql!(
        tx,
        fetch_optional as (BrowserId,),
        "UPDATE browser SET used_at = $1, user_agent = $2, last_session = $3
         WHERE id = (SELECT browser FROM known_device WHERE token_hash = $4) RETURNING id",
        now,
        user_agent,
        session,
        token_hash
    )
    .await?;
    let Some((browser,)) = found else { return Ok(None) };
    sql!(
        tx,
        execute,
        "UPDATE session SET browser = $1 WHERE id = $2",
        browser,
        session
    )
    .await?;
    Ok(Some(browser))
}

pub async fn remember(tx: &mut Tx, id: BrowserId, now: Timestamp, until: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE browser SET remembered_at = $1, remembered_until = $2 WHERE id = $3",
        now,
        until,
        id
    )
    .await
    .map(drop)
}

/// In no browser of this person is the password enough any more. They stay known.
pub async fn remember_none(tx: &mut Tx, staff: StaffId) -> Result<u64, DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM spent_device WHERE browser IN (SELECT id FROM browser WHERE staff = $1)",
        staff
    )
    .await?;
    sql!(
        tx,
        execute,
        "UPDATE browser SET remembered_at = NULL, remembered_until = NULL
         WHERE staff = $1 AND remembered_until IS NOT NULL",
        staff
    )
    .await
}

/// No browser of this person is remembered for longer than this after it was.
pub async fn remember_at_most(tx: &mut Tx, staff: StaffId, micros: i64) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE browser SET remembered_until = remembered_at + $1
         WHERE staff = $2 AND remembered_until > remembered_at + $1",
        micros,
        staff
    )
    .await
    .map(drop)
}

/// Ends the sessions that began in this browser; which ones.
pub async fn end_sessions(tx: &mut Tx, id: BrowserId) -> Result<Vec<SessionId>, DbError> {
    let ended = sql!(
        tx,
        fetch_all as (SessionId,),
        "DELETE FROM session WHERE browser = $1 RETURNING id",
        id
    )
    .await?;
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

/// Ends the sessions that began in this browser, and those on their way to a full one that its tokens came with; which
/// ones. Before its tokens are forgotten.
pub async fn end_every_session(tx: &mut Tx, staff: StaffId, id: BrowserId) -> Result<Vec<SessionId>, DbError> {
    let ended = sql!(
        tx,
        fetch_all as (SessionId,),
        "DELETE FROM session WHERE staff = $1 AND (browser = $2
           OR known_device IN (SELECT token_hash FROM known_device WHERE browser = $2)) RETURNING id",
        staff,
        id
    )
    .await?;
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

/// Forgets a browser of this person; false when there is none.
pub async fn forget(tx: &mut Tx, staff: StaffId, id: BrowserId) -> Result<bool, DbError> {
    let gone = sql!(
        tx,
        execute,
        "DELETE FROM browser WHERE id = $1 AND staff = $2",
        id,
        staff
    )
    .await?;
    if gone == 1 {
        known_device::forget_tokens(tx, id).await?;
    }
    Ok(gone == 1)
}
