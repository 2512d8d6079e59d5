//! Another name to sign in with, or another shown name.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Scope, StaffId};

use crate::{
    Identity, InviteError,
    model::{Login, shown_name},
    permissions::StaffInvite,
    store::staff,
};

impl Identity {
    /// Gives somebody these names, in the caller's transaction. Who may bring people may also correct what they are
    /// called. Nothing else of the account changes: sessions and factors stay.
    pub async fn rename_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: StaffId,
        login: &str,
        name: &str,
    ) -> Result<(), InviteError> {
        ctx.require::<StaffInvite>(Scope::ORGANISATION)?;
        let (login, name) = (Login::parse(login)?, shown_name(name)?);
        let row = staff::hold(tx, id).await?.ok_or(InviteError::NotFound)?;
        if row.login == login.as_str() && row.name == name {
            return Ok(());
        }
        if staff::by_login(tx, login.as_str())
            .await?
            .is_some_and(|other| other.id != id)
        {
            return Err(InviteError::Taken);
        }
        match staff::rename(tx, id, login.as_str(), &name).await {
            Err(DbError::Unique) => return Err(InviteError::Taken),
            other => other?,
        }
        let entry = Entry::done("staff.renamed")
            .target(id)
            .detail("login_changed", row.login != login.as_str())
            .personal("login", login.as_str())
            .personal("name", name);
        tx.audit(ctx, entry).await?;
        Ok(())
    }
}
