use serde_json::json;
use wd_crypto::token_hash;
use wd_db::both_databases;
use wd_kernel::SecretString;

use super::{Desk, PASSWORD, Person, SCHEMA, authenticator::Authenticator, client, desk, passkeys::enrol, secret};
use crate::{Client, SignInError, SignedIn};

fn from(device: Option<&SecretString>, address: [u8; 4]) -> Client {
    Client {
        address: address.into(),
        device: device.map(|token| token_hash(token.expose())),
        ..client()
    }
}

async fn password(desk: &Desk, login: &str, password: &str, client: &Client) -> Result<SignedIn, SignInError> {
    desk.identity
        .sign_in_by_password(&desk.nobody(), None, login, &secret(password), client)
        .await
}

/// Signs in fully from a browser; the token by which it is known afterwards.
async fn know(desk: &Desk, login: &str, person: &Person, client: &Client) -> SecretString {
    let pending = password(desk, login, PASSWORD, client).await.unwrap();
    assert!(pending.device.is_none(), "a password alone makes no browser known");
    let code = desk.code(&person.secret);
    let entered = desk
        .identity
        .sign_in_by_totp(&desk.nobody(), Some(&pending.token), &code, &super::client())
        .await
        .unwrap();
    desk.wait(30);
    entered.device.unwrap()
}

async fn by_passkey(desk: &Desk, passkey: &Authenticator, client: &Client) -> Result<SignedIn, SignInError> {
    let asked = desk.identity.passkey_options(&desk.nobody(), None, client).await?;
    let answer = passkey.get(&asked.options);
    desk.identity
        .sign_in_by_passkey(&desk.nobody(), None, &asked.ceremony, &answer, client)
        .await
}

async fn no_passkey(desk: &Desk, client: &Client) -> Result<SignedIn, SignInError> {
    desk.identity
        .sign_in_by_passkey(&desk.nobody(), None, "AAAA", &json!({}), client)
        .await
}

const HOME: [u8; 4] = [192, 0, 2, 1];

