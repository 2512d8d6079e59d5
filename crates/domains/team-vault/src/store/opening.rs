//! How much was opened, and who may open a whole folder.

use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{DeviceId, StaffId, Timestamp, VaultEntryId, VaultFolderId};

record! {
    /// A device that may open a whole folder.
    pub(crate) struct OpeningRow {
        pub(crate) folder: VaultFolderId,
        pub(crate) device: DeviceId,
        pub(crate) staff: StaffId,
        pub(crate) expires_at: Timestamp,
    }
}

/// Lets a device open a whole folder, and forgets what is over.
pub(crate) async fn allow(tx: &mut Tx, row: &OpeningRow, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM team_vault_opening_all WHERE folder = $1 AND expires_at <= $2",
        row.folder,
        now
    )
    .await?;
    sql!(
        tx,
        execute,
        "INSERT INTO team_vault_opening_all (folder, device, staff, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (folder, device) DO UPDATE SET staff = excluded.staff, expires_at = excluded.expires_at",
        row.folder,
        row.device,
        row.staff,
        row.expires_at
    )
    .await
    .map(drop)
}

pub(crate) async fn is_allowed(
    tx: &mut Tx,
    folder: VaultFolderId,
    device: DeviceId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (Timestamp,),
        "SELECT expires_at FROM team_vault_opening_all WHERE folder = $1 AND device = $2 AND expires_at > $3",
        folder,
        device,
        now
    )
    .await?;
    Ok(row.is_some())
}

/// Takes a person's turn: whoever opens entries of theirs in another folder waits.
pub(crate) async fn take_turn(tx: &mut Tx, staff: StaffId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO team_vault_person (staff, turns) VALUES ($1, 1)
         ON CONFLICT (staff) DO UPDATE SET turns = team_vault_person.turns + 1",
        staff
    )
    .await
    .map(drop)
}

/// What somebody opened on their devices within a time.
pub(crate) struct Opened {
    /// How many entries.
    pub(crate) entries: i64,
    /// Whether a certain one is among them.
    pub(crate) this: bool,
    /// When the first of them.
    pub(crate) first_at: Option<Timestamp>,
}

pub(crate) async fn opened(
    tx: &mut Tx,
    staff: StaffId,
    entry: VaultEntryId,
    since: Timestamp,
) -> Result<Opened, DbError> {
    let (entries, this, first_at) = sql!(
        tx,
        fetch_one as (i64, i64, Option<Timestamp>),
        "SELECT COUNT(DISTINCT entry), COUNT(CASE WHEN entry = $2 THEN 1 END), MIN(at) FROM team_vault_use WHERE staff = $1 AND at > $3",
        staff,
        entry,
        since
    )
    .await?;
    Ok(Opened {
        entries,
        this: this > 0,
        first_at,
    })
}
