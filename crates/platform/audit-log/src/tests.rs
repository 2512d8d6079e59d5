use std::sync::Arc;

use wd_crypto::{Aad, Key, KeyRef, envelope};
use wd_db::{Seal, both_databases, sql};
use wd_kernel::{
    Actor, Ctx, CustomerId, Decide, Entropy, HandClock, Id, KeyId, PageQuery, Scope, SeededEntropy, Timestamp, World,
};

use crate::{AuditFilter, AuditTx, Entry, MIGRATIONS, find, list};

struct No;
impl Decide for No {
    fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
        false
    }
}

/// Stands for the vault.
struct Envelope;
impl Seal for Envelope {
    fn seal(&self, entropy: &dyn Entropy, table: &str, column: &str, row: &[u8], clear: &[u8]) -> Option<Vec<u8>> {
        let key = KeyRef {
            id: KeyId::from_uuid(uuid::Uuid::nil()),
            version: 1,
        };
        envelope::seal(
            &Key::from_bytes([1; 32]),
            key,
            &Aad::field("org", table, column, row),
            clear,
            entropy,
        )
        .ok()
    }
    fn open(&self, table: &str, column: &str, row: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        envelope::open(
            &Key::from_bytes([1; 32]),
            &Aad::field("org", table, column, row),
            sealed,
        )
        .ok()
    }
}

fn ctx() -> Ctx {
    let world = World {
        clock: Arc::new(HandClock::at(Timestamp::from_seconds(5))),
        entropy: Arc::new(SeededEntropy::new(1)),
        decide: Arc::new(No),
    };
    world.ctx(Actor::System("test"))
}

fn customer() -> CustomerId {
    CustomerId::from_uuid(uuid::Uuid::from_u128(7))
}

both_databases! { &[MIGRATIONS];
    async fn an_entry_of_a_change_that_rolled_back_does_not_exist(test) {
        let mut tx = test.db.begin().await.unwrap();
        tx.audit(&ctx(), Entry::done("thing.done")).await.unwrap();
        drop(tx);
        let mut tx = test.db.snapshot().await.unwrap();
        assert!(list(&mut tx, &AuditFilter::default(), &PageQuery::default()).await.unwrap().items.is_empty());
    }

    async fn the_canonical_bytes_hold_no_personal_value_and_survive_its_erasure(test) {
        let ctx = ctx();
        test.db.seal_with(Arc::new(Envelope));
        let mut tx = test.db.begin().await.unwrap();
        let id = tx.audit(&ctx, Entry::done("customer.revealed").target(customer()).personal("reason", "Ada asked for it")).await.unwrap();
        let before = find(&mut tx, id).await.unwrap().unwrap();
        assert_eq!(before.entry.details["reason"], "Ada asked for it");
        assert!(!String::from_utf8_lossy(&wd_kernel::b64u::decode(&before.canonical).unwrap()).contains("Ada"));
        sql!(tx, execute, "DELETE FROM audit_personal WHERE entry = $1", id).await.unwrap();
        let after = find(&mut tx, id).await.unwrap().unwrap();
        assert!(after.intact);
        assert_eq!(after.entry.hash, before.entry.hash);
        assert!(after.entry.details["reason"].as_str().unwrap().starts_with("sha256:"));
    }

    async fn a_personal_value_lies_sealed_or_not_at_all(test) {
        let ctx = ctx();
        let mut tx = test.db.begin().await.unwrap();
        assert!(tx.audit(&ctx, Entry::done("customer.revealed").personal("reason", "Ada asked")).await.is_err());
        drop(tx);
        test.db.seal_with(Arc::new(Envelope));
        let mut tx = test.db.begin().await.unwrap();
        tx.audit(&ctx, Entry::done("customer.revealed").personal("reason", "Ada asked")).await.unwrap();
        let (value,) = sql!(tx, fetch_one as (Vec<u8>,), "SELECT value FROM audit_personal").await.unwrap();
        assert!(!String::from_utf8_lossy(&value).contains("Ada"));
    }

    async fn a_changed_entry_is_not_intact(test) {
        let mut tx = test.db.begin().await.unwrap();
        let id = tx.audit(&ctx(), Entry::done("thing.done")).await.unwrap();
        sql!(tx, execute, "UPDATE audit_entry SET canonical = $2 WHERE id = $1", id, b"other".as_slice()).await.unwrap();
        assert!(!find(&mut tx, id).await.unwrap().unwrap().intact);
    }

    async fn the_list_filters_and_pages_newest_first(test) {
        let ctx = ctx();
        let mut tx = test.db.begin().await.unwrap();
        for n in 0..5_i64 {
            tx.audit(&ctx, Entry::done(if n % 2 == 0 { "even.done" } else { "odd.done" }).detail("n", n)).await.unwrap();
        }
        let filter = AuditFilter { action: Some("even.done".into()), ..AuditFilter::default() };
        let first = list(&mut tx, &filter, &PageQuery { after: None, limit: Some(2) }).await.unwrap();
        assert_eq!(first.items.iter().map(|e| e.details["n"].as_i64().unwrap()).collect::<Vec<_>>(), [4, 2]);
        let rest = list(&mut tx, &filter, &PageQuery { after: first.next, limit: Some(2) }).await.unwrap();
        assert_eq!(rest.items.iter().map(|e| e.details["n"].as_i64().unwrap()).collect::<Vec<_>>(), [0]);
        assert_eq!(rest.next, None);
    }
}
