use std::collections::BTreeSet;

use wd_db::{Bound, Column, DbError, Place, Row, Tx, record, sql};
use wd_kernel::{SessionId, StaffId, Timestamp};

use crate::model::{Aaguid, FactorPolicy, FactorStrength, Makes};

record! {
    /// The policy of a role.
    #[derive(Debug, Clone)]
    pub struct FactorPolicyRow {
        pub role: String,
        pub version: i64,
        pub sign_in: FactorStrength,
        pub step_up: FactorStrength,
        pub due_at: Timestamp,
        pub makes: Option<ListedMakes>,
    }
}

/// A list of makes in a column: AAGUIDs with spaces between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMakes(pub BTreeSet<Aaguid>);

impl Column for ListedMakes {
    fn bind(&self) -> Bound {
        let listed: Vec<String> = self.0.iter().map(Aaguid::to_string).collect();
        Bound::Text(Some(listed.join(" ")))
    }

    fn null() -> Bound {
        Bound::Text(None)
    }

    fn read(row: &Row, at: Place<'_>) -> Result<Option<Self>, DbError> {
        let Some(text) = <String as Column>::read(row, at)? else {
            return Ok(None);
        };
        let listed: Result<_, _> = text.split_ascii_whitespace().map(str::parse).collect();
        let listed = listed.map_err(|_| DbError::Column {
            column: "makes".to_owned(),
        })?;
        Ok(Some(Self(listed)))
    }
}

impl FactorPolicyRow {
    pub fn policy(&self) -> FactorPolicy {
        FactorPolicy {
            sign_in: self.sign_in,
            step_up: self.step_up,
            makes: self
                .makes
                .as_ref()
                .map_or(Makes::Every, |listed| Makes::Only(listed.0.clone())),
            // Their provider may vouch for it, where any is enough.
            own: false,
            due_at: self.due_at,
        }
    }
}

/// What was decided; roles without a row ask for any factor.
pub async fn all(tx: &mut Tx) -> Result<Vec<FactorPolicyRow>, DbError> {
    sql!(
        tx,
        fetch_all as FactorPolicyRow,
        "SELECT role, version, sign_in, step_up, due_at, makes FROM factor_policy ORDER BY role"
    )
    .await
}

/// Writes a policy over the version that was read; false when somebody was faster.
pub async fn put(tx: &mut Tx, read: i64, row: &FactorPolicyRow) -> Result<bool, DbError> {
    let written = if read == 0 {
        sql!(
            tx,
            execute,
            "INSERT INTO factor_policy (role, version, sign_in, step_up, due_at, makes) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (role) DO NOTHING",
            row.role.as_str(),
            row.version,
            row.sign_in,
            row.step_up,
            row.due_at,
            row.makes.clone()
        )
        .await?
    } else {
        sql!(
            tx,
            execute,
            "UPDATE factor_policy SET version = $1, sign_in = $2, step_up = $3, due_at = $4, makes = $5 WHERE role = $6 AND version = $7",
            row.version,
            row.sign_in,
            row.step_up,
            row.due_at,
            row.makes.clone(),
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

/// With what the sessions of a person began that can do something: which one, what it withstood, its attested make.
pub async fn begun(tx: &mut Tx, staff: StaffId) -> Result<Vec<(SessionId, FactorStrength, Option<Aaguid>)>, DbError> {
    sql!(
        tx,
        fetch_all as (SessionId, FactorStrength, Option<Aaguid>),
        "SELECT id, shown, shown_make FROM session WHERE staff = $1 AND kind IN ('full', 'change-password') ORDER BY id",
        staff
    )
    .await
}

/// From then on dangerous acts of a person need a factor that was shown after it.
pub async fn stale_by(tx: &mut Tx, staff: StaffId, until: Timestamp) -> Result<(), DbError> {
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
