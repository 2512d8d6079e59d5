use uuid::Uuid;
use wd_db::Tx;
use wd_kernel::{Ctx, Duration, Timestamp};

use crate::{ChannelsError, store::rate};

/// A token bucket, kept in the database as the time at which it will be full again.
pub(crate) struct Limit {
    pub(crate) what: &'static str,
    burst: u32,
    refill: Duration,
}

/// 30 messages a minute.
pub(crate) const MESSAGES: Limit = Limit {
    what: "message",
    burst: 30,
    refill: Duration::from_secs(2),
};
/// 5 new conversations an hour.
pub(crate) const CONVERSATIONS: Limit = Limit {
    what: "conversation",
    burst: 5,
    refill: Duration::from_secs(720),
};

/// 60 commits of a customer at once, and 60 an hour: each stays in the log and goes to everybody who sees it.
pub(crate) const CHANGES: Limit = Limit {
    what: "change",
    burst: 60,
    refill: Duration::from_secs(60),
};
/// The same for the leaves a customer asks for: each is signed and written down.
pub(crate) const GRANTS: Limit = Limit {
    what: "grant",
    burst: 60,
    refill: Duration::from_secs(60),
};
/// 30 enrolments and renewed statements of a customer at once, and 30 an hour. To take a device out needs none of them.
pub(crate) const DEVICES: Limit = Limit {
    what: "device",
    burst: 30,
    refill: Duration::from_secs(120),
};

impl Limit {
    /// Takes a token, or says when there will be one.
    pub(crate) async fn spend(&self, tx: &mut Tx, ctx: &Ctx, subject: Uuid) -> Result<(), ChannelsError> {
        let full_at = rate::full_at(tx, subject, self.what).await?;
        self.spend_known(tx, ctx, subject, full_at).await
    }

    /// The same, when it is known how full the bucket is.
    pub(crate) async fn spend_known(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        subject: Uuid,
        full_at: Option<Timestamp>,
    ) -> Result<(), ChannelsError> {
        let now = ctx.now();
        let full_at = full_at.unwrap_or(now).max(now) + self.refill;
        let missing = full_at
            .since(now)
            .saturating_sub(self.refill.saturating_mul(self.burst));
        if missing > Duration::ZERO {
            return Err(ChannelsError::RateLimited {
                retry_after: missing.as_secs().max(1),
            });
        }
        Ok(rate::set_full_at(tx, subject, self.what, full_at).await?)
    }
}
