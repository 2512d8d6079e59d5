use serde::{Deserialize, Serialize};
use wd_audit_log::{AuditTx as _, Entry as AuditEntry};
use wd_db::Tx;
use wd_kernel::{
    Bytes, Ctx, Denied, DeviceId, Permission as _, PublicKey, Scope, Signature, StaffId, TeamId, VaultFolderId,
};

use super::{Known, NamedMember, Standing, TeamVault, leavers::is_to_be_marked, members::write_members};
use crate::{
    Role, TeamVaultError,
    events::FolderChanged,
    model::{check_key, check_name, check_share, day},
    permissions::{TeamVaultManage, TeamVaultUse},
    store::{
        entry,
        folder::{self, FolderRow},
        key::{self, KeyRow, ShareRow},
    },
};

/// A version of a folder's key, as its maker signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VaultFolderKey)]
pub struct FolderKey {
    /// From 1.
    pub version: i64,
    /// SHA-256 of `wardesk-team-vault-commit-v1`, a zero byte and the key.
    pub commitment: PublicKey,
    /// The device that made it.
    pub device: DeviceId,
    /// When, in seconds.
    pub at: i64,
    /// The device's signature.
    pub signature: Signature,
    /// The device's statement when it made the key.
    pub statement: String,
}

/// Somebody in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VaultFolderMember)]
pub struct FolderMember {
    /// Who.
    pub staff: StaffId,
    /// The shown name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Named beside the team; `false` for who is in the folder only by their team.
    pub named: bool,
}

/// A member's device that lacks the folder's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VaultWaitingDevice)]
pub struct WaitingDevice {
    /// The device.
    pub device: DeviceId,
    /// Whose.
    pub staff: StaffId,
    /// Its statement.
    pub statement: String,
}

/// A folder as one of the actor's devices sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VaultFolder)]
pub struct Folder {
    /// The folder.
    pub id: VaultFolderId,
    /// The team whose people are in it.
    pub team: Option<TeamId>,
    /// What the team's people may do.
    pub team_role: Role,
    /// What the actor may do.
    pub role: Role,
    /// The newest key.
    pub key: FolderKey,
    /// The newest key, sealed to the asking device.
    pub share: Option<Bytes>,
    /// The key before, sealed under the newest, while entries are being moved.
    pub previous: Option<Bytes>,
    /// The name, sealed under the newest key.
    pub name: Bytes,
    /// A device has the newest key that may not have it any more.
    pub rekey: bool,
    /// How many versions of entries still lie under the key before.
    pub unmoved: i64,
    /// How many entries.
    pub entries: i64,
    /// How many of them are due for a new secret today.
    pub due: i64,
    /// How many of them somebody knows who left.
    pub rotate: i64,
    /// Who is in it.
    pub members: Vec<FolderMember>,
    /// Devices of members that lack the key, if the asking device has it.
    pub waiting: Vec<WaitingDevice>,
    /// The members' devices that can be sealed to.
    pub devices: Vec<WaitingDevice>,
}

/// A folder key for one device.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VaultShare)]
pub struct DeviceShare {
    /// The device.
    pub device: DeviceId,
    /// HPKE: enc and ciphertext.
    pub sealed: Bytes,
}

/// A new version of a folder's key.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewVaultFolderKey)]
pub struct NewFolderKey {
    /// SHA-256 of `wardesk-team-vault-commit-v1`, a zero byte and the key.
    pub commitment: PublicKey,
    /// The own device that makes it.
    pub device: DeviceId,
    /// When, in seconds.
    pub at: i64,
    /// The device's signature.
    pub signature: Signature,
    /// The key for each device of a member, the own one among them.
    pub shares: Vec<DeviceShare>,
}

/// A new folder.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewVaultFolder)]
pub struct NewFolder {
    /// Made by the client; a repeated request with the same id and key gets the same answer.
    pub id: VaultFolderId,
    /// The team whose people are in it; without one, only who is named.
    pub team: Option<TeamId>,
    /// What the team's people may do.
    pub team_role: Role,
    /// Who is named. Who makes a folder without a team is in it and may share it.
    pub members: Vec<NamedMember>,
    /// The name, sealed under the key.
    pub name: Bytes,
    /// Version 1 of the key.
    pub key: NewFolderKey,
}

