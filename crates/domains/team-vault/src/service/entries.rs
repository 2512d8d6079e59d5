use serde::Serialize;
use wd_kernel::{Bytes, Ctx, DeviceId, Id as _, Page, PageQuery, StaffId, Timestamp, VaultEntryId, VaultFolderId};

use super::{TeamVault, folder_of};
use crate::{
    TeamVaultError,
    store::entry::{self, EntryRow},
};

/// An entry without its secret part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VaultEntry)]
pub struct Entry {
    /// The entry.
    pub id: VaultEntryId,
    /// Its folder.
    pub folder: VaultFolderId,
    /// From 1; every change is one more.
    pub version: i64,
    /// Which folder key its key lies under.
    pub key_version: i64,
    /// Its key, sealed under the folder key.
    pub wrapped: Bytes,
    /// What the list shows, sealed under its key.
    pub list: Bytes,
    /// When a new secret is due, in days since the epoch.
    pub due_on: Option<i64>,
    /// Somebody opened or wrote this secret who left, or opened it on a device that was revoked.
    pub rotate: bool,
    /// Who changed it last.
    pub changed_by: StaffId,
    /// When.
    pub changed_at: Timestamp,
    /// Who opened its secret last.
    pub last_used_by: Option<StaffId>,
    /// When.
    pub last_used_at: Option<Timestamp>,
}

/// A version of an entry that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VaultEntryVersion)]
pub struct EntryVersion {
    /// From 1.
    pub version: i64,
    /// Who wrote it.
    pub staff: StaffId,
    /// When.
    pub at: Timestamp,
}

/// The last time a device opened an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VaultEntryUse)]
pub struct EntryUse {
    /// Who.
    pub staff: StaffId,
    /// On which device.
    pub device: DeviceId,
    /// Which version.
    pub version: i64,
    /// When.
    pub at: Timestamp,
}

/// What happened to an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VaultEntryHistory)]
pub struct EntryHistory {
    /// The last ten versions, the newest first.
    pub versions: Vec<EntryVersion>,
    /// The last use on each device, the newest first, at most 100.
    pub uses: Vec<EntryUse>,
}

impl TeamVault {
    /// A page of a folder's entries, in the order in which they were made.
    pub async fn entries(&self, ctx: &Ctx, id: VaultFolderId, page: &PageQuery) -> Result<Page<Entry>, TeamVaultError> {
        let after = page
            .after
            .as_deref()
            .map(str::parse::<VaultEntryId>)
            .transpose()
            .map_err(|_| TeamVaultError::invalid("after", "This is not a cursor of this list."))?
            .unwrap_or_else(|| VaultEntryId::from_uuid(uuid::Uuid::nil()));
        let mut tx = self.db.snapshot().await?;
        self.standing(&mut tx, ctx, id).await?;
        let rows = entry::page(&mut tx, id, after, page.limit() + 1).await?;
        Ok(Page::cut(rows, page.limit(), |row| row.id.to_string()).map(Entry::from))
    }

    /// The versions and uses of an entry.
    pub async fn history(&self, ctx: &Ctx, id: VaultEntryId) -> Result<EntryHistory, TeamVaultError> {
        let mut tx = self.db.snapshot().await?;
        let folder = folder_of(&mut tx, ctx, id).await?;
        self.standing(&mut tx, ctx, folder).await?;
        let versions = entry::versions(&mut tx, id).await?;
        let uses = entry::uses(&mut tx, id).await?;
        Ok(EntryHistory {
            versions: versions
                .into_iter()
                .map(|(version, staff, at)| EntryVersion { version, staff, at })
                .collect(),
            uses: uses
                .into_iter()
                .map(|row| EntryUse {
                    staff: row.staff,
                    device: row.device,
                    version: row.version,
                    at: row.at,
                })
                .collect(),
        })
    }
}

impl From<EntryRow> for Entry {
    fn from(row: EntryRow) -> Self {
        Self {
            id: row.id,
            folder: row.folder,
            version: row.version,
            key_version: row.key_version,
            wrapped: Bytes(row.wrapped),
            list: Bytes(row.list),
            due_on: row.due_on,
            rotate: row.rotate,
            changed_by: row.staff,
            changed_at: row.at,
            last_used_by: row.last_used_by,
            last_used_at: row.last_used_at,
        }
    }
}
