use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{DeviceId, StaffId, VaultEntryId, VaultFolderId};

record! {
    pub(crate) struct KeyRow {
        pub(crate) folder: VaultFolderId,
        pub(crate) version: i64,
        pub(crate) commitment: [u8; 32],
        pub(crate) device: DeviceId,
        pub(crate) at: i64,
        pub(crate) signature: [u8; 64],
        pub(crate) statement: String,
        pub(crate) previous: Option<Vec<u8>>,
    }
}

record! {
    pub(crate) struct ShareRow {
        pub(crate) device: DeviceId,
        pub(crate) staff: StaffId,
        pub(crate) sealed: Vec<u8>,
        /// The device that gave it.
        pub(crate) given_by: Option<DeviceId>,
        /// Its device says that it does not open.
        pub(crate) refused: bool,
    }
}

impl ShareRow {
    /// Whether it gives a device of somebody the key.
    pub(crate) fn counts_for(&self, device: DeviceId, staff: StaffId) -> bool {
        self.device == device && self.staff == staff && !self.refused
    }
}

record! {
    /// An entry's key that lies under an older folder key.
    pub(crate) struct UnmovedRow {
        pub(crate) entry: VaultEntryId,
        pub(crate) version: i64,
        pub(crate) wrapped: Vec<u8>,
    }
}

pub(crate) async fn insert(tx: &mut Tx, row: &KeyRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO team_vault_key (folder, version, commitment, device, at, signature, statement, previous) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.folder,
        row.version,
        row.commitment,
        row.device,
        row.at,
        row.signature,
        row.statement,
        row.previous
    )
    .await
    .map(drop)
}

pub(crate) async fn find(tx: &mut Tx, folder: VaultFolderId, version: i64) -> Result<KeyRow, DbError> {
    sql!(
        tx,
        fetch_one as KeyRow,
        "SELECT folder, version, commitment, device, at, signature, statement, previous FROM team_vault_key WHERE folder = $1 AND version = $2",
        folder,
        version
    )
    .await
}

pub(crate) async fn shares(tx: &mut Tx, folder: VaultFolderId, version: i64) -> Result<Vec<ShareRow>, DbError> {
    sql!(
        tx,
        fetch_all as ShareRow,
        "SELECT device, staff, sealed, given_by, refused FROM team_vault_share WHERE folder = $1 AND version = $2 ORDER BY device",
        folder,
        version
    )
    .await
}

/// Keeps a share; the first one counts, unless its device refused it. `false` if it is not kept.
pub(crate) async fn share(tx: &mut Tx, folder: VaultFolderId, version: i64, row: &ShareRow) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "INSERT INTO team_vault_share (folder, version, device, staff, sealed, given_by, refused) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (folder, version, device) DO UPDATE SET sealed = excluded.sealed, given_by = excluded.given_by, refused = $7
         WHERE team_vault_share.refused = $8",
        folder,
        version,
        row.device,
        row.staff,
        row.sealed,
        row.given_by,
        row.refused,
        true
    )
    .await?;
    Ok(rows == 1)
}

/// A device says that its share does not open. The row stays: the device may have opened it all the same.
pub(crate) async fn refuse(tx: &mut Tx, folder: VaultFolderId, version: i64, device: DeviceId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE team_vault_share SET refused = $4 WHERE folder = $1 AND version = $2 AND device = $3",
        folder,
        version,
        device,
        true
    )
    .await
    .map(drop)
}

pub(crate) async fn unmoved(
    tx: &mut Tx,
    folder: VaultFolderId,
    newest: i64,
    limit: i64,
) -> Result<Vec<UnmovedRow>, DbError> {
    sql!(
        tx,
        fetch_all as UnmovedRow,
        "SELECT entry, version, wrapped FROM team_vault_entry_version WHERE folder = $1 AND key_version < $2
         ORDER BY entry, version LIMIT $3",
        folder,
        newest,
        limit
    )
    .await
}

pub(crate) async fn count_unmoved(tx: &mut Tx, folder: VaultFolderId, newest: i64) -> Result<i64, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM team_vault_entry_version WHERE folder = $1 AND key_version < $2",
        folder,
        newest
    )
    .await?;
    Ok(count)
}

/// Puts an entry's key under the newest folder key. Nothing happens where it is there already.
pub(crate) async fn move_to(tx: &mut Tx, folder: VaultFolderId, newest: i64, row: &UnmovedRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE team_vault_entry_version SET key_version = $4, wrapped = $5
         WHERE folder = $1 AND entry = $2 AND version = $3 AND key_version < $4",
        folder,
        row.entry,
        row.version,
        newest,
        row.wrapped
    )
    .await
    .map(drop)
}

/// Forgets the keys before the newest, once nothing lies under them.
pub(crate) async fn forget_older(tx: &mut Tx, folder: VaultFolderId, newest: i64) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM team_vault_share WHERE folder = $1 AND version < $2",
        folder,
        newest
    )
    .await?;
    sql!(
        tx,
        execute,
        "DELETE FROM team_vault_key WHERE folder = $1 AND version < $2",
        folder,
        newest
    )
    .await?;
    sql!(
        tx,
        execute,
        "UPDATE team_vault_key SET previous = NULL WHERE folder = $1 AND version = $2",
        folder,
        newest
    )
    .await
    .map(drop)
}
