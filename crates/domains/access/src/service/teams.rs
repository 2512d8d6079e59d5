//! The teams.

use unicode_normalization::UnicodeNormalization as _;
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, Scope, StaffId, TeamId};

use crate::{
    Access,
    events::TeamCreated,
    permissions::{TeamsManage, TeamsRead},
    store,
};

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Which one.
    pub id: TeamId,
    /// Its name.
    pub name: String,
}

/// Why there is no new team.
#[derive(Debug, thiserror::Error)]
pub enum CreateTeamError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Empty, too long, or with line breaks.
    #[error("not a name for a team")]
    Name,
    /// A team has this name.
    #[error("a team has this name already")]
    Taken,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Access {
    /// All teams, in order of the name. Everybody who works with teams may see them.
    pub async fn teams(&self, ctx: &Ctx) -> Result<Vec<Team>, CreateTeamError> {
        ctx.require::<TeamsRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        Ok(self.teams_in(&mut tx).await?)
    }

    /// All teams, in order of the name. Callers decide who may see them.
    pub async fn teams_in(&self, tx: &mut Tx) -> Result<Vec<Team>, DbError> {
        Ok(store::teams(tx)
            .await?
            .into_iter()
            .map(|(id, name)| Team { id, name })
            .collect())
    }

    /// Who is in which team. Callers decide who may see it.
    pub async fn members_in(&self, tx: &mut Tx) -> Result<Vec<(StaffId, TeamId)>, DbError> {
        store::all_members(tx).await
    }

    /// Makes a team.
    pub async fn create_team(&self, ctx: &Ctx, name: &str) -> Result<Team, CreateTeamError> {
        let mut tx = self.db.begin().await?;
        let team = self.create_team_in(&mut tx, ctx, name).await?;
        tx.commit().await?;
        Ok(team)
    }

    /// Makes a team, in the caller's transaction.
    pub async fn create_team_in(&self, tx: &mut Tx, ctx: &Ctx, name: &str) -> Result<Team, CreateTeamError> {
        ctx.require::<TeamsManage>(Scope::ORGANISATION)?;
        let name: String = name.trim().nfc().take(129).collect();
        let length = name.chars().count();
        if length == 0 || length > 128 || name.contains(char::is_control) {
            return Err(CreateTeamError::Name);
        }
        // Asked first: on PostgreSQL a refused row would end the caller's transaction.
        if store::teams(tx).await?.iter().any(|(_, taken)| *taken == name) {
            return Err(CreateTeamError::Taken);
        }
        let id: TeamId = ctx.id();
        match store::insert_team(tx, id, &name, ctx.now()).await {
            Err(DbError::Unique) => return Err(CreateTeamError::Taken),
            other => other?,
        }
        tx.emit(ctx, &TeamCreated { team: id }).await?;
        tx.audit(
            ctx,
            Entry::done("team.created").target(id).detail("name", name.as_str()),
        )
        .await?;
        Ok(Team { id, name })
    }
}
