//! The end of a case: a session in which new factors take the place of the lost ones.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Tx;
use wd_kernel::{Ctx, Denied, FactorId, SecretString};

use super::{ReProofingError, ReProofingTold, closed, moved};
use crate::{
    Client, FactorStrength, Identity, ReProofingReason, ReProofingState, ReProofingStep, SessionKind, SignedIn,
    StaffState,
    events::FactorRemoved,
    service::{
        FactorError,
        authenticate::acting,
        sessions::{Beginning, Place},
    },
    store::{
        factor,
        re_proofing::{self, End},
        session::SessionRow,
        staff,
    },
};

impl Identity {
    /// Begins to set up new factors, after the right password and instead of the lost factor: once, when the waiting
    /// period is over. Nothing of the account changes before there is a new factor.
    pub async fn use_re_proofing(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        client: &Client,
    ) -> Result<SignedIn, ReProofingError> {
        let mut tx = self.db.begin().await?;
        let pending = self.session_of(&mut tx, ctx, token).await?;
        let pending = pending
            .filter(|row| row.kind == SessionKind::Pending)
            .ok_or(Denied::Unauthenticated)?;
        let acting = acting(ctx, &pending);
        let id = pending.staff;
        let held = staff::hold(&mut tx, id).await?;
        if held.is_none_or(|row| row.state != StaffState::Active) {
            return Err(Denied::Unauthenticated.into());
        }
        let now = ctx.now();
        let row = re_proofing::latest(&mut tx, id)
            .await?
            .filter(|row| row.case().state(now) == ReProofingState::Ready)
            .ok_or(ReProofingError::NotReady)?;
        if !self.still_vouched_for(&mut tx, &row).await? {
            let end = End {
                state: ReProofingState::Refused,
                reason: ReProofingReason::ApproverGone,
                by: None,
                at: now,
            };
            re_proofing::close(&mut tx, row.id, &end).await?;
            closed(&mut tx, &acting, &row, &end, ReProofingStep::Refused).await?;
            tx.commit().await?;
            return Err(ReProofingError::ApproverGone);
        }
        self.end_session(&mut tx, &acting, &pending).await?;
        let beginning = Beginning {
            staff: id,
            kind: SessionKind::Enrol,
            by: "re-proofing",
            place: Place::of(client),
            known_device: None,
            shown: FactorStrength::Any,
            make: None,
        };
        let (token, session) = self.start_session(&mut tx, ctx, beginning).await?;
        if !re_proofing::spend(&mut tx, row.id, session.id, now).await? {
            return Err(ReProofingError::NotReady);
        }
        let entry = Place::of(client).tell(Entry::done("re-proofing.used")).target(id);
        tx.audit(&acting, entry).await?;
        moved(&mut tx, &acting, (row.id, id), ReProofingStep::Used, Some(id)).await?;
        let state = self.state_of(&mut tx, ctx, &session).await?;
        tx.commit().await?;
        Ok(SignedIn {
            token,
            device: None,
            state,
        })
    }

    /// If this session belongs to a case: the new factor takes the place of all others, everything the person was
    /// signed in with ends, and known browsers are forgotten. Whether it does.
    pub(crate) async fn replaces_lost_factors(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &SessionRow,
        new: FactorId,
    ) -> Result<bool, FactorError> {
        if session.kind != SessionKind::Enrol {
            return Ok(false);
        }
        let Some(case) = re_proofing::of_session(tx, session.id).await? else {
            return Ok(false);
        };
        let staff = session.staff;
        let held = staff::hold(tx, staff).await?;
        // Somebody may have disabled the person since the session was read; and of two new factors at once, one wins.
        let active = held.is_some_and(|row| row.state == StaffState::Active);
        if !active || !self.end_session(tx, ctx, session).await? {
            return Err(Denied::Unauthenticated.into());
        }
        // The old numbers hear it while they are known.
        if let Some(row) = re_proofing::find(tx, case).await? {
            let (told, step) = (ReProofingTold::from(&row), ReProofingStep::Finished);
            self.text_old_numbers(tx, ctx, (staff, new), step, &told).await?;
        }
        for old in factor::of_staff(tx, staff).await? {
            if old.id == new {
                continue;
            }
            factor::delete(tx, old.id).await?;
            let (factor, kind) = (old.id, old.kind);
            tx.emit(ctx, &FactorRemoved { factor, staff, kind }).await?;
            let entry = Entry::done("factor.removed")
                .target(factor)
                .detail("kind", kind.as_str());
            tx.audit(ctx, entry).await?;
        }
        self.leavers.started_over(tx, ctx, staff, None).await?;
        self.end_all_sessions(tx, ctx, staff).await?;
        tx.audit(ctx, Entry::done("re-proofing.finished").target(staff)).await?;
        moved(tx, ctx, (case, staff), ReProofingStep::Finished, Some(staff)).await?;
        Ok(true)
    }
}