impl TeamVault {
    /// The actor's folders, as one of their devices sees them.
    pub async fn folders(&self, ctx: &Ctx, device: DeviceId) -> Result<Vec<Folder>, TeamVaultError> {
        ctx.require::<TeamVaultUse>(Scope::ORGANISATION)?;
        let (folders, left) = self.look(ctx, device).await?;
        if left.is_empty() {
            return Ok(folders);
        }
        for id in left {
            self.mark_in(ctx, id).await?;
        }
        Ok(self.look(ctx, device).await?.0)
    }

    /// The actor's folders, and those in which it is not marked yet what leavers know.
    async fn look(&self, ctx: &Ctx, device: DeviceId) -> Result<(Vec<Folder>, Vec<VaultFolderId>), TeamVaultError> {
        let mut tx = self.db.snapshot().await?;
        let mut folders = Vec::new();
        let mut left = Vec::new();
        let mut known = Known::new();
        for row in folder::all(&mut tx).await? {
            if let Some(standing) = self.stand(&mut tx, ctx, row, &mut known).await? {
                if is_to_be_marked(&mut tx, standing.row.id, &standing.circle).await? {
                    left.push(standing.row.id);
                }
                folders.push(show(&mut tx, ctx, &standing, device).await?);
            }
        }
        Ok((folders, left))
    }

