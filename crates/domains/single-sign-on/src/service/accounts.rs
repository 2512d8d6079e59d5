//! Whose an account at the provider is.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, SessionId, StaffId, Timestamp};

use crate::{
    SingleSignOn,
    events::{AccountBound, AccountUnbound, BoundBy},
    service::ChangeError,
    store,
};

/// A binding, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountView {
    /// What the provider is called.
    pub provider: String,
    /// Since when, if it is bound.
    pub bound_at: Option<Timestamp>,
    /// The latest sign-in with it.
    pub last_used_at: Option<Timestamp>,
}

/// Why an account was not bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The account is somebody else's, or the person has another one.
    #[error("this account, or this person, is bound already")]
    Taken,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl SingleSignOn {
    /// Whose account this is.
    pub async fn owner_in(&self, tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<StaffId>, DbError> {
        Ok(store::account(tx, issuer, subject).await?.map(|row| row.staff))
    }

    /// Notes a sign-in.
    pub async fn used_in(&self, tx: &mut Tx, ctx: &Ctx, issuer: &str, subject: &str) -> Result<(), DbError> {
        store::used(tx, issuer, subject, ctx.now()).await
    }

    /// Binds an account to a person.
    pub async fn bind_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        account: (&str, &str),
        staff: StaffId,
        how: BoundBy,
    ) -> Result<(), BindError> {
        let (issuer, subject) = account;
        if store::account(tx, issuer, subject)
            .await?
            .is_some_and(|row| row.staff == staff)
        {
            return Ok(());
        }
        if !store::bind(tx, issuer, subject, staff, ctx.now()).await? {
            return Err(BindError::Taken);
        }
        let session = own_session(ctx, staff);
        tx.emit(ctx, &AccountBound { staff, how, session }).await?;
        let entry = Entry::done("provider-account.bound")
            .target(staff)
            .detail("issuer", issuer)
            .detail("by", how.as_str())
            .personal("subject", subject);
        tx.audit(ctx, entry).await?;
        Ok(())
    }

    /// Unbinds what a person has at providers; with a time, what was bound since then.
    pub async fn unbind_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        since: Option<Timestamp>,
    ) -> Result<bool, DbError> {
        if store::unbind(tx, staff, since).await? == 0 {
            return Ok(false);
        }
        let session = own_session(ctx, staff);
        tx.emit(ctx, &AccountUnbound { staff, session }).await?;
        tx.audit(ctx, Entry::done("provider-account.unbound").target(staff))
            .await?;
        Ok(true)
    }

    /// One's own account at the provider; nothing when there is no provider.
    pub async fn account_of(&self, tx: &mut Tx, staff: StaffId) -> Result<Option<AccountView>, ChangeError> {
        let Some(settings) = self.settings_in(tx).await?.settings.filter(|settings| settings.enabled) else {
            return Ok(None);
        };
        let row = store::account_of(tx, &settings.issuer, staff).await?;
        Ok(Some(AccountView {
            provider: settings.name,
            bound_at: row.as_ref().map(|row| row.bound_at),
            last_used_at: row.and_then(|row| row.last_used_at),
        }))
    }
}

/// The session in which a person acts for themselves.
fn own_session(ctx: &Ctx, staff: StaffId) -> Option<SessionId> {
    let actor = ctx.actor.staff().filter(|actor| actor.id == staff);
    actor.map(|actor| actor.session)
}
