//! Recovery codes: ten, shown once, each good for one sign-in.

use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::token_hash;
use wd_db::Tx;
use wd_kernel::{Ctx, Denied, FactorId, SecretString, StaffId};

use super::{FactorError, touched};
use crate::{
    FactorKind, Identity, SessionKind, Touch,
    model::recovery,
    store::factor::{self, NewFactor},
};

impl Identity {
    /// New recovery codes; the old ones stop working.
    pub async fn new_recovery_codes(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<Vec<String>, FactorError> {
        let mut tx = self.db.begin().await?;
        let (ctx, session) = self.held_session(&mut tx, ctx, token).await?;
        // Codes alone would end the set-up without a factor.
        if session.kind != SessionKind::Full {
            return Err(Denied::Unauthenticated.into());
        }
        for row in factor::of_staff(&mut tx, session.staff).await? {
            if row.kind == FactorKind::Recovery {
                factor::delete(&mut tx, row.id).await?;
            }
        }
        let codes = self.make_codes(&mut tx, &ctx, session.staff).await?;
        touched(&mut tx, &ctx, session.staff, Touch::RecoveryCodesMade).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Recovery codes for somebody who has none.
    pub(super) async fn codes_unless_there(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
    ) -> Result<Option<Vec<String>>, FactorError> {
        let there = factor::of_staff(tx, staff)
            .await?
            .iter()
            .any(|row| row.kind == FactorKind::Recovery);
        if there {
            Ok(None)
        } else {
            self.make_codes(tx, ctx, staff).await.map(Some)
        }
    }

    async fn make_codes(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<Vec<String>, FactorError> {
        let id: FactorId = ctx.id();
        let new = NewFactor {
            id,
            staff,
            kind: FactorKind::Recovery,
            name: "Recovery codes",
            data: None,
            credential_hash: None,
            counter: 0,
            created_at: ctx.now(),
            confirmed_at: Some(ctx.now()),
            make: None,
        };
        factor::insert(tx, new).await?;
        let mut codes = Vec::with_capacity(recovery::COUNT);
        for _ in 0..recovery::COUNT {
            let code = recovery::text(ctx.random());
            // 128 random bits: a plain hash suffices.
            let letters: String = code.chars().filter(|c| *c != '-').collect();
            factor::insert_code(tx, id, token_hash(&letters)).await?;
            codes.push(code);
        }
        tx.audit(ctx, Entry::done("recovery-codes.made").target(id)).await?;
        Ok(codes)
    }
}