    /// Makes a folder.
    pub async fn create_folder(&self, ctx: &Ctx, mut new: NewFolder) -> Result<Folder, TeamVaultError> {
        ctx.require::<TeamVaultUse>(Scope::ORGANISATION)?;
        let me = ctx.staff()?;
        match new.team {
            Some(team) if !me.teams.contains(&team) => return Err(TeamVaultError::NotFound),
            Some(team) if !ctx.holds::<TeamVaultManage>(Scope::team(team)) => {
                return Err(Denied::Forbidden(TeamVaultManage::NAME).into());
            }
            Some(_) => {}
            None => {
                new.members.retain(|member| member.staff != me.id);
                new.members.push(NamedMember {
                    staff: me.id,
                    role: Role::Share,
                });
            }
        }
        check_name(&new.name)?;
        let mut tx = self.db.begin().await?;
        let row = FolderRow {
            id: new.id,
            team: new.team,
            team_role: new.team_role.as_str().to_owned(),
            key_version: 1,
            name: new.name.0.clone(),
            made_by: me.id,
            made_at: ctx.now(),
        };
        if !folder::insert(&mut tx, &row).await? {
            return self.made_before(&mut tx, ctx, &new).await;
        }
        write_members(&mut tx, self, new.id, &new.members).await?;
        let standing = self
            .stand(&mut tx, ctx, row, &mut Known::new())
            .await?
            .ok_or(TeamVaultError::NotFound)?;
        write_key(&mut tx, ctx, &standing, 1, &new.key, None).await?;
        tx.emit(ctx, &FolderChanged { folder: new.id }).await?;
        let mut audit = AuditEntry::done("team_vault.folder_made").target(new.id);
        if let Some(team) = new.team {
            audit = audit.detail("team", team.to_string());
        }
        tx.audit(ctx, audit).await?;
        let shown = show(&mut tx, ctx, &standing, new.key.device).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// The id is taken: by this very request, or by something else.
    async fn made_before(&self, tx: &mut Tx, ctx: &Ctx, new: &NewFolder) -> Result<Folder, TeamVaultError> {
        const TAKEN: TeamVaultError = TeamVaultError::Conflict("This id is taken.");
        let row = folder::find(tx, new.id).await?.ok_or(TAKEN)?;
        let first = key::find(tx, row.id, row.key_version).await?;
        if row.made_by != ctx.staff()?.id || first.commitment != new.key.commitment.0 {
            return Err(TAKEN);
        }
        let standing = self.stand(tx, ctx, row, &mut Known::new()).await?.ok_or(TAKEN)?;
        show(tx, ctx, &standing, new.key.device).await
    }

    /// Deletes a folder with everything in it.
    pub async fn delete_folder(&self, ctx: &Ctx, id: VaultFolderId) -> Result<(), TeamVaultError> {
        let mut tx = self.db.begin().await?;
        let standing = self.turn(&mut tx, ctx, id).await?;
        standing.at_least(Role::Share)?;
        ctx.fresh_factor(TeamVaultManage::NAME)?;
        let (entries, _, _) = entry::counts(&mut tx, id, day(ctx.now())).await?;
        folder::delete(&mut tx, id).await?;
        tx.emit(ctx, &FolderChanged { folder: id }).await?;
        tx.audit(
            ctx,
            AuditEntry::done("team_vault.folder_deleted")
                .target(id)
                .detail("entries", entries),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Writes a version of the folder's key, with the shares for those who may have it.
pub(super) async fn write_key(
    tx: &mut Tx,
    ctx: &Ctx,
    standing: &Standing,
    version: i64,
    new: &NewFolderKey,
    previous: Option<&Bytes>,
) -> Result<(), TeamVaultError> {
    let maker = standing.own(new.device)?;
    if !maker.current {
        return Err(TeamVaultError::Conflict("The device's statement has ended: renew it."));
    }
    let made = (&new.commitment, new.at, &new.signature);
    check_key(standing.row.id, version, made, &maker.mls_key, ctx.now())?;
    if !new.shares.iter().any(|share| share.device == new.device) {
        return Err(TeamVaultError::invalid("shares", "The own device is missing."));
    }
    let row = KeyRow {
        folder: standing.row.id,
        version,
        commitment: new.commitment.0,
        device: new.device,
        at: new.at,
        signature: new.signature.0,
        statement: maker.statement.clone(),
        previous: previous.map(|sealed| sealed.0.clone()),
    };
    key::insert(tx, &row).await?;
    write_shares(tx, standing, version, (new.device, &new.shares)).await?;
    Ok(())
}

/// Keeps shares that a device gives, each for a device of a member; the devices that lacked one.
pub(super) async fn write_shares(
    tx: &mut Tx,
    standing: &Standing,
    version: i64,
    (giver, shares): (DeviceId, &[DeviceShare]),
) -> Result<Vec<DeviceId>, TeamVaultError> {
    let mut given = Vec::new();
    for share in shares {
        check_share(&share.sealed)?;
        let staff = standing
            .circle
            .owner(share.device)
            .ok_or(TeamVaultError::invalid("shares", "A device is not one of a member."))?;
        let row = ShareRow {
            device: share.device,
            staff,
            sealed: share.sealed.0.clone(),
            given_by: Some(giver),
            refused: false,
        };
        if key::share(tx, standing.row.id, version, &row).await? {
            given.push(share.device);
        }
    }
    Ok(given)
}

/// A folder as a device of the actor sees it.
pub(super) async fn show(
    tx: &mut Tx,
    ctx: &Ctx,
    standing: &Standing,
    device: DeviceId,
) -> Result<Folder, TeamVaultError> {
    let Standing { row, circle, role, me } = standing;
    standing.own(device)?;
    let made = key::find(tx, row.id, row.key_version).await?;
    let shares = key::shares(tx, row.id, row.key_version).await?;
    let (entries, due, rotate) = entry::counts(tx, row.id, day(ctx.now())).await?;
    let named = folder::members(tx, row.id).await?;
    let share = shares
        .iter()
        .find(|share| share.counts_for(device, *me))
        .map(|share| Bytes(share.sealed.clone()));
    let devices: Vec<WaitingDevice> = circle
        .members
        .iter()
        .flat_map(|(staff, member)| member.devices.iter().map(|known| (*staff, known)))
        .filter(|(_, known)| known.current)
        .map(|(staff, known)| WaitingDevice {
            device: known.device,
            staff,
            statement: known.statement.clone(),
        })
        .collect();
    let lacks = |known: &&WaitingDevice| {
        !shares
            .iter()
            .any(|share| share.device == known.device && !share.refused)
    };
    let waiting = match share {
        Some(_) => devices.iter().filter(lacks).cloned().collect(),
        None => Vec::new(),
    };
    let members = circle.members.iter().map(|(staff, member)| FolderMember {
        staff: *staff,
        name: member.name.clone(),
        role: member.role,
        named: named.iter().any(|(known, _)| known == staff),
    });
    Ok(Folder {
        id: row.id,
        team: row.team,
        team_role: Role::stored(&row.team_role)?,
        role: *role,
        rekey: !circle.leavers(&shares).is_empty(),
        unmoved: key::count_unmoved(tx, row.id, row.key_version).await?,
        previous: share.as_ref().and(made.previous.clone()).map(Bytes),
        share,
        name: Bytes(row.name.clone()),
        entries,
        due,
        rotate,
        members: members.collect(),
        waiting,
        devices,
        key: FolderKey {
            version: made.version,
            commitment: PublicKey(made.commitment),
            device: made.device,
            at: made.at,
            signature: Signature(made.signature),
            statement: made.statement,
        },
    })
}
