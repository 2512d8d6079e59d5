//! Who knows which secret: whoever opened it, on which device, and whoever wrote it.

use wd_db::{DbError, Tx, sql};
use wd_kernel::{DeviceId, StaffId, VaultFolderId};

use super::entry::VersionRow;

/// Something of the folder was opened on a device.
pub(crate) async fn opened(
    tx: &mut Tx,
    folder: VaultFolderId,
    device: DeviceId,
    staff: StaffId,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO team_vault_opener (folder, device, staff) VALUES ($1, $2, $3) ON CONFLICT (folder, device, staff) DO NOTHING",
        folder,
        device,
        staff
    )
    .await
    .map(drop)
}

/// Somebody wrote a version of an entry.
pub(crate) async fn wrote(tx: &mut Tx, row: &VersionRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO team_vault_written (entry, folder, staff, version) VALUES ($1, $2, $3, $4)
         ON CONFLICT (entry, staff) DO UPDATE SET version = excluded.version",
        row.entry,
        row.folder,
        row.staff,
        row.version
    )
    .await
    .map(drop)
}

/// The devices on which something of a folder was opened, and whose they were.
pub(crate) async fn openers(tx: &mut Tx, folder: VaultFolderId) -> Result<Vec<(DeviceId, StaffId)>, DbError> {
    sql!(
        tx,
        fetch_all as (DeviceId, StaffId),
        "SELECT device, staff FROM team_vault_opener WHERE folder = $1 ORDER BY device, staff",
        folder
    )
    .await
}

/// Who wrote something in a folder.
pub(crate) async fn writers(tx: &mut Tx, folder: VaultFolderId) -> Result<Vec<StaffId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (StaffId,),
        "SELECT DISTINCT staff FROM team_vault_written WHERE folder = $1 ORDER BY staff",
        folder
    )
    .await?;
    Ok(rows.into_iter().map(|(staff,)| staff).collect())
}

/// Marks the secrets, not changed since, that were opened on a device that may not have the folder any more; how many
/// were not marked before. The device counts again when it opens something again.
pub(crate) async fn mark_opened_by(tx: &mut Tx, folder: VaultFolderId, device: DeviceId) -> Result<u64, DbError> {
    let marked = sql!(
        tx,
        execute,
        "UPDATE team_vault_entry SET rotate = $3, reminded_on = NULL
         WHERE folder = $1 AND rotate = $4 AND EXISTS (SELECT 1 FROM team_vault_use u
             WHERE u.entry = team_vault_entry.id AND u.device = $2 AND u.version >= team_vault_entry.secret_since)",
        folder,
        device,
        true,
        false
    )
    .await?;
    sql!(
        tx,
        execute,
        "DELETE FROM team_vault_opener WHERE folder = $1 AND device = $2",
        folder,
        device
    )
    .await?;
    Ok(marked)
}

/// Marks the secrets, not changed since, that somebody wrote who may not be in the folder any more; how many were not
/// marked before. They count again when they write something again.
pub(crate) async fn mark_written_by(tx: &mut Tx, folder: VaultFolderId, staff: StaffId) -> Result<u64, DbError> {
    let marked = sql!(
        tx,
        execute,
        "UPDATE team_vault_entry SET rotate = $3, reminded_on = NULL
         WHERE folder = $1 AND rotate = $4 AND EXISTS (SELECT 1 FROM team_vault_written w
             WHERE w.entry = team_vault_entry.id AND w.staff = $2 AND w.version >= team_vault_entry.secret_since)",
        folder,
        staff,
        true,
        false
    )
    .await?;
    sql!(
        tx,
        execute,
        "DELETE FROM team_vault_written WHERE folder = $1 AND staff = $2",
        folder,
        staff
    )
    .await?;
    Ok(marked)
}
