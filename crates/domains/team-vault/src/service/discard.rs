use wd_audit_log::{AuditTx as _, Entry as AuditEntry};
use wd_kernel::{Ctx, DeviceId, VaultFolderId};

use super::TeamVault;
use crate::{TeamVaultError, events::FolderChanged, store::key};

impl TeamVault {
    /// Says of an own device that its share of the newest key does not open: it waits for another one. The server
    /// cannot look into a share, so only the device can tell. Whoever leaves afterwards still counts as having had the
    /// key: they may know it in spite of what they say.
    pub async fn discard_share(&self, ctx: &Ctx, id: VaultFolderId, device: DeviceId) -> Result<(), TeamVaultError> {
        let mut tx = self.db.begin().await?;
        let standing = self.turn(&mut tx, ctx, id).await?;
        standing.own(device)?;
        let newest = standing.row.key_version;
        let shares = key::shares(&mut tx, id, newest).await?;
        let own = shares
            .iter()
            .find(|share| share.counts_for(device, standing.me))
            .ok_or(TeamVaultError::NotFound)?;
        let gives =
            |share: &key::ShareRow| share.device != device && standing.circle.owner(share.device) == Some(share.staff);
        if !shares.iter().any(|share| !share.refused && gives(share)) {
            return Err(TeamVaultError::Conflict(
                "No other device has this folder's key, so nobody could hand it on anew.",
            ));
        }
        key::refuse(&mut tx, id, newest, device).await?;
        tx.emit(ctx, &FolderChanged { folder: id }).await?;
        let mut audit = AuditEntry::done("team_vault.share_discarded")
            .target(id)
            .detail("version", newest)
            .detail("device", device.to_string());
        if let Some(giver) = own.given_by {
            audit = audit.detail("given_by", giver.to_string());
        }
        tx.audit(ctx, audit).await?;
        Ok(tx.commit().await?)
    }
}
