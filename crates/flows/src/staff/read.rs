//! Staff as screens show them.

use std::collections::HashMap;

use wd_access::{CreateTeamError, Team, permissions::TeamsRead};
use wd_db::{DbError, Tx};
use wd_identity::StaffView;
use wd_kernel::{Ctx, Page, PageQuery, Scope, StaffId, TeamId};

use super::{StaffFlowError, StaffFlows};

/// A staff member with roles and teams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// The person.
    pub person: StaffView,
    /// Names of roles.
    pub roles: Vec<String>,
    /// Teams.
    pub teams: Vec<TeamId>,
}

/// Somebody whom one can assign to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// Who.
    pub id: StaffId,
    /// The shown name.
    pub name: String,
    /// The teams they are in.
    pub teams: Vec<TeamId>,
    /// Whether they are reachable now.
    pub online: bool,
}

type Memberships = HashMap<StaffId, (Vec<String>, Vec<TeamId>)>;

impl StaffFlows {
    /// A page of staff, the longest here first.
    pub async fn staff(&self, ctx: &Ctx, query: &PageQuery) -> Result<Page<StaffMember>, StaffFlowError> {
        let mut tx = self.db.snapshot().await?;
        let page = self.identity.staff_in(&mut tx, ctx, query).await?;
        let mut held = self.memberships(&mut tx).await?;
        Ok(page.map(|person| member(person, &mut held)))
    }

    /// Everybody who can sign in, by login.
    pub async fn colleagues(&self, ctx: &Ctx) -> Result<Vec<Colleague>, StaffFlowError> {
        ctx.require::<TeamsRead>(Scope::ORGANISATION)
            .map_err(CreateTeamError::Denied)?;
        let mut tx = self.db.snapshot().await?;
        let people = self.identity.active_names_in(&mut tx).await?;
        let mut held = self.memberships(&mut tx).await?;
        let colleague = |(id, name)| {
            let (_, teams) = held.remove(&id).unwrap_or_default();
            Colleague {
                id,
                name,
                teams,
                online: self.presence.is_online(id),
            }
        };
        Ok(people.into_iter().map(colleague).collect())
    }

    /// All teams.
    pub async fn teams(&self, ctx: &Ctx) -> Result<Vec<Team>, StaffFlowError> {
        Ok(self.access.teams(ctx).await?)
    }

    pub(super) async fn member_in(&self, tx: &mut Tx, ctx: &Ctx, id: StaffId) -> Result<StaffMember, StaffFlowError> {
        let person = self.identity.staff_member_in(tx, ctx, id).await?;
        Ok(member(person, &mut self.memberships(tx).await?))
    }

    async fn memberships(&self, tx: &mut Tx) -> Result<Memberships, DbError> {
        let mut held = Memberships::new();
        for (staff, role) in self.access.assignments_in(tx).await? {
            held.entry(staff).or_default().0.push(role);
        }
        for (staff, team) in self.access.members_in(tx).await? {
            held.entry(staff).or_default().1.push(team);
        }
        Ok(held)
    }
}

fn member(person: StaffView, held: &mut Memberships) -> StaffMember {
    let (roles, teams) = held.remove(&person.id).unwrap_or_default();
    StaffMember { person, roles, teams }
}
