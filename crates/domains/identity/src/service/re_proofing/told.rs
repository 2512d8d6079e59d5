//! Telling the owner of an account what becomes of a case about it, by every way there is: others mail, from here go the
//! text messages.

use tracing::error;
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Duration, FactorId, ReProofingId, StaffId, Timestamp};
use wd_sms::{Text, TextsError};

use super::moved;
use crate::{
    FactorKind, Identity, ReProofingState, ReProofingStep,
    model::re_proofing_text,
    store::{
        factor,
        re_proofing::{self, ReProofingRow},
        staff,
    },
};

/// What the queue calls the message.
const KIND: &str = "re-proofing";
/// A notice that comes later than that is no help; the mail is there.
const LIFE: Duration = Duration::from_hours(1);
const READY: &str = "re-proofing.ready";

/// What the owner is told of a case, besides what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReProofingTold {
    /// The colleague who asked; `None`: somebody did at the sign-in form, after the right password.
    pub requested_by: Option<StaffId>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// The end of the waiting period, once there is one.
    pub ready_at: Option<Timestamp>,
    /// When it is over by itself.
    pub expires_at: Timestamp,
}

impl From<&ReProofingRow> for ReProofingTold {
    fn from(row: &ReProofingRow) -> Self {
        Self {
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            ready_at: row.ready_at,
            expires_at: row.expires_at,
        }
    }
}

impl Identity {
    /// What the owner is told of a case. Callers decide who may see it.
    pub async fn re_proofing_told_in(&self, tx: &mut Tx, id: ReProofingId) -> Result<Option<ReProofingTold>, DbError> {
        Ok(re_proofing::find(tx, id).await?.as_ref().map(ReProofingTold::from))
    }

    /// Texts the owner what happened, to every number of theirs that was confirmed. The numbers have a count of their own
    /// for it, which codes do not use up: who has the password could ask for those first. One that another limit refuses,
    /// or that cannot be made, holds up nothing.
    pub async fn text_re_proofing_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        owner: StaffId,
        step: ReProofingStep,
        told: &ReProofingTold,
    ) -> Result<(), DbError> {
        self.text_numbers(tx, ctx, (owner, None), step, told).await
    }

    /// The same to the numbers that are about to go, and not to the factor that takes their place.
    pub(super) async fn text_old_numbers(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        (owner, new): (StaffId, FactorId),
        step: ReProofingStep,
        told: &ReProofingTold,
    ) -> Result<(), DbError> {
        self.text_numbers(tx, ctx, (owner, Some(new)), step, told).await
    }

    async fn text_numbers(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        (owner, but): (StaffId, Option<FactorId>),
        step: ReProofingStep,
        told: &ReProofingTold,
    ) -> Result<(), DbError> {
        let Some(texts) = self.delivering() else { return Ok(()) };
        let Some(words) = re_proofing_text(step, told.requested_by.is_some(), told.ready_at) else {
            return Ok(());
        };
        for row in factor::of_staff(tx, owner).await? {
            if row.kind != FactorKind::Sms || but == Some(row.id) {
                continue;
            }
            let number = match self.open_number(&row) {
                Ok(Some(number)) => number,
                Ok(None) => continue,
                Err(fault) => {
                    error!(error = %fault, "a number that is to be told of a recovery does not open");
                    continue;
                }
            };
            let text = match Text::new(number, KIND, words.clone(), LIFE).map(Text::notice) {
                Ok(text) => text,
                Err(fault) => {
                    error!(error = %fault, "a notice about a recovery is no text message");
                    continue;
                }
            };
            match texts.send(tx, ctx, text).await {
                // What a limit refused stands in the list of text messages.
                Ok(_) => {}
                Err(TextsError::Db(fault)) => return Err(fault),
                Err(fault) => error!(error = %fault, "a notice about a recovery is not sent by text message"),
            }
        }
        Ok(())
    }

    /// Tells of the cases whose waiting period is over: once, by time alone, and only what nobody has used yet.
    pub(crate) async fn tell_ready(&self, ctx: &Ctx) -> Result<(), DbError> {
        let mut tx = self.db.snapshot().await?;
        let ready = re_proofing::ready(&mut tx, ctx.now()).await?;
        drop(tx);
        for (id, staff) in ready {
            let mut tx = self.db.begin().await?;
            staff::hold(&mut tx, staff).await?;
            let row = re_proofing::find(&mut tx, id).await?;
            let row = row.filter(|row| row.case().state(ctx.now()) == ReProofingState::Ready);
            let Some(row) = row else { continue };
            let latest = wd_audit_log::latest(&mut tx, &staff.to_string(), READY).await?;
            if latest.is_some_and(|told| Some(told.at) >= row.ready_at) {
                continue;
            }
            tx.audit(ctx, Entry::done(READY).target(staff)).await?;
            moved(&mut tx, ctx, (id, staff), ReProofingStep::Ready, None).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
