use async_trait::async_trait;
use wd_access::Access;
use wd_db::{DbError, Tx};
use wd_identity::{RightsOf, StaffRights};
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
}