both_databases! { SCHEMA;
    async fn strangers_do_not_make_a_known_browser_wait(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let device = know(&desk, "grace", &person, &from(None, HOME)).await;
        for _ in 0..5 {
            drop(password(&desk, "grace", "wrong", &from(None, [203, 0, 113, 9])).await);
        }
        // Somebody behind the same address, too.
        for n in 0..30 {
            drop(password(&desk, &format!("guess{n}"), "wrong", &from(None, HOME)).await);
        }
        assert!(matches!(password(&desk, "grace", PASSWORD, &from(None, HOME)).await, Err(SignInError::RateLimited(_))));
        know(&desk, "grace", &person, &from(Some(&device), HOME)).await;
    }

    async fn strangers_behind_its_address_do_not_keep_a_known_browser_from_its_passkey(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        let device = know(&desk, "grace", &person, &from(None, HOME)).await;
        for _ in 0..30 {
            drop(no_passkey(&desk, &from(None, HOME)).await);
        }
        assert!(matches!(by_passkey(&desk, &passkey, &from(None, HOME)).await, Err(SignInError::RateLimited(_))));
        by_passkey(&desk, &passkey, &from(Some(&device), HOME)).await.unwrap();
    }

    async fn a_known_browser_waits_for_its_own_wrong_passkeys_and_nobody_else_does(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        let device = know(&desk, "grace", &person, &from(None, HOME)).await;
        let here = from(Some(&device), HOME);
        assert!(matches!(no_passkey(&desk, &here).await, Err(SignInError::WrongPasskey)));
        assert!(matches!(by_passkey(&desk, &passkey, &here).await, Err(SignInError::RateLimited(1))));
        by_passkey(&desk, &passkey, &from(None, HOME)).await.unwrap();
        assert!(matches!(by_passkey(&desk, &passkey, &here).await, Err(SignInError::RateLimited(1))), "a stranger's success is not this browser's");
        desk.wait(1);
        by_passkey(&desk, &passkey, &here).await.unwrap();
    }

    async fn strangers_who_disable_the_password_do_not_disable_it_on_a_known_browser(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let device = know(&desk, "grace", &person, &from(None, HOME)).await;
        for _ in 0..100 {
            desk.wait(3600);
            password(&desk, "grace", "wrong", &from(None, [203, 0, 113, 9])).await.unwrap_err();
        }
        desk.wait(3600);
        assert!(matches!(password(&desk, "grace", PASSWORD, &from(None, HOME)).await, Err(SignInError::Refused)));
        know(&desk, "grace", &person, &from(Some(&device), HOME)).await;
    }

    async fn a_new_password_set_on_a_known_browser_works_everywhere_again(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let device = know(&desk, "grace", &person, &from(None, HOME)).await;
        for _ in 0..100 {
            desk.wait(3600);
            password(&desk, "grace", "wrong", &from(None, [203, 0, 113, 9])).await.unwrap_err();
        }
        let pending = password(&desk, "grace", PASSWORD, &from(Some(&device), HOME)).await.unwrap();
        let code = desk.code(&person.secret);
        let own = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending.token), &code, &client()).await.unwrap();
        let new = "another otter in the pines";
        desk.identity.change_password(&desk.nobody(), Some(&own.token), &secret(PASSWORD), &secret(new)).await.unwrap();
        desk.wait(3600);
        assert!(password(&desk, "grace", new, &from(None, [198, 51, 100, 7])).await.is_ok());
    }

    async fn a_known_browser_waits_for_its_own_failures_and_is_a_stranger_after_a_hundred(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let device = know(&desk, "grace", &person, &from(None, HOME)).await;
        let here = from(Some(&device), HOME);
        password(&desk, "grace", "wrong", &here).await.unwrap_err();
        assert!(matches!(password(&desk, "grace", PASSWORD, &here).await, Err(SignInError::RateLimited(1))));
        for _ in 0..99 {
            desk.wait(3600);
            password(&desk, "grace", "wrong", &here).await.unwrap_err();
        }
        assert_eq!(desk.count("SELECT COUNT(*) FROM known_device WHERE failures > 0").await, 0);
        // The count of strangers is untouched: the password itself still works.
        desk.wait(3600);
        assert!(password(&desk, "grace", PASSWORD, &here).await.is_ok());
    }

    async fn the_token_of_a_browser_counts_for_its_owner_only_and_gives_no_right(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let mallory = desk.person("mallory").await;
        let device = know(&desk, "mallory", &mallory, &from(None, HOME)).await;
        password(&desk, "grace", "wrong", &from(None, HOME)).await.unwrap_err();
        let mine = password(&desk, "grace", PASSWORD, &from(Some(&device), HOME)).await;
        assert!(matches!(mine, Err(SignInError::RateLimited(1))), "nobody borrows another one's browser");
        assert!(!desk.alive(&device).await);
        assert!(matches!(password(&desk, "mallory", "wrong", &from(Some(&device), HOME)).await, Err(SignInError::Refused)));
        let _ = grace;
    }

    async fn each_full_sign_in_gives_the_browser_a_new_token_and_the_old_one_is_none(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let before = desk.count("SELECT COUNT(*) FROM known_device").await;
        let first = know(&desk, "grace", &person, &from(None, HOME)).await;
        let second = know(&desk, "grace", &person, &from(Some(&first), HOME)).await;
        assert_ne!(first.expose(), second.expose());
        assert_eq!(desk.count("SELECT COUNT(*) FROM known_device").await, before + 1);
        password(&desk, "grace", "wrong", &from(None, HOME)).await.unwrap_err();
        assert!(matches!(password(&desk, "grace", PASSWORD, &from(Some(&first), HOME)).await, Err(SignInError::RateLimited(_))));
        assert!(password(&desk, "grace", PASSWORD, &from(Some(&second), HOME)).await.is_ok());
    }

    async fn ending_all_sessions_forgets_the_browsers_and_so_does_time(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        know(&desk, "grace", &person, &from(None, HOME)).await;
        desk.identity.end_sessions_of(&desk.admin(), person.id).await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM known_device").await, 0);
        let device = know(&desk, "grace", &person, &from(None, HOME)).await;
        desk.wait(180 * 86_400);
        password(&desk, "grace", "wrong", &from(None, HOME)).await.unwrap_err();
        assert!(matches!(password(&desk, "grace", PASSWORD, &from(Some(&device), HOME)).await, Err(SignInError::RateLimited(_))));
        desk.identity.sweep(&desk.admin()).await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM known_device").await, 0);
    }

    async fn ending_a_session_elsewhere_forgets_its_browser_and_only_that(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let lost = know(&desk, "grace", &person, &from(None, HOME)).await;
        let ctx = desk.acting(&person.token).await;
        let sessions = desk.identity.sessions(&ctx).await.unwrap();
        let [theirs] = sessions.iter().filter(|s| !s.current).map(|s| s.id).collect::<Vec<_>>()[..] else {
            panic!("two sessions");
        };
        let before = desk.count("SELECT COUNT(*) FROM known_device").await;
        desk.identity.end_own_session(&ctx, theirs).await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM known_device").await, before - 1);
        password(&desk, "grace", "wrong", &from(None, HOME)).await.unwrap_err();
        assert!(matches!(password(&desk, "grace", PASSWORD, &from(Some(&lost), HOME)).await, Err(SignInError::RateLimited(_))));
    }

    async fn no_more_than_twenty_browsers_of_a_person_are_remembered(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        for _ in 0..25 {
            know(&desk, "grace", &person, &from(None, HOME)).await;
        }
        assert_eq!(desk.count("SELECT COUNT(*) FROM known_device").await, 20);
    }
}
