use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{Id as _, ReProofingId, SessionId, StaffId, Timestamp};

use crate::model::{Case, Move, ReProofingReason, ReProofingState, Waits};

record! {
    /// A case.
    #[derive(Debug, Clone)]
    pub struct ReProofingRow {
        pub id: ReProofingId,
        pub staff: StaffId,
        pub state: ReProofingState,
        pub requested_by: Option<StaffId>,
        pub requested_at: Timestamp,
        pub answers: Option<String>,
        pub verified_by: Option<StaffId>,
        pub verified_at: Option<Timestamp>,
        pub first_by: Option<StaffId>,
        pub first_at: Option<Timestamp>,
        pub second_by: Option<StaffId>,
        pub second_at: Option<Timestamp>,
        pub ready_at: Option<Timestamp>,
        pub expires_at: Timestamp,
        pub closed_at: Option<Timestamp>,
        pub closed_by: Option<StaffId>,
        pub reason: Option<ReProofingReason>,
    }
}

impl ReProofingRow {
    pub fn case(&self) -> Case {
        Case {
            staff: self.staff,
            stored: self.state,
            requested_by: self.requested_by,
            verified_by: self.verified_by,
            first_by: self.first_by,
            ready_at: self.ready_at,
            expires_at: self.expires_at,
        }
    }
}

/// How a case ends.
pub struct End {
    pub state: ReProofingState,
    pub reason: ReProofingReason,
    pub by: Option<StaffId>,
    pub at: Timestamp,
}

pub async fn insert(
    tx: &mut Tx,
    id: ReProofingId,
    staff: StaffId,
    by: Option<StaffId>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO re_proofing (id, staff, state, requested_by, requested_at, expires_at)
         VALUES ($1, $2, 'requested', $3, $4, $5)",
        id,
        staff,
        by,
        now,
        expires_at
    )
    .await
    .map(drop)
}

pub async fn find(tx: &mut Tx, id: ReProofingId) -> Result<Option<ReProofingRow>, DbError> {
    sql!(
        tx,
        fetch_optional as ReProofingRow,
        "SELECT id, staff, state, requested_by, requested_at, answers, verified_by, verified_at, first_by, first_at, second_by,
                second_at, ready_at, expires_at, closed_at, closed_by, reason
         FROM re_proofing WHERE id = $1",
        id
    )
    .await
}

/// The case of a person that is not closed, or else the latest.
pub async fn latest(tx: &mut Tx, staff: StaffId) -> Result<Option<ReProofingRow>, DbError> {
    sql!(
        tx,
        fetch_optional as ReProofingRow,
        "SELECT id, staff, state, requested_by, requested_at, answers, verified_by, verified_at, first_by, first_at, second_by,
                second_at, ready_at, expires_at, closed_at, closed_by, reason
         FROM re_proofing WHERE staff = $1
         ORDER BY CASE WHEN state IN ('requested', 'approved', 'waiting') THEN 0 ELSE 1 END, requested_at DESC, id DESC LIMIT 1",
        staff
    )
    .await
}

/// Cases before the given one, the newest first.
pub async fn before(tx: &mut Tx, before: Option<ReProofingId>, limit: i64) -> Result<Vec<ReProofingRow>, DbError> {
    let last = ReProofingId::from_uuid(uuid::Uuid::max());
    sql!(
        tx,
        fetch_all as ReProofingRow,
        "SELECT id, staff, state, requested_by, requested_at, answers, verified_by, verified_at, first_by, first_at, second_by,
                second_at, ready_at, expires_at, closed_at, closed_by, reason
         FROM re_proofing WHERE id < $1 ORDER BY id DESC LIMIT $2",
        before.unwrap_or(last),
        limit
    )
    .await
}

/// When the cases about a person since then were asked for, the oldest first.
pub async fn requests_since(tx: &mut Tx, staff: StaffId, since: Timestamp) -> Result<Vec<Timestamp>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (Timestamp,),
        "SELECT requested_at FROM re_proofing WHERE staff = $1 AND requested_at > $2 ORDER BY requested_at",
        staff,
        since
    )
    .await?;
    Ok(rows.into_iter().map(|(at,)| at).collect())
}

