use wd_crypto::token_hash;
use wd_db::both_databases;
use wd_kernel::FactorId;

use super::{SCHEMA, desk, secret};
use crate::{FactorKind, SignInError, model::recovery, store::factor};

both_databases! { SCHEMA;
    async fn a_code_that_was_seen_does_not_work_again(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let code = desk.code(&person.secret);
        let pending = desk.pending("grace").await;
        desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &code, &super::client()).await.unwrap();
        let pending = desk.pending("grace").await;
        let replayed = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &code, &super::client()).await;
        assert!(matches!(replayed, Err(SignInError::WrongCode)));
        assert_eq!(desk.entries("session.factor", "refused").await, 1);
    }

    async fn the_code_that_set_up_the_app_does_not_sign_in(test) {
        let desk = desk(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        let made = desk.identity.begin_totp(&desk.nobody(), Some(&enrol)).await.unwrap();
        let code = desk.code(&super::bytes(&made));
        desk.identity.confirm_totp(&desk.nobody(), Some(&enrol), made.id, &code).await.unwrap();
        let pending = desk.pending("grace").await;
        let replayed = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &code, &super::client()).await;
        assert!(matches!(replayed, Err(SignInError::WrongCode)));
    }

    async fn an_older_step_is_refused_after_a_newer_one(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let older = desk.code(&person.secret);
        desk.wait(30);
        desk.full("grace", &person).await;
        let pending = desk.pending("grace").await;
        let refused = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &older, &super::client()).await;
        assert!(matches!(refused, Err(SignInError::WrongCode)));
    }

    async fn of_twenty_who_use_one_code_at_once_one_gets_in(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut waiting = Vec::new();
        for _ in 0..20 {
            waiting.push(desk.pending("grace").await);
        }
        let code = desk.code(&person.secret);
        let tasks: Vec<_> = waiting.into_iter().map(|pending| {
            let (identity, ctx, code) = (desk.identity.clone(), desk.nobody(), secret(code.expose()));
            tokio::spawn(async move { identity.sign_in_by_totp(&ctx, Some(&pending), &code, &super::client()).await.is_ok() })
        }).collect();
        let mut entered = 0;
        for task in tasks {
            entered += i32::from(task.await.unwrap());
        }
        assert_eq!(entered, 1);
    }

    async fn a_step_is_accepted_once_even_without_the_count_of_failures(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let factors = desk.identity.factors(&desk.nobody(), Some(&person.token)).await.unwrap();
        let (id, step): (FactorId, i64) = (factors[0].id, i64::MAX);
        let now = desk.nobody().now();
        let tasks: Vec<_> = (0..20).map(|_| {
            let db = desk.db.clone();
            tokio::spawn(async move {
                let mut tx = db.begin().await.unwrap();
                let accepted = factor::accept_step(&mut tx, id, step, now).await.unwrap();
                tx.commit().await.unwrap();
                accepted
            })
        }).collect();
        let mut accepted = 0;
        for task in tasks {
            accepted += i32::from(task.await.unwrap());
        }
        assert_eq!(accepted, 1);
    }

    async fn of_twenty_who_use_one_recovery_code_at_once_one_gets_in(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut waiting = Vec::new();
        for _ in 0..20 {
            waiting.push(desk.pending("grace").await);
        }
        let tasks: Vec<_> = waiting.into_iter().map(|pending| {
            let (identity, ctx, code) = (desk.identity.clone(), desk.nobody(), secret(&person.codes[0]));
            tokio::spawn(async move { identity.sign_in_by_recovery_code(&ctx, Some(&pending), &code, &super::client()).await.is_ok() })
        }).collect();
        let mut entered = 0;
        for task in tasks {
            entered += i32::from(task.await.unwrap());
        }
        assert_eq!(entered, 1);
        assert_eq!(desk.events("identity.recovery-code-used").await, 1);
    }

    async fn a_recovery_code_is_spent_once_even_without_the_count_of_failures(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let factors = desk.identity.factors(&desk.nobody(), Some(&person.token)).await.unwrap();
        let sheet = factors.iter().find(|factor| factor.kind == FactorKind::Recovery).unwrap().id;
        let code = token_hash(&recovery::normalised(&person.codes[0]).unwrap());
        let now = desk.nobody().now();
        let tasks: Vec<_> = (0..20).map(|_| {
            let db = desk.db.clone();
            tokio::spawn(async move {
                let mut tx = db.begin().await.unwrap();
                let spent = factor::spend_code(&mut tx, sheet, code, now).await.unwrap();
                tx.commit().await.unwrap();
                spent
            })
        }).collect();
        let mut spent = 0;
        for task in tasks {
            spent += i32::from(task.await.unwrap());
        }
        assert_eq!(spent, 1);
        let mut tx = desk.db.snapshot().await.unwrap();
        assert_eq!(factor::codes_left(&mut tx, sheet).await.unwrap(), 9);
    }

    async fn guessing_codes_makes_wait(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let pending = desk.pending("grace").await;
        let guess = async || desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &secret("000000"), &super::client()).await;
        for wait in [1, 3, 5] {
            assert!(matches!(guess().await, Err(SignInError::WrongCode)));
            assert!(matches!(guess().await, Err(SignInError::RateLimited(seconds)) if seconds == wait));
            desk.wait(wait);
        }
        let code = desk.code(&person.secret);
        assert!(desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &code, &super::client()).await.is_ok());
    }

    async fn a_code_of_somebody_else_does_not_work(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        let mallory = desk.person("mallory").await;
        let pending = desk.pending("grace").await;
        let theirs = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &desk.code(&mallory.secret), &super::client()).await;
        assert!(matches!(theirs, Err(SignInError::WrongCode)));
        let theirs = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &secret(&mallory.codes[0]), &super::client()).await;
        assert!(matches!(theirs, Err(SignInError::RateLimited(1))));
        desk.wait(1);
        let theirs = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &secret(&mallory.codes[0]), &super::client()).await;
        assert!(matches!(theirs, Err(SignInError::WrongCode)));
    }
}
