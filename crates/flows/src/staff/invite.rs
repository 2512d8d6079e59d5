//! Inviting somebody with roles and teams.

use wd_kernel::{Ctx, StaffId, TeamId, Timestamp};

use super::{StaffFlowError, StaffFlows, StaffMember};

/// Somebody to invite.
#[derive(Debug, Clone)]
pub struct NewStaff {
    /// The name to sign in with.
    pub login: String,
    /// The shown name.
    pub name: String,
    /// Names of roles.
    pub roles: Vec<String>,
    /// Teams.
    pub teams: Vec<TeamId>,
}

/// Somebody who was invited.
#[derive(Debug)]
pub struct InvitedStaff {
    /// The person.
    pub staff: StaffMember,
    /// The link to set up the account; it is shown once.
    pub invitation_url: String,
    /// When the link begins to work; `None`: at once.
    pub works_from: Option<Timestamp>,
}

impl StaffFlows {
    /// Lets somebody come back who had left: with a new link, which works after a waiting period, and with these roles and teams instead of the old ones.
    pub async fn enable(
        &self,
        ctx: &Ctx,
        id: StaffId,
        roles: &[String],
        teams: &[TeamId],
    ) -> Result<InvitedStaff, StaffFlowError> {
        let mut tx = self.db.begin().await?;
        let invited = self.identity.enable_in(&mut tx, ctx, id).await?;
        if !roles.is_empty() {
            self.access.set_roles_in(&mut tx, ctx, id, roles).await?;
        }
        if !teams.is_empty() {
            self.access.set_teams_in(&mut tx, ctx, id, teams).await?;
        }
        let staff = self.member_in(&mut tx, ctx, id).await?;
        tx.commit().await?;
        Ok(InvitedStaff {
            staff,
            invitation_url: self.identity.invitation_url(&invited.token),
            works_from: invited.starts_at,
        })
    }

    /// Creates a person with roles and teams, and a link: all of it, or nothing.
    pub async fn invite(&self, ctx: &Ctx, new: &NewStaff) -> Result<InvitedStaff, StaffFlowError> {
        let mut tx = self.db.begin().await?;
        let invited = self.identity.invite_in(&mut tx, ctx, &new.login, &new.name).await?;
        if !new.roles.is_empty() {
            self.access
                .set_roles_in(&mut tx, ctx, invited.staff, &new.roles)
                .await?;
        }
        if !new.teams.is_empty() {
            self.access
                .set_teams_in(&mut tx, ctx, invited.staff, &new.teams)
                .await?;
        }
        let staff = self.member_in(&mut tx, ctx, invited.staff).await?;
        tx.commit().await?;
        Ok(InvitedStaff {
            staff,
            invitation_url: self.identity.invitation_url(&invited.token),
            works_from: invited.starts_at,
        })
    }
}
