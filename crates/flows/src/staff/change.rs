//! Changing what somebody may do, and taking it away.

use wd_access::{ADMINISTRATOR, SetRolesError, Team};
use wd_db::{DbError, Tx};
use wd_identity::{DisableError, StaffState};
use wd_kernel::{Ctx, StaffId, TeamId};

use super::{StaffFlowError, StaffFlows, StaffMember};

impl StaffFlows {
    /// Makes these the roles of somebody.
    pub async fn set_roles(&self, ctx: &Ctx, id: StaffId, roles: &[String]) -> Result<StaffMember, StaffFlowError> {
        let mut tx = self.db.begin().await?;
        self.member_in(&mut tx, ctx, id).await?;
        let administered = self.administered(&mut tx).await?;
        let asked = self.identity.factor_demand_in(&mut tx, ctx, id).await?;
        self.access.set_roles_in(&mut tx, ctx, id, roles).await?;
        self.identity.roles_changed_in(&mut tx, ctx, id, asked).await?;
        self.not_left(&mut tx, id).await?;
        self.still_administered(&mut tx, administered).await?;
        let member = self.member_in(&mut tx, ctx, id).await?;
        tx.commit().await?;
        Ok(member)
    }

    /// Makes these the teams of somebody.
    pub async fn set_teams(&self, ctx: &Ctx, id: StaffId, teams: &[TeamId]) -> Result<StaffMember, StaffFlowError> {
        let mut tx = self.db.begin().await?;
        self.member_in(&mut tx, ctx, id).await?;
        self.access.set_teams_in(&mut tx, ctx, id, teams).await?;
        self.not_left(&mut tx, id).await?;
        let member = self.member_in(&mut tx, ctx, id).await?;
        tx.commit().await?;
        Ok(member)
    }

    /// Takes everything from somebody who leaves: sign-in, sessions, devices, roles, teams, in one transaction.
    pub async fn disable(&self, ctx: &Ctx, id: StaffId) -> Result<StaffMember, StaffFlowError> {
        let mut tx = self.db.begin().await?;
        self.disable_in(&mut tx, ctx, id).await?;
        let member = self.member_in(&mut tx, ctx, id).await?;
        tx.commit().await?;
        Ok(member)
    }

    /// The same in the caller's transaction.
    pub(crate) async fn disable_in(&self, tx: &mut Tx, ctx: &Ctx, id: StaffId) -> Result<(), StaffFlowError> {
        let administered = self.administered(tx).await?;
        self.identity.disable_in(tx, ctx, id).await?;
        self.access.release_in(tx, ctx, id).await?;
        self.still_administered(tx, administered).await
    }

    /// Makes a team.
    pub async fn create_team(&self, ctx: &Ctx, name: &str) -> Result<Team, StaffFlowError> {
        Ok(self.access.create_team(ctx, name).await?)
    }

    async fn not_left(&self, tx: &mut Tx, id: StaffId) -> Result<(), StaffFlowError> {
        match self.identity.standing_in(tx, id).await? {
            None => Err(DisableError::NotFound.into()),
            Some((StaffState::Disabled, _)) => Err(StaffFlowError::Left),
            Some(_) => Ok(()),
        }
    }

    /// Whether an administrator can sign in. Access counts holders of the role; who of them can sign in, identity knows.
    async fn administered(&self, tx: &mut Tx) -> Result<bool, DbError> {
        for holder in self.access.holders_in(tx, ADMINISTRATOR).await? {
            if let Some((StaffState::Active, _)) = self.identity.standing_in(tx, holder).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn still_administered(&self, tx: &mut Tx, before: bool) -> Result<(), StaffFlowError> {
        if before && !self.administered(tx).await? {
            return Err(SetRolesError::LastAdministrator.into());
        }
        Ok(())
    }
}
