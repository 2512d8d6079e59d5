use std::sync::Arc;

use wd_kernel::{Actor, Ctx, Decide, Event, HandClock, Scope, SeededEntropy, Timestamp, World};

use crate::{DbError, both_databases, outbox, sql};

#[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
struct Rang {
    bell: String,
}

impl Event for Rang {
    const KIND: &'static str = "test.rang";
}

struct Nobody;
impl Decide for Nobody {
    fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
        false
    }
}

fn ctx() -> Ctx {
    let world = World {
        clock: Arc::new(HandClock::at(Timestamp::from_seconds(5))),
        entropy: Arc::new(SeededEntropy::new(1)),
        decide: Arc::new(Nobody),
    };
    world.ctx(Actor::System("test"))
}

both_databases! { &[];
    async fn an_event_of_a_transaction_that_did_not_commit_never_happened(test) {
        let mut tx = test.db.begin().await.unwrap();
        tx.emit(&ctx(), &Rang { bell: "door".into() }).await.unwrap();
        drop(tx);
        let mut tx = test.db.snapshot().await.unwrap();
        assert_eq!(outbox::waiting(&mut tx, 10).await.unwrap(), vec![]);
    }

    async fn an_event_is_handled_once(test) {
        let ctx = ctx();
        let mut tx = test.db.begin().await.unwrap();
        tx.emit(&ctx, &Rang { bell: "door".into() }).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        let waiting = outbox::waiting(&mut tx, 10).await.unwrap();
        assert_eq!(waiting[0].read::<Rang>(), Some(Rang { bell: "door".into() }));
        assert!(outbox::done(&mut tx, waiting[0].id).await.unwrap());
        assert!(!outbox::done(&mut tx, waiting[0].id).await.unwrap());
    }

    async fn many_events_are_forgotten_at_once_and_no_others(test) {
        let ctx = ctx();
        let mut tx = test.db.begin().await.unwrap();
        for n in 0..60 {
            tx.emit(&ctx, &Rang { bell: n.to_string() }).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        let waiting = outbox::waiting(&mut tx, 100).await.unwrap();
        let handled: Vec<_> = waiting[..55].iter().map(|event| event.id).collect();
        outbox::all_done(&mut tx, &handled).await.unwrap();
        assert_eq!(outbox::waiting(&mut tx, 100).await.unwrap(), waiting[55..]);
    }

    async fn a_snapshot_cannot_write(test) {
        let mut tx = test.db.snapshot().await.unwrap();
        assert!(sql!(tx, execute, "DELETE FROM outbox WHERE attempts > $1", 3_i64).await.is_err());
    }

    async fn who_looks_sees_what_was_committed_meanwhile_and_changes_nothing(test) {
        let mut look = test.db.look().await.unwrap();
        assert_eq!(outbox::waiting(&mut look, 10).await.unwrap(), vec![]);
        let mut tx = test.db.begin().await.unwrap();
        tx.emit(&ctx(), &Rang { bell: "door".into() }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(outbox::waiting(&mut look, 10).await.unwrap().len(), 1);
        assert!(matches!(sql!(look, execute, "DELETE FROM outbox WHERE attempts > $1", 3_i64).await, Err(DbError::Looking)));
    }

    async fn a_repeated_key_is_told_apart_from_other_faults(test) {
        let mut tx = test.db.begin().await.unwrap();
        sql!(tx, execute, "INSERT INTO schema_migration (domain, name) VALUES ($1, $2)", "x", "y").await.unwrap();
        let again = sql!(tx, execute, "INSERT INTO schema_migration (domain, name) VALUES ($1, $2)", "x", "y").await;
        assert!(matches!(again, Err(DbError::Unique)));
    }

    async fn one_node_leads(test) {
        let held = test.db.try_lead("relay").await.unwrap();
        assert!(held.is_some());
        if test.db.engine() == "postgres" {
            assert!(test.db.try_lead("relay").await.unwrap().is_none());
        }
    }
}
