//! The roles there are, and what somebody may do by them.

use wd_db::{DbError, Tx};
use wd_kernel::{Reach, StaffId, TeamId};

use crate::{Access, Grant, RoleSpec, store};

/// What a staff member holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// Names of roles.
    pub roles: Vec<String>,
    /// Teams with their names.
    pub teams: Vec<(TeamId, String)>,
    /// Names of permissions held in any reach, in order.
    pub permissions: Vec<String>,
}

impl Access {
    /// Brings the built-in roles to what this program says. Run it at every start; what is the same stays untouched.
    pub async fn ensure_roles(&self, specs: &[RoleSpec]) -> Result<(), DbError> {
        let mut tx = self.db.begin().await?;
        let there = store::grants(&mut tx).await?;
        for spec in specs {
            store::put_role(&mut tx, spec.name, spec.title).await?;
            for (permission, reach) in &spec.grants {
                store::put_grant(&mut tx, spec.name, permission, reach.as_str()).await?;
            }
            for (_, permission, _) in there.iter().filter(|(role, ..)| role == spec.name) {
                if !spec.grants.iter().any(|(kept, _)| kept == permission) {
                    store::delete_grant(&mut tx, spec.name, permission).await?;
                }
            }
        }
        tx.commit().await
    }

    /// Every right of every role, for the policies.
    pub async fn grants(&self) -> Result<Vec<Grant>, DbError> {
        grants(&mut self.db.snapshot().await?).await
    }

    /// The same in the caller's transaction.
    pub async fn grants_in(&self, tx: &mut Tx) -> Result<Vec<Grant>, DbError> {
        grants(tx).await
    }

    /// What a staff member holds.
    pub async fn rights_of(&self, tx: &mut Tx, staff: StaffId) -> Result<Rights, DbError> {
        let roles = store::roles_of(tx, staff).await?;
        let teams = store::teams_of(tx, staff).await?;
        let mut permissions: Vec<String> = grants(tx)
            .await?
            .into_iter()
            .filter(|g| roles.contains(&g.role))
            .map(|g| g.permission)
            .collect();
        permissions.sort_unstable();
        permissions.dedup();
        Ok(Rights {
            roles,
            teams,
            permissions,
        })
    }

    /// Roles and teams of somebody, which is what decisions need; asked at every request, so in one question.
    pub async fn standing_of(&self, tx: &mut Tx, staff: StaffId) -> Result<(Vec<String>, Vec<TeamId>), DbError> {
        store::standing_of(tx, staff).await
    }

    /// All roles: name and title, in order of the title.
    pub async fn roles_in(&self, tx: &mut Tx) -> Result<Vec<(String, String)>, DbError> {
        store::role_titles(tx).await
    }

    /// Who holds which role. Callers decide who may see it.
    pub async fn assignments_in(&self, tx: &mut Tx) -> Result<Vec<(StaffId, String)>, DbError> {
        store::all_assignments(tx).await
    }

    /// Who holds a role. Callers decide who may see it.
    pub async fn holders_in(&self, tx: &mut Tx, role: &str) -> Result<Vec<StaffId>, DbError> {
        store::holders(tx, role).await
    }
}

pub(super) async fn grants(tx: &mut Tx) -> Result<Vec<Grant>, DbError> {
    let read = |(role, permission, reach): (String, String, String)| {
        let reach = Reach::parse(&reach).ok_or_else(|| DbError::Column { column: "reach".into() })?;
        Ok(Grant {
            role,
            permission,
            reach,
        })
    };
    store::grants(tx).await?.into_iter().map(read).collect()
}
