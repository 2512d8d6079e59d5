//! Giving and taking roles.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Actor, Ctx, Denied, Scope, StaffId};

use super::roles::grants;
use crate::{ADMINISTRATOR, Access, Grant, events::RolesChanged, permissions::RolesAssign, store};

/// Why roles were not changed.
#[derive(Debug, thiserror::Error)]
pub enum SetRolesError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such role.
    #[error("there is no role {0}")]
    Unknown(String),
    /// The role has rights that the actor lacks.
    #[error("the role {0} has rights that the actor lacks")]
    Beyond(String),
    /// Somebody must administer.
    #[error("the last administrator stays")]
    LastAdministrator,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Access {
    /// Makes these the roles of a staff member, in the caller's transaction.
    pub async fn set_roles_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        roles: &[String],
    ) -> Result<(), SetRolesError> {
        ctx.require::<RolesAssign>(Scope::ORGANISATION)?;
        let known = store::role_names(tx).await?;
        if let Some(unknown) = roles.iter().find(|role| !known.contains(role)) {
            return Err(SetRolesError::Unknown(unknown.clone()));
        }
        store::hold_administrators(tx).await?;
        let before = store::roles_of(tx, staff).await?;
        // Second line of defence: a directory that was taken over must not end up administering.
        if matches!(ctx.actor, Actor::Directory(_))
            && roles.iter().any(|role| role == ADMINISTRATOR && !before.contains(role))
        {
            return Err(SetRolesError::Beyond(ADMINISTRATOR.to_owned()));
        }
        let changed: Vec<&String> = known
            .iter()
            .filter(|role| before.contains(role) != roles.contains(role))
            .collect();
        may_hand_over(tx, &ctx.actor, &changed).await?;
        for role in &changed {
            if roles.contains(role) {
                store::assign(tx, staff, role, ctx.now()).await?;
            } else {
                store::unassign(tx, staff, role).await?;
            }
        }
        somebody_administers(tx, &before).await?;
        if changed.is_empty() {
            return Ok(());
        }
        let now = store::roles_of(tx, staff).await?;
        let list = now.join(" ");
        let by = ctx.actor.staff().map(|actor| actor.id);
        tx.emit(ctx, &RolesChanged { staff, roles: now, by }).await?;
        tx.audit(ctx, Entry::done("staff.roles-set").target(staff).detail("roles", list))
            .await?;
        Ok(())
    }

    /// The same in a transaction of its own.
    pub async fn set_roles(&self, ctx: &Ctx, staff: StaffId, roles: &[String]) -> Result<(), SetRolesError> {
        let mut tx = self.db.begin().await?;
        self.set_roles_in(&mut tx, ctx, staff, roles).await?;
        Ok(tx.commit().await?)
    }

    /// Takes all roles and teams from somebody who leaves. Whoever calls this has decided that they may; only of an
    /// administrator it is decided here too.
    pub async fn release_in(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), SetRolesError> {
        store::hold_administrators(tx).await?;
        let before = store::roles_of(tx, staff).await?;
        // To shut somebody out one need not be able to do what they do: a taken-over account must not wait for that. But
        // whoever could shut out administrators would decide who administers.
        let held: Vec<&String> = before.iter().filter(|role| *role == ADMINISTRATOR).collect();
        may_hand_over(tx, &ctx.actor, &held).await?;
        for role in &before {
            store::unassign(tx, staff, role).await?;
        }
        somebody_administers(tx, &before).await?;
        if !before.is_empty() {
            tx.emit(
                ctx,
                &RolesChanged {
                    staff,
                    roles: Vec::new(),
                    by: ctx.actor.staff().map(|actor| actor.id),
                },
            )
            .await?;
            tx.audit(ctx, Entry::done("staff.roles-set").target(staff).detail("roles", ""))
                .await?;
        }
        self.leave_teams(tx, ctx, staff).await?;
        Ok(())
    }
}

/// Nobody hands over, or takes, more than they have themselves; administrators and the command line may. A directory has
/// nothing itself: which roles it may give and take is decided where it is served.
async fn may_hand_over(tx: &mut Tx, actor: &Actor, changed: &[&String]) -> Result<(), SetRolesError> {
    let actor = match actor {
        Actor::System(_) | Actor::Directory(_) => return Ok(()),
        Actor::Staff(staff) => staff.id,
        Actor::Nobody | Actor::Customer { .. } => return Err(Denied::Unauthenticated.into()),
    };
    // What counts is what they hold now, not when the request began.
    let own = store::roles_of(tx, actor).await?;
    if own.iter().any(|role| role == ADMINISTRATOR) {
        return Ok(());
    }
    let grants = grants(tx).await?;
    let held = |wanted: &Grant| {
        grants
            .iter()
            .any(|g| own.contains(&g.role) && g.permission == wanted.permission && g.reach >= wanted.reach)
    };
    for role in changed {
        // An administrator is more than the sum of the rights: it may hand over everything.
        let beyond = *role == ADMINISTRATOR || grants.iter().any(|g| g.role == **role && !held(g));
        if beyond {
            return Err(SetRolesError::Beyond((*role).clone()));
        }
    }
    Ok(())
}

async fn somebody_administers(tx: &mut Tx, before: &[String]) -> Result<(), SetRolesError> {
    let was = before.iter().any(|role| role == ADMINISTRATOR);
    if was && store::holders(tx, ADMINISTRATOR).await?.is_empty() {
        return Err(SetRolesError::LastAdministrator);
    }
    Ok(())
}
