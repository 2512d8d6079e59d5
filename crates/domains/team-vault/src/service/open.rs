use serde::{Deserialize, Serialize};
use wd_audit_log::{AuditTx as _, Entry as AuditEntry};
use wd_kernel::{Bytes, Ctx, DeviceId, VaultEntryId};

use super::{TeamVault, folder_of};
use crate::{
    TeamVaultError,
    store::{
        entry::{self, UseRow},
        known,
    },
};

/// A wish to open an entry's secret.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VaultOpening)]
pub struct Opening {
    /// The own device that opens it; it has the folder's key.
    pub device: DeviceId,
    /// Which version; the newest unless told.
    pub version: Option<i64>,
}

/// The sealed secret of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = OpenedVaultEntry)]
pub struct OpenedEntry {
    /// Which version.
    pub version: i64,
    /// Which folder key the version's key lies under.
    pub key_version: i64,
    /// The version's key, sealed under the folder key.
    pub wrapped: Bytes,
    /// What the list showed in this version, sealed under the version's key.
    pub list: Bytes,
    /// The secret part, sealed under the version's key.
    pub secret: Bytes,
}

impl TeamVault {
    /// Hands out the sealed secret of an entry. The audit entry commits before it leaves.
    pub async fn open_entry(&self, ctx: &Ctx, id: VaultEntryId, wish: &Opening) -> Result<OpenedEntry, TeamVaultError> {
        let mut tx = self.db.begin().await?;
        let folder = folder_of(&mut tx, ctx, id).await?;
        let standing = self.turn(&mut tx, ctx, folder).await?;
        standing.has_key(&mut tx, wish.device).await?;
        self.count_opening(&mut tx, ctx, &standing, wish.device, id).await?;
        let newest = entry::find(&mut tx, id).await?.ok_or(TeamVaultError::NotFound)?.version;
        let version = entry::version(&mut tx, id, wish.version.unwrap_or(newest))
            .await?
            .ok_or(TeamVaultError::NotFound)?;
        let used = entry::uses_of(&mut tx, id, wish.device).await?;
        let row = UseRow {
            // Who saw a later version still knows it.
            version: version.version.max(used.unwrap_or(0)),
            device: wish.device,
            staff: standing.me,
            at: ctx.now(),
        };
        entry::used(&mut tx, id, &row).await?;
        known::opened(&mut tx, folder, wish.device, standing.me).await?;
        tx.audit(
            ctx,
            AuditEntry::done("team_vault.opened")
                .target(id)
                .detail("folder", folder.to_string())
                .detail("version", version.version)
                .detail("device", wish.device.to_string()),
        )
        .await?;
        tx.commit().await?;
        Ok(OpenedEntry {
            version: version.version,
            key_version: version.key_version,
            wrapped: Bytes(version.wrapped),
            list: Bytes(version.list),
            secret: Bytes(version.secret),
        })
    }
}
