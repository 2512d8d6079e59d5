//! Forgetting what has expired.

use wd_db::DbError;
use wd_kernel::{Ctx, Duration};

use crate::{
    Identity,
    model::{REVIEW_FOR, SessionLimits, known_since},
    store::{
        attempt, ceremony, factor, factor_policy, invitation, known_device, re_proofing, session, session_policy,
        sign_in_risk, sms_code,
    },
};

/// Used and expired links are kept so long, to answer questions about them.
const LINKS_KEPT: Duration = Duration::from_hours(30 * 24);
/// Numbers whose code never came back.
const NUMBERS_KEPT: Duration = Duration::from_hours(1);
const ATTEMPTS_KEPT: Duration = Duration::from_hours(24);

impl Identity {
    /// Deletes expired sessions, ceremonies, links and counts of failures; how many rows. Tells of recoveries whose wait is
    /// over. Run it every ten minutes or so.
    pub async fn sweep(&self, ctx: &Ctx) -> Result<u64, DbError> {
        let now = ctx.now();
        let mut tx = self.db.begin().await?;
        // Whose roles are stricter is refused at each request; here goes what no role lets live.
        let decided = session_policy::all(&mut tx).await?;
        let idle = decided.iter().map(|row| row.limits().idle()).max();
        let idle = idle.unwrap_or_default().max(SessionLimits::DEFAULT.idle());
        let mut gone = session::forget_expired(&mut tx, now, now - idle).await?;
        gone += factor_policy::forget_marks(&mut tx).await?;
        gone += known_device::forget_expired(&mut tx, now).await?;
        gone += ceremony::forget_expired(&mut tx, now).await?;
        gone += sign_in_risk::forget(&mut tx, known_since(now), now - REVIEW_FOR).await?;
        gone += invitation::forget_expired(&mut tx, now - LINKS_KEPT).await?;
        gone += sms_code::forget(&mut tx, now - ATTEMPTS_KEPT).await?;
        gone += factor::forget_numbers(&mut tx, now - NUMBERS_KEPT).await?;
        gone += attempt::forget(&mut tx, now - ATTEMPTS_KEPT).await?;
        re_proofing::expire(&mut tx, now).await?;
        tx.commit().await?;
        // Each in a transaction of its own, so that nobody is held while rows of others go.
        self.tell_ready(ctx).await?;
        Ok(gone)
    }
}
