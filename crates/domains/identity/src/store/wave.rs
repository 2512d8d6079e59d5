use wd_db::{Bound, Column as _, DbError, Tx, in_chunks, record, sql};
use wd_kernel::{FactorWaveId, StaffId, Timestamp};

use crate::model::{FactorStrength, Reminder, WaveTerms};

record! {
    /// A wave.
    #[derive(Debug, Clone)]
    pub struct WaveRow {
        pub id: FactorWaveId,
        pub version: i64,
        pub name: String,
        pub asks: FactorStrength,
        pub starts_at: Timestamp,
        pub grace_days: i64,
        pub reminds: bool,
        pub ended_at: Option<Timestamp>,
    }
}

impl WaveRow {
    pub const fn terms(&self) -> WaveTerms {
        WaveTerms {
            asks: self.asks,
            starts_at: self.starts_at,
            grace_days: self.grace_days,
        }
    }
}

/// All waves, those that were made last first.
pub async fn all(tx: &mut Tx) -> Result<Vec<WaveRow>, DbError> {
    sql!(
        tx,
        fetch_all as WaveRow,
        "SELECT id, version, name, asks, starts_at, grace_days, reminds, ended_at FROM factor_wave ORDER BY id DESC"
    )
    .await
}

/// Those that nobody has ended.
pub async fn open(tx: &mut Tx) -> Result<Vec<WaveRow>, DbError> {
    sql!(
        tx,
        fetch_all as WaveRow,
        "SELECT id, version, name, asks, starts_at, grace_days, reminds, ended_at FROM factor_wave WHERE ended_at IS NULL ORDER BY id"
    )
    .await
}

pub async fn find(tx: &mut Tx, id: FactorWaveId) -> Result<Option<WaveRow>, DbError> {
    sql!(
        tx,
        fetch_optional as WaveRow,
        "SELECT id, version, name, asks, starts_at, grace_days, reminds, ended_at FROM factor_wave WHERE id = $1",
        id
    )
    .await
}

/// Keeps others from changing waves until the end of this transaction.
pub async fn hold_all(tx: &mut Tx) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE factor_wave SET version = version WHERE ended_at IS NULL"
    )
    .await
    .map(drop)
}

/// Writes a new wave; false when an open one has the name.
pub async fn insert(tx: &mut Tx, row: &WaveRow, now: Timestamp) -> Result<bool, DbError> {
    let written = sql!(
        tx,
        execute,
        "INSERT INTO factor_wave (id, version, name, asks, starts_at, grace_days, reminds, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        row.id,
        row.version,
        row.name.as_str(),
        row.asks,
        row.starts_at,
        row.grace_days,
        row.reminds,
        now
    )
    .await?;
    Ok(written == 1)
}

/// Whether another open wave has this name.
pub async fn is_named(tx: &mut Tx, name: &str, but: FactorWaveId) -> Result<bool, DbError> {
    let (others,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM factor_wave WHERE name = $1 AND id <> $2 AND ended_at IS NULL",
        name,
        but
    )
    .await?;
    Ok(others > 0)
}

/// Writes a wave over the version before it; false when somebody was faster.
pub async fn update(tx: &mut Tx, row: &WaveRow) -> Result<bool, DbError> {
    let written = sql!(
        tx,
        execute,
        "UPDATE factor_wave SET version = $1, name = $2, asks = $3, starts_at = $4, grace_days = $5, reminds = $6, ended_at = $7
         WHERE id = $8 AND version = $9 AND ended_at IS NULL",
        row.version,
        row.name.as_str(),
        row.asks,
        row.starts_at,
        row.grace_days,
        row.reminds,
        row.ended_at,
        row.id,
        row.version - 1
    )
    .await?;
    Ok(written == 1)
}

/// The roles of all waves.
pub async fn roles(tx: &mut Tx) -> Result<Vec<(FactorWaveId, String)>, DbError> {
    sql!(
        tx,
        fetch_all as (FactorWaveId, String),
        "SELECT wave, role FROM factor_wave_role ORDER BY role"
    )
    .await
}

/// The people of all waves that were named one by one, with their shown names.
pub async fn people(tx: &mut Tx) -> Result<Vec<(FactorWaveId, StaffId, String)>, DbError> {
    sql!(
        tx,
        fetch_all as (FactorWaveId, StaffId, String),
        "SELECT p.wave, p.staff, s.name FROM factor_wave_person p JOIN staff s ON s.id = p.staff ORDER BY s.name, p.staff"
    )
    .await
}

