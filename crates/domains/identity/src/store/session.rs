use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{SessionId, StaffId, Timestamp};

use crate::model::{Aaguid, FactorStrength, SessionKind, SessionLimits};

record! {
    /// A session of somebody who may sign in.
    #[derive(Debug, Clone)]
    pub struct SessionRow {
        pub id: SessionId,
        pub staff: StaffId,
        pub kind: SessionKind,
        pub created_at: Timestamp,
        pub last_seen_at: Timestamp,
        pub expires_at: Timestamp,
        pub user_agent: String,
        pub stepped_up_until: Option<Timestamp>,
        pub known_device: Option<Vec<u8>>,
        /// What the factor withstood that it began with.
        pub shown: FactorStrength,
        /// Its make, if it was attested.
        pub shown_make: Option<Aaguid>,
    }
}

impl SessionRow {
    /// Whether it still holds under these limits.
    pub fn holds(&self, limits: &SessionLimits, now: Timestamp) -> bool {
        limits.hold(self.created_at, self.last_seen_at, self.expires_at, now)
    }
}

pub async fn insert(tx: &mut Tx, row: &SessionRow, token_hash: [u8; 32]) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO session (id, staff, token_hash, kind, created_at, last_seen_at, expires_at, user_agent, stepped_up_until, known_device, shown, shown_make)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        row.id,
        row.staff,
        token_hash,
        row.kind,
        row.created_at,
        row.last_seen_at,
        row.expires_at,
        row.user_agent,
        row.stepped_up_until,
        row.known_device.clone(),
        row.shown,
        row.shown_make
    )
    .await
    .map(drop)
}

/// The session of a token, before its absolute end, if its owner has not left. Whether the limits of their roles still
/// let it go on, the caller asks.
pub async fn by_token(tx: &mut Tx, token_hash: [u8; 32], now: Timestamp) -> Result<Option<SessionRow>, DbError> {
    sql!(
        tx,
        fetch_optional as SessionRow,
        "SELECT session.id, session.staff, session.kind, session.created_at, session.last_seen_at, session.expires_at,
                session.user_agent, session.stepped_up_until, session.known_device, session.shown, session.shown_make
         FROM session JOIN staff ON staff.id = session.staff
         WHERE session.token_hash = $1 AND session.expires_at > $2
           AND ((session.kind = 'enrol' AND staff.state = 'invited') OR (session.kind <> 'enrol' AND staff.state = 'active')
             OR (session.kind = 'enrol' AND staff.state = 'active'
                 AND (EXISTS (SELECT 1 FROM re_proofing WHERE re_proofing.session = session.id)
                   OR EXISTS (SELECT 1 FROM due_enrolment WHERE due_enrolment.session = session.id))))",
        token_hash,
        now
    )
    .await
}

/// A full session, before its absolute end. Limits as above.
pub async fn full_by_id(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<Option<SessionRow>, DbError> {
    sql!(
        tx,
        fetch_optional as SessionRow,
        "SELECT session.id, session.staff, session.kind, session.created_at, session.last_seen_at, session.expires_at,
                session.user_agent, session.stepped_up_until, session.known_device, session.shown, session.shown_make
         FROM session JOIN staff ON staff.id = session.staff
         WHERE session.id = $1 AND session.expires_at > $2 AND session.kind = 'full' AND staff.state = 'active'",
        id,
        now
    )
    .await
}

/// The full sessions of a person before their absolute ends, the newest first. Limits as above.
pub async fn of_staff(tx: &mut Tx, staff: StaffId, now: Timestamp) -> Result<Vec<SessionRow>, DbError> {
    sql!(
        tx,
        fetch_all as SessionRow,
        "SELECT id, staff, kind, created_at, last_seen_at, expires_at, user_agent, stepped_up_until, known_device, shown, shown_make
         FROM session WHERE staff = $1 AND kind = 'full' AND expires_at > $2 ORDER BY created_at DESC, id DESC",
        staff,
        now
    )
    .await
}

/// The full sessions of all who can sign in, before their absolute ends. Limits as above.
pub async fn full(tx: &mut Tx, now: Timestamp) -> Result<Vec<SessionRow>, DbError> {
    sql!(
        tx,
        fetch_all as SessionRow,
        "SELECT session.id, session.staff, session.kind, session.created_at, session.last_seen_at, session.expires_at,
                session.user_agent, session.stepped_up_until, session.known_device, session.shown, session.shown_make
         FROM session JOIN staff ON staff.id = session.staff
         WHERE session.kind = 'full' AND session.expires_at > $1 AND staff.state = 'active'",
        now
    )
    .await
}

pub async fn touch(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE session SET last_seen_at = $1 WHERE id = $2 AND last_seen_at < $1",
        now,
        id
    )
    .await
    .map(drop)
}

