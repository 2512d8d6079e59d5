use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{StaffId, Timestamp};

record! {
    /// What the directory says of a person.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PersonRow {
        /// Who.
        pub staff: StaffId,
        /// The name to sign in with, as the directory wrote it.
        pub user_name: String,
        /// The directory's own id.
        pub external_id: Option<String>,
        /// Since when the directory answers for them; nothing when it gave them up.
        pub linked_at: Option<Timestamp>,
        /// The latest change.
        pub changed_at: Timestamp,
        /// When the directory disabled them, if it was the last to do so.
        pub switched_off_at: Option<Timestamp>,
    }
}

/// Names that differ only in the case are the same.
pub fn key(user_name: &str) -> String {
    user_name.trim().to_lowercase()
}

/// Links a person anew, or again.
pub async fn put(tx: &mut Tx, row: &PersonRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO directory_person (staff, user_name, user_key, external_id, linked_at, changed_at, switched_off_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (staff) DO UPDATE SET user_name = $2, user_key = $3, external_id = $4, linked_at = $5, changed_at = $6, switched_off_at = $7",
        row.staff,
        row.user_name,
        key(&row.user_name),
        row.external_id,
        row.linked_at,
        row.changed_at,
        row.switched_off_at
    )
    .await
    .map(drop)
}

/// A person, also one whom the directory gave up. Keeps others out until the transaction ends.
pub async fn hold(tx: &mut Tx, staff: StaffId) -> Result<Option<PersonRow>, DbError> {
    sql!(
        tx,
        execute,
        "UPDATE directory_person SET changed_at = changed_at WHERE staff = $1",
        staff
    )
    .await?;
    find(tx, staff).await
}

pub async fn find(tx: &mut Tx, staff: StaffId) -> Result<Option<PersonRow>, DbError> {
    sql!(
        tx,
        fetch_optional as PersonRow,
        "SELECT staff, user_name, external_id, linked_at, changed_at, switched_off_at FROM directory_person WHERE staff = $1",
        staff
    )
    .await
}

pub async fn by_user_name(tx: &mut Tx, user_name: &str) -> Result<Option<PersonRow>, DbError> {
    sql!(
        tx,
        fetch_optional as PersonRow,
        "SELECT staff, user_name, external_id, linked_at, changed_at, switched_off_at FROM directory_person WHERE user_key = $1 AND linked_at IS NOT NULL",
        key(user_name)
    )
    .await
}

pub async fn by_external_id(tx: &mut Tx, external_id: &str) -> Result<Option<PersonRow>, DbError> {
    sql!(
        tx,
        fetch_optional as PersonRow,
        "SELECT staff, user_name, external_id, linked_at, changed_at, switched_off_at FROM directory_person WHERE external_id = $1 AND linked_at IS NOT NULL",
        external_id
    )
    .await
}

/// A page of those whom the directory answers for, the oldest account first.
pub async fn page(tx: &mut Tx, skip: i64, most: i64) -> Result<Vec<PersonRow>, DbError> {
    sql!(
        tx,
        fetch_all as PersonRow,
        "SELECT staff, user_name, external_id, linked_at, changed_at, switched_off_at FROM directory_person WHERE linked_at IS NOT NULL ORDER BY staff LIMIT $1 OFFSET $2",
        most,
        skip
    )
    .await
}

pub async fn count(tx: &mut Tx) -> Result<i64, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM directory_person WHERE linked_at IS NOT NULL"
    )
    .await?;
    Ok(count)
}

/// Notes who was the last to disable somebody: the directory at this time, or, with nothing, people.
pub async fn switched_off(tx: &mut Tx, staff: StaffId, at: Option<Timestamp>) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE directory_person SET switched_off_at = $1 WHERE staff = $2",
        at,
        staff
    )
    .await
    .map(drop)
}

/// Notes that security is told that somebody stays; false when that was done since a time.
pub async fn leaver_told(tx: &mut Tx, staff: StaffId, now: Timestamp, since: Timestamp) -> Result<bool, DbError> {
    let told = sql!(
        tx,
        execute,
        "INSERT INTO directory_leaver (staff, told_at) VALUES ($1, $2)
         ON CONFLICT (staff) DO UPDATE SET told_at = $2 WHERE directory_leaver.told_at <= $3",
        staff,
        now,
        since
    )
    .await?;
    Ok(told == 1)
}

/// Somebody who was disabled stays no more.
pub async fn forget_leaver(tx: &mut Tx, staff: StaffId) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM directory_leaver WHERE staff = $1", staff)
        .await
        .map(drop)
}

/// What groups gave somebody: kind and name or id.
pub async fn given(tx: &mut Tx, staff: StaffId) -> Result<Vec<(String, String)>, DbError> {
    sql!(
        tx,
        fetch_all as (String, String),
        "SELECT kind, what FROM directory_given WHERE staff = $1 ORDER BY kind, what",
        staff
    )
    .await
}

pub async fn give(tx: &mut Tx, staff: StaffId, kind: &str, what: &str) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO directory_given (staff, kind, what) VALUES ($1, $2, $3) ON CONFLICT (staff, kind, what) DO NOTHING",
        staff,
        kind,
        what
    )
    .await
    .map(drop)
}

pub async fn forget_given(tx: &mut Tx, staff: StaffId) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM directory_given WHERE staff = $1", staff)
        .await
        .map(drop)
}

/// Everybody who is in a group, or to whom groups gave something.
pub async fn concerned(tx: &mut Tx) -> Result<Vec<StaffId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (StaffId,),
        "SELECT staff FROM directory_member UNION SELECT staff FROM directory_given ORDER BY staff"
    )
    .await?;
    Ok(rows.into_iter().map(|(staff,)| staff).collect())
}
