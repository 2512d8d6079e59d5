use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{DeviceId, StaffId, Timestamp, VaultEntryId, VaultFolderId};

record! {
    /// An entry with its newest version, without the secret part.
    pub(crate) struct EntryRow {
        pub(crate) id: VaultEntryId,
        pub(crate) folder: VaultFolderId,
        pub(crate) version: i64,
        pub(crate) secret_since: i64,
        pub(crate) due_on: Option<i64>,
        pub(crate) rotate: bool,
        pub(crate) last_used_at: Option<Timestamp>,
        pub(crate) last_used_by: Option<StaffId>,
        pub(crate) key_version: i64,
        pub(crate) wrapped: Vec<u8>,
        pub(crate) list: Vec<u8>,
        pub(crate) staff: StaffId,
        pub(crate) at: Timestamp,
    }
}

record! {
    /// One version of an entry.
    pub(crate) struct VersionRow {
        pub(crate) entry: VaultEntryId,
        pub(crate) version: i64,
        pub(crate) folder: VaultFolderId,
        pub(crate) key_version: i64,
        pub(crate) wrapped: Vec<u8>,
        pub(crate) list: Vec<u8>,
        pub(crate) secret: Vec<u8>,
        pub(crate) staff: StaffId,
        pub(crate) at: Timestamp,
    }
}

record! {
    pub(crate) struct UseRow {
        pub(crate) version: i64,
        pub(crate) device: DeviceId,
        pub(crate) staff: StaffId,
        pub(crate) at: Timestamp,
    }
}

/// Adds an entry. `false` if the id is taken.
pub(crate) async fn insert(tx: &mut Tx, row: &VersionRow, due_on: Option<i64>) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "INSERT INTO team_vault_entry (id, folder, version, secret_since, due_on, rotate, made_at) VALUES ($1, $2, $3, $3, $4, $5, $6)
         ON CONFLICT (id) DO NOTHING",
        row.entry,
        row.folder,
        row.version,
        due_on,
        false,
        row.at
    )
    .await?;
    if rows == 1 {
        add_version(tx, row).await?;
    }
    Ok(rows == 1)
}

pub(crate) async fn add_version(tx: &mut Tx, row: &VersionRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO team_vault_entry_version (entry, version, folder, key_version, wrapped, list, secret, staff, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row.entry,
        row.version,
        row.folder,
        row.key_version,
        row.wrapped,
        row.list,
        row.secret,
        row.staff,
        row.at
    )
    .await
    .map(drop)
}

/// Makes a version the newest one, and forgets those older than `oldest`.
pub(crate) async fn advance(tx: &mut Tx, row: &EntryRow, oldest: i64) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE team_vault_entry SET version = $2, due_on = $4, rotate = $5,
           reminded_on = CASE WHEN secret_since = $3 THEN reminded_on END, secret_since = $3 WHERE id = $1",
        row.id,
        row.version,
        row.secret_since,
        row.due_on,
        row.rotate
    )
    .await?;
    sql!(
        tx,
        execute,
        "DELETE FROM team_vault_entry_version WHERE entry = $1 AND version < $2",
        row.id,
        oldest
    )
    .await
    .map(drop)
}

pub(crate) async fn folder_of(tx: &mut Tx, id: VaultEntryId) -> Result<Option<VaultFolderId>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (VaultFolderId,),
        "SELECT folder FROM team_vault_entry WHERE id = $1",
        id
    )
    .await?;
    Ok(row.map(|(folder,)| folder))
}

pub(crate) async fn find(tx: &mut Tx, id: VaultEntryId) -> Result<Option<EntryRow>, DbError> {
    sql!(
        tx,
        fetch_optional as EntryRow,
        "SELECT e.id, e.folder, e.version, e.secret_since, e.due_on, e.rotate, e.last_used_at, e.last_used_by, v.key_version, v.wrapped, v.list, v.staff, v.at
         FROM team_vault_entry e JOIN team_vault_entry_version v ON v.entry = e.id AND v.version = e.version WHERE e.id = $1",
        id
    )
    .await
}