/// Gives the session another token and a fresh factor; false when it has ended meanwhile.
pub async fn step_up(tx: &mut Tx, id: SessionId, token_hash: [u8; 32], until: Timestamp) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE session SET token_hash = $1, stepped_up_until = $2 WHERE id = $3 AND kind = 'full'",
        token_hash,
        until,
        id
    )
    .await?;
    Ok(changed == 1)
}

/// The browser of a session is known by another token.
pub async fn set_known_device(tx: &mut Tx, id: SessionId, token_hash: &[u8]) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE session SET known_device = $1 WHERE id = $2",
        token_hash,
        id
    )
    .await
    .map(drop)
}

/// Ends one session of a person; false when there is none.
pub async fn end(tx: &mut Tx, staff: StaffId, id: SessionId) -> Result<bool, DbError> {
    Ok(sql!(
        tx,
        execute,
        "DELETE FROM session WHERE id = $1 AND staff = $2",
        id,
        staff
    )
    .await?
        == 1)
}

/// Ends all sessions of a person; which ones.
pub async fn end_all(tx: &mut Tx, staff: StaffId) -> Result<Vec<SessionId>, DbError> {
    let ended = sql!(
        tx,
        fetch_all as (SessionId,),
        "DELETE FROM session WHERE staff = $1 RETURNING id",
        staff
    )
    .await?;
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

/// Ends the full sessions of a person but this one and the `kept` of the others that were used latest; which ones.
pub async fn end_beyond(tx: &mut Tx, staff: StaffId, stays: SessionId, kept: i64) -> Result<Vec<SessionId>, DbError> {
    let ended = sql!(
        tx,
        fetch_all as (SessionId,),
        "DELETE FROM session WHERE id IN (
           SELECT id FROM session WHERE staff = $1 AND kind = 'full' AND id <> $2
           ORDER BY last_seen_at DESC, id DESC LIMIT $4 OFFSET $3)
         RETURNING id",
        staff,
        stays,
        kept,
        i64::MAX
    )
    .await?;
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

/// Ends all sessions of a person but this one; which ones.
pub async fn end_others(tx: &mut Tx, staff: StaffId, stays: SessionId) -> Result<Vec<SessionId>, DbError> {
    let ended = sql!(
        tx,
        fetch_all as (SessionId,),
        "DELETE FROM session WHERE staff = $1 AND id <> $2 RETURNING id",
        staff,
        stays
    )
    .await?;
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

pub async fn forget_expired(tx: &mut Tx, now: Timestamp, idle_since: Timestamp) -> Result<u64, DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM session WHERE expires_at <= $1 OR last_seen_at <= $2",
        now,
        idle_since
    )
    .await
}

/// What the browser of a session calls itself.
pub async fn user_agent(tx: &mut Tx, id: SessionId) -> Result<Option<String>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (String,),
        "SELECT user_agent FROM session WHERE id = $1",
        id
    )
    .await?;
    Ok(row.map(|(user_agent,)| user_agent))
}
