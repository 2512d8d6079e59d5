use serde::{Deserialize, Serialize};
use wd_audit_log::{AuditTx as _, Entry as AuditEntry};
use wd_kernel::{Bytes, Ctx, DeviceId, VaultEntryId, VaultFolderId};

use super::{
    DeviceShare, Folder, NewFolderKey, TeamVault,
    folders::{show, write_key, write_shares},
    leavers::mark,
};
use crate::{
    Role, TeamVaultError,
    events::FolderChanged,
    model::{MAX_BATCH, check_name, check_wrapped},
    store::{
        folder,
        key::{self, UnmovedRow},
    },
};

/// Shares of the newest key for devices that came later.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewVaultShares)]
pub struct NewShares {
    /// The version that is shared: the newest.
    pub version: i64,
    /// The own device that shares; it has the key itself.
    pub device: DeviceId,
    /// What it shares.
    pub shares: Vec<DeviceShare>,
}

/// A new key for a folder.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VaultRekeying)]
pub struct Rekeying {
    /// One more than the newest.
    pub version: i64,
    /// The new key.
    pub key: NewFolderKey,
    /// The key before, sealed under the new one.
    pub previous: Bytes,
    /// The name, sealed under the new key.
    pub name: Bytes,
}

/// A key of an entry that lies under the folder key before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VaultUnmoved)]
pub struct Unmoved {
    /// The entry.
    pub entry: VaultEntryId,
    /// Its version.
    pub version: i64,
    /// Its key, sealed under the folder key before.
    pub wrapped: Bytes,
}

/// Keys of entries that lie under the folder key before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VaultUnmovedKeys)]
pub struct UnmovedKeys {
    /// At most 100; ask again after they were moved.
    pub items: Vec<Unmoved>,
}

/// A key of an entry, sealed under the newest folder key.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VaultMove)]
pub struct Move {
    /// The entry.
    pub entry: VaultEntryId,
    /// Its version.
    pub version: i64,
    /// Its key, sealed under the newest folder key.
    pub wrapped: Bytes,
}

/// Keys of entries, sealed under the newest folder key.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VaultMoves)]
pub struct Moves {
    /// The newest folder key.
    pub key_version: i64,
    /// At most 100.
    pub items: Vec<Move>,
}

impl TeamVault {
    /// Hands the newest key to devices of members that came later.
    pub async fn share_key(&self, ctx: &Ctx, id: VaultFolderId, new: &NewShares) -> Result<(), TeamVaultError> {
        let mut tx = self.db.begin().await?;
        let standing = self.turn(&mut tx, ctx, id).await?;
        standing.own(new.device)?;
        if new.version != standing.row.key_version {
            return Err(TeamVaultError::Stale);
        }
        let shares = key::shares(&mut tx, id, new.version).await?;
        if !shares.iter().any(|share| share.counts_for(new.device, standing.me)) {
            return Err(TeamVaultError::Conflict("This device has not got the folder's key."));
        }
        let given = write_shares(&mut tx, &standing, new.version, (new.device, &new.shares)).await?;
        if given.is_empty() {
            return Ok(());
        }
        tx.emit(ctx, &FolderChanged { folder: id }).await?;
        let given: Vec<String> = given.iter().map(ToString::to_string).collect();
        tx.audit(
            ctx,
            AuditEntry::done("team_vault.key_shared")
                .target(id)
                .detail("version", new.version)
                .detail("device", new.device.to_string())
                .detail("to", given),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Puts a new key in place of the newest. Whoever left does not get it, and what they know is marked.
    pub async fn rekey(&self, ctx: &Ctx, id: VaultFolderId, new: &Rekeying) -> Result<Folder, TeamVaultError> {
        let mut tx = self.db.begin().await?;
        let mut standing = self.turn(&mut tx, ctx, id).await?;
        standing.at_least(Role::Change)?;
        check_name(&new.name)?;
        check_wrapped("previous", &new.previous)?;
        let old = standing.row.key_version;
        if new.version != old + 1 {
            return Err(TeamVaultError::Stale);
        }
        if key::count_unmoved(&mut tx, id, old).await? > 0 {
            return Err(TeamVaultError::Conflict(
                "The entries are still being moved to the newest key.",
            ));
        }
        let shares = key::shares(&mut tx, id, old).await?;
        let leavers = standing.circle.leavers(&shares);
        mark(&mut tx, ctx, id, &standing.circle).await?;
        let left: Vec<String> = leavers.iter().map(|leaver| leaver.device.to_string()).collect();
        write_key(&mut tx, ctx, &standing, new.version, &new.key, Some(&new.previous)).await?;
        folder::set_key(&mut tx, id, new.version, &new.name.0).await?;
        standing.row.key_version = new.version;
        standing.row.name.clone_from(&new.name.0);
        if key::count_unmoved(&mut tx, id, new.version).await? == 0 {
            key::forget_older(&mut tx, id, new.version).await?;
        }
        tx.emit(ctx, &FolderChanged { folder: id }).await?;
        tx.audit(
            ctx,
            AuditEntry::done("team_vault.rekeyed")
                .target(id)
                .detail("version", new.version)
                .detail("without", left),
        )
        .await?;
        let shown = show(&mut tx, ctx, &standing, new.key.device).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// What still lies under the key before.
    pub async fn unmoved(&self, ctx: &Ctx, id: VaultFolderId) -> Result<UnmovedKeys, TeamVaultError> {
        let mut tx = self.db.snapshot().await?;
        let standing = self.standing(&mut tx, ctx, id).await?;
        standing.at_least(Role::Change)?;
        let limit = i64::try_from(MAX_BATCH).unwrap_or(1);
        let rows = key::unmoved(&mut tx, id, standing.row.key_version, limit).await?;
        Ok(UnmovedKeys {
            items: rows
                .into_iter()
                .map(|row| Unmoved {
                    entry: row.entry,
                    version: row.version,
                    wrapped: Bytes(row.wrapped),
                })
                .collect(),
        })
    }

    /// Puts keys of entries under the newest folder key; after the last one the key before is forgotten.
    pub async fn move_keys(&self, ctx: &Ctx, id: VaultFolderId, moves: &Moves) -> Result<(), TeamVaultError> {
        let mut tx = self.db.begin().await?;
        let standing = self.turn(&mut tx, ctx, id).await?;
        standing.at_least(Role::Change)?;
        if moves.items.len() > MAX_BATCH {
            return Err(TeamVaultError::TooLarge);
        }
        let newest = standing.row.key_version;
        if moves.key_version != newest {
            return Err(TeamVaultError::Stale);
        }
        for item in &moves.items {
            check_wrapped("wrapped", &item.wrapped)?;
            let row = UnmovedRow {
                entry: item.entry,
                version: item.version,
                wrapped: item.wrapped.0.clone(),
            };
            key::move_to(&mut tx, id, newest, &row).await?;
        }
        if key::count_unmoved(&mut tx, id, newest).await? == 0 {
            key::forget_older(&mut tx, id, newest).await?;
            tx.emit(ctx, &FolderChanged { folder: id }).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
