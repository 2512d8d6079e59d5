use std::collections::BTreeSet;

use serde::Deserialize;
use wd_audit_log::{AuditTx as _, Entry as AuditEntry};
use wd_db::Tx;
use wd_kernel::{Ctx, Permission as _, StaffId, VaultFolderId};

use super::TeamVault;
use crate::{
    Role, TeamVaultError, events::FolderChanged, model::MAX_MEMBERS, permissions::TeamVaultManage, store::folder,
};

/// Somebody named in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NamedVaultMember)]
pub struct NamedMember {
    /// Who.
    pub staff: StaffId,
    /// What they may do.
    pub role: Role,
}

/// Who is to be in a folder.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VaultFolderMembers)]
pub struct FolderMembers {
    /// What the team's people may do.
    pub team_role: Role,
    /// Who is named; everybody else who was is not any more.
    pub members: Vec<NamedMember>,
}

impl TeamVault {
    /// Says who is in a folder. Who is taken out keeps what they opened; the folder is re-keyed before anything new is
    /// written.
    pub async fn set_members(&self, ctx: &Ctx, id: VaultFolderId, wish: &FolderMembers) -> Result<(), TeamVaultError> {
        let mut tx = self.db.begin().await?;
        let standing = self.turn(&mut tx, ctx, id).await?;
        standing.at_least(Role::Share)?;
        ctx.fresh_factor(TeamVaultManage::NAME)?;
        if standing.row.team.is_none() && !wish.members.iter().any(|member| member.role == Role::Share) {
            return Err(TeamVaultError::invalid(
                "members",
                "Somebody must be able to share the folder.",
            ));
        }
        folder::forget_members(&mut tx, id).await?;
        write_members(&mut tx, self, id, &wish.members).await?;
        folder::set_team_role(&mut tx, id, wish.team_role.as_str()).await?;
        tx.emit(ctx, &FolderChanged { folder: id }).await?;
        let named: Vec<String> = wish
            .members
            .iter()
            .map(|member| format!("{} {}", member.staff, member.role.as_str()))
            .collect();
        tx.audit(
            ctx,
            AuditEntry::done("team_vault.shared")
                .target(id)
                .detail("team_role", wish.team_role.as_str())
                .detail("named", named),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Writes who is named: active people, each once.
pub(super) async fn write_members(
    tx: &mut Tx,
    vault: &TeamVault,
    id: VaultFolderId,
    members: &[NamedMember],
) -> Result<(), TeamVaultError> {
    if members.len() > MAX_MEMBERS {
        return Err(TeamVaultError::TooLarge);
    }
    let ids: BTreeSet<StaffId> = members.iter().map(|member| member.staff).collect();
    if ids.len() != members.len() {
        return Err(TeamVaultError::invalid("members", "Somebody is named twice."));
    }
    let ids: Vec<StaffId> = ids.into_iter().collect();
    let names = vault.people.names(tx, &ids).await?;
    if names.len() != ids.len() {
        return Err(TeamVaultError::invalid(
            "members",
            "Somebody is not there, or not active.",
        ));
    }
    for member in members {
        folder::add_member(tx, id, member.staff, member.role.as_str()).await?;
    }
    Ok(())
}
