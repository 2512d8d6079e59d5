//! The use cases.

mod change;
mod discard;
mod entries;
mod folders;
mod leavers;
mod members;
mod open;
mod open_all;
mod rekey;
mod remind;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use wd_db::{Db, DbError, Tx};
use wd_kernel::{Ctx, DeviceId, PublicKey, Scope, StaffId, TeamId, VaultEntryId, VaultFolderId};

pub use change::{ChangedEntry, NewEntries, NewEntry};
pub use entries::{Entry, EntryHistory, EntryUse, EntryVersion};
pub use folders::{DeviceShare, Folder, FolderKey, FolderMember, NewFolder, NewFolderKey, WaitingDevice};
pub use members::{FolderMembers, NamedMember};
pub use open::{OpenedEntry, Opening};
pub use open_all::{OpeningAll, WishForAll};
pub use rekey::{Move, Moves, NewShares, Rekeying, Unmoved, UnmovedKeys};

use crate::{
    Role, TeamVaultError,
    permissions::{TeamVaultManage, TeamVaultUse},
    store::{
        entry,
        folder::{self, FolderRow},
        key::{self, ShareRow},
    },
};

/// A device of a staff member that was not revoked.
#[derive(Debug, Clone)]
pub struct StaffDevice {
    /// The device.
    pub device: DeviceId,
    /// Its signature key.
    pub mls_key: PublicKey,
    /// Its current statement.
    pub statement: String,
    /// Whether the statement still counts: others may seal to it.
    pub current: bool,
}

/// What the vault asks about people; other domains know it.
#[async_trait]
pub trait People: Send + Sync {
    /// The people of a team, now.
    async fn of_team(&self, tx: &mut Tx, team: TeamId) -> Result<Vec<StaffId>, DbError>;
    /// The shown names of those who are active; others are left out.
    async fn names(&self, tx: &mut Tx, staff: &[StaffId]) -> Result<HashMap<StaffId, String>, DbError>;
    /// The devices of somebody that were not revoked.
    async fn devices(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<Vec<StaffDevice>, DbError>;
}

/// The team vault. Clones share what is behind it.
#[derive(Clone)]
pub struct TeamVault {
    pub(crate) db: Db,
    pub(crate) people: Arc<dyn People>,
}

/// People who were looked up already, so that many folders of one team ask once. `None`: not active.
pub(crate) type Known = HashMap<StaffId, Option<(String, Vec<StaffDevice>)>>;

/// Who is in a folder, with names and devices.
pub(crate) struct Circle {
    pub(crate) members: BTreeMap<StaffId, Member>,
}

pub(crate) struct Member {
    pub(crate) role: Role,
    pub(crate) name: String,
    pub(crate) devices: Vec<StaffDevice>,
}

impl Circle {
    /// Who may have the folder's key; the owner of the device.
    pub(crate) fn owner(&self, device: DeviceId) -> Option<StaffId> {
        self.members
            .iter()
            .find(|(_, member)| member.devices.iter().any(|known| known.device == device))
            .map(|(staff, _)| *staff)
    }

    /// The devices that have a key and may not.
    pub(crate) fn leavers<'a>(&self, shares: &'a [ShareRow]) -> Vec<&'a ShareRow> {
        shares
            .iter()
            .filter(|share| self.owner(share.device) != Some(share.staff))
            .collect()
    }
}

/// A folder as the actor has it.
pub(crate) struct Standing {
    pub(crate) row: FolderRow,
    pub(crate) circle: Circle,
    pub(crate) me: StaffId,
    pub(crate) role: Role,
}

impl Standing {
    /// Refuses who may do less in the folder.
    pub(crate) fn at_least(&self, role: Role) -> Result<(), TeamVaultError> {
        if self.role >= role {
            Ok(())
        } else {
            Err(TeamVaultError::Role)
        }
    }

    /// An own device of the actor.
    pub(crate) fn own(&self, device: DeviceId) -> Result<&StaffDevice, TeamVaultError> {
        self.circle
            .members
            .get(&self.me)
            .and_then(|member| member.devices.iter().find(|own| own.device == device))
            .ok_or(TeamVaultError::Conflict(
                "This browser is no device of yours, or it was revoked.",
            ))
    }

    /// Refuses a device that is not the actor's own or has not got the folder's key: whoever leaves is held against what
    /// their devices opened.
    pub(crate) async fn has_key(&self, tx: &mut Tx, device: DeviceId) -> Result<(), TeamVaultError> {
        self.own(device)?;
        let shares = key::shares(tx, self.row.id, self.row.key_version).await?;
        if shares.iter().any(|share| share.counts_for(device, self.me)) {
            Ok(())
        } else {
            Err(TeamVaultError::Conflict("This device has not got the folder's key."))
        }
    }
}

