//! Groups give roles and teams.

use std::collections::BTreeSet;

use wd_access::ADMINISTRATOR;
use wd_db::{DbError, Tx};
use wd_identity::{Privilege, StaffState};
use wd_kernel::{Ctx, StaffId, TeamId};
use wd_provisioning::model::settings::{Settings, settle};

use super::{ProvisioningFlows, Refusal};

impl ProvisioningFlows {
    /// The roles that a group may give: those without administrative rights.
    pub(super) async fn ordinary_roles(&self, tx: &mut Tx) -> Result<BTreeSet<String>, DbError> {
        let grants = self.access.grants_in(tx).await?;
        let names = self.access.roles_in(tx).await?.into_iter().map(|(name, _)| name);
        let ordinary = |name: &String| {
            let mut privilege = Privilege {
                administrator: name == ADMINISTRATOR,
                ..Privilege::default()
            };
            for grant in grants.iter().filter(|grant| grant.role == *name) {
                privilege.add(grant.permission.clone(), grant.reach);
            }
            !privilege.is_administrative()
        };
        Ok(names.filter(ordinary).collect())
    }

    /// Gives somebody what their groups give, and takes what groups gave and give no longer. What people gave stays. Who
    /// has administrative rights gets nothing new.
    pub(super) async fn settle(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        settings: &Settings,
    ) -> Result<(), Refusal> {
        let standing = self.identity.standing_in(tx, staff).await?;
        if standing.is_none_or(|(state, _)| state == StaffState::Disabled) {
            return Ok(());
        }
        let groups = self.provisioning.groups_of_in(tx, staff).await?;
        let names: Vec<String> = groups.into_iter().map(|group| group.display_name).collect();
        let mut wanted = settings.given_by(&names);
        // Once more, also if the table was made when the role carried less.
        let ordinary = self.ordinary_roles(tx).await?;
        wanted.roles.retain(|role| ordinary.contains(role));
        let there: BTreeSet<TeamId> = self
            .access
            .teams_in(tx)
            .await?
            .into_iter()
            .map(|team| team.id)
            .collect();
        wanted.teams.retain(|team| there.contains(team));
        let given = self.provisioning.given_in(tx, staff).await?;
        if self.is_privileged(tx, staff).await? {
            wanted.roles.retain(|role| given.roles.contains(role));
            wanted.teams.retain(|team| given.teams.contains(team));
        }
        let (roles, teams) = self.access.standing_of(tx, staff).await?;
        let (roles, teams): (BTreeSet<_>, BTreeSet<_>) = (roles.into_iter().collect(), teams.into_iter().collect());
        let (role, team) = (
            settle(&roles, &given.roles, &wanted.roles),
            settle(&teams, &given.teams, &wanted.teams),
        );
        if role.held != roles {
            let asked = self.identity.factor_demand_in(tx, ctx, staff).await?;
            let held: Vec<String> = role.held.into_iter().collect();
            self.access.set_roles_in(tx, ctx, staff, &held).await?;
            self.identity.roles_changed_in(tx, ctx, staff, asked).await?;
        }
        if team.held != teams {
            let held: Vec<TeamId> = team.held.into_iter().collect();
            self.access.set_teams_in(tx, ctx, staff, &held).await?;
        }
        if (&role.given, &team.given) != (&given.roles, &given.teams) {
            self.provisioning
                .set_given_in(tx, staff, &role.given, &team.given)
                .await?;
        }
        Ok(())
    }
}
