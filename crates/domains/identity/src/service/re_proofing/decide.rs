//! Approving and refusing.

use wd_audit_log::{AuditTx as _, Entry};
use wd_kernel::{Ctx, ReProofingId, Scope};

use super::{ReProofingError, ReProofingView, closed, moved};
use crate::{
    Identity, ReProofingReason, ReProofingState, ReProofingStep,
    model::{Move, Refusal, approval},
    permissions::StaffReProof,
    store::{
        re_proofing::{self, End},
        staff,
    },
};

impl Identity {
    /// Approves: the waiting period begins, or for an administrator a second approval is awaited. The approver has at
    /// least the rights of the person, is not the person, and did not run the procedure.
    pub async fn approve_re_proofing(&self, ctx: &Ctx, id: ReProofingId) -> Result<ReProofingView, ReProofingError> {
        ctx.require::<StaffReProof>(Scope::ORGANISATION)?;
        let me = ctx.staff()?.id;
        let mut tx = self.db.begin().await?;
        let found = re_proofing::find(&mut tx, id).await?.ok_or(ReProofingError::NotFound)?;
        // Everything about the case waits for this; what is read after it is true until the end.
        staff::hold(&mut tx, found.staff).await?;
        let row = re_proofing::find(&mut tx, id).await?.ok_or(ReProofingError::NotFound)?;
        if !self.can_sign_in(&mut tx, row.staff).await? {
            return Err(ReProofingError::NotActive);
        }
        let person = self.rights.privilege_of(&mut tx, row.staff).await?;
        // What counts is what they hold now, not when the request began.
        let mine = self.rights.privilege_of(&mut tx, me).await?;
        let others = self.other_administrators(&mut tx, row.staff).await?;
        let (waits, _) = re_proofing::waits(&mut tx).await?;
        let to = match approval(&row.case(), (me, &mine), &person, others, waits, ctx.now()) {
            Ok(to) => to,
            Err(refusal) => {
                // Somebody tried; that is to be seen.
                let entry = Entry::refused("re-proofing.approved")
                    .target(row.staff)
                    .detail("why", refusal.to_string());
                tx.audit(ctx, entry).await?;
                tx.commit().await?;
                return Err(refusal.into());
            }
        };
        if !re_proofing::approve(&mut tx, &row, me, to, ctx.now()).await? {
            return Err(Refusal::NotOpen.into());
        }
        let step = match to {
            Move::First => ReProofingStep::ApprovedOnce,
            Move::Wait { .. } => ReProofingStep::Waiting,
        };
        let mut entry = Entry::done("re-proofing.approved")
            .target(row.staff)
            .detail("step", step.as_str());
        if let Move::Wait { ready_at, .. } = to {
            entry = entry.detail("ready_at", ready_at.to_string());
        }
        tx.audit(ctx, entry).await?;
        moved(&mut tx, ctx, (id, row.staff), step, Some(me)).await?;
        let view = self.re_proofing_in(&mut tx, ctx, id).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// Refuses, also while the waiting period runs: whoever may approve anything may stop everything.
    pub async fn refuse_re_proofing(
        &self,
        ctx: &Ctx,
        id: ReProofingId,
        reason: ReProofingReason,
    ) -> Result<ReProofingView, ReProofingError> {
        ctx.require::<StaffReProof>(Scope::ORGANISATION)?;
        if !reason.is_given_by_people() {
            return Err(ReProofingError::Reason);
        }
        let me = ctx.staff()?.id;
        let mut tx = self.db.begin().await?;
        let row = re_proofing::find(&mut tx, id).await?.ok_or(ReProofingError::NotFound)?;
        staff::hold(&mut tx, row.staff).await?;
        let end = End {
            state: ReProofingState::Refused,
            reason,
            by: Some(me),
            at: ctx.now(),
        };
        if !row.case().is_open(ctx.now()) || !re_proofing::close(&mut tx, id, &end).await? {
            return Err(ReProofingError::NotOpen);
        }
        closed(&mut tx, ctx, &row, &end, ReProofingStep::Refused).await?;
        let view = self.re_proofing_in(&mut tx, ctx, id).await?;
        tx.commit().await?;
        Ok(view)
    }
}