/// Everybody there ever was.
pub async fn staff(tx: &mut Tx) -> Result<Vec<StaffId>, DbError> {
    let rows = sql!(tx, fetch_all as (StaffId,), "SELECT id FROM staff").await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The waves that name this person.
pub async fn naming(tx: &mut Tx, staff: StaffId) -> Result<Vec<FactorWaveId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (FactorWaveId,),
        "SELECT wave FROM factor_wave_person WHERE staff = $1",
        staff
    )
    .await?;
    Ok(rows.into_iter().map(|(wave,)| wave).collect())
}

/// Sets who belongs to a wave.
pub async fn set_members(tx: &mut Tx, wave: FactorWaveId, roles: &[String], people: &[StaffId]) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM factor_wave_role WHERE wave = $1", wave).await?;
    sql!(tx, execute, "DELETE FROM factor_wave_person WHERE wave = $1", wave).await?;
    for role in roles {
        sql!(
            tx,
            execute,
            "INSERT INTO factor_wave_role (wave, role) VALUES ($1, $2)",
            wave,
            role.as_str()
        )
        .await?;
    }
    for staff in people {
        sql!(
            tx,
            execute,
            "INSERT INTO factor_wave_person (wave, staff) VALUES ($1, $2)",
            wave,
            *staff
        )
        .await?;
    }
    Ok(())
}

const HOLD_MANY: &str = "UPDATE staff SET state = state
     WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)";
const END_MANY: &str = "UPDATE session SET expires_at = $26
     WHERE staff IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
       AND kind IN ('full', 'change-password') AND shown = 'any' AND expires_at > $26";
const STALE_MANY: &str = "UPDATE session SET stepped_up_until = $26
     WHERE staff IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
       AND kind = 'full' AND stepped_up_until > $26";

/// Lets all sessions of these people end no later than this that began with a weak factor; in the others dangerous acts
/// need a factor that was shown after it. Who is signing in right now is waited for, or sees what was decided.
pub async fn end_by(tx: &mut Tx, staff: &[StaffId], until: Timestamp) -> Result<(), DbError> {
    for binds in in_chunks(staff) {
        tx.execute(HOLD_MANY, binds.clone()).await?;
        let timed: Vec<Bound> = binds.into_iter().chain([until.bind()]).collect();
        tx.execute(END_MANY, timed.clone()).await?;
        tx.execute(STALE_MANY, timed).await?;
    }
    Ok(())
}

/// Notes a reminder; false when it was sent before.
pub async fn remind(
    tx: &mut Tx,
    wave: FactorWaveId,
    staff: StaffId,
    kind: Reminder,
    due_at: Timestamp,
    now: Timestamp,
) -> Result<bool, DbError> {
    let noted = sql!(
        tx,
        execute,
        "INSERT INTO factor_wave_reminder (wave, staff, kind, due_at, sent_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (wave, staff, kind, due_at) DO NOTHING",
        wave,
        staff,
        kind,
        due_at,
        now
    )
    .await?;
    Ok(noted == 1)
}

/// Who was sent this reminder about this day.
pub async fn reminded(
    tx: &mut Tx,
    wave: FactorWaveId,
    kind: Reminder,
    due_at: Timestamp,
) -> Result<Vec<StaffId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (StaffId,),
        "SELECT staff FROM factor_wave_reminder WHERE wave = $1 AND kind = $2 AND due_at = $3",
        wave,
        kind,
        due_at
    )
    .await?;
    Ok(rows.into_iter().map(|(staff,)| staff).collect())
}

/// When everybody was reminded last of a wave that nobody has ended.
pub async fn last_reminders(tx: &mut Tx) -> Result<Vec<(FactorWaveId, StaffId, Timestamp)>, DbError> {
    sql!(
        tx,
        fetch_all as (FactorWaveId, StaffId, Timestamp),
        "SELECT r.wave, r.staff, MAX(r.sent_at) FROM factor_wave_reminder r
         JOIN factor_wave w ON w.id = r.wave WHERE w.ended_at IS NULL GROUP BY r.wave, r.staff"
    )
    .await
}
