use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{StaffId, TeamId, Timestamp, VaultFolderId};

record! {
    #[derive(Debug, Clone)]
    pub(crate) struct FolderRow {
        pub(crate) id: VaultFolderId,
        pub(crate) team: Option<TeamId>,
        pub(crate) team_role: String,
        pub(crate) key_version: i64,
        pub(crate) name: Vec<u8>,
        pub(crate) made_by: StaffId,
        pub(crate) made_at: Timestamp,
    }
}

/// Adds a folder. `false` if the id is taken.
pub(crate) async fn insert(tx: &mut Tx, row: &FolderRow) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "INSERT INTO team_vault_folder (id, team, team_role, key_version, name, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO NOTHING",
        row.id,
        row.team,
        row.team_role,
        row.key_version,
        row.name,
        row.made_by,
        row.made_at
    )
    .await?;
    Ok(rows == 1)
}

pub(crate) async fn find(tx: &mut Tx, id: VaultFolderId) -> Result<Option<FolderRow>, DbError> {
    sql!(
        tx,
        fetch_optional as FolderRow,
        "SELECT id, team, team_role, key_version, name, made_by, made_at FROM team_vault_folder WHERE id = $1",
        id
    )
    .await
}

/// Takes the folder's turn.
pub(crate) async fn lock(tx: &mut Tx, id: VaultFolderId) -> Result<Option<FolderRow>, DbError> {
    sql!(
        tx,
        fetch_optional as FolderRow,
        "UPDATE team_vault_folder SET key_version = key_version WHERE id = $1
         RETURNING id, team, team_role, key_version, name, made_by, made_at",
        id
    )
    .await
}

pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<FolderRow>, DbError> {
    sql!(
        tx,
        fetch_all as FolderRow,
        "SELECT id, team, team_role, key_version, name, made_by, made_at FROM team_vault_folder ORDER BY id"
    )
    .await
}

pub(crate) async fn members(tx: &mut Tx, folder: VaultFolderId) -> Result<Vec<(StaffId, String)>, DbError> {
    sql!(
        tx,
        fetch_all as (StaffId, String),
        "SELECT staff, role FROM team_vault_member WHERE folder = $1 ORDER BY staff",
        folder
    )
    .await
}

pub(crate) async fn forget_members(tx: &mut Tx, folder: VaultFolderId) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM team_vault_member WHERE folder = $1", folder)
        .await
        .map(drop)
}

pub(crate) async fn add_member(
    tx: &mut Tx,
    folder: VaultFolderId,
    staff: StaffId,
    role: &'static str,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO team_vault_member (folder, staff, role) VALUES ($1, $2, $3)",
        folder,
        staff,
        role
    )
    .await
    .map(drop)
}

pub(crate) async fn set_team_role(tx: &mut Tx, folder: VaultFolderId, role: &'static str) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE team_vault_folder SET team_role = $2 WHERE id = $1",
        folder,
        role
    )
    .await
    .map(drop)
}

pub(crate) async fn set_key(tx: &mut Tx, folder: VaultFolderId, version: i64, name: &[u8]) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE team_vault_folder SET key_version = $2, name = $3 WHERE id = $1",
        folder,
        version,
        name
    )
    .await
    .map(drop)
}

/// Forgets a folder and everything in it.
pub(crate) async fn delete(tx: &mut Tx, folder: VaultFolderId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM team_vault_opening_all WHERE folder = $1",
        folder
    )
    .await?;
    sql!(
        tx,
        execute,
        "DELETE FROM team_vault_use WHERE entry IN (SELECT id FROM team_vault_entry WHERE folder = $1)",
        folder
    )
    .await?;
    sql!(tx, execute, "DELETE FROM team_vault_written WHERE folder = $1", folder).await?;
    sql!(tx, execute, "DELETE FROM team_vault_opener WHERE folder = $1", folder).await?;
    sql!(
        tx,
        execute,
        "DELETE FROM team_vault_entry_version WHERE folder = $1",
        folder
    )
    .await?;
    sql!(tx, execute, "DELETE FROM team_vault_entry WHERE folder = $1", folder).await?;
    sql!(tx, execute, "DELETE FROM team_vault_share WHERE folder = $1", folder).await?;
    sql!(tx, execute, "DELETE FROM team_vault_key WHERE folder = $1", folder).await?;
    forget_members(tx, folder).await?;
    sql!(tx, execute, "DELETE FROM team_vault_folder WHERE id = $1", folder)
        .await
        .map(drop)
}
