use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{SessionId, StaffId, Timestamp};

use crate::model::{FactorPolicy, FactorStrength};

record! {
    /// The policy of a role.
    #[derive(Debug, Clone)]
    pub struct FactorPolicyRow {
        pub role: String,
        pub version: i64,
        pub sign_in: FactorStrength,
        pub step_up: FactorStrength,
        pub due_at: Timestamp,
    }
}

impl FactorPolicyRow {
    pub const fn policy(&self) -> FactorPolicy {
        FactorPolicy {
            sign_in: self.sign_in,
            step_up: self.step_up,
            due_at: self.due_at,
        }
    }
}

/// What was decided; roles without a row ask for any factor.
pub async fn all(tx: &mut Tx) -> Result<Vec<FactorPolicyRow>, DbError> {
    sql!(
        tx,
        fetch_all as FactorPolicyRow,
        "SELECT role, version, sign_in, step_up, due_at FROM factor_policy ORDER BY role"
    )
    .await
}

/// Writes a policy over the version that was read; false when somebody was faster.
pub async fn put(tx: &mut Tx, read: i64, row: &FactorPolicyRow) -> Result<bool, DbError> {
    let written = if read == 0 {
        sql!(
            tx,
            execute,
            "INSERT INTO factor_policy (role, version, sign_in, step_up, due_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (role) DO NOTHING",
            row.role.as_str(),
            row.version,
            row.sign_in,
            row.step_up,
            row.due_at
        )
        .await?
    } else {
        sql!(
            tx,
            execute,
            "UPDATE factor_policy SET version = $1, sign_in = $2, step_up = $3, due_at = $4 WHERE role = $5 AND version = $6",
            row.version,
            row.sign_in,
            row.step_up,
            row.due_at,
            row.role.as_str(),
            read
        )
        .await?
    };
    Ok(written == 1)
}

/// Marks a session in which somebody who is set up adds the factor that their roles ask for.
pub async fn mark_due(tx: &mut Tx, session: SessionId) -> Result<(), DbError> {
    sql!(tx, execute, "INSERT INTO due_enrolment (session) VALUES ($1)", session)
        .await
        .map(drop)
}

pub async fn is_due(tx: &mut Tx, session: SessionId) -> Result<bool, DbError> {
    let (marks,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM due_enrolment WHERE session = $1",
        session
    )
    .await?;
    Ok(marks == 1)
}

/// Forgets the marks of sessions that are gone.
pub async fn forget_marks(tx: &mut Tx) -> Result<u64, DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM due_enrolment WHERE NOT EXISTS (SELECT 1 FROM session WHERE session.id = due_enrolment.session)"
    )
    .await
}

/// Lets one session end no later than this.
pub async fn end_by(tx: &mut Tx, session: SessionId, until: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE session SET expires_at = $1 WHERE id = $2 AND expires_at > $1",
        until,
        session
    )
    .await
    .map(drop)
}

/// Lets all sessions of a person end no later than this that began with a weak factor. In those that began with a strong one,
/// dangerous acts need a factor that was shown after it.
pub async fn end_all_by(tx: &mut Tx, staff: StaffId, until: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE session SET expires_at = $1
         WHERE staff = $2 AND kind IN ('full', 'change-password') AND shown = 'any' AND expires_at > $1",
        until,
        staff
    )
    .await?;
    sql!(
        tx,
        execute,
        "UPDATE session SET stepped_up_until = $1 WHERE staff = $2 AND kind = 'full' AND stepped_up_until > $1",
        until,
        staff
    )
    .await
    .map(drop)
}

/// Until when the factor counts as fresh that this session began with.
pub async fn fresh_until(tx: &mut Tx, session: SessionId, until: Option<Timestamp>) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE session SET stepped_up_until = $1 WHERE id = $2",
        until,
        session
    )
    .await
    .map(drop)
}
