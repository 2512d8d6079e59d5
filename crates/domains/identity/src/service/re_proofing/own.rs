//! One's own case: asking at the sign-in form after the right password, looking, and stopping it.

use serde::Serialize;
use utoipa::ToSchema;
use wd_db::Tx;
use wd_kernel::{Ctx, Denied, ReProofingId, SecretString, Timestamp};

use super::{ReProofingError, closed};
use crate::{
    Identity, ReProofingReason, ReProofingState, ReProofingStep, SessionKind,
    service::authenticate::acting,
    store::{
        re_proofing::{self, End},
        session::SessionRow,
        staff,
    },
};

/// What a person sees of their own case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnReProofing {
    /// The latest case; none, if there never was one.
    pub case: Option<OwnCase>,
    /// How many hours this person waits after the approval.
    pub wait_hours: i64,
}

/// One's own case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnCase {
    /// Which one.
    pub id: ReProofingId,
    /// Where it stands.
    pub state: ReProofingState,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Whether a colleague asked for it, and not the person.
    pub by_colleague: bool,
    /// Whether a colleague found out that it is the person.
    pub verified: bool,
    /// The end of the waiting period, once approved.
    pub ready_at: Option<Timestamp>,
    /// When it is over by itself: nobody decided, or nobody set up factors.
    pub expires_at: Timestamp,
    /// Why it ended, if it did.
    pub reason: Option<ReProofingReason>,
}

impl Identity {
    /// The latest case of whom this session belongs to.
    pub async fn own_re_proofing(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<OwnReProofing, ReProofingError> {
        let mut tx = self.db.snapshot().await?;
        let session = self.session_of_own_case(&mut tx, ctx, token).await?;
        let row = re_proofing::latest(&mut tx, session.staff).await?;
        let (waits, _) = re_proofing::waits(&mut tx).await?;
        let person = self.rights.privilege_of(&mut tx, session.staff).await?;
        let case = row.map(|row| OwnCase {
            id: row.id,
            state: row.case().state(ctx.now()),
            requested_at: row.requested_at,
            by_colleague: row.requested_by.is_some(),
            verified: row.verified_by.is_some(),
            ready_at: row.ready_at,
            expires_at: row.expires_at,
            reason: row.reason,
        });
        Ok(OwnReProofing {
            case,
            wait_hours: waits.hours_of(&person),
        })
    }

    /// Asks to be identified anew. Only after the right password, and before a factor: who has one needs nobody.
    pub async fn request_re_proofing(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<OwnReProofing, ReProofingError> {
        let mut tx = self.db.begin().await?;
        let session = self.session_of(&mut tx, ctx, token).await?;
        let session = session
            .filter(|row| row.kind == SessionKind::Pending)
            .ok_or(Denied::Unauthenticated)?;
        let acting = acting(ctx, &session);
        self.open_case(&mut tx, &acting, session.staff, None).await?;
        tx.commit().await?;
        self.own_re_proofing(ctx, token).await
    }

    /// Ends one's own open case, in one press: from a session with rights, or after the right password. `not_me` tells
    /// security that somebody else asked.
    pub async fn withdraw_re_proofing(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        not_me: bool,
    ) -> Result<OwnReProofing, ReProofingError> {
        let mut tx = self.db.begin().await?;
        let session = self.session_of_own_case(&mut tx, ctx, token).await?;
        let acting = acting(ctx, &session);
        staff::hold(&mut tx, session.staff).await?;
        let row = re_proofing::latest(&mut tx, session.staff)
            .await?
            .filter(|row| row.case().is_open(ctx.now()))
            .ok_or(ReProofingError::NotOpen)?;
        let (reason, step) = if not_me {
            (ReProofingReason::NotMe, ReProofingStep::NotMe)
        } else {
            (ReProofingReason::Found, ReProofingStep::Withdrawn)
        };
        let end = End {
            state: ReProofingState::Withdrawn,
            reason,
            by: Some(session.staff),
            at: ctx.now(),
        };
        if !re_proofing::close(&mut tx, row.id, &end).await? {
            return Err(ReProofingError::NotOpen);
        }
        closed(&mut tx, &acting, &row, &end, step).await?;
        tx.commit().await?;
        self.own_re_proofing(ctx, token).await
    }

    /// Any session of one's own, but one in which the password comes first.
    async fn session_of_own_case(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<SessionRow, ReProofingError> {
        let session = self.session_of(tx, ctx, token).await?;
        let session = session.filter(|row| row.kind != SessionKind::ChangePassword);
        Ok(session.ok_or(Denied::Unauthenticated)?)
    }
}
