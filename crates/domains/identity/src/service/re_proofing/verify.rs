//! The procedure: what a colleague answered, and what follows. Who runs it does not approve.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Tx;
use wd_kernel::{Ctx, ReProofingId, Scope, StaffId};

use super::{ReProofingError, ReProofingView, closed, moved};
use crate::{
    Identity, ReProofingReason, ReProofingState, ReProofingStep,
    model::{Answers, PROCEDURE, Verdict, judge_answers},
    permissions::StaffVerifyCaller,
    store::{
        re_proofing::{self, End},
        staff,
    },
};

/// What was answered to a question of the procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProcedureAnswer)]
pub struct Answer {
    /// The name of the question.
    pub step: String,
    /// The name of the answer.
    pub choice: String,
}

impl Identity {
    /// Asks for a colleague, with the answers of the procedure.
    pub async fn request_re_proofing_for(
        &self,
        ctx: &Ctx,
        person: StaffId,
        answers: &[Answer],
    ) -> Result<ReProofingView, ReProofingError> {
        ctx.require::<StaffVerifyCaller>(Scope::ORGANISATION)?;
        let me = ctx.staff()?.id;
        if me == person {
            return Err(ReProofingError::Own);
        }
        let mut tx = self.db.begin().await?;
        let id = self.open_case(&mut tx, ctx, person, Some(me)).await?;
        self.answered(&mut tx, ctx, id, answers).await?;
        let view = self.re_proofing_in(&mut tx, ctx, id).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// Runs the procedure about somebody who asked.
    pub async fn verify_re_proofing(
        &self,
        ctx: &Ctx,
        id: ReProofingId,
        answers: &[Answer],
    ) -> Result<ReProofingView, ReProofingError> {
        ctx.require::<StaffVerifyCaller>(Scope::ORGANISATION)?;
        let mut tx = self.db.begin().await?;
        self.answered(&mut tx, ctx, id, answers).await?;
        let view = self.re_proofing_in(&mut tx, ctx, id).await?;
        tx.commit().await?;
        Ok(view)
    }

    async fn answered(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: ReProofingId,
        given: &[Answer],
    ) -> Result<(), ReProofingError> {
        let me = ctx.staff()?.id;
        let row = re_proofing::find(tx, id).await?.ok_or(ReProofingError::NotFound)?;
        staff::hold(tx, row.staff).await?;
        if row.staff == me {
            return Err(ReProofingError::Own);
        }
        let answers: Answers = given.iter().map(|a| (a.step.clone(), a.choice.clone())).collect();
        if answers.len() != given.len() {
            return Err(ReProofingError::Answers(""));
        }
        let verdict = judge_answers(&answers).map_err(|bad| ReProofingError::Answers(bad.0))?;
        let case = row.case();
        if case.state(ctx.now()) != ReProofingState::Requested || case.verified_by.is_some() {
            return Err(ReProofingError::NotOpen);
        }
        let text = serde_json::to_string(&answers).map_err(ReProofingError::Text)?;
        let vouches = (verdict == Verdict::Passed).then_some(me);
        if !re_proofing::answer(tx, id, &text, vouches, ctx.now()).await? {
            return Err(ReProofingError::NotOpen);
        }
        let entry = match verdict {
            Verdict::Passed => Entry::done("re-proofing.verified"),
            Verdict::Stopped | Verdict::NotProven => Entry::refused("re-proofing.verified"),
        };
        let mut entry = entry.target(row.staff);
        for step in PROCEDURE {
            if let Some(choice) = answers.get(step.step) {
                entry = entry.detail(step.step, choice.as_str());
            }
        }
        tx.audit(ctx, entry).await?;
        let (reason, step) = match verdict {
            Verdict::Passed => {
                return Ok(moved(tx, ctx, (id, row.staff), ReProofingStep::Verified, Some(me)).await?);
            }
            Verdict::Stopped => (ReProofingReason::Stopped, ReProofingStep::Stopped),
            Verdict::NotProven => (ReProofingReason::NotProven, ReProofingStep::Refused),
        };
        let end = End {
            state: ReProofingState::Refused,
            reason,
            by: Some(me),
            at: ctx.now(),
        };
        re_proofing::close(tx, id, &end).await?;
        Ok(closed(tx, ctx, &row, &end, step).await?)
    }
}
