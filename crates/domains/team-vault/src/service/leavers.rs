//! What leavers know. Found by looking, as re-keying is, so that no leaver is missed, whatever made them leave, and
//! whichever keys they had.

use wd_audit_log::{AuditTx as _, Entry as AuditEntry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, DeviceId, StaffId, VaultFolderId};

use super::{Circle, Known, TeamVault};
use crate::{
    TeamVaultError,
    events::FolderChanged,
    store::{folder, known},
};

/// Who may know secrets of a folder and may not be in it any more.
struct Leavers {
    /// On which something was opened.
    devices: Vec<DeviceId>,
    /// Who wrote something. The server is not told on which device, so a device that was revoked is none of theirs.
    people: Vec<StaffId>,
}

impl Leavers {
    async fn of(tx: &mut Tx, folder: VaultFolderId, circle: &Circle) -> Result<Self, DbError> {
        let mut devices: Vec<DeviceId> = Vec::new();
        for (device, staff) in known::openers(tx, folder).await? {
            if circle.owner(device) != Some(staff) && !devices.contains(&device) {
                devices.push(device);
            }
        }
        let mut people = known::writers(tx, folder).await?;
        people.retain(|staff| !circle.members.contains_key(staff));
        Ok(Self { devices, people })
    }

    const fn is_nobody(&self) -> bool {
        self.devices.is_empty() && self.people.is_empty()
    }
}

/// Whether somebody left of whom it is not written down yet what they know.
pub(super) async fn is_to_be_marked(tx: &mut Tx, folder: VaultFolderId, circle: &Circle) -> Result<bool, DbError> {
    Ok(!Leavers::of(tx, folder, circle).await?.is_nobody())
}

/// Marks the current secrets that leavers know. Whoever calls it holds the folder's row.
pub(super) async fn mark(tx: &mut Tx, ctx: &Ctx, folder: VaultFolderId, circle: &Circle) -> Result<(), DbError> {
    let leavers = Leavers::of(tx, folder, circle).await?;
    let mut marked = 0;
    for &device in &leavers.devices {
        marked += known::mark_opened_by(tx, folder, device).await?;
    }
    for &staff in &leavers.people {
        marked += known::mark_written_by(tx, folder, staff).await?;
    }
    if marked == 0 {
        return Ok(());
    }
    tx.emit(ctx, &FolderChanged { folder }).await?;
    let devices: Vec<String> = leavers.devices.iter().map(ToString::to_string).collect();
    let people: Vec<String> = leavers.people.iter().map(ToString::to_string).collect();
    tx.audit(
        ctx,
        AuditEntry::done("team_vault.marked")
            .target(folder)
            .detail("entries", marked)
            .detail("opened_on", devices)
            .detail("written_by", people),
    )
    .await
    .map(drop)
}

impl TeamVault {
    /// Marks what leavers know in all folders, also in those that nobody looks at.
    pub(super) async fn mark_everywhere(&self, ctx: &Ctx) -> Result<(), TeamVaultError> {
        let mut tx = self.db.snapshot().await?;
        let mut people = Known::new();
        let mut found = Vec::new();
        for row in folder::all(&mut tx).await? {
            let roles = self.roles(&mut tx, &row).await?;
            let circle = self.circle(&mut tx, ctx, &roles, &mut people).await?;
            if is_to_be_marked(&mut tx, row.id, &circle).await? {
                found.push(row.id);
            }
        }
        drop(tx);
        for id in found {
            self.mark_in(ctx, id).await?;
        }
        Ok(())
    }

    /// Marks what leavers know in a folder.
    pub(super) async fn mark_in(&self, ctx: &Ctx, id: VaultFolderId) -> Result<(), TeamVaultError> {
        let mut tx = self.db.begin().await?;
        // Asked anew in the folder's turn: what somebody opens meanwhile counts, and who came back does not.
        let Some(row) = folder::lock(&mut tx, id).await? else {
            return Ok(());
        };
        let roles = self.roles(&mut tx, &row).await?;
        let circle = self.circle(&mut tx, ctx, &roles, &mut Known::new()).await?;
        mark(&mut tx, ctx, id, &circle).await?;
        Ok(tx.commit().await?)
    }
}
