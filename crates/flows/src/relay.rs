//! Hands on what the outbox holds. One node does it at a time. Fan-out to sockets has no consequences of its own: an event
//! is told as soon as it is read, and forgotten with others after it. What is told twice, because a node died between,
//! its hearers know by its number; who missed it asks.

use std::collections::HashSet;

use tracing::{error, info};
use wd_bus::{Bus, BusMessage};
use wd_db::{Db, DbError, outbox};
use wd_kernel::{Duration, EventEnvelope, EventId};

/// How many events are read at once.
const BATCH: usize = 256;
/// How many told events wait until they are forgotten. Forgetting is a write, which senders wait for.
const FORGET_AT: usize = 256;
/// How long they wait when they are fewer.
const FORGET_AFTER: Duration = Duration::from_millis(250);
/// How long another node may lead before this one asks again.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// How long the outbox is left alone when nobody says that there is something.
const LOOK_ANYWAY: Duration = Duration::from_secs(1);

/// Runs until the task is dropped. After a fault of the database it begins again.
pub async fn run(db: Db, bus: Bus) {
    let mut told = Told::default();
    loop {
        match lead(&db, &bus, &mut told).await {
            Ok(()) => {}
            Err(fault) => error!(error = %fault, "the relay stumbled"),
        }
        db.emitted(ASK_AGAIN).await;
    }
}

async fn lead(db: &Db, bus: &Bus, told: &mut Told) -> Result<(), DbError> {
    let Some(_leadership) = db.try_lead("relay").await? else {
        return Ok(());
    };
    info!("this node relays events");
    let hearing = db.hear_other_nodes();
    let mut forget = tokio::time::interval(FORGET_AFTER);
    forget.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    tokio::pin!(hearing);
    loop {
        // Drained before waiting: what was emitted before this node led waits in the table.
        while told.relay(db, bus).await? >= BATCH {}
        tokio::select! {
            heard = &mut hearing => return heard,
            () = db.emitted(LOOK_ANYWAY) => {}
            _ = forget.tick(), if !told.0.is_empty() => told.forget(db).await?,
        }
    }
}

/// Events that were told and still lie in the outbox. Kept when forgetting fails, so that nothing is told twice by the
/// same node.
#[derive(Default)]
struct Told(HashSet<EventId>);

impl Told {
    /// Tells what was not told yet, in order; how many events that were.
    async fn relay(&mut self, db: &Db, bus: &Bus) -> Result<usize, DbError> {
        let mut tx = db.snapshot().await?;
        // Those that were told may be the oldest, so room is left for them.
        let limit = i64::try_from(self.0.len() + BATCH).unwrap_or(i64::MAX);
        let waiting = outbox::waiting(&mut tx, limit).await?;
        drop(tx);
        let mut number = 0;
        for event in waiting.iter().filter(|event| self.0.insert(event.id)) {
            if !fan_out(bus, event).await {
                // It stays in the outbox with what came after it, for the next look.
                self.0.remove(&event.id);
                break;
            }
            number += 1;
        }
        if self.0.len() >= FORGET_AT {
            self.forget(db).await?;
        }
        Ok(number)
    }

    async fn forget(&mut self, db: &Db) -> Result<(), DbError> {
        let ids: Vec<EventId> = self.0.iter().copied().collect();
        let mut tx = db.begin().await?;
        outbox::all_done(&mut tx, &ids).await?;
        tx.commit().await?;
        self.0.clear();
        Ok(())
    }
}

/// Whether it was told, or never can be.
async fn fan_out(bus: &Bus, event: &EventEnvelope) -> bool {
    let message = BusMessage {
        topic: event.kind.clone(),
        payload: event.payload.clone(),
    };
    let Err(fault) = bus.publish(message).await else {
        return true;
    };
    error!(error = %fault, kind = event.kind, "an event did not reach the bus");
    !fault.may_pass()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde::{Deserialize, Serialize};
    use wd_bus::Heard;
    use wd_db::{both_databases, testing::TestDb};
    use wd_kernel::{Actor, Ctx, Decide, Event, HandClock, Scope, SeededEntropy, Timestamp, World};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Happened {
        number: usize,
    }
    impl Event for Happened {
        const KIND: &'static str = "test.happened";
    }

    struct Nothing;
    impl Decide for Nothing {
        fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
            false
        }
    }

    fn ctx() -> Ctx {
        let world = World {
            clock: Arc::new(HandClock::at(Timestamp::from_seconds(1))),
            entropy: Arc::new(SeededEntropy::new(1)),
            decide: Arc::new(Nothing),
        };
        world.ctx(Actor::Nobody)
    }

    both_databases! { &[];
        async fn events_are_told_once_and_in_order_and_do_not_stay(test) {
            const MANY: usize = BATCH * 2 + 7;
            let bus = Bus::in_process();
            let mut heard = bus.listen();
            let relay = tokio::spawn(run(test.db.clone(), bus));
            let ctx = ctx();
            for number in 0..MANY {
                let mut tx = test.db.begin().await.unwrap();
                tx.emit(&ctx, &Happened { number }).await.unwrap();
                tx.commit().await.unwrap();
            }
            let mut numbers = Vec::new();
            while numbers.len() < MANY {
                let Some(Heard::Message(message)) = heard.next().await else {
                    panic!("something is missing");
                };
                numbers.push(serde_json::from_str::<Happened>(&message.payload).unwrap().number);
            }
            assert_eq!(numbers, (0..MANY).collect::<Vec<_>>());
            let forgotten = async {
                loop {
                    let mut tx = test.db.snapshot().await.unwrap();
                    if outbox::waiting(&mut tx, 1).await.unwrap().is_empty() {
                        return;
                    }
                    drop(tx);
                    tokio::time::sleep(FORGET_AFTER).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(20), forgotten).await.unwrap();
            assert_eq!(heard.waiting(), None);
            relay.abort();
        }
    }

    async fn change(db: &Db, sql: &'static str) {
        let mut tx = db.begin().await.unwrap();
        tx.execute(sql, vec![]).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn what_was_told_is_not_told_again_when_forgetting_it_failed() {
        let test = TestDb::sqlite(&[]).await;
        let bus = Bus::in_process();
        let mut heard = bus.listen();
        let ctx = ctx();
        let mut tx = test.db.begin().await.unwrap();
        tx.emit(&ctx, &Happened { number: 1 }).await.unwrap();
        tx.commit().await.unwrap();
        let mut told = Told::default();
        assert_eq!(told.relay(&test.db, &bus).await.unwrap(), 1);
        change(
            &test.db,
            "CREATE TRIGGER stuck BEFORE DELETE ON outbox BEGIN SELECT RAISE(FAIL, 'stuck'); END",
        )
        .await;
        told.forget(&test.db).await.unwrap_err();
        assert_eq!(told.relay(&test.db, &bus).await.unwrap(), 0);
        change(&test.db, "DROP TRIGGER stuck").await;
        told.forget(&test.db).await.unwrap();
        assert!(matches!(heard.waiting(), Some(Heard::Message(_))));
        assert_eq!(heard.waiting(), None);
        let mut tx = test.db.snapshot().await.unwrap();
        assert!(outbox::waiting(&mut tx, 1).await.unwrap().is_empty());
    }
}
