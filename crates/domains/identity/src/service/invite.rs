//! New staff, and links to set up an account.

use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::token_hash;
use wd_db::{DbError, Tx};
use wd_kernel::{Actor, Ctx, Denied, Duration, Permission as _, Scope, SecretString, StaffId, Timestamp};

use super::touched::touched;
use crate::{
    Identity, StaffState, Touch,
    events::{StaffEnabled, StaffInvited},
    model::{BadLogin, BadName, Login, Purpose, shown_name},
    permissions::{StaffDisable, StaffInvite},
    store::{
        blind_scan, factor,
        invitation::{self, NewInvitation},
        re_proofing, staff,
    },
};

/// How long a link works, once it does.
pub const LINK_FOR: Duration = Duration::from_hours(72);

/// Somebody with a link to set up an account.
#[derive(Debug)]
pub struct Invited {
    /// Who.
    pub staff: StaffId,
    /// When the link begins to work; `None`: at once.
    pub starts_at: Option<Timestamp>,
    /// What the link carries; it is shown once and not kept.
    pub token: SecretString,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Not a login.
    #[error(transparent)]
    Login(#[from] BadLogin),
    /// Not a name.
    #[error(transparent)]
    Name(#[from] BadName),
    /// Somebody has this login.
    #[error("this login exists already")]
    Taken,
    /// There is no such person, or they have left.
    #[error("no such staff member")]
    NotFound,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// Why somebody may not come back.
#[derive(Debug, thiserror::Error)]
pub enum EnableError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such person.
    #[error("no such staff member")]
    NotFound,
    /// They have not left.
    #[error("this person is not disabled")]
    NotDisabled,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Identity {
    /// Creates a staff member who is invited, and a link, in the caller's transaction.
    pub async fn invite_in(&self, tx: &mut Tx, ctx: &Ctx, login: &str, name: &str) -> Result<Invited, InviteError> {
        ctx.require::<StaffInvite>(Scope::ORGANISATION)?;
        let login = Login::parse(login)?;
        let name = shown_name(name)?;
        if staff::by_login(tx, login.as_str()).await?.is_some() {
            return Err(InviteError::Taken);
        }
        let id: StaffId = ctx.id();
        match staff::insert(tx, id, login.as_str(), &name, ctx.now()).await {
            Err(DbError::Unique) => return Err(InviteError::Taken),
            other => other?,
        }
        let link = self.new_link(tx, ctx, id, Purpose::Join, ctx.now()).await?;
        let entry = Entry::done("staff.invited")
            .target(id)
            .personal("login", login.as_str())
            .personal("name", name);
        tx.audit(ctx, entry).await?;
        Ok(link)
    }

    /// Creates a staff member who is invited, and a link.
    pub async fn invite(&self, ctx: &Ctx, login: &str, name: &str) -> Result<Invited, InviteError> {
        let mut tx = self.db.begin().await?;
        let invited = self.invite_in(&mut tx, ctx, login, name).await?;
        tx.commit().await?;
        Ok(invited)
    }

    /// A new link for the person with this login; older ones stop working. For somebody who was set up already the
    /// link starts over: whoever accepts it sets a new password, and loses all factors and sessions. That can take an
    /// account over, so only the administrator of the machine makes such a link, at the command line. Whoever came back
    /// after leaving waits with a colleague's link as long as with the first one, and not with one of the command line.
    pub async fn reissue_link(&self, ctx: &Ctx, login: &str) -> Result<Invited, InviteError> {
        ctx.require::<StaffInvite>(Scope::ORGANISATION)?;
        let login = Login::parse(login)?;
        let mut tx = self.db.begin().await?;
        let found = staff::by_login(&mut tx, login.as_str())
            .await?
            .ok_or(InviteError::NotFound)?;
        let row = staff::hold(&mut tx, found.id).await?.ok_or(InviteError::NotFound)?;
        let purpose = match row.state {
            StaffState::Invited => Purpose::Join,
            StaffState::Active if !matches!(ctx.actor, Actor::System(_)) => {
                return Err(Denied::Forbidden(StaffInvite::NAME).into());
            }
            StaffState::Active => Purpose::Recover,
            StaffState::Disabled => return Err(InviteError::NotFound),
        };
        let starts_at = match ctx.actor {
            Actor::System(_) => None,
            _ => invitation::latest_start(&mut tx, row.id).await?,
        };
        invitation::void_all(&mut tx, row.id, ctx.now()).await?;
        let starts_at = starts_at.unwrap_or_else(|| ctx.now());
        let link = self.new_link(&mut tx, ctx, row.id, purpose, starts_at).await?;
        touched(&mut tx, ctx, row.id, Touch::LinkMade).await?;
        tx.audit(
            ctx,
            Entry::done("staff.link-reissued")
                .target(row.id)
                .detail("purpose", purpose.as_str()),
        )
        .await?;
        tx.commit().await?;
        Ok(link)
    }

    /// Lets somebody come back who had left, in the caller's transaction: with a new link, and with nothing of what they
    /// had before. Disabling somebody and making this link would take their name over while they are away, so it works
    /// only after the waiting period that new factors have, and its owner hears of it meanwhile.
    pub async fn enable_in(&self, tx: &mut Tx, ctx: &Ctx, id: StaffId) -> Result<Invited, EnableError> {
        ctx.require::<StaffInvite>(Scope::ORGANISATION)?;
        ctx.require::<StaffDisable>(Scope::ORGANISATION)?;
        let row = staff::hold(tx, id).await?.ok_or(EnableError::NotFound)?;
        if row.state != StaffState::Disabled {
            return Err(EnableError::NotDisabled);
        }
        factor::delete_all(tx, id).await?;
        staff::forget_password(tx, id).await?;
        blind_scan::forget_index(tx, id).await?;
        staff::set_state(tx, id, StaffState::Invited).await?;
        invitation::void_all(tx, id, ctx.now()).await?;
        let (waits, _) = re_proofing::waits(tx).await?;
        let starts_at = ctx.now() + waits.longest();
        let link = self.new_link(tx, ctx, id, Purpose::Join, starts_at).await?;
        let by = ctx.actor.staff().map(|actor| actor.id);
        tx.emit(ctx, &StaffEnabled { staff: id, by }).await?;
        touched(tx, ctx, id, Touch::Enabled).await?;
        let entry = Entry::done("staff.enabled")
            .target(id)
            .detail("link_from", starts_at.to_string());
        tx.audit(ctx, entry).await?;
        Ok(link)
    }

    async fn new_link(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        purpose: Purpose,
        starts_at: Timestamp,
    ) -> Result<Invited, DbError> {
        let starts_at = starts_at.max(ctx.now());
        let token = SecretString::new(ctx.token());
        let new = NewInvitation {
            id: ctx.id(),
            staff,
            token_hash: token_hash(token.expose()),
            purpose,
            created_at: ctx.now(),
            starts_at,
            expires_at: starts_at + LINK_FOR,
        };
        invitation::insert(tx, &new).await?;
        let by = ctx.actor.staff().map(|actor| actor.id);
        tx.emit(ctx, &StaffInvited { staff, by }).await?;
        Ok(Invited {
            staff,
            starts_at: (starts_at > ctx.now()).then_some(starts_at),
            token,
        })
    }
}
