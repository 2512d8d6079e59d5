//! Handing the queue to the server.

use tracing::{info, warn};
use wd_kernel::{Ctx, Duration};

use crate::{
    Outgoing, OutgoingError, Trouble, message,
    queue::{GIVE_UP_AFTER, too_late},
    server::{Failure, Server},
    store::{self, Claimed},
};

/// How long a worker holds a mail: longer than a try lasts.
pub(crate) const LEASE: Duration = Duration::from_secs(120);
/// The waits between tries, in minutes; the last one again and again.
const WAITS: [u64; 8] = [1, 2, 4, 8, 15, 30, 60, 120];

/// What a worker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// Nothing is due.
    Nothing,
    /// The server took a mail.
    Delivered,
    /// It did not, and will not.
    Failed,
    /// It did not, and will be asked again. `true`: the trouble is the server's, and the next mail would fare no better.
    PutOff(bool),
}

impl Outgoing {
    /// Takes one mail that is due and tries to deliver it. Several workers, on several nodes, may do this at once.
    pub async fn work(&self, ctx: &Ctx) -> Result<Worked, OutgoingError> {
        let Some(server) = &self.0.server else {
            return Ok(Worked::Nothing);
        };
        let Some(mail) = self.claim(ctx).await? else {
            return Ok(Worked::Nothing);
        };
        let result = self.hand_over(server, &mail).await;
        self.settle(ctx, &mail, result).await
    }

    pub(crate) async fn claim(&self, ctx: &Ctx) -> Result<Option<Claimed>, OutgoingError> {
        let now = ctx.now();
        // Looking takes no turn of the writer, and most of the time there is nothing.
        let mut look = self.0.db.look().await?;
        let due = store::due(&mut look, now, too_late(now)).await?;
        drop(look);
        let Some(id) = due else {
            return Ok(None);
        };
        let mut tx = self.0.db.begin().await?;
        let claimed = store::claim(&mut tx, id, now, now + LEASE).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Outside of any transaction: it takes as long as the server takes.
    pub(crate) async fn hand_over(&self, server: &Server, mail: &Claimed) -> Result<(), Failure> {
        let mut content = self
            .0
            .open(mail.id, mail.sealed.as_deref())
            .ok_or(Failure::of(Trouble::Unreadable))?;
        let to = content.to.parse().map_err(|_| Failure::of(Trouble::Unreadable))?;
        if mail.stands_for > 0 {
            content.text = format!("{}\n\nNumber of them: {}\n", content.text.trim_end(), mail.stands_for);
        }
        let bytes = message::write(mail.id, &server.from, &to, &content, mail.queued_at)
            .map_err(|_| Failure::of(Trouble::Unwritable))?;
        server.deliver(&to, &bytes).await
    }

    /// Writes down how it went.
    pub(crate) async fn settle(
        &self,
        ctx: &Ctx,
        mail: &Claimed,
        result: Result<(), Failure>,
    ) -> Result<Worked, OutgoingError> {
        let now = ctx.now();
        let mut tx = self.0.db.begin().await?;
        let (held, worked) = match result {
            Ok(()) => {
                let held = store::end(&mut tx, mail, "delivered", now, None, None).await?;
                (held, Worked::Delivered)
            }
            Err(failure) => {
                let (word, reply) = (failure.trouble.as_str(), failure.reply.map(i64::from));
                let last = mail.queued_at + GIVE_UP_AFTER;
                if failure.trouble.is_final() || now >= last {
                    let held = store::end(&mut tx, mail, "failed", now, Some(word), reply).await?;
                    (held, Worked::Failed)
                } else {
                    let due_at = (now + wait(mail.attempts)).min(last);
                    let held = store::put_off(&mut tx, mail, due_at, word, reply).await?;
                    (held, Worked::PutOff(failure.trouble.is_the_servers()))
                }
            }
        };
        tx.commit().await?;
        say(mail, result, worked, held);
        Ok(worked)
    }
}

/// How long to wait after the try with this number.
fn wait(attempts: i64) -> Duration {
    let at = usize::try_from(attempts.saturating_sub(1)).unwrap_or(0);
    let minutes = WAITS.get(at).or(WAITS.last()).copied().unwrap_or(120);
    Duration::from_secs(minutes * 60)
}

/// Ids and words of ours, nothing that the mail or the server says.
fn say(mail: &Claimed, result: Result<(), Failure>, worked: Worked, held: bool) {
    let (id, kind, attempts) = (mail.id, mail.kind.as_str(), mail.attempts);
    match result {
        Ok(()) if held => info!(mail = %id, kind, attempts, "a mail was delivered"),
        Ok(()) => {
            warn!(mail = %id, kind, attempts, "a mail was delivered after its lease had run out: it may go out twice");
        }
        Err(failure) => {
            let (trouble, reply) = (failure.trouble.as_str(), failure.reply);
            if worked == Worked::Failed {
                warn!(mail = %id, kind, attempts, trouble, reply, "a mail was given up");
            } else {
                warn!(mail = %id, kind, attempts, trouble, reply, "a mail was not delivered and will be tried again");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_a_minute_to_two_hours() {
        let minutes: Vec<u64> = (1..=10).map(|attempt| wait(attempt).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 15, 30, 60, 120, 120, 120]);
        assert_eq!(wait(0), wait(1));
    }

    #[test]
    fn a_lease_outlives_a_try() {
        assert!(LEASE > crate::server::DELIVER_WITHIN);
    }
}
