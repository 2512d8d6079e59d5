//! What the administrator of the machine does at the command line, by login.

use wd_access::ADMINISTRATOR;
use wd_identity::{DisableError, StaffState};
use wd_kernel::{Ctx, StaffId};

use super::{StaffFlowError, StaffFlows, StaffMember};

impl StaffFlows {
    /// A link for an administrator: for a new person, or again for one who has not finished setting up.
    pub async fn administrator_link(&self, ctx: &Ctx, login: &str, name: &str) -> Result<String, StaffFlowError> {
        let mut tx = self.db.begin().await?;
        match self.identity.find_login_in(&mut tx, login).await? {
            Some((_, StaffState::Active | StaffState::Disabled)) => Err(StaffFlowError::AlreadySetUp),
            Some((id, StaffState::Invited)) => {
                self.access
                    .set_roles_in(&mut tx, ctx, id, &[ADMINISTRATOR.to_owned()])
                    .await?;
                tx.commit().await?;
                self.new_link(ctx, login).await
            }
            None => {
                let invited = self.identity.invite_in(&mut tx, ctx, login, name).await?;
                self.access
                    .set_roles_in(&mut tx, ctx, invited.staff, &[ADMINISTRATOR.to_owned()])
                    .await?;
                tx.commit().await?;
                Ok(self.identity.invitation_url(&invited.token))
            }
        }
    }

    /// Whether anybody was ever set up or invited as an administrator: if not, the first start prints a link.
    pub async fn has_administrator(&self) -> Result<bool, StaffFlowError> {
        let mut tx = self.db.snapshot().await?;
        Ok(!self.access.holders_in(&mut tx, ADMINISTRATOR).await?.is_empty())
    }

    /// A new link for somebody; accepting it replaces password and factors.
    pub async fn new_link(&self, ctx: &Ctx, login: &str) -> Result<String, StaffFlowError> {
        let invited = self.identity.reissue_link(ctx, login).await?;
        Ok(self.identity.invitation_url(&invited.token))
    }

    /// Disables somebody.
    pub async fn disable_login(&self, ctx: &Ctx, login: &str) -> Result<StaffMember, StaffFlowError> {
        let id = self.id_of(login).await?;
        self.disable(ctx, id).await
    }

    /// Ends all sessions of somebody; how many.
    pub async fn end_sessions(&self, ctx: &Ctx, login: &str) -> Result<usize, StaffFlowError> {
        let id = self.id_of(login).await?;
        Ok(self.identity.end_sessions_of(ctx, id).await?)
    }

    async fn id_of(&self, login: &str) -> Result<StaffId, StaffFlowError> {
        let mut tx = self.db.snapshot().await?;
        let found = self.identity.find_login_in(&mut tx, login).await?;
        Ok(found.ok_or(DisableError::NotFound)?.0)
    }
}
