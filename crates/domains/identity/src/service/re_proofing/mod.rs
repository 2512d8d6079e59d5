//! Who lost all factors gets back in: asked for by the person or a colleague, checked by one colleague, approved by
//! another, after a wait in which everybody hears of it. Nobody sets or sees a secret for another.

mod decide;
mod list;
mod new_factors;
mod own;
mod told;
mod verify;
mod waits;

use serde::Serialize;
use utoipa::ToSchema;
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, ReProofingId, StaffId};

use crate::{
    Identity, ReProofingReason, ReProofingState, ReProofingStep, StaffState,
    events::ReProofingMoved,
    model::{MOST_REQUESTS, Privilege, REQUEST_FOR, REQUESTS_WITHIN, Refusal},
    store::{
        re_proofing::{self, End, ReProofingRow},
        staff,
    },
};

pub use list::ReProofingView;
pub use own::{OwnCase, OwnReProofing};
pub use told::ReProofingTold;
pub use verify::Answer;
pub use waits::WaitsView;

/// Somebody by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Somebody {
    /// Who.
    pub id: StaffId,
    /// The shown name.
    pub name: String,
}

/// Why a case did not go on.
#[derive(Debug, thiserror::Error)]
pub enum ReProofingError {
    /// Not signed in, no right, or the factor shown is not fresh.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such case, or no such person.
    #[error("no such case or person")]
    NotFound,
    /// Not a cursor of this list.
    #[error("not a cursor of this list")]
    Cursor,
    /// There is an open case about this person.
    #[error("there is an open case about this person")]
    AlreadyOpen,
    /// Three requests in thirty days; seconds until the next one.
    #[error("too many requests, {0} seconds to wait")]
    TooOften(u64),
    /// The person cannot sign in, so there is nothing to recover.
    #[error("the person is not set up, or has left")]
    NotActive,
    /// An administrator, and nobody else administers.
    #[error("nobody may do as much as this person")]
    NobodyCan,
    /// Nobody runs the procedure about themselves.
    #[error("one's own case")]
    Own,
    /// A step is not answered, or with none of its choices; which one.
    #[error("the answers of the procedure are not complete")]
    Answers(&'static str),
    /// Not a reason that people give.
    #[error("not a reason to refuse")]
    Reason,
    /// The case is over, or was decided meanwhile.
    #[error("the case does not wait for this")]
    NotOpen,
    /// The waiting period is not over, or the time to set up factors is.
    #[error("the case is not ready")]
    NotReady,
    /// Who vouched has left, or has fewer rights than the person now. The case is over.
    #[error("who vouched does not count any more")]
    ApproverGone,
    /// The approval does not count.
    #[error("the approval does not count")]
    Refused(#[from] Refusal),
    /// The waits are too short, too long, or shorter for those with more rights.
    #[error("not waits that are allowed")]
    Waits,
    /// Somebody changed the waits meanwhile.
    #[error("the waits were changed meanwhile")]
    Stale,
    /// The answers could not be kept.
    #[error("the answers cannot be written")]
    Text(#[source] serde_json::Error),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// Why somebody may not approve, in words.
pub(crate) const fn refusal_words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotOpen => "This case does not wait for an approval any more.",
        Refusal::Own => "Nobody approves their own case. A colleague with at least your rights must do it.",
        Refusal::NotVerified => "First somebody else runs the procedure that finds out whether it is the person.",
        Refusal::Ran => "Who asked for it or ran the procedure does not approve. Somebody else must.",
        Refusal::Twice => "You approved already. For an administrator a second person must approve too.",
        Refusal::Beyond => {
            "This person has rights that you do not have. Somebody with at least the same rights must approve."
        }
    }
}

impl Identity {
    /// Makes a case, in a transaction in which the person is held.
    async fn open_case(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        by: Option<StaffId>,
    ) -> Result<ReProofingId, ReProofingError> {
        let row = staff::hold(tx, staff).await?.ok_or(ReProofingError::NotFound)?;
        if row.state != StaffState::Active {
            return Err(ReProofingError::NotActive);
        }
        let now = ctx.now();
        re_proofing::expire(tx, now).await?;
        if let Some(latest) = re_proofing::latest(tx, staff).await?
            && latest.case().is_open(now)
        {
            return Err(ReProofingError::AlreadyOpen);
        }
        let before = re_proofing::requests_since(tx, staff, now - REQUESTS_WITHIN).await?;
        if i64::try_from(before.len()).unwrap_or(i64::MAX) >= MOST_REQUESTS {
            let free_at = before.first().map_or(now, |oldest| *oldest + REQUESTS_WITHIN);
            return Err(ReProofingError::TooOften(free_at.since(now).as_secs().max(1)));
        }
        let person = self.rights.privilege_of(tx, staff).await?;
        if person.administrator && self.other_administrators(tx, staff).await? == 0 {
            return Err(ReProofingError::NobodyCan);
        }
        let id: ReProofingId = ctx.id();
        re_proofing::insert(tx, id, staff, by, now, now + REQUEST_FOR).await?;
        tx.audit(ctx, Entry::done("re-proofing.requested").target(staff))
            .await?;
        moved(tx, ctx, (id, staff), ReProofingStep::Requested, by).await?;
        Ok(id)
    }

    /// Administrators who can sign in, without this person.
    async fn other_administrators(&self, tx: &mut Tx, person: StaffId) -> Result<usize, DbError> {
        let mut others = 0;
        for id in self.rights.administrators(tx).await? {
            if id != person && self.can_sign_in(tx, id).await? {
                others += 1;
            }
        }
        Ok(others)
    }

    async fn can_sign_in(&self, tx: &mut Tx, id: StaffId) -> Result<bool, DbError> {
        let row = staff::by_id(tx, id).await?;
        Ok(row.is_some_and(|row| row.state == StaffState::Active))
    }

    /// Whether everybody who vouched is still here, and those who approved still may do as much as the person.
    async fn still_vouched_for(&self, tx: &mut Tx, row: &ReProofingRow) -> Result<bool, DbError> {
        let person: Privilege = self.rights.privilege_of(tx, row.staff).await?;
        for id in [row.first_by, row.second_by].into_iter().flatten() {
            if !self.rights.privilege_of(tx, id).await?.covers(&person) {
                return Ok(false);
            }
        }
        for id in [row.verified_by, row.first_by, row.second_by].into_iter().flatten() {
            if !self.can_sign_in(tx, id).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Ends the open case of somebody whose account changed in another way; nothing when there is none.
    pub(crate) async fn drop_re_proofing(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        reason: ReProofingReason,
    ) -> Result<(), DbError> {
        re_proofing::expire(tx, ctx.now()).await?;
        let Some(row) = re_proofing::latest(tx, staff).await? else {
            return Ok(());
        };
        let by = ctx.actor.staff().map(|actor| actor.id);
        let end = End {
            state: ReProofingState::Withdrawn,
            reason,
            by,
            at: ctx.now(),
        };
        if re_proofing::close(tx, row.id, &end).await? {
            closed(tx, ctx, &row, &end, ReProofingStep::Withdrawn).await?;
        }
        Ok(())
    }
}

/// Tells others.
async fn moved(
    tx: &mut Tx,
    ctx: &Ctx,
    (case, staff): (ReProofingId, StaffId),
    step: ReProofingStep,
    by: Option<StaffId>,
) -> Result<(), DbError> {
    tx.emit(ctx, &ReProofingMoved { case, staff, step, by }).await.map(drop)
}

/// Writes down and tells that a case ended.
async fn closed(tx: &mut Tx, ctx: &Ctx, row: &ReProofingRow, end: &End, step: ReProofingStep) -> Result<(), DbError> {
    let action = match end.state {
        ReProofingState::Withdrawn => "re-proofing.withdrawn",
        _ => "re-proofing.refused",
    };
    let entry = Entry::done(action)
        .target(row.staff)
        .detail("reason", end.reason.as_str());
    tx.audit(ctx, entry).await?;
    moved(tx, ctx, (row.id, row.staff), step, end.by).await
}
