//! Changing the settings: roles and teams of the table must be there.

use wd_kernel::Ctx;
use wd_single_sign_on::{NewSettings, SettingsView};

use super::{SingleSignOnError, SingleSignOnFlows};

impl SingleSignOnFlows {
    /// Changes the settings. Who may do that holds the right that only administrators have: through the table they
    /// could make anybody anything.
    pub async fn change_settings(&self, ctx: &Ctx, new: NewSettings) -> Result<SettingsView, SingleSignOnError> {
        let mut tx = self.db.begin().await?;
        let roles = self.access.grants().await?;
        let teams = self.access.teams_in(&mut tx).await?;
        let table = new.settings.groups.clone();
        let changed = self.provider.change_settings_in(&mut tx, ctx, new).await?;
        for mapping in &table {
            if let Some(role) = &mapping.role
                && !roles.iter().any(|grant| grant.role == *role)
            {
                return Err(SingleSignOnError::UnknownRole(role.clone()));
            }
            if mapping
                .team
                .is_some_and(|team| !teams.iter().any(|known| known.id == team))
            {
                return Err(SingleSignOnError::UnknownTeam);
            }
        }
        tx.commit().await?;
        self.provider.forget_provider().await;
        Ok(changed)
    }
}
