use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{FactorWaveId, StaffId, Timestamp};

record! {
    /// Somebody who can sign in, as the board of coverage counts them.
    #[derive(Debug, Clone)]
    pub struct PersonRow {
        pub id: StaffId,
        pub login: String,
        pub name: String,
        pub last_sign_in_at: Option<Timestamp>,
        pub password_breached_at: Option<Timestamp>,
    }
}

/// Of whom a day is.
#[derive(Debug, Clone, Copy)]
pub enum CoverageOf<'a> {
    /// Who holds this role; `''` is everybody.
    Role(&'a str),
    /// Who belongs to this wave.
    Wave(FactorWaveId),
}

record! {
    /// How far people were on a day, counted from 1970-01-01.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CoverageDayRow {
        pub day: i64,
        pub people: i64,
        pub enrolled: i64,
        pub phishing_resistant: i64,
        pub satisfied: i64,
    }
}

/// Everybody who can sign in, in order of the login.
pub async fn people(tx: &mut Tx) -> Result<Vec<PersonRow>, DbError> {
    sql!(
        tx,
        fetch_all as PersonRow,
        "SELECT id, login, name, last_sign_in_at, password_breached_at FROM staff WHERE state = 'active' ORDER BY login"
    )
    .await
}

/// Writes down how it stands today.
pub async fn set_day(tx: &mut Tx, of: CoverageOf<'_>, row: &CoverageDayRow) -> Result<(), DbError> {
    match of {
        CoverageOf::Role(role) => {
            sql!(
                tx,
                execute,
                "INSERT INTO factor_coverage_day (role, day, people, enrolled, phishing_resistant, satisfied)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (role, day) DO UPDATE SET people = $3, enrolled = $4, phishing_resistant = $5, satisfied = $6",
                role,
                row.day,
                row.people,
                row.enrolled,
                row.phishing_resistant,
                row.satisfied
            )
            .await
        }
        CoverageOf::Wave(wave) => {
            sql!(
                tx,
                execute,
                "INSERT INTO factor_wave_day (wave, day, people, enrolled, phishing_resistant, satisfied)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (wave, day) DO UPDATE SET people = $3, enrolled = $4, phishing_resistant = $5, satisfied = $6",
                wave,
                row.day,
                row.people,
                row.enrolled,
                row.phishing_resistant,
                row.satisfied
            )
            .await
        }
    }
    .map(drop)
}

/// How it stood on the days since then, the oldest first.
pub async fn days(tx: &mut Tx, of: CoverageOf<'_>, since: i64) -> Result<Vec<CoverageDayRow>, DbError> {
    match of {
        CoverageOf::Role(role) => {
            sql!(
                tx,
                fetch_all as CoverageDayRow,
                "SELECT day, people, enrolled, phishing_resistant, satisfied FROM factor_coverage_day
                 WHERE role = $1 AND day >= $2 ORDER BY day",
                role,
                since
            )
            .await
        }
        CoverageOf::Wave(wave) => {
            sql!(
                tx,
                fetch_all as CoverageDayRow,
                "SELECT day, people, enrolled, phishing_resistant, satisfied FROM factor_wave_day
                 WHERE wave = $1 AND day >= $2 ORDER BY day",
                wave,
                since
            )
            .await
        }
    }
}