/// Writes down what was answered, and who says that it is the person.
pub async fn answer(
    tx: &mut Tx,
    id: ReProofingId,
    answers: &str,
    by: Option<StaffId>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE re_proofing SET answers = $1, verified_by = $2, verified_at = $3
         WHERE id = $4 AND state = 'requested' AND verified_by IS NULL",
        answers,
        by,
        now,
        id
    )
    .await?;
    Ok(changed == 1)
}

/// Writes down an approval, if the case is as it was when it was judged.
pub async fn approve(tx: &mut Tx, row: &ReProofingRow, by: StaffId, to: Move, now: Timestamp) -> Result<bool, DbError> {
    let changed = match to {
        Move::First => {
            sql!(
                tx,
                execute,
                "UPDATE re_proofing SET state = 'approved', first_by = $1, first_at = $2 WHERE id = $3 AND state = 'requested'",
                by,
                now,
                row.id
            )
            .await?
        }
        Move::Wait { ready_at, expires_at } => {
            sql!(
                tx,
                execute,
                "UPDATE re_proofing SET state = 'waiting', second_by = $1, second_at = $2, ready_at = $3, expires_at = $4
                 WHERE id = $5 AND state = $6",
                by,
                now,
                ready_at,
                expires_at,
                row.id,
                row.state
            )
            .await?
        }
    };
    Ok(changed == 1)
}

/// Ends a case that is open; false when it was not.
pub async fn close(tx: &mut Tx, id: ReProofingId, end: &End) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE re_proofing SET state = $1, reason = $2, closed_by = $3, closed_at = $4
         WHERE id = $5 AND state IN ('requested', 'approved', 'waiting')",
        end.state,
        end.reason,
        end.by,
        end.at,
        id
    )
    .await?;
    Ok(changed == 1)
}

/// Uses a case for one session; false when it was used, or is not ready.
pub async fn spend(tx: &mut Tx, id: ReProofingId, session: SessionId, now: Timestamp) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE re_proofing SET state = 'used', session = $1, closed_at = $2
         WHERE id = $3 AND state = 'waiting' AND ready_at <= $2 AND expires_at > $2",
        session,
        now,
        id
    )
    .await?;
    Ok(changed == 1)
}

/// The case that a session sets up new factors for.
pub async fn of_session(tx: &mut Tx, session: SessionId) -> Result<Option<ReProofingId>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (ReProofingId,),
        "SELECT id FROM re_proofing WHERE session = $1",
        session
    )
    .await?;
    Ok(row.map(|(id,)| id))
}

/// The cases whose waiting period is over and that nobody has used yet, and whose accounts they are about.
pub async fn ready(tx: &mut Tx, now: Timestamp) -> Result<Vec<(ReProofingId, StaffId)>, DbError> {
    sql!(
        tx,
        fetch_all as (ReProofingId, StaffId),
        "SELECT id, staff FROM re_proofing WHERE state = 'waiting' AND ready_at <= $1 AND expires_at > $1 ORDER BY ready_at",
        now
    )
    .await
}

/// Closes what was not decided or not used in time.
pub async fn expire(tx: &mut Tx, now: Timestamp) -> Result<u64, DbError> {
    sql!(
        tx,
        execute,
        "UPDATE re_proofing SET state = 'expired', closed_at = expires_at
         WHERE state IN ('requested', 'approved', 'waiting') AND expires_at <= $1",
        now
    )
    .await
}

/// The waits, and their version.
pub async fn waits(tx: &mut Tx) -> Result<(Waits, i64), DbError> {
    let (ordinary_hours, administrative_hours, version) = sql!(
        tx,
        fetch_one as (i64, i64, i64),
        "SELECT ordinary_hours, administrative_hours, version FROM re_proofing_waits"
    )
    .await?;
    let waits = Waits {
        ordinary_hours,
        administrative_hours,
    };
    Ok((waits, version))
}

/// Sets the waits; false when somebody was faster.
pub async fn set_waits(tx: &mut Tx, waits: Waits, version: i64) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE re_proofing_waits SET ordinary_hours = $1, administrative_hours = $2, version = version + 1 WHERE version = $3",
        waits.ordinary_hours,
        waits.administrative_hours,
        version
    )
    .await?;
    Ok(changed == 1)
}
