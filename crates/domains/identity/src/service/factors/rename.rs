//! Another name for one's own factor.

use wd_audit_log::{AuditTx as _, Entry};
use wd_kernel::{Ctx, FactorId, SecretString};

use super::FactorError;
use crate::{
    FactorKind, Identity, SessionKind,
    model::shown_name,
    store::{factor, staff},
};

impl Identity {
    /// Gives a passkey or an app of one's own another name. It opens nothing, so that no fresh factor is asked; the
    /// history says that it was done. A number is known by its digits, and recovery codes are one sheet: neither has a
    /// name of its owner's choice.
    pub async fn rename_factor(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        id: FactorId,
        name: &str,
    ) -> Result<(), FactorError> {
        let mut tx = self.db.begin().await?;
        let (_, session) = self.factor_session(&mut tx, ctx, token).await?;
        staff::hold(&mut tx, session.staff).await?;
        // What took the session away while this one waited is seen.
        let (ctx, session) = self.factor_session(&mut tx, ctx, token).await?;
        // Who sets up, or starts over, has nothing to tidy yet.
        if session.kind != SessionKind::Full {
            return Err(FactorError::NotFound);
        }
        let name = shown_name(name).map_err(|_| FactorError::Name)?;
        let row = factor::find(&mut tx, session.staff, id)
            .await?
            .filter(|row| row.confirmed_at.is_some())
            .filter(|row| matches!(row.kind, FactorKind::Totp | FactorKind::Passkey))
            .ok_or(FactorError::NotFound)?;
        if row.name == name {
            return Ok(());
        }
        factor::rename(&mut tx, id, &name).await?;
        let entry = Entry::done("factor.renamed")
            .target(id)
            .detail("kind", row.kind.as_str());
        tx.audit(&ctx, entry).await?;
        Ok(tx.commit().await?)
    }
}
