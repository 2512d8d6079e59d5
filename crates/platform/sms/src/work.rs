//! Handing the queue to the drivers.

use tracing::{info, warn};
use wd_kernel::{Ctx, Duration, Timestamp};

use crate::{
    Setup, Texts, TextsError, Trouble,
    driver::{Driver, Parcel, Taken},
    queue::hour_of,
    store::{
        self, Claimed,
        drivers::{self, DriverRow, Figure},
    },
};

/// How long a worker holds a message: longer than all drivers take together, since it stops asking before.
pub(crate) const LEASE: Duration = Duration::from_secs(60);
/// After this time within a lease no further driver is asked.
const ASK_WITHIN: Duration = Duration::from_secs(30);
/// The waits between tries, in seconds; the last one again and again.
const WAITS: [u64; 5] = [2, 5, 10, 20, 40];
/// So many failures in a row let a driver rest.
const FAILURES: i64 = 3;
/// How long it rests, in seconds, the first time and each time after that the one try that follows fails too.
const RESTS: [u64; 5] = [30, 60, 120, 300, 900];
/// How long a driver rests that says it has too much to do.
const THROTTLED: Duration = Duration::from_secs(5);
/// The first question how a message went.
pub(crate) const FIRST_QUESTION: Duration = Duration::from_secs(5);

/// What a worker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// Nothing is due.
    Nothing,
    /// A driver took a message.
    Sent,
    /// None did, and none will.
    Failed,
    /// None did, and they will be asked again.
    PutOff,
}

/// How a driver that was asked answered.
type Answer<'s> = (&'s Driver, Result<Taken, Trouble>);

impl Texts {
    /// Takes one message that is due and tries to send it. Several workers, on several nodes, may do this at once.
    pub async fn work(&self, ctx: &Ctx) -> Result<Worked, TextsError> {
        let Some(setup) = &self.0.setup else {
            return Ok(Worked::Nothing);
        };
        let Some((message, states)) = self.claim(ctx).await? else {
            return Ok(Worked::Nothing);
        };
        let answers = self.hand_over(ctx, setup, &message, &states).await;
        self.settle(ctx, &message, answers).await
    }

    pub(crate) async fn claim(&self, ctx: &Ctx) -> Result<Option<(Claimed, Vec<DriverRow>)>, TextsError> {
        let now = ctx.now();
        // Looking takes no turn of the writer, and most of the time there is nothing.
        let mut look = self.0.db.look().await?;
        let due = store::due(&mut look, now).await?;
        drop(look);
        let Some(id) = due else {
            return Ok(None);
        };
        let mut tx = self.0.db.begin().await?;
        let claimed = store::claim(&mut tx, id, now, now + LEASE).await?;
        let states = drivers::all(&mut tx).await?;
        tx.commit().await?;
        Ok(claimed.map(|claimed| (claimed, states)))
    }

