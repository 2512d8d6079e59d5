use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{DirectoryGroupId, StaffId, Timestamp};

record! {
    /// A group of the directory.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct GroupRow {
        /// Which one.
        pub id: DirectoryGroupId,
        /// Its name.
        pub display_name: String,
        /// The directory's own id.
        pub external_id: Option<String>,
        /// Since when it is here.
        pub created_at: Timestamp,
        /// The latest change.
        pub changed_at: Timestamp,
    }
}

pub async fn put(tx: &mut Tx, row: &GroupRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO directory_group (id, display_name, external_id, created_at, changed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET display_name = $2, external_id = $3, changed_at = $5",
        row.id,
        row.display_name,
        row.external_id,
        row.created_at,
        row.changed_at
    )
    .await
    .map(drop)
}

/// A group; keeps others out until the transaction ends.
pub async fn hold(tx: &mut Tx, id: DirectoryGroupId) -> Result<Option<GroupRow>, DbError> {
    sql!(
        tx,
        execute,
        "UPDATE directory_group SET changed_at = changed_at WHERE id = $1",
        id
    )
    .await?;
    find(tx, id).await
}

pub async fn find(tx: &mut Tx, id: DirectoryGroupId) -> Result<Option<GroupRow>, DbError> {
    sql!(
        tx,
        fetch_optional as GroupRow,
        "SELECT id, display_name, external_id, created_at, changed_at FROM directory_group WHERE id = $1",
        id
    )
    .await
}

pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<GroupRow>, DbError> {
    sql!(
        tx,
        fetch_optional as GroupRow,
        "SELECT id, display_name, external_id, created_at, changed_at FROM directory_group WHERE display_name = $1",
        name
    )
    .await
}

pub async fn page(tx: &mut Tx, skip: i64, most: i64) -> Result<Vec<GroupRow>, DbError> {
    sql!(
        tx,
        fetch_all as GroupRow,
        "SELECT id, display_name, external_id, created_at, changed_at FROM directory_group ORDER BY id LIMIT $1 OFFSET $2",
        most,
        skip
    )
    .await
}

pub async fn by_external_id(tx: &mut Tx, external_id: &str) -> Result<Vec<GroupRow>, DbError> {
    sql!(
        tx,
        fetch_all as GroupRow,
        "SELECT id, display_name, external_id, created_at, changed_at FROM directory_group WHERE external_id = $1 ORDER BY id",
        external_id
    )
    .await
}

pub async fn of_member(tx: &mut Tx, staff: StaffId) -> Result<Vec<GroupRow>, DbError> {
    sql!(
        tx,
        fetch_all as GroupRow,
        "SELECT id, display_name, external_id, created_at, changed_at FROM directory_group
         WHERE id IN (SELECT grp FROM directory_member WHERE staff = $1) ORDER BY id",
        staff
    )
    .await
}

pub async fn count(tx: &mut Tx) -> Result<i64, DbError> {
    let (count,) = sql!(tx, fetch_one as (i64,), "SELECT COUNT(*) FROM directory_group").await?;
    Ok(count)
}

/// Names of groups, and how many are in each.
pub async fn sizes(tx: &mut Tx) -> Result<Vec<(String, i64)>, DbError> {
    sql!(
        tx,
        fetch_all as (String, i64),
        "SELECT g.display_name, COUNT(m.staff) FROM directory_group g LEFT JOIN directory_member m ON m.grp = g.id GROUP BY g.id, g.display_name ORDER BY g.display_name LIMIT 500"
    )
    .await
}

pub async fn members(tx: &mut Tx, id: DirectoryGroupId) -> Result<Vec<StaffId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (StaffId,),
        "SELECT staff FROM directory_member WHERE grp = $1 ORDER BY staff",
        id
    )
    .await?;
    Ok(rows.into_iter().map(|(staff,)| staff).collect())
}

pub async fn enter(tx: &mut Tx, id: DirectoryGroupId, staff: StaffId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO directory_member (grp, staff) VALUES ($1, $2) ON CONFLICT (grp, staff) DO NOTHING",
        id,
        staff
    )
    .await
    .map(drop)
}

pub async fn leave(tx: &mut Tx, id: DirectoryGroupId, staff: StaffId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM directory_member WHERE grp = $1 AND staff = $2",
        id,
        staff
    )
    .await
    .map(drop)
}

pub async fn leave_all(tx: &mut Tx, staff: StaffId) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM directory_member WHERE staff = $1", staff)
        .await
        .map(drop)
}

/// Deletes a group that nobody is in.
pub async fn delete(tx: &mut Tx, id: DirectoryGroupId) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM directory_group WHERE id = $1", id)
        .await
        .map(drop)
}
