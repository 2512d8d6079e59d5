use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{StaffId, Timestamp};

record! {
    /// The policy of a role, as JSON.
    #[derive(Debug, Clone)]
    pub struct PolicyRow {
        pub role: String,
        pub version: i64,
        pub policy: String,
    }
}

record! {
    /// Why a policy goes against NIST.
    #[derive(Debug, Clone)]
    pub struct DeviationRow {
        pub role: String,
        pub version: i64,
        pub deviations: String,
        pub reason: String,
        pub decided_by: Option<StaffId>,
        pub decided_at: Timestamp,
    }
}

/// The policies that were ever set.
pub async fn all(tx: &mut Tx) -> Result<Vec<PolicyRow>, DbError> {
    sql!(
        tx,
        fetch_all as PolicyRow,
        "SELECT role, version, policy FROM password_policy ORDER BY role"
    )
    .await
}

/// Sets a policy that has this version so far, 0 for none; false when it has another one.
pub async fn set(tx: &mut Tx, role: &str, version: i64, policy: &str) -> Result<bool, DbError> {
    if version == 0 {
        let set = sql!(
            tx,
            execute,
            "INSERT INTO password_policy (role, version, policy) VALUES ($1, 1, $2) ON CONFLICT (role) DO NOTHING",
            role,
            policy
        )
        .await?;
        return Ok(set == 1);
    }
    let set = sql!(
        tx,
        execute,
        "UPDATE password_policy SET version = version + 1, policy = $1 WHERE role = $2 AND version = $3",
        policy,
        role,
        version
    )
    .await?;
    Ok(set == 1)
}

/// Keeps who decided to go against NIST, when and why.
pub async fn record(tx: &mut Tx, row: &DeviationRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO password_deviation (role, version, deviations, reason, decided_by, decided_at)
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
pub async fn deviations(tx: &mut Tx) -> Result<Vec<DeviationRow>, DbError> {
    sql!(
        tx,
        fetch_all as DeviationRow,
        "SELECT role, version, deviations, reason, decided_by, decided_at FROM password_deviation
         ORDER BY role, version DESC"
    )
    .await
}