impl TeamVault {
    /// The team vault on a database.
    pub fn new(db: Db, people: Arc<dyn People>) -> Self {
        Self { db, people }
    }

    /// The folder for reading; nothing for who is no member.
    pub(crate) async fn standing(&self, tx: &mut Tx, ctx: &Ctx, id: VaultFolderId) -> Result<Standing, TeamVaultError> {
        ctx.require::<TeamVaultUse>(Scope::ORGANISATION)?;
        let row = folder::find(tx, id).await?.ok_or(TeamVaultError::NotFound)?;
        self.stand(tx, ctx, row, &mut Known::new())
            .await?
            .ok_or(TeamVaultError::NotFound)
    }

    /// The folder for changing it: others wait.
    pub(crate) async fn turn(&self, tx: &mut Tx, ctx: &Ctx, id: VaultFolderId) -> Result<Standing, TeamVaultError> {
        // Looked at before, so that no stranger makes a folder wait.
        self.standing(tx, ctx, id).await?;
        let row = folder::lock(tx, id).await?.ok_or(TeamVaultError::NotFound)?;
        self.stand(tx, ctx, row, &mut Known::new())
            .await?
            .ok_or(TeamVaultError::NotFound)
    }

    /// What the actor is in a folder, or nothing.
    pub(crate) async fn stand(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: FolderRow,
        known: &mut Known,
    ) -> Result<Option<Standing>, TeamVaultError> {
        let me = ctx.staff()?.id;
        let roles = self.roles(tx, &row).await?;
        let Some(&named) = roles.get(&me) else {
            return Ok(None);
        };
        let manages = row
            .team
            .is_some_and(|team| ctx.holds::<TeamVaultManage>(Scope::team(team)));
        let role = if manages { Role::Share } else { named };
        let circle = self.circle(tx, ctx, &roles, known).await?;
        if !circle.members.contains_key(&me) {
            return Ok(None);
        }
        Ok(Some(Standing { row, circle, me, role }))
    }

    /// Everybody who is in a folder, and as what.
    async fn roles(&self, tx: &mut Tx, row: &FolderRow) -> Result<BTreeMap<StaffId, Role>, TeamVaultError> {
        let mut roles = BTreeMap::new();
        if let Some(team) = row.team {
            let role = Role::stored(&row.team_role)?;
            for staff in self.people.of_team(tx, team).await? {
                roles.insert(staff, role);
            }
        }
        for (staff, role) in folder::members(tx, row.id).await? {
            let role = Role::stored(&role)?;
            roles
                .entry(staff)
                .and_modify(|known: &mut Role| *known = (*known).max(role))
                .or_insert(role);
        }
        Ok(roles)
    }

    async fn circle(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        roles: &BTreeMap<StaffId, Role>,
        known: &mut Known,
    ) -> Result<Circle, TeamVaultError> {
        let unknown: Vec<StaffId> = roles.keys().filter(|id| !known.contains_key(*id)).copied().collect();
        let mut names = self.people.names(tx, &unknown).await?;
        for staff in unknown {
            let found = match names.remove(&staff) {
                Some(name) => Some((name, self.people.devices(tx, ctx, staff).await?)),
                None => None,
            };
            known.insert(staff, found);
        }
        let mut members = BTreeMap::new();
        for (&staff, &role) in roles {
            // Who is not active any more is in no folder.
            if let Some(Some((name, devices))) = known.get(&staff).cloned() {
                members.insert(staff, Member { role, name, devices });
            }
        }
        Ok(Circle { members })
    }
}

/// The folder of an entry, for who may have folders at all.
pub(crate) async fn folder_of(tx: &mut Tx, ctx: &Ctx, id: VaultEntryId) -> Result<VaultFolderId, TeamVaultError> {
    ctx.require::<TeamVaultUse>(Scope::ORGANISATION)?;
    entry::folder_of(tx, id).await?.ok_or(TeamVaultError::NotFound)
}

/// Refuses new secrets while somebody who left has the newest key.
pub(crate) async fn fit_to_write(tx: &mut Tx, standing: &Standing) -> Result<(), TeamVaultError> {
    let shares = key::shares(tx, standing.row.id, standing.row.key_version).await?;
    if standing.circle.leavers(&shares).is_empty() {
        return Ok(());
    }
    Err(TeamVaultError::Conflict(
        "Somebody left who has this folder's key: the folder must be re-keyed first.",
    ))
}
