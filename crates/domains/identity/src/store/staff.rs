use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{StaffId, Timestamp};

use crate::model::StaffState;

record! {
    /// A staff member.
    #[derive(Debug, Clone)]
    pub struct StaffRow {
        pub id: StaffId,
        pub login: String,
        pub name: String,
        pub state: StaffState,
        pub password_hash: Option<Vec<u8>>,
        pub last_sign_in_at: Option<Timestamp>,
        pub password_disabled_at: Option<Timestamp>,
        pub password_set_at: Option<Timestamp>,
        pub password_set_under: Option<String>,
        pub password_checked_with: Option<Vec<u8>>,
        pub password_breached_at: Option<Timestamp>,
        /// When its owner said that somebody else signed in with it.
        pub password_disowned_at: Option<Timestamp>,
    }
}

pub async fn insert(tx: &mut Tx, id: StaffId, login: &str, name: &str, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO staff (id, login, name, state, created_at) VALUES ($1, $2, $3, 'invited', $4)",
        id,
        login,
        name,
        now
    )
    .await
    .map(drop)
}

pub async fn by_id(tx: &mut Tx, id: StaffId) -> Result<Option<StaffRow>, DbError> {
    sql!(
        tx,
        fetch_optional as StaffRow,
        "SELECT id, login, name, state, password_hash, last_sign_in_at, password_disabled_at, password_set_at, password_set_under, password_checked_with, password_breached_at, password_disowned_at FROM staff WHERE id = $1",
        id
    )
    .await
}

pub async fn by_login(tx: &mut Tx, login: &str) -> Result<Option<StaffRow>, DbError> {
    sql!(
        tx,
        fetch_optional as StaffRow,
        "SELECT id, login, name, state, password_hash, last_sign_in_at, password_disabled_at, password_set_at, password_set_under, password_checked_with, password_breached_at, password_disowned_at FROM staff WHERE login = $1",
        login
    )
    .await
}

/// Everybody who came after the given one, the oldest first.
pub async fn after(tx: &mut Tx, id: StaffId, limit: i64) -> Result<Vec<StaffRow>, DbError> {
    sql!(
        tx,
        fetch_all as StaffRow,
        "SELECT id, login, name, state, password_hash, last_sign_in_at, password_disabled_at, password_set_at, password_set_under, password_checked_with, password_breached_at, password_disowned_at FROM staff WHERE id > $1 ORDER BY id LIMIT $2",
        id,
        limit
    )
    .await
}

/// Everybody who can sign in, in order of the login.
pub async fn active(tx: &mut Tx) -> Result<Vec<StaffRow>, DbError> {
    sql!(
        tx,
        fetch_all as StaffRow,
        "SELECT id, login, name, state, password_hash, last_sign_in_at, password_disabled_at, password_set_at, password_set_under, password_checked_with, password_breached_at, password_disowned_at FROM staff WHERE state = 'active' ORDER BY login"
    )
    .await
}

/// Everybody who has access or may get it: all but those who were disabled.
pub async fn not_disabled(tx: &mut Tx) -> Result<Vec<StaffId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (StaffId,),
        "SELECT id FROM staff WHERE state <> 'disabled' ORDER BY login"
    )
    .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

impl StaffRow {
    /// Whether the password is still the one it was then. The hash may be another: it is made anew when hashes cost more.
    pub fn has_the_password_of(&self, then: &Self) -> bool {
        self.password_hash.is_some() && self.password_set_at == then.password_set_at
    }
}

/// Waits for others that change this person in their transactions, then keeps them out until the end of this one.
pub async fn hold(tx: &mut Tx, id: StaffId) -> Result<Option<StaffRow>, DbError> {
    sql!(tx, execute, "UPDATE staff SET state = state WHERE id = $1", id).await?;
    by_id(tx, id).await
}

/// Sets the password; what was counted against the old one is over.
/// `checked_with`: the corpus of breached passwords that does not have it.
pub async fn set_password(
    tx: &mut Tx,
    id: StaffId,
    sealed: &[u8],
    now: Timestamp,
    under: &str,
    checked_with: Option<&[u8]>,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE staff SET password_hash = $1, password_set_at = $2, password_set_under = $3, password_failures = 0,
           password_disabled_at = NULL, password_checked_with = $5, password_checked_at = $6,
           password_breached_at = NULL, password_disowned_at = NULL, password_asked_with = NULL, password_asked_at = NULL WHERE id = $4",
        sealed,
        now,
        under,
        id,
        checked_with,
        checked_with.map(|_| now)
    )
    .await
    .map(drop)
}

/// Another hash of the same password.
pub async fn set_hash(tx: &mut Tx, id: StaffId, sealed: &[u8]) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE staff SET password_hash = $1 WHERE id = $2",
        sealed,
        id
    )
    .await
    .map(drop)
}

/// Changes the name to sign in with and the shown name.
pub async fn rename(tx: &mut Tx, id: StaffId, login: &str, name: &str) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE staff SET login = $1, name = $2 WHERE id = $3",
        login,
        name,
        id
    )
    .await
    .map(drop)
}

/// Changes the state; false when it already was that.
pub async fn set_state(tx: &mut Tx, id: StaffId, state: StaffState) -> Result<bool, DbError> {
    Ok(sql!(
        tx,
        execute,
        "UPDATE staff SET state = $1 WHERE id = $2 AND state <> $1",
        state,
        id
    )
    .await?
        == 1)
}

pub async fn signed_in(tx: &mut Tx, id: StaffId, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE staff SET last_sign_in_at = $1 WHERE id = $2",
        now,
        id
    )
    .await
    .map(drop)
}

/// Counts a wrong password; how many there are in a row. Nothing for nobody.
pub async fn count_password_failure(tx: &mut Tx, id: StaffId) -> Result<Option<i64>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "UPDATE staff SET password_failures = password_failures + 1
         WHERE id = $1 AND password_hash IS NOT NULL AND password_disabled_at IS NULL RETURNING password_failures",
        id
    )
    .await?;
    Ok(row.map(|(failures,)| failures))
}

pub async fn clear_password_failures(tx: &mut Tx, id: StaffId) -> Result<(), DbError> {
    sql!(tx, execute, "UPDATE staff SET password_failures = 0 WHERE id = $1", id)
        .await
        .map(drop)
}

pub async fn disable_password(tx: &mut Tx, id: StaffId, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE staff SET password_disabled_at = $1 WHERE id = $2",
        now,
        id
    )
    .await
    .map(drop)
}

/// Its owner says that somebody else knows it: it works in known browsers only, and must be changed there.
pub async fn disown_password(tx: &mut Tx, id: StaffId, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE staff SET password_disowned_at = $1, password_disabled_at = COALESCE(password_disabled_at, $1)
         WHERE id = $2 AND password_hash IS NOT NULL",
        now,
        id
    )
    .await
    .map(drop)
}

/// How many wrong passwords strangers gave in a row.
pub async fn password_failures(tx: &mut Tx, id: StaffId) -> Result<i64, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "SELECT password_failures FROM staff WHERE id = $1",
        id
    )
    .await?;
    Ok(row.map_or(0, |(failures,)| failures))
}

pub async fn forget_password(tx: &mut Tx, id: StaffId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE staff SET password_hash = NULL, password_set_at = NULL, password_set_under = NULL, password_failures = 0,
           password_disabled_at = NULL, password_checked_with = NULL, password_checked_at = NULL, password_breached_at = NULL,
           password_disowned_at = NULL, password_asked_with = NULL, password_asked_at = NULL WHERE id = $1",
        id
    )
    .await
    .map(drop)
}
