//! The cost of a password hash is chosen once, only rises, and what is cheaper is made anew.

use wd_db::both_databases;
use wd_kernel::{StaffId, Timestamp};

use super::{Desk, PASSWORD, SCHEMA, desk_at_full_cost};
use crate::{
    HashCost, SignInError,
    store::{
        password_hashing::{self, HashingRow},
        staff,
    },
};

const DEARER: HashCost = HashCost {
    memory_kib: 24 * 1024,
    passes: 3,
};

fn row(cost: HashCost) -> HashingRow {
    HashingRow {
        memory_kib: cost.memory_kib.into(),
        passes: cost.passes.into(),
        took_micros: 99_000,
        measured_at: Timestamp::from_seconds(1),
    }
}

both_databases! { SCHEMA;
    async fn a_cheaper_hash_is_made_anew_at_the_next_sign_in(test) {
        let desk = desk_at_full_cost(&test.db).await;
        let person = desk.person("grace").await;
        raise(&desk, DEARER).await;
        let before = desk.identity.fit_hashing(&desk.admin()).await.unwrap();
        assert_eq!((before.cost, before.passwords, before.cheaper), (DEARER, 1, 1));
        assert!(matches!(desk.password("grace", "not it").await, Err(SignInError::Refused)));
        assert_eq!(cost_of(&desk, person.id).await, HashCost::LEAST, "a wrong password changes nothing");

        desk.wait(2);
        desk.password("grace", PASSWORD).await.unwrap();
        assert_eq!(cost_of(&desk, person.id).await, DEARER);
        assert_eq!(desk.identity.fit_hashing(&desk.admin()).await.unwrap().cheaper, 0);
        desk.password("grace", PASSWORD).await.unwrap();
    }

    async fn two_sign_ins_at_once_both_come_in_while_the_hash_is_made_anew(test) {
        let desk = desk_at_full_cost(&test.db).await;
        desk.person("grace").await;
        raise(&desk, DEARER).await;
        desk.identity.fit_hashing(&desk.admin()).await.unwrap();
        let (one, other) = tokio::join!(desk.password("grace", PASSWORD), desk.password("grace", PASSWORD));
        assert!(one.is_ok() && other.is_ok());
    }

    async fn the_cost_never_falls(test) {
        let desk = desk_at_full_cost(&test.db).await;
        assert_eq!(desk.identity.fit_hashing(&desk.admin()).await.unwrap().cost, HashCost::LEAST, "a clock that stands still measures nothing");
        raise(&desk, DEARER).await;
        let mut tx = desk.db.begin().await.unwrap();
        assert!(!password_hashing::raise(&mut tx, row(HashCost::LEAST)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(desk.identity.raise_hashing(&desk.admin()).await.unwrap().cost, DEARER);
        assert_eq!(desk.entries("password-hashing.raised", "done").await, 1);
    }
}

async fn raise(desk: &Desk, cost: HashCost) {
    let mut tx = desk.db.begin().await.unwrap();
    assert!(password_hashing::raise(&mut tx, row(cost)).await.unwrap());
    tx.commit().await.unwrap();
}

async fn cost_of(desk: &Desk, id: StaffId) -> HashCost {
    let mut tx = desk.db.snapshot().await.unwrap();
    let row = staff::by_id(&mut tx, id).await.unwrap().unwrap();
    desk.identity.unseal_hash(&row).unwrap().unwrap().cost
}
