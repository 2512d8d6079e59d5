use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{StaffId, Timestamp};

record! {
    /// How it stood on a day, counted from 1970-01-01.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct DayRow {
        pub day: i64,
        pub passwords: i64,
        pub checked: i64,
        pub breached: i64,
    }
}

record! {
    /// Somebody whose password a corpus has not seen.
    #[derive(Debug, Clone)]
    pub struct UnseenRow {
        pub id: StaffId,
        pub login: String,
        pub name: String,
        pub last_sign_in_at: Option<Timestamp>,
        pub password_checked_at: Option<Timestamp>,
        pub password_asked_at: Option<Timestamp>,
        pub mail_proved_at: Option<Timestamp>,
    }
}

/// The password is not in this corpus, or not often enough to be refused.
pub async fn checked(tx: &mut Tx, staff: StaffId, corpus: &[u8], now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE staff SET password_checked_with = $1, password_checked_at = $2 WHERE id = $3",
        corpus,
        now,
        staff
    )
    .await
    .map(drop)
}

/// The password is in this corpus; false when that was known.
pub async fn breached(tx: &mut Tx, staff: StaffId, corpus: &[u8], now: Timestamp) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE staff SET password_checked_with = $1, password_checked_at = $2, password_breached_at = $2
         WHERE id = $3 AND password_breached_at IS NULL",
        corpus,
        now,
        staff
    )
    .await?;
    Ok(changed == 1)
}

/// How many can sign in with a password, whose passwords of them this corpus has seen, and how many are in a breach.
pub async fn counts(tx: &mut Tx, corpus: &[u8]) -> Result<(i64, i64, i64), DbError> {
    sql!(
        tx,
        fetch_one as (i64, i64, i64),
        "SELECT COUNT(*), COUNT(CASE WHEN password_checked_with = $1 THEN 1 END),
                COUNT(CASE WHEN password_breached_at IS NOT NULL THEN 1 END)
         FROM staff WHERE state = 'active' AND password_hash IS NOT NULL",
        corpus
    )
    .await
}

/// How many passwords this corpus has not seen, and of how many of their owners there is a mail address.
pub async fn count_unseen(tx: &mut Tx, corpus: &[u8]) -> Result<(i64, i64), DbError> {
    sql!(
        tx,
        fetch_one as (i64, i64),
        "SELECT COUNT(*), COUNT(m.proved_at) FROM staff s LEFT JOIN mail_address m ON m.staff = s.id
         WHERE s.state = 'active' AND s.password_hash IS NOT NULL AND s.password_breached_at IS NULL
           AND (s.password_checked_with IS NULL OR s.password_checked_with <> $1)",
        corpus
    )
    .await
}

/// Whose passwords this corpus has not seen; whoever signed in longest ago first.
pub async fn unseen(tx: &mut Tx, corpus: &[u8], limit: i64) -> Result<Vec<UnseenRow>, DbError> {
    sql!(
        tx,
        fetch_all as UnseenRow,
        "SELECT s.id, s.login, s.name, s.last_sign_in_at, s.password_checked_at, s.password_asked_at, m.proved_at AS mail_proved_at
         FROM staff s LEFT JOIN mail_address m ON m.staff = s.id
         WHERE s.state = 'active' AND s.password_hash IS NOT NULL AND s.password_breached_at IS NULL
           AND (s.password_checked_with IS NULL OR s.password_checked_with <> $1)
         ORDER BY COALESCE(s.last_sign_in_at, 0), s.id LIMIT $2",
        corpus,
        limit
    )
    .await
}

/// Asks those whose passwords this corpus has not seen, who have a mail address, and who were not asked since
/// `not_since`, and about this corpus at most once if `once`. Who is asked now.
pub async fn ask(
    tx: &mut Tx,
    corpus: &[u8],
    now: Timestamp,
    not_since: Timestamp,
    once: bool,
) -> Result<Vec<StaffId>, DbError> {
    let asked = sql!(
        tx,
        fetch_all as (StaffId,),
        "UPDATE staff SET password_asked_with = $1, password_asked_at = $2
         WHERE id IN (
           SELECT s.id FROM staff s JOIN mail_address m ON m.staff = s.id
           WHERE s.state = 'active' AND s.password_hash IS NOT NULL AND s.password_breached_at IS NULL
             AND m.proved_at IS NOT NULL
             AND (s.password_checked_with IS NULL OR s.password_checked_with <> $1)
             AND (s.password_asked_at IS NULL OR s.password_asked_at <= $3)
             AND ($4 = 0 OR s.password_asked_with IS NULL OR s.password_asked_with <> $1)
           ORDER BY s.id LIMIT 500)
         RETURNING id",
        corpus,
        now,
        not_since,
        i64::from(once)
    )
    .await?;
    Ok(asked.into_iter().map(|(id,)| id).collect())
}

/// Notes that a corpus is in use; since when.
pub async fn used(
    tx: &mut Tx,
    digest: &[u8],
    entries: i64,
    made_at: i64,
    now: Timestamp,
) -> Result<Timestamp, DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO breach_corpus (digest, entries, made_at, first_used_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (digest) DO NOTHING",
        digest,
        entries,
        made_at,
        now
    )
    .await?;
    first_used(tx, digest).await.map(|at| at.unwrap_or(now))
}

/// Since when a corpus is in use.
pub async fn first_used(tx: &mut Tx, digest: &[u8]) -> Result<Option<Timestamp>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (Timestamp,),
        "SELECT first_used_at FROM breach_corpus WHERE digest = $1",
        digest
    )
    .await?;
    Ok(row.map(|(at,)| at))
}

/// Writes down how it stands today.
pub async fn set_day(tx: &mut Tx, row: DayRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO breach_day (day, passwords, checked, breached) VALUES ($1, $2, $3, $4)
         ON CONFLICT (day) DO UPDATE SET passwords = $2, checked = $3, breached = $4",
        row.day,
        row.passwords,
        row.checked,
        row.breached
    )
    .await
    .map(drop)
}

/// How it stood on the latest days, the oldest first.
pub async fn days(tx: &mut Tx, since: i64) -> Result<Vec<DayRow>, DbError> {
    sql!(
        tx,
        fetch_all as DayRow,
        "SELECT day, passwords, checked, breached FROM breach_day WHERE day >= $1 ORDER BY day",
        since
    )
    .await
}