pub(crate) async fn page(
    tx: &mut Tx,
    folder: VaultFolderId,
    after: VaultEntryId,
    limit: i64,
) -> Result<Vec<EntryRow>, DbError> {
    sql!(
        tx,
        fetch_all as EntryRow,
        "SELECT e.id, e.folder, e.version, e.secret_since, e.due_on, e.rotate, e.last_used_at, e.last_used_by, v.key_version, v.wrapped, v.list, v.staff, v.at
         FROM team_vault_entry e JOIN team_vault_entry_version v ON v.entry = e.id AND v.version = e.version
         WHERE e.folder = $1 AND e.id > $2 ORDER BY e.id LIMIT $3",
        folder,
        after,
        limit
    )
    .await
}

/// How many entries there are, how many are due on a day, and how many somebody knows who left.
pub(crate) async fn counts(tx: &mut Tx, folder: VaultFolderId, today: i64) -> Result<(i64, i64, i64), DbError> {
    sql!(
        tx,
        fetch_one as (i64, i64, i64),
        "SELECT COUNT(*), COUNT(CASE WHEN due_on <= $2 THEN 1 END), COUNT(CASE WHEN rotate = $3 THEN 1 END)
         FROM team_vault_entry WHERE folder = $1",
        folder,
        today,
        true
    )
    .await
}

/// Marks the entries of which people are to be reminded today, and answers the folder of each, and whether somebody
/// knows it who left. Those of which they were reminded after `last` are not among them, unless they became due since.
pub(crate) async fn remind(tx: &mut Tx, today: i64, last: i64) -> Result<Vec<(VaultFolderId, bool)>, DbError> {
    sql!(
        tx,
        fetch_all as (VaultFolderId, bool),
        "UPDATE team_vault_entry SET reminded_on = $1
         WHERE (due_on <= $1 OR rotate = $3)
           AND (reminded_on IS NULL OR reminded_on <= $2 OR (due_on <= $1 AND reminded_on < due_on))
         RETURNING folder, rotate",
        today,
        last,
        true
    )
    .await
}

pub(crate) async fn version(tx: &mut Tx, id: VaultEntryId, version: i64) -> Result<Option<VersionRow>, DbError> {
    sql!(
        tx,
        fetch_optional as VersionRow,
        "SELECT entry, version, folder, key_version, wrapped, list, secret, staff, at FROM team_vault_entry_version WHERE entry = $1 AND version = $2",
        id,
        version
    )
    .await
}

/// The versions that are kept, the newest first: number, who, when.
pub(crate) async fn versions(tx: &mut Tx, id: VaultEntryId) -> Result<Vec<(i64, StaffId, Timestamp)>, DbError> {
    sql!(
        tx,
        fetch_all as (i64, StaffId, Timestamp),
        "SELECT version, staff, at FROM team_vault_entry_version WHERE entry = $1 ORDER BY version DESC",
        id
    )
    .await
}

/// The last use on each device, the newest first.
pub(crate) async fn uses(tx: &mut Tx, id: VaultEntryId) -> Result<Vec<UseRow>, DbError> {
    sql!(
        tx,
        fetch_all as UseRow,
        "SELECT version, device, staff, at FROM team_vault_use WHERE entry = $1 ORDER BY at DESC, device LIMIT 100",
        id
    )
    .await
}

/// The latest version that a device opened.
pub(crate) async fn uses_of(tx: &mut Tx, id: VaultEntryId, device: DeviceId) -> Result<Option<i64>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "SELECT version FROM team_vault_use WHERE entry = $1 AND device = $2",
        id,
        device
    )
    .await?;
    Ok(row.map(|(version,)| version))
}

pub(crate) async fn used(tx: &mut Tx, id: VaultEntryId, row: &UseRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO team_vault_use (entry, version, device, staff, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (entry, device) DO UPDATE SET version = excluded.version, at = excluded.at",
        id,
        row.version,
        row.device,
        row.staff,
        row.at
    )
    .await?;
    sql!(
        tx,
        execute,
        "UPDATE team_vault_entry SET last_used_at = $2, last_used_by = $3 WHERE id = $1",
        id,
        row.at,
        row.staff
    )
    .await
    .map(drop)
}

pub(crate) async fn delete(tx: &mut Tx, id: VaultEntryId) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM team_vault_use WHERE entry = $1", id).await?;
    sql!(tx, execute, "DELETE FROM team_vault_written WHERE entry = $1", id).await?;
    sql!(tx, execute, "DELETE FROM team_vault_entry_version WHERE entry = $1", id).await?;
    sql!(tx, execute, "DELETE FROM team_vault_entry WHERE id = $1", id)
        .await
        .map(drop)
}
