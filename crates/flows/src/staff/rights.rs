use async_trait::async_trait;
use wd_access::{ADMINISTRATOR, Access};
use wd_db::{DbError, Tx};
use wd_identity::{Privilege, RightsOf, StaffRights};
use wd_kernel::{StaffId, TeamId};

/// Answers identity's question what somebody may do, from access.
pub struct RightsFromAccess(pub Access);

#[async_trait]
impl RightsOf for RightsFromAccess {
    async fn rights_of(&self, tx: &mut Tx, staff: StaffId) -> Result<StaffRights, DbError> {
        let rights = self.0.rights_of(tx, staff).await?;
        Ok(StaffRights {
            roles: rights.roles,
            teams: rights.teams,
            permissions: rights.permissions,
        })
    }

    async fn standing_of(&self, tx: &mut Tx, staff: StaffId) -> Result<(Vec<String>, Vec<TeamId>), DbError> {
        self.0.standing_of(tx, staff).await
    }

    async fn roles(&self, tx: &mut Tx) -> Result<Vec<(String, String)>, DbError> {
        self.0.roles_in(tx).await
    }

    async fn assignments(&self, tx: &mut Tx) -> Result<Vec<(StaffId, String)>, DbError> {
        self.0.assignments_in(tx).await
    }

    async fn grants(&self, tx: &mut Tx) -> Result<Vec<(String, String)>, DbError> {
        let grants = self.0.grants_in(tx).await?;
        Ok(grants.into_iter().map(|grant| (grant.role, grant.permission)).collect())
    }

    async fn memberships(&self, tx: &mut Tx) -> Result<Vec<(StaffId, TeamId)>, DbError> {
        self.0.members_in(tx).await
    }

    async fn privilege_of(&self, tx: &mut Tx, staff: StaffId) -> Result<Privilege, DbError> {
        let (roles, teams) = self.0.standing_of(tx, staff).await?;
        let mut privilege = Privilege {
            administrator: roles.iter().any(|role| role == ADMINISTRATOR),
            teams: teams.into_iter().collect(),
            ..Privilege::default()
        };
        for grant in self.0.grants_in(tx).await? {
            if roles.contains(&grant.role) {
                privilege.add(grant.permission, grant.reach);
            }
        }
        Ok(privilege)
    }

    async fn administrators(&self, tx: &mut Tx) -> Result<Vec<StaffId>, DbError> {
        self.0.holders_in(tx, ADMINISTRATOR).await
    }
}
