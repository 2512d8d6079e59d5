//! Groups give roles and teams.

use wd_access::ADMINISTRATOR;
use wd_db::{DbError, Tx};
use wd_identity::StaffState;
use wd_kernel::{Ctx, StaffId, TeamId};
use wd_single_sign_on::model::settings::ProviderSettings;

use super::{SingleSignOnError, SingleSignOnFlows};

impl SingleSignOnFlows {
    /// Gives somebody what their groups give, and takes what other groups of the table would give. What the table does
    /// not name stays as people decided. The last administrator stays one.
    pub(crate) async fn apply_groups(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        settings: &ProviderSettings,
        groups: &[String],
    ) -> Result<(), SingleSignOnError> {
        let (decided, given) = (settings.decided(), settings.given_by(groups));
        let (before, teams_before) = self.access.standing_of(tx, staff).await?;
        let mut roles: Vec<String> = before
            .iter()
            .filter(|role| !decided.roles.contains(*role))
            .cloned()
            .chain(given.roles)
            .collect();
        let was = before.iter().any(|role| role == ADMINISTRATOR);
        if was && !roles.iter().any(|role| role == ADMINISTRATOR) && !self.others_administer(tx, staff).await? {
            roles.push(ADMINISTRATOR.to_owned());
        }
        roles.sort_unstable();
        roles.dedup();
        if roles != before {
            let asked = self.identity.factor_demand_in(tx, ctx, staff).await?;
            self.access.set_roles_in(tx, ctx, staff, &roles).await?;
            self.identity.roles_changed_in(tx, ctx, staff, asked).await?;
        }
        let mut teams: Vec<TeamId> = teams_before
            .iter()
            .filter(|team| !decided.teams.contains(team))
            .copied()
            .chain(given.teams)
            .collect();
        teams.sort_unstable();
        teams.dedup();
        self.access.set_teams_in(tx, ctx, staff, &teams).await?;
        Ok(())
    }

    async fn others_administer(&self, tx: &mut Tx, staff: StaffId) -> Result<bool, DbError> {
        for holder in self.access.holders_in(tx, ADMINISTRATOR).await? {
            if holder != staff
                && let Some((StaffState::Active, _)) = self.identity.standing_in(tx, holder).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
