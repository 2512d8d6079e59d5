use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{StaffId, Timestamp};

use crate::model::SessionLimits;

record! {
    /// How long the sessions of a role last.
    #[derive(Debug, Clone)]
    pub struct SessionPolicyRow {
        pub role: String,
        pub version: i64,
        pub idle_minutes: i64,
        pub longest_minutes: i64,
        pub remember_days: i64,
    }
}

record! {
    /// Why limits go against NIST.
    #[derive(Debug, Clone)]
    pub struct SessionDeviationRow {
        pub role: String,
        pub version: i64,
        pub deviations: String,
        pub reason: String,
        pub decided_by: Option<StaffId>,
        pub decided_at: Timestamp,
    }
}

impl SessionPolicyRow {
    pub const fn limits(&self) -> SessionLimits {
        SessionLimits {
            idle_minutes: self.idle_minutes,
            longest_minutes: self.longest_minutes,
            remember_days: self.remember_days,
        }
    }
}

/// What was decided; roles without a row have the default.
pub async fn all(tx: &mut Tx) -> Result<Vec<SessionPolicyRow>, DbError> {
    sql!(
        tx,
        fetch_all as SessionPolicyRow,
        "SELECT role, version, idle_minutes, longest_minutes, remember_days FROM session_policy ORDER BY role"
    )
    .await
}

/// Writes limits over the version that was read; false when somebody was faster.
pub async fn put(tx: &mut Tx, read: i64, row: &SessionPolicyRow) -> Result<bool, DbError> {
    let written = if read == 0 {
        sql!(
            tx,
            execute,
            "INSERT INTO session_policy (role, version, idle_minutes, longest_minutes, remember_days) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (role) DO NOTHING",
            row.role.as_str(),
            row.version,
            row.idle_minutes,
            row.longest_minutes,
            row.remember_days
        )
        .await?
    } else {
        sql!(
            tx,
            execute,
            "UPDATE session_policy SET version = $1, idle_minutes = $2, longest_minutes = $3, remember_days = $4 WHERE role = $5 AND version = $6",
            row.version,
            row.idle_minutes,
            row.longest_minutes,
            row.remember_days,
            row.role.as_str(),
            read
        )
        .await?
    };
    Ok(written == 1)
}

/// Keeps who decided to go against NIST, when and why.
pub async fn record(tx: &mut Tx, row: &SessionDeviationRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO session_deviation (role, version, deviations, reason, decided_by, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        row.role.as_str(),
        row.version,
        row.deviations.as_str(),
        row.reason.as_str(),
        row.decided_by,
        row.decided_at
    )
    .await
    .map(drop)
}

/// All such decisions, the newest of each role first.
pub async fn deviations(tx: &mut Tx) -> Result<Vec<SessionDeviationRow>, DbError> {
    sql!(
        tx,
        fetch_all as SessionDeviationRow,
        "SELECT role, version, deviations, reason, decided_by, decided_at FROM session_deviation
         ORDER BY role, version DESC"
    )
    .await
}