    /// Asks one driver after the other, outside of any transaction. An error: nobody needed to be asked.
    pub(crate) async fn hand_over<'s>(
        &self,
        ctx: &Ctx,
        setup: &'s Setup,
        message: &Claimed,
        states: &[DriverRow],
    ) -> Result<Vec<Answer<'s>>, Trouble> {
        let begun = ctx.now();
        let content = self
            .0
            .open(message.id, message.sealed.as_deref())
            .ok_or(Trouble::Unreadable)?;
        let to = content.to.parse().map_err(|_| Trouble::Unreadable)?;
        let mut answers = Vec::new();
        for driver in &setup.drivers {
            let now = ctx.now();
            let is_late = now >= message.expires_at || now.since(begun) >= ASK_WITHIN;
            if is_late || message.was_refused_by(driver.name()) || rests(states, driver.name(), now) {
                continue;
            }
            let parcel = Parcel {
                to: &to,
                text: &content.text,
                life: message.expires_at.since(now),
            };
            let answer = driver.submit(&parcel).await;
            let is_taken = answer.is_ok();
            answers.push((driver, answer));
            if is_taken {
                break;
            }
        }
        Ok(answers)
    }

    /// Writes down how it went.
    pub(crate) async fn settle(
        &self,
        ctx: &Ctx,
        message: &Claimed,
        answers: Result<Vec<Answer<'_>>, Trouble>,
    ) -> Result<Worked, TextsError> {
        let now = ctx.now();
        let mut tx = self.0.db.begin().await?;
        let mut last = Trouble::AllRest;
        let mut refused_by = message.refused_by.clone();
        let mut worked = None;
        match &answers {
            Err(trouble) => last = *trouble,
            Ok(answers) => {
                for (driver, answer) in answers {
                    let name = driver.name();
                    match answer {
                        Ok(taken) => {
                            let ask_at =
                                (driver.can_be_asked() && taken.reference.is_some()).then(|| now + FIRST_QUESTION);
                            let reference = taken.reference.as_deref();
                            store::sent(&mut tx, message, name, reference, now, ask_at).await?;
                            drivers::good(&mut tx, name, now).await?;
                            let more = Figure {
                                taken: 1,
                                cost: message.cost,
                                ..Figure::default()
                            };
                            drivers::add(&mut tx, name, hour_of(now), &more).await?;
                            worked = Some(Worked::Sent);
                        }
                        Err(trouble) => {
                            note(&mut tx, name, now, *trouble).await?;
                            if *trouble == Trouble::Refused {
                                refused_by = format!("{refused_by} {name}");
                            } else {
                                last = *trouble;
                            }
                        }
                    }
                }
                if worked.is_none() && self.all_refused(&refused_by) {
                    last = Trouble::Refused;
                }
            }
        }
        let worked = match worked {
            Some(worked) => worked,
            None if matches!(last, Trouble::Unreadable | Trouble::Refused) => {
                store::failed(&mut tx, message, now, last.as_str()).await?;
                Worked::Failed
            }
            None => {
                let due_at = now + wait(message.attempts);
                store::put_off(&mut tx, message, due_at, last.as_str(), refused_by.trim_start()).await?;
                Worked::PutOff
            }
        };
        tx.commit().await?;
        say(message, worked, last);
        Ok(worked)
    }

    /// Whether no driver is left that has not refused a message. One that rests is left: it is asked when it is back.
    fn all_refused(&self, refused_by: &str) -> bool {
        let mut drivers = self.0.setup.iter().flat_map(|setup| &setup.drivers);
        drivers.all(|driver| refused_by.split_whitespace().any(|name| name == driver.name()))
    }
}

/// What a failure means for the driver.
async fn note(tx: &mut wd_db::Tx, name: &str, now: Timestamp, trouble: Trouble) -> Result<(), wd_db::DbError> {
    let more = Figure {
        failed: 1,
        ..Figure::default()
    };
    drivers::add(tx, name, hour_of(now), &more).await?;
    if trouble == Trouble::Throttled {
        return drivers::rest(tx, name, now, now + THROTTLED, trouble.as_str()).await;
    }
    if trouble.is_the_drivers() {
        let failures = drivers::bad(tx, name, now, trouble.as_str()).await?;
        if failures >= FAILURES {
            let until = now + rest_after(failures);
            drivers::rest(tx, name, now, until, trouble.as_str()).await?;
        }
    }
    Ok(())
}

/// Whether a driver is not to be asked now.
fn rests(states: &[DriverRow], name: &str, now: Timestamp) -> bool {
    let state = states.iter().find(|state| state.name == name);
    state
        .and_then(|state| state.rest_until)
        .is_some_and(|until| now < until)
}

/// How long a driver rests after so many failures in a row.
fn rest_after(failures: i64) -> Duration {
    Duration::from_secs(nth(&RESTS, failures - FAILURES))
}

/// How long to wait after the try with this number.
fn wait(attempts: i64) -> Duration {
    Duration::from_secs(nth(&WAITS, attempts - 1))
}

fn nth(list: &[u64], at: i64) -> u64 {
    let at = usize::try_from(at).unwrap_or(0);
    list.get(at).or(list.last()).copied().unwrap_or_default()
}

/// Ids and words of ours, nothing that the message or a driver says.
fn say(message: &Claimed, worked: Worked, trouble: Trouble) {
    let (id, kind, attempts) = (message.id, message.kind.as_str(), message.attempts);
    match worked {
        Worked::Sent => info!(%id, kind, attempts, "a text message was sent"),
        Worked::Failed => warn!(%id, kind, attempts, trouble = trouble.as_str(), "a text message was given up"),
        _ => warn!(%id, kind, attempts, trouble = trouble.as_str(), "a text message has to wait"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_and_rests_grow_and_have_an_end() {
        let waits: Vec<u64> = (0..8).map(|attempts| wait(attempts).as_secs()).collect();
        assert_eq!(waits, [2, 2, 5, 10, 20, 40, 40, 40]);
        let rests: Vec<u64> = (3..10).map(|failures| rest_after(failures).as_secs()).collect();
        assert_eq!(rests, [30, 60, 120, 300, 900, 900, 900]);
    }

    #[test]
    fn a_lease_outlives_a_try() {
        assert!(LEASE >= ASK_WITHIN + crate::driver::SUBMIT_WITHIN);
    }
}
