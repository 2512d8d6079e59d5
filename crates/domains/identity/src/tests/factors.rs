use wd_db::both_databases;
use wd_kernel::Denied;

use super::{Desk, PASSWORD, Person, SCHEMA, bytes, desk, secret};
use crate::{FactorError, FactorKind, SignInError};

async fn second_app(desk: &Desk, person: &Person) -> Vec<u8> {
    let made = desk
        .identity
        .begin_totp(&desk.nobody(), Some(&person.token))
        .await
        .unwrap();
    let key = bytes(&made);
    let added = desk
        .identity
        .confirm_totp(&desk.nobody(), Some(&person.token), made.id, &desk.code(&key))
        .await
        .unwrap();
    assert!(added.token.is_none());
    assert!(added.recovery_codes.is_none(), "there were codes already");
    key
}

both_databases! { SCHEMA;
    async fn factors_change_only_with_a_fresh_factor(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let listed = desk.identity.factors(&desk.nobody(), Some(&person.token)).await.unwrap();
        desk.wait(600);
        let token = Some(&person.token);
        let stale = |error: FactorError| assert!(matches!(error, FactorError::Denied(Denied::StepUp(_))));
        stale(desk.identity.begin_totp(&desk.nobody(), token).await.err().unwrap());
        stale(desk.identity.begin_passkey(&desk.nobody(), token).await.err().unwrap());
        stale(desk.identity.new_recovery_codes(&desk.nobody(), token).await.err().unwrap());
        stale(desk.identity.remove_factor(&desk.nobody(), token, listed[0].id).await.err().unwrap());
        assert!(desk.identity.factors(&desk.nobody(), token).await.is_ok(), "looking is free");
    }

    async fn its_owner_gives_a_factor_another_name_and_the_history_says_so(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let (nobody, token) = (desk.nobody(), Some(&person.token));
        let app = desk.identity.factors(&nobody, token).await.unwrap()[0].id;
        desk.wait(600);
        desk.identity.rename_factor(&nobody, token, app, " Old\u{20}phone ").await.unwrap();
        desk.identity.rename_factor(&nobody, token, app, "Old phone").await.unwrap();
        let shown = desk.identity.factors(&nobody, token).await.unwrap();
        assert_eq!(shown[0].name, "Old phone", "looking at it needs no fresh factor, nor does its name");
        assert_eq!(desk.entries("factor.renamed", "done").await, 1, "the same name again is no change");
        let ctx = desk.acting(&person.token).await;
        let history = desk.identity.own_history(&ctx, &wd_kernel::PageQuery { after: None, limit: Some(1) }).await.unwrap();
        assert_eq!((history.items[0].action.as_str(), history.items[0].kind.as_deref()), ("factor.renamed", Some("totp")));
        for bad in ["", "  ", "a\nb", "a\u{1b}[2Jb", "a\0b", &"n".repeat(129)] {
            let refused = desk.identity.rename_factor(&nobody, token, app, bad).await;
            assert!(matches!(refused, Err(FactorError::Name)), "{bad:?}");
        }
    }

    async fn nobody_names_what_is_not_theirs_or_has_no_name(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mallory = desk.person("mallory").await;
        let nobody = desk.nobody();
        let listed = desk.identity.factors(&nobody, Some(&person.token)).await.unwrap();
        let none = |refused: Result<(), FactorError>| assert!(matches!(refused, Err(FactorError::NotFound)), "{refused:?}");
        none(desk.identity.rename_factor(&nobody, Some(&mallory.token), listed[0].id, "Mine").await);
        let sheet = listed.iter().find(|factor| factor.kind == FactorKind::Recovery).unwrap();
        none(desk.identity.rename_factor(&nobody, Some(&person.token), sheet.id, "Sheet").await);
        let begun = desk.identity.begin_totp(&nobody, Some(&person.token)).await.unwrap();
        none(desk.identity.rename_factor(&nobody, Some(&person.token), begun.id, "Not there yet").await);
        desk.wait(30);
        let pending = desk.pending("grace").await;
        let early = desk.identity.rename_factor(&nobody, Some(&pending), listed[0].id, "By the password alone").await;
        assert!(matches!(early, Err(FactorError::Pending)));
        let unknown = desk.identity.rename_factor(&nobody, None, listed[0].id, "By nobody").await;
        assert!(matches!(unknown, Err(FactorError::Denied(Denied::Unauthenticated))));
        assert_eq!(desk.entries("factor.renamed", "done").await, 0);
    }

    async fn the_last_factor_stays(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let only = desk.identity.factors(&desk.nobody(), Some(&person.token)).await.unwrap()[0].id;
        let last = desk.identity.remove_factor(&desk.nobody(), Some(&person.token), only).await;
        assert!(matches!(last, Err(FactorError::Last)));
        second_app(&desk, &person).await;
        desk.identity.remove_factor(&desk.nobody(), Some(&person.token), only).await.unwrap();
        assert_eq!(desk.events("identity.factor-removed").await, 1);
        desk.wait(30);
        let pending = desk.pending("grace").await;
        let removed = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &desk.code(&person.secret), &super::client()).await;
        assert!(matches!(removed, Err(SignInError::WrongCode)));
    }

    async fn of_two_removed_at_once_one_stays(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        second_app(&desk, &person).await;
        let listed = desk.identity.factors(&desk.nobody(), Some(&person.token)).await.unwrap();
        let tasks: Vec<_> = listed.into_iter().filter(|factor| factor.kind == FactorKind::Totp).map(|factor| {
            let (identity, ctx, token) = (desk.identity.clone(), desk.nobody(), secret(person.token.expose()));
            tokio::spawn(async move { identity.remove_factor(&ctx, Some(&token), factor.id).await.is_ok() })
        }).collect();
        assert_eq!(tasks.len(), 2);
        let mut removed = 0;
        for task in tasks {
            removed += i32::from(task.await.unwrap());
        }
        assert_eq!(removed, 1);
    }

    async fn an_app_counts_once_a_code_was_shown(test) {
        let desk = desk(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        let made = desk.identity.begin_totp(&desk.nobody(), Some(&enrol)).await.unwrap();
        let wrong = desk.identity.confirm_totp(&desk.nobody(), Some(&enrol), made.id, &secret("000000")).await;
        assert!(matches!(wrong, Err(FactorError::WrongCode)));
        assert_eq!(desk.identity.factors(&desk.nobody(), Some(&enrol)).await.unwrap(), []);
        desk.wait(900);
        let late = desk.identity.confirm_totp(&desk.nobody(), Some(&enrol), made.id, &desk.code(&bytes(&made))).await;
        assert!(matches!(late, Err(FactorError::NotFound)));
    }

    async fn somebody_elses_app_cannot_be_confirmed_or_removed(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let mallory = desk.person("mallory").await;
        let made = desk.identity.begin_totp(&desk.nobody(), Some(&grace.token)).await.unwrap();
        let code = desk.code(&bytes(&made));
        let theirs = desk.identity.confirm_totp(&desk.nobody(), Some(&mallory.token), made.id, &code).await;
        assert!(matches!(theirs, Err(FactorError::NotFound)));
        let id = desk.identity.factors(&desk.nobody(), Some(&grace.token)).await.unwrap()[0].id;
        let theirs = desk.identity.remove_factor(&desk.nobody(), Some(&mallory.token), id).await;
        assert!(matches!(theirs, Err(FactorError::NotFound)));
    }

    async fn new_recovery_codes_replace_the_old_ones(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let new = desk.identity.new_recovery_codes(&desk.nobody(), Some(&person.token)).await.unwrap();
        assert_eq!(new.len(), 10);
        let pending = desk.pending("grace").await;
        let old = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &secret(&person.codes[0]), &super::client()).await;
        assert!(matches!(old, Err(SignInError::WrongCode)));
        desk.wait(1);
        assert!(desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &secret(&new[0]), &super::client()).await.is_ok());
    }

    async fn nothing_secret_is_in_clear_in_the_tables(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut tx = desk.db.snapshot().await.unwrap();
        let rows: Vec<(Vec<u8>,)> = wd_db::sql!(tx, fetch_all as (Vec<u8>,), "SELECT data FROM factor WHERE kind = 'totp'").await.unwrap();
        assert!(!rows[0].0.windows(person.secret.len()).any(|window| window == person.secret));
        let hashes: Vec<(Vec<u8>,)> = wd_db::sql!(tx, fetch_all as (Vec<u8>,), "SELECT password_hash FROM staff").await.unwrap();
        assert!(!hashes[0].0.windows(7).any(|window| window == b"argon2i"));
        let mut log: Vec<(String,)> = wd_db::sql!(tx, fetch_all as (String,), "SELECT details FROM audit_entry").await.unwrap();
        log.extend(wd_db::sql!(tx, fetch_all as (String,), "SELECT payload FROM outbox").await.unwrap());
        for (text,) in log {
            for planted in [PASSWORD, person.token.expose(), &person.codes[0]] {
                assert!(!text.contains(planted));
            }
        }
    }
}
