use serde::Deserialize;
use wd_audit_log::{AuditTx as _, Entry as AuditEntry};
use wd_db::Tx;
use wd_kernel::{Bytes, Ctx, StaffId, VaultEntryId, VaultFolderId};

use super::{Entry, TeamVault, fit_to_write, folder_of};
use crate::{
    Role, TeamVaultError,
    events::FolderChanged,
    model::{KEPT_VERSIONS, MAX_BATCH, MAX_ENTRIES, check_day, check_next_day, check_parts, check_wrapped, day},
    store::{
        entry::{self, VersionRow},
        known,
    },
};

/// A new entry, sealed.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewVaultEntry)]
pub struct NewEntry {
    /// Made by the client; repeated with the same bytes it is added once.
    pub id: VaultEntryId,
    /// The entry's key, sealed under the newest folder key.
    pub wrapped: Bytes,
    /// What the list shows, sealed under the entry's key; at most 8 KiB.
    pub list: Bytes,
    /// The secret part, sealed under the entry's key; with the list part at most 64 KiB.
    pub secret: Bytes,
    /// When a new secret is due, in days since the epoch.
    pub due_on: Option<i64>,
}

/// New entries.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewVaultEntries)]
pub struct NewEntries {
    /// The folder key they are sealed under: the newest.
    pub key_version: i64,
    /// At most 100.
    pub entries: Vec<NewEntry>,
}

/// The next version of an entry.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangedVaultEntry)]
pub struct ChangedEntry {
    /// One more than the newest.
    pub version: i64,
    /// The folder key it is sealed under: the newest.
    pub key_version: i64,
    /// The version's key, sealed under the folder key.
    pub wrapped: Bytes,
    /// What the list shows, sealed under the version's key.
    pub list: Bytes,
    /// The secret part, sealed under the version's key.
    pub secret: Bytes,
    /// When a new secret is due, in days since the epoch. With `new_secret` a later day than today, in UTC: what was
    /// due is done.
    pub due_on: Option<i64>,
    /// The secret itself is another one: marks on the old one are taken off.
    pub new_secret: bool,
}

impl TeamVault {
    /// Adds entries to a folder, all or none.
    pub async fn add_entries(&self, ctx: &Ctx, id: VaultFolderId, new: &NewEntries) -> Result<(), TeamVaultError> {
        let mut tx = self.db.begin().await?;
        let standing = self.turn(&mut tx, ctx, id).await?;
        standing.at_least(Role::Change)?;
        if new.entries.len() > MAX_BATCH {
            return Err(TeamVaultError::TooLarge);
        }
        if new.key_version != standing.row.key_version {
            return Err(TeamVaultError::Stale);
        }
        fit_to_write(&mut tx, &standing).await?;
        let mut added = 0_i64;
        for wish in &new.entries {
            check(&wish.wrapped, &wish.list, &wish.secret, wish.due_on)?;
            let row = VersionRow {
                entry: wish.id,
                version: 1,
                folder: id,
                key_version: new.key_version,
                wrapped: wish.wrapped.0.clone(),
                list: wish.list.0.clone(),
                secret: wish.secret.0.clone(),
                staff: standing.me,
                at: ctx.now(),
            };
            if entry::insert(&mut tx, &row, wish.due_on).await? {
                known::wrote(&mut tx, &row).await?;
                added += 1;
            } else if !written(&mut tx, &row).await? {
                return Err(TeamVaultError::Conflict("An id is taken by another entry."));
            }
        }
        let (entries, _, _) = entry::counts(&mut tx, id, day(ctx.now())).await?;
        if entries > MAX_ENTRIES {
            return Err(TeamVaultError::TooLarge);
        }
        if added > 0 {
            tx.emit(ctx, &FolderChanged { folder: id }).await?;
            let mut audit = AuditEntry::done("team_vault.added").target(id).detail("entries", added);
            if let [only] = new.entries.as_slice() {
                audit = audit.detail("entry", only.id.to_string());
            }
            tx.audit(ctx, audit).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Writes the next version of an entry.
    pub async fn change_entry(&self, ctx: &Ctx, id: VaultEntryId, new: &ChangedEntry) -> Result<Entry, TeamVaultError> {
        let mut tx = self.db.begin().await?;
        let folder = folder_of(&mut tx, ctx, id).await?;
        let standing = self.turn(&mut tx, ctx, folder).await?;
        standing.at_least(Role::Change)?;
        check(&new.wrapped, &new.list, &new.secret, new.due_on)?;
        let mut row = entry::find(&mut tx, id).await?.ok_or(TeamVaultError::NotFound)?;
        let version = next_version(new, standing.me, id, folder, ctx);
        if new.version == row.version && written(&mut tx, &version).await? {
            return Ok(row.into());
        }
        if new.version != row.version + 1 || new.key_version != standing.row.key_version {
            return Err(TeamVaultError::Stale);
        }
        if new.new_secret {
            check_next_day(new.due_on, day(ctx.now()))?;
        }
        fit_to_write(&mut tx, &standing).await?;
        entry::add_version(&mut tx, &version).await?;
        known::wrote(&mut tx, &version).await?;
        row.version = new.version;
        row.due_on = new.due_on;
        if new.new_secret {
            row.rotate = false;
            row.secret_since = new.version;
        }
        entry::advance(&mut tx, &row, new.version - KEPT_VERSIONS + 1).await?;
        let row = entry::find(&mut tx, id).await?.ok_or(TeamVaultError::NotFound)?;
        tx.emit(ctx, &FolderChanged { folder }).await?;
        tx.audit(
            ctx,
            AuditEntry::done("team_vault.changed")
                .target(id)
                .detail("folder", folder.to_string())
                .detail("version", new.version)
                .detail("new_secret", new.new_secret),
        )
        .await?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Deletes an entry with all its versions.
    pub async fn delete_entry(&self, ctx: &Ctx, id: VaultEntryId) -> Result<(), TeamVaultError> {
        let mut tx = self.db.begin().await?;
        let folder = folder_of(&mut tx, ctx, id).await?;
        let standing = self.turn(&mut tx, ctx, folder).await?;
        standing.at_least(Role::Change)?;
        entry::delete(&mut tx, id).await?;
        tx.emit(ctx, &FolderChanged { folder }).await?;
        tx.audit(
            ctx,
            AuditEntry::done("team_vault.deleted")
                .target(id)
                .detail("folder", folder.to_string()),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

fn next_version(
    new: &ChangedEntry,
    staff: StaffId,
    entry: VaultEntryId,
    folder: VaultFolderId,
    ctx: &Ctx,
) -> VersionRow {
    VersionRow {
        entry,
        version: new.version,
        folder,
        key_version: new.key_version,
        wrapped: new.wrapped.0.clone(),
        list: new.list.0.clone(),
        secret: new.secret.0.clone(),
        staff,
        at: ctx.now(),
    }
}

/// Whether this very version was written before: the request came again.
async fn written(tx: &mut Tx, wish: &VersionRow) -> Result<bool, TeamVaultError> {
    let known = entry::version(tx, wish.entry, wish.version).await?;
    // The nonces are random, so equal bytes are the same request. The key may lie elsewhere after a re-key.
    Ok(known.is_some_and(|known| {
        known.folder == wish.folder
            && known.staff == wish.staff
            && known.list == wish.list
            && known.secret == wish.secret
    }))
}

fn check(wrapped: &Bytes, list: &Bytes, secret: &Bytes, due_on: Option<i64>) -> Result<(), TeamVaultError> {
    check_wrapped("wrapped", wrapped)?;
    check_parts(list, secret)?;
    check_day(due_on)
}
