use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{FactorId, SessionId, SmsId, StaffId, Timestamp};

use crate::model::{SmsFailures, SmsSendings};

record! {
    /// The latest code of a person, and the wrong ones.
    #[derive(Debug, Clone)]
    pub struct SmsCodeRow {
        pub session: Option<SessionId>,
        pub factor: Option<FactorId>,
        pub code_hash: Option<Vec<u8>>,
        pub message: Option<SmsId>,
        pub expires_at: Timestamp,
        pub failures: i64,
        pub failures_since: Timestamp,
    }
}

impl SmsCodeRow {
    pub const fn failures(&self) -> SmsFailures {
        SmsFailures {
            count: self.failures,
            since: self.failures_since,
        }
    }
}

/// A code that was sent.
pub struct NewCode<'a> {
    pub session: SessionId,
    pub factor: FactorId,
    pub code_hash: &'a [u8],
    pub message: SmsId,
    pub expires_at: Timestamp,
}

pub async fn of(tx: &mut Tx, staff: StaffId, device: &[u8]) -> Result<Option<SmsCodeRow>, DbError> {
    sql!(
        tx,
        fetch_optional as SmsCodeRow,
        "SELECT session, factor, code_hash, message, expires_at, failures, failures_since FROM sms_code WHERE staff = $1 AND device = $2",
        staff,
        device
    )
    .await
}

/// Keeps a code in place of the one before. Wrong ones still count.
pub async fn put(
    tx: &mut Tx,
    staff: StaffId,
    device: &[u8],
    code: &NewCode<'_>,
    now: Timestamp,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO sms_code (staff, device, session, factor, code_hash, message, expires_at, failures, failures_since)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)
         ON CONFLICT (staff, device) DO UPDATE SET session = $3, factor = $4, code_hash = $5, message = $6, expires_at = $7",
        staff,
        device,
        code.session,
        code.factor,
        code.code_hash,
        code.message,
        code.expires_at,
        now
    )
    .await
    .map(drop)
}

/// Uses a code up, once, and forgets the wrong ones.
pub async fn spend(tx: &mut Tx, staff: StaffId, device: &[u8], code_hash: &[u8]) -> Result<bool, DbError> {
    let spent = sql!(
        tx,
        execute,
        "UPDATE sms_code SET code_hash = NULL, failures = 0 WHERE staff = $1 AND device = $2 AND code_hash = $3",
        staff,
        device,
        code_hash
    )
    .await?;
    Ok(spent == 1)
}

/// Keeps how many were wrong.
pub async fn save_failures(
    tx: &mut Tx,
    staff: StaffId,
    device: &[u8],
    failures: SmsFailures,
    now: Timestamp,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO sms_code (staff, device, expires_at, failures, failures_since) VALUES ($1, $2, $5, $3, $4)
         ON CONFLICT (staff, device) DO UPDATE SET failures = $3, failures_since = $4",
        staff,
        device,
        failures.count,
        failures.since,
        now
    )
    .await
    .map(drop)
}

/// How many codes somebody was sent.
pub async fn sendings(tx: &mut Tx, staff: StaffId) -> Result<Option<SmsSendings>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64, Timestamp, Timestamp),
        "SELECT sent, since, next_at FROM sms_sending WHERE staff = $1",
        staff
    )
    .await?;
    Ok(row.map(|(sent, since, next_at)| SmsSendings { sent, since, next_at }))
}

pub async fn save_sendings(tx: &mut Tx, staff: StaffId, sendings: SmsSendings) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO sms_sending (staff, sent, since, next_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (staff) DO UPDATE SET sent = $2, since = $3, next_at = $4",
        staff,
        sendings.sent,
        sendings.since,
        sendings.next_at
    )
    .await
    .map(drop)
}

/// Forgets codes and counts of before.
pub async fn forget(tx: &mut Tx, until: Timestamp) -> Result<u64, DbError> {
    let codes = sql!(
        tx,
        execute,
        "DELETE FROM sms_code WHERE expires_at <= $1 AND failures_since <= $1",
        until
    )
    .await?;
    let sendings = sql!(tx, execute, "DELETE FROM sms_sending WHERE since <= $1", until).await?;
    Ok(codes + sendings)
}
