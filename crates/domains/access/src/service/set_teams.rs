//! Who is in which team.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, Scope, StaffId, TeamId};

use crate::{Access, events::TeamsChanged, permissions::TeamsManage, store};

/// Why teams were not changed.
#[derive(Debug, thiserror::Error)]
pub enum SetTeamsError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such team.
    #[error("there is no team {0}")]
    Unknown(TeamId),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Access {
    /// Makes these the teams of a staff member, in the caller's transaction.
    pub async fn set_teams_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        teams: &[TeamId],
    ) -> Result<(), SetTeamsError> {
        ctx.require::<TeamsManage>(Scope::ORGANISATION)?;
        let known = store::teams(tx).await?;
        if let Some(unknown) = teams.iter().find(|team| !known.iter().any(|(id, _)| id == *team)) {
            return Err(SetTeamsError::Unknown(*unknown));
        }
        Ok(move_to(tx, ctx, staff, teams).await?)
    }

    /// The same in a transaction of its own.
    pub async fn set_teams(&self, ctx: &Ctx, staff: StaffId, teams: &[TeamId]) -> Result<(), SetTeamsError> {
        let mut tx = self.db.begin().await?;
        self.set_teams_in(&mut tx, ctx, staff, teams).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn leave_teams(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), DbError> {
        move_to(tx, ctx, staff, &[]).await
    }
}

async fn move_to(tx: &mut Tx, ctx: &Ctx, staff: StaffId, teams: &[TeamId]) -> Result<(), DbError> {
    let before: Vec<TeamId> = store::teams_of(tx, staff)
        .await?
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    let mut joined: Vec<TeamId> = teams.iter().copied().filter(|team| !before.contains(team)).collect();
    joined.sort_unstable();
    joined.dedup();
    let left: Vec<TeamId> = before.into_iter().filter(|team| !teams.contains(team)).collect();
    if joined.is_empty() && left.is_empty() {
        return Ok(());
    }
    for team in &joined {
        store::join(tx, staff, *team, ctx.now()).await?;
    }
    for team in &left {
        store::leave(tx, staff, *team).await?;
    }
    let list = |teams: &[TeamId]| teams.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let entry = Entry::done("staff.teams-set")
        .target(staff)
        .detail("joined", list(&joined))
        .detail("left", list(&left));
    tx.audit(ctx, entry).await?;
    tx.emit(ctx, &TeamsChanged { staff, joined, left }).await
}
