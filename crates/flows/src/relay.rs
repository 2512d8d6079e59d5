//! Hands on what the outbox holds. One node does it at a time. Fan-out to sockets has no consequences of its own: an event
//! is told as soon as it is read, and forgotten with others after it. What is told twice, because a node died between,
//! its hearers know by its number; who missed it asks.
//!
//! Some events have consequences in the database ([`Consequences`]). Each of these is forgotten in the transaction that
//! holds its consequences, so they happen once.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use async_trait::async_trait;
use tracing::{error, info, warn};
use wd_bus::{Bus, BusMessage};
use wd_db::{Db, DbError, Tx, outbox};
use wd_kernel::{Actor, Ctx, Duration, EventEnvelope, EventId, World};

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

/// What follows from an event in the database.
#[async_trait]
pub trait Consequences: Send + Sync {
    /// Whether anything follows from events of this kind.
    fn follow_from(&self, kind: &str) -> bool;

    /// Lets it follow, in the transaction that forgets the event. An error lets the event be tried again, ten times.
    async fn follow(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        event: &EventEnvelope,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// Runs until the task is dropped. After a fault of the database it begins again.
pub async fn run(db: Db, bus: Bus, world: World, consequences: Arc<dyn Consequences>) {
    let relay = Relay {
        db,
        bus,
        world,
        consequences,
    };
    let mut told = Told::default();
    loop {
        match relay.lead(&mut told).await {
            Ok(()) => {}
            Err(fault) => error!(error = %fault, "the relay stumbled"),
        }
        relay.db.emitted(ASK_AGAIN).await;
    }
}

struct Relay {
    db: Db,
    bus: Bus,
    world: World,
    consequences: Arc<dyn Consequences>,
}

impl Relay {
    async fn lead(&self, told: &mut Told) -> Result<(), DbError> {
        let Some(_leadership) = self.db.try_lead("relay").await? else {
            return Ok(());
        };
        info!("this node relays events");
        let hearing = self.db.hear_other_nodes();
        let mut forget = tokio::time::interval(FORGET_AFTER);
        forget.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        tokio::pin!(hearing);
        loop {
            // Drained before waiting: what was emitted before this node led waits in the table.
            while self.relay(told).await? >= BATCH {}
            tokio::select! {
                heard = &mut hearing => return heard,
                () = self.db.emitted(LOOK_ANYWAY) => {}
                _ = forget.tick(), if !told.ids.is_empty() => self.forget(told).await?,
            }
        }
    }

    /// Tells what was not told yet, in order; how many events that were.
    async fn relay(&self, told: &mut Told) -> Result<usize, DbError> {
        let mut tx = self.db.snapshot().await?;
        // Those that were told may be the oldest, so room is left for them.
        let limit = i64::try_from(told.ids.len() + BATCH).unwrap_or(i64::MAX);
        let waiting = outbox::waiting(&mut tx, limit).await?;
        drop(tx);
        let mut number = 0;
        for event in waiting {
            if told.ids.insert(event.id) {
                if !fan_out(&self.bus, &event).await {
                    // It stays in the outbox with what came after it, for the next look.
                    told.ids.remove(&event.id);
                    break;
                }
                number += 1;
                if self.consequences.follow_from(&event.kind) {
                    told.to_follow.push_back(event);
                }
            }
        }
        if told.ids.len() >= FORGET_AT {
            self.forget(told).await?;
        }
        Ok(number)
    }

    /// Forgets what was told, each with its consequences. What did not follow is told no more, and tried again; after
    /// an error as well.
    async fn forget(&self, told: &mut Told) -> Result<(), DbError> {
        for _ in 0..told.to_follow.len() {
            let Some(event) = told.to_follow.front() else { break };
            let followed = self.follow(event).await?;
            if let Some(event) = told.to_follow.pop_front() {
                if followed {
                    told.ids.remove(&event.id);
                } else {
                    told.to_follow.push_back(event);
                }
            }
        }
        let stay: HashSet<EventId> = told.to_follow.iter().map(|event| event.id).collect();
        let ids: Vec<EventId> = told.ids.difference(&stay).copied().collect();
        if !ids.is_empty() {
            let mut tx = self.db.begin().await?;
            outbox::all_done(&mut tx, &ids).await?;
            tx.commit().await?;
        }
        told.ids = stay;
        Ok(())
    }

    /// `false`: it failed and is to be tried again.
    async fn follow(&self, event: &EventEnvelope) -> Result<bool, DbError> {
        let ctx = self.world.ctx(Actor::System("relay"));
        let mut tx = self.db.begin().await?;
        // Somebody who led before, and does not know yet that it leads no more, may have been first.
        if !outbox::done(&mut tx, event.id).await? {
            return Ok(true);
        }
        let Err(fault) = self.consequences.follow(&mut tx, &ctx, event).await else {
            tx.commit().await?;
            return Ok(true);
        };
        drop(tx);
        let mut tx = self.db.begin().await?;
        let failures = outbox::failed(&mut tx, event.id).await?;
        tx.commit().await?;
        let fault = with_causes(fault.as_ref());
        if failures >= outbox::MOST_FAILURES {
            error!(error = fault, kind = event.kind, event = %event.id, "what follows from an event is left aside");
            return Ok(true);
        }
        warn!(error = fault, kind = event.kind, event = %event.id, "what follows from an event will be tried again");
        Ok(false)
    }
}

/// Events that were told and still lie in the outbox. Kept when forgetting fails, so that nothing is told twice by the
/// same node.
#[derive(Default)]
struct Told {
    ids: HashSet<EventId>,
    /// Those of them that have consequences, in order.
    to_follow: VecDeque<EventEnvelope>,
}

fn with_causes(fault: &dyn std::error::Error) -> String {
    let mut text = fault.to_string();
    let mut cause = fault.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
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
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    use serde::{Deserialize, Serialize};
    use wd_bus::{Heard, Listener};
    use wd_db::{both_databases, testing::TestDb};
    use wd_kernel::{Decide, Event, HandClock, Scope, SeededEntropy, Timestamp};

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

    /// Another one each time, so that no two give the same ids.
    fn world() -> World {
        static SEEDS: AtomicU64 = AtomicU64::new(1);
        World {
            clock: Arc::new(HandClock::at(Timestamp::from_seconds(1))),
            entropy: Arc::new(SeededEntropy::new(SEEDS.fetch_add(1, Ordering::Relaxed) << 32)),
            decide: Arc::new(Nothing),
        }
    }

    #[derive(Serialize, Deserialize)]
    struct Mattered {
        number: usize,
    }
    impl Event for Mattered {
        const KIND: &'static str = "test.mattered";
    }

    /// Emits another event for each that matters, after it has failed some times.
    struct Echo {
        failures: AtomicUsize,
    }

    impl Echo {
        fn after(failures: usize) -> Arc<Self> {
            Arc::new(Self {
                failures: AtomicUsize::new(failures),
            })
        }
    }

    #[async_trait]
    impl Consequences for Echo {
        fn follow_from(&self, kind: &str) -> bool {
            kind == Mattered::KIND
        }

        async fn follow(
            &self,
            tx: &mut Tx,
            ctx: &Ctx,
            event: &EventEnvelope,
        ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            let number = event.read::<Mattered>().ok_or("another event")?.number;
            // Before it fails, so that a failure has something to undo.
            tx.emit(ctx, &Happened { number }).await?;
            if self.failures.load(Ordering::SeqCst) > 0 {
                self.failures.fetch_sub(1, Ordering::SeqCst);
                return Err("not yet".into());
            }
            Ok(())
        }
    }

    async fn emit(db: &Db, event: &impl Event) {
        let mut tx = db.begin().await.unwrap();
        tx.emit(&world().ctx(Actor::Nobody), event).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn forgotten(db: &Db) {
        let forgotten = async {
            loop {
                let mut tx = db.snapshot().await.unwrap();
                if outbox::waiting(&mut tx, 1).await.unwrap().is_empty() {
                    return;
                }
                drop(tx);
                tokio::time::sleep(FORGET_AFTER).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), forgotten).await.unwrap();
    }

    fn kinds_heard(heard: &mut Listener) -> Vec<String> {
        std::iter::from_fn(|| heard.waiting())
            .map(|heard| match heard {
                Heard::Message(message) => message.topic,
                Heard::Gap => "a gap".into(),
            })
            .collect()
    }

    both_databases! { &[];
        async fn events_are_told_once_and_in_order_and_do_not_stay(test) {
            const MANY: usize = BATCH * 2 + 7;
            let bus = Bus::in_process();
            let mut heard = bus.listen();
            let relay = tokio::spawn(run(test.db.clone(), bus, world(), Echo::after(0)));
            let ctx = world().ctx(Actor::Nobody);
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
            forgotten(&test.db).await;
            assert_eq!(heard.waiting(), None);
            relay.abort();
        }

        async fn what_follows_from_an_event_follows_once_though_it_failed_before(test) {
            let bus = Bus::in_process();
            let mut heard = bus.listen();
            emit(&test.db, &Mattered { number: 7 }).await;
            let relay = tokio::spawn(run(test.db.clone(), bus, world(), Echo::after(3)));
            forgotten(&test.db).await;
            assert_eq!(kinds_heard(&mut heard), [Mattered::KIND, Happened::KIND], "told once, and its consequence once");
            relay.abort();
        }

        async fn what_never_follows_is_left_aside_and_holds_nobody_up(test) {
            let bus = Bus::in_process();
            let mut heard = bus.listen();
            emit(&test.db, &Mattered { number: 7 }).await;
            emit(&test.db, &Happened { number: 8 }).await;
            let relay = tokio::spawn(run(test.db.clone(), bus, world(), Echo::after(usize::MAX)));
            forgotten(&test.db).await;
            assert_eq!(kinds_heard(&mut heard), [Mattered::KIND, Happened::KIND]);
            let mut tx = test.db.snapshot().await.unwrap();
            let left = wd_db::sql!(tx, fetch_all as (String,), "SELECT kind FROM outbox").await.unwrap();
            assert_eq!(left, [(Mattered::KIND.to_owned(),)]);
            relay.abort();
        }

        async fn who_leads_no_more_lets_nothing_follow_a_second_time(test) {
            emit(&test.db, &Mattered { number: 7 }).await;
            let relay = Relay { db: test.db.clone(), bus: Bus::in_process(), world: world(), consequences: Echo::after(0) };
            let mut tx = test.db.snapshot().await.unwrap();
            let [event] = outbox::waiting(&mut tx, 2).await.unwrap().try_into().unwrap();
            drop(tx);
            let (first, second) = tokio::join!(relay.follow(&event), relay.follow(&event));
            assert!(first.unwrap() && second.unwrap());
            let mut tx = test.db.snapshot().await.unwrap();
            assert_eq!(outbox::waiting(&mut tx, 9).await.unwrap().len(), 1, "one consequence");
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
        let relay = Relay {
            db: test.db.clone(),
            bus,
            world: world(),
            consequences: Echo::after(0),
        };
        emit(&test.db, &Mattered { number: 1 }).await;
        emit(&test.db, &Happened { number: 2 }).await;
        let mut told = Told::default();
        assert_eq!(relay.relay(&mut told).await.unwrap(), 2);
        change(
            &test.db,
            "CREATE TRIGGER stuck BEFORE DELETE ON outbox BEGIN SELECT RAISE(FAIL, 'stuck'); END",
        )
        .await;
        relay.forget(&mut told).await.unwrap_err();
        assert_eq!(relay.relay(&mut told).await.unwrap(), 0);
        change(&test.db, "DROP TRIGGER stuck").await;
        relay.forget(&mut told).await.unwrap();
        // What followed from the first one is new.
        assert_eq!(relay.relay(&mut told).await.unwrap(), 1);
        relay.forget(&mut told).await.unwrap();
        assert_eq!(
            kinds_heard(&mut heard),
            [Mattered::KIND, Happened::KIND, Happened::KIND]
        );
        let mut tx = test.db.snapshot().await.unwrap();
        assert!(outbox::waiting(&mut tx, 1).await.unwrap().is_empty());
    }
}
