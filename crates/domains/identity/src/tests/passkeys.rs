use serde_json::json;
use wd_db::both_databases;
use wd_kernel::SecretString;

use super::{Desk, SCHEMA, authenticator::Authenticator, client, desk, secret};
use crate::{Client, FactorError, FactorKind, SignInError, SignInState, SignedIn};

/// Adds a passkey in this session.
pub(super) async fn enrol(
    desk: &Desk,
    token: &SecretString,
    passkey: &mut Authenticator,
) -> Result<crate::FactorAdded, FactorError> {
    let asked = desk.identity.begin_passkey(&desk.nobody(), Some(token)).await?;
    let answer = passkey.create(&asked.options);
    desk.identity
        .finish_passkey(&desk.nobody(), Some(token), &asked.ceremony, "Laptop", &answer)
        .await
}

pub(super) async fn sign_in(
    desk: &Desk,
    token: Option<&SecretString>,
    passkey: &Authenticator,
) -> Result<SignedIn, SignInError> {
    let asked = desk.identity.passkey_options(&desk.nobody(), token, &client()).await?;
    let answer = passkey.get(&asked.options);
    desk.identity
        .sign_in_by_passkey(&desk.nobody(), token, &asked.ceremony, &answer, &client())
        .await
}

both_databases! { SCHEMA;
    async fn a_passkey_sets_up_an_account_and_signs_in_alone(test) {
        let desk = desk(&test.db).await;
        let (_, token) = desk.joining("grace").await;
        let mut passkey = Authenticator::new(1);
        let added = enrol(&desk, &token, &mut passkey).await.unwrap();
        assert_eq!(added.state.state, SignInState::SignedIn);
        assert_eq!(added.recovery_codes.unwrap().len(), 10);
        let entered = sign_in(&desk, None, &passkey).await.unwrap();
        assert_eq!(entered.state.state, SignInState::SignedIn);
        assert_eq!(entered.state.me.unwrap().login, "grace");
        assert!(entered.state.stepped_up_until.is_some());
    }

    async fn the_question_wants_a_discoverable_passkey_and_user_verification(test) {
        let desk = desk(&test.db).await;
        let (_, token) = desk.joining("grace").await;
        let asked = desk.identity.begin_passkey(&desk.nobody(), Some(&token)).await.unwrap();
        assert_eq!(asked.options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(asked.options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(asked.options["rp"], json!({"id": "localhost", "name": "Analytical Engines"}));
        let asked = desk.identity.passkey_options(&desk.nobody(), None, &client()).await.unwrap();
        assert_eq!(asked.options["userVerification"], "required");
        assert_eq!(asked.options["allowCredentials"], json!([]));
    }

    async fn a_passkey_is_a_second_factor_after_the_password(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        let pending = desk.pending("grace").await;
        let entered = sign_in(&desk, Some(&pending), &passkey).await.unwrap();
        assert_eq!(entered.state.state, SignInState::SignedIn);
        assert!(!desk.alive(&pending).await);
    }

    async fn a_passkey_steps_up(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        desk.wait(600);
        let token = Some(&person.token);
        let asked = desk.identity.step_up_options(&desk.nobody(), token).await.unwrap();
        let answer = passkey.get(&asked.options);
        let fresh = desk.identity.step_up_by_passkey(&desk.nobody(), token, &asked.ceremony, &answer).await.unwrap();
        assert!(desk.acting(&fresh.token).await.fresh_factor("x").is_ok());
        assert!(!desk.alive(&person.token).await);
    }

    async fn an_answer_works_once(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        let asked = desk.identity.passkey_options(&desk.nobody(), None, &client()).await.unwrap();
        let answer = passkey.get(&asked.options);
        let give = async || desk.identity.sign_in_by_passkey(&desk.nobody(), None, &asked.ceremony, &answer, &client()).await;
        assert!(give().await.is_ok());
        assert!(matches!(give().await, Err(SignInError::WrongPasskey)));
    }

    async fn an_answer_comes_within_two_minutes(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        let asked = desk.identity.passkey_options(&desk.nobody(), None, &client()).await.unwrap();
        desk.wait(120);
        let late = desk.identity.sign_in_by_passkey(&desk.nobody(), None, &asked.ceremony, &passkey.get(&asked.options), &client()).await;
        assert!(matches!(late, Err(SignInError::WrongPasskey)));
    }

    async fn a_page_of_another_origin_gets_nothing(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        for origin in ["http://localhost:8081", "https://localhost:8080", "http://evil.localhost:8080", "https://evil.example"] {
            passkey.origin = origin;
            assert!(matches!(sign_in(&desk, None, &passkey).await, Err(SignInError::WrongPasskey)), "{origin}");
        }
    }

    async fn a_passkey_that_did_not_verify_its_user_does_not_count(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        passkey.verifies = false;
        assert!(matches!(enrol(&desk, &person.token, &mut passkey).await, Err(FactorError::WrongPasskey)));
        passkey.verifies = true;
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        passkey.verifies = false;
        assert!(matches!(sign_in(&desk, None, &passkey).await, Err(SignInError::WrongPasskey)));
    }

    async fn a_copied_passkey_is_noticed_by_its_counter(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        passkey.counter = 5;
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        passkey.counter = 6;
        sign_in(&desk, None, &passkey).await.unwrap();
        assert!(matches!(sign_in(&desk, None, &passkey).await, Err(SignInError::WrongPasskey)));
        passkey.counter = 7;
        let owner_or_thief = sign_in(&desk, None, &passkey).await;
        assert!(matches!(owner_or_thief, Err(SignInError::WrongPasskey)), "nobody can tell the two apart, so neither gets in");
        assert_eq!(desk.events("identity.passkey-copied").await, 1);
        assert_eq!(desk.entries("factor.disabled", "done").await, 1);
        desk.wait(60);
        let pending = desk.pending("grace").await;
        let code = desk.code(&person.secret);
        assert!(desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &code, &client()).await.is_ok(), "the other factors go on");
    }

    async fn a_copied_passkey_does_not_step_up_and_is_disabled_by_trying(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        passkey.counter = 5;
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        let token = Some(&person.token);
        passkey.counter = 4;
        let asked = desk.identity.step_up_options(&desk.nobody(), token).await.unwrap();
        let answer = passkey.get(&asked.options);
        let refused = desk.identity.step_up_by_passkey(&desk.nobody(), token, &asked.ceremony, &answer).await;
        assert!(matches!(refused, Err(SignInError::WrongPasskey)));
        assert_eq!(desk.events("identity.passkey-copied").await, 1);
        desk.wait(1);
        let token = desk.full("grace", &person).await;
        let listed = desk.identity.factors(&desk.nobody(), Some(&token)).await.unwrap();
        assert!(listed.iter().any(|factor| factor.kind == FactorKind::Passkey && factor.disabled_at.is_some()));
    }

    async fn a_sign_of_a_copy_ends_every_session_of_its_owner_and_nobody_elses(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let other = desk.person("ada").await;
        let mut passkey = Authenticator::new(1);
        passkey.counter = 5;
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        // Whoever came first may have been the one or the other.
        passkey.counter = 6;
        let first = sign_in(&desk, None, &passkey).await.unwrap();
        let half = desk.pending("grace").await;
        assert!(desk.alive(&first.token).await);
        let told = desk.events("identity.session-ended").await;
        assert!(matches!(sign_in(&desk, None, &passkey).await, Err(SignInError::WrongPasskey)));
        for token in [&person.token, &first.token, &half] {
            assert!(!desk.alive(token).await);
        }
        assert_eq!(desk.events("identity.session-ended").await, told + 3, "sockets hear of each");
        assert!(desk.alive(&other.token).await);
        // The browser that was first is not known any more either.
        let mut tx = test.db.snapshot().await.unwrap();
        assert!(crate::store::browser::of_staff(&mut tx, person.id).await.unwrap().is_empty());
        let entry = wd_audit_log::latest(&mut tx, &person.id.to_string(), "factor.disabled").await.unwrap().unwrap();
        assert_eq!(entry.details["sessions_ended"], 3);
    }

    async fn a_copy_that_is_shown_again_in_a_session_ends_that_one_too(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        passkey.counter = 5;
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        let elsewhere = desk.full("grace", &person).await;
        passkey.counter = 4;
        let asked = desk.identity.step_up_options(&desk.nobody(), Some(&person.token)).await.unwrap();
        let answer = passkey.get(&asked.options);
        desk.identity.step_up_by_passkey(&desk.nobody(), Some(&person.token), &asked.ceremony, &answer).await.unwrap_err();
        assert!(!desk.alive(&person.token).await && !desk.alive(&elsewhere).await);
    }

    async fn a_known_passkey_is_not_added_to_another_account(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let mallory = desk.person("mallory").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &grace.token, &mut passkey).await.unwrap();
        assert!(matches!(enrol(&desk, &mallory.token, &mut passkey).await, Err(FactorError::KnownPasskey)));
    }

    async fn a_question_of_one_session_is_not_answered_in_another(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &grace.token, &mut passkey).await.unwrap();
        let first = desk.pending("grace").await;
        let second = desk.pending("grace").await;
        let asked = desk.identity.passkey_options(&desk.nobody(), Some(&first), &client()).await.unwrap();
        let answer = passkey.get(&asked.options);
        let crossed = desk.identity.sign_in_by_passkey(&desk.nobody(), Some(&second), &asked.ceremony, &answer, &client()).await;
        assert!(matches!(crossed, Err(SignInError::WrongPasskey)));
    }

    async fn a_question_to_add_a_passkey_does_not_sign_in(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &grace.token, &mut passkey).await.unwrap();
        let asked = desk.identity.begin_passkey(&desk.nobody(), Some(&grace.token)).await.unwrap();
        let answer = passkey.get(&asked.options);
        let crossed = desk.identity.sign_in_by_passkey(&desk.nobody(), None, &asked.ceremony, &answer, &client()).await;
        assert!(matches!(crossed, Err(SignInError::WrongPasskey)));
        let made_up = desk.identity.sign_in_by_passkey(&desk.nobody(), None, "not a ticket", &json!({}), &client()).await;
        assert!(matches!(made_up, Err(SignInError::WrongPasskey)));
    }

    async fn who_left_does_not_get_in_with_a_passkey(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        desk.identity.disable(&desk.admin(), person.id).await.unwrap();
        assert!(matches!(sign_in(&desk, None, &passkey).await, Err(SignInError::WrongPasskey)));
    }

    async fn a_removed_passkey_does_not_sign_in(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        let listed = desk.identity.factors(&desk.nobody(), Some(&person.token)).await.unwrap();
        let row = listed.iter().find(|factor| factor.kind == FactorKind::Passkey).unwrap();
        assert_eq!(row.name, "Laptop");
        desk.identity.remove_factor(&desk.nobody(), Some(&person.token), row.id).await.unwrap();
        assert!(matches!(sign_in(&desk, None, &passkey).await, Err(SignInError::WrongPasskey)));
    }

    async fn refused_passkeys_make_the_address_wait_and_do_not_fill_the_log(test) {
        let desk = desk(&test.db).await;
        let (_, token) = desk.joining("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &token, &mut passkey).await.unwrap();
        let guess = async || desk.identity.sign_in_by_passkey(&desk.nobody(), None, "AAAA", &json!({}), &client()).await;
        for _ in 0..21 {
            assert!(matches!(guess().await, Err(SignInError::WrongPasskey)));
        }
        for _ in 0..20 {
            assert!(matches!(guess().await, Err(SignInError::RateLimited(1))));
        }
        assert_eq!(desk.entries("session.factor", "refused").await, 21);
        desk.wait(1);
        sign_in(&desk, None, &passkey).await.unwrap();
    }

    async fn wrong_passkeys_after_the_password_make_wait_like_wrong_codes(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let pending = desk.pending("grace").await;
        let guess = async || desk.identity.sign_in_by_passkey(&desk.nobody(), Some(&pending), "AAAA", &json!({}), &client()).await;
        assert!(matches!(guess().await, Err(SignInError::WrongPasskey)));
        assert!(matches!(guess().await, Err(SignInError::RateLimited(1))));
        let code = async || desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &desk.code(&person.secret), &client()).await;
        assert!(matches!(code().await, Err(SignInError::RateLimited(1))), "it is one count");
        desk.wait(1);
        code().await.unwrap();
    }

    async fn ones_own_passkey_does_not_wash_away_guesses_at_the_codes_of_another(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        let mallory = desk.person("mallory").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &mallory.token, &mut passkey).await.unwrap();
        let guess = async |pending: &SecretString| desk.identity.sign_in_by_totp(&desk.nobody(), Some(pending), &secret("000000"), &client()).await;
        let first = desk.pending("grace").await;
        assert!(matches!(guess(&first).await, Err(SignInError::WrongCode)));
        desk.wait(1);
        let asked = desk.identity.passkey_options(&desk.nobody(), None, &client()).await.unwrap();
        let own = desk.identity.sign_in_by_passkey(&desk.nobody(), Some(&first), &asked.ceremony, &passkey.get(&asked.options), &client()).await.unwrap();
        assert_eq!(own.state.me.unwrap().login, "mallory");
        let second = desk.pending("grace").await;
        assert!(matches!(guess(&second).await, Err(SignInError::WrongCode)));
        assert!(matches!(guess(&second).await, Err(SignInError::RateLimited(3))), "it was the second one");
    }

    async fn wrong_passkeys_make_wait_who_shows_a_factor_again_and_do_not_fill_the_log(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &person.token, &mut passkey).await.unwrap();
        let token = Some(&person.token);
        let asked = desk.identity.step_up_options(&desk.nobody(), token).await.unwrap();
        let give = async |ticket: &str, answer: &serde_json::Value| desk.identity.step_up_by_passkey(&desk.nobody(), token, ticket, answer).await;
        assert!(matches!(give("AAAA", &json!({})).await, Err(SignInError::WrongPasskey)));
        for _ in 0..20 {
            assert!(matches!(give("AAAA", &json!({})).await, Err(SignInError::RateLimited(1))));
        }
        assert_eq!(desk.entries("session.stepped-up", "refused").await, 1);
        let answer = passkey.get(&asked.options);
        assert!(matches!(give(&asked.ceremony, &answer).await, Err(SignInError::RateLimited(1))));
        let code = desk.identity.step_up_by_totp(&desk.nobody(), token, &desk.code(&person.secret)).await;
        assert!(matches!(code, Err(SignInError::RateLimited(1))), "it is one count with the codes");
        desk.wait(1);
        give(&asked.ceremony, &answer).await.expect("the question was not used up by waiting");
    }

    async fn a_flood_of_questions_from_everywhere_keeps_nobody_out_and_leaves_nothing_behind(test) {
        let desk = desk(&test.db).await;
        let (_, token) = desk.joining("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &token, &mut passkey).await.unwrap();
        let asked = desk.identity.passkey_options(&desk.nobody(), None, &client()).await.unwrap();
        let spent = desk.count("SELECT COUNT(*) FROM spent_ceremony").await;
        for n in 0..20_000_u32 {
            let flood = Client { address: std::net::Ipv4Addr::from(n).into(), ..client() };
            desk.identity.passkey_options(&desk.nobody(), None, &flood).await.unwrap();
        }
        assert_eq!(desk.count("SELECT COUNT(*) FROM spent_ceremony").await, spent);
        // Who asked before the flood answers, and who comes during it asks and answers.
        let answer = passkey.get(&asked.options);
        desk.identity.sign_in_by_passkey(&desk.nobody(), None, &asked.ceremony, &answer, &client()).await.unwrap();
        sign_in(&desk, None, &passkey).await.unwrap();
    }

    async fn a_flood_of_questions_from_one_network_holds_back_that_network_only(test) {
        let desk = desk(&test.db).await;
        let (_, token) = desk.joining("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &token, &mut passkey).await.unwrap();
        let ask = async |address: [u8; 4]| desk.identity.passkey_options(&desk.nobody(), None, &Client { address: address.into(), ..client() }).await;
        for _ in 0..600 {
            ask([203, 0, 113, 9]).await.unwrap();
        }
        assert!(matches!(ask([203, 0, 113, 9]).await, Err(SignInError::RateLimited(60))));
        sign_in(&desk, None, &passkey).await.unwrap();
        // Who has given the password from there goes on.
        let pending = desk.pending("grace").await;
        let there = Client { address: [203, 0, 113, 9].into(), ..client() };
        desk.identity.passkey_options(&desk.nobody(), Some(&pending), &there).await.unwrap();
    }

    async fn a_ticket_that_was_touched_or_comes_from_elsewhere_is_none(test) {
        let desk = desk(&test.db).await;
        let (_, token) = desk.joining("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &token, &mut passkey).await.unwrap();
        let asked = desk.identity.passkey_options(&desk.nobody(), None, &client()).await.unwrap();
        let answer = passkey.get(&asked.options);
        let mut touched = asked.ceremony.clone().into_bytes();
        let last = touched.len() - 2;
        touched[last] ^= 1;
        let touched = String::from_utf8(touched).unwrap();
        for ticket in [touched.as_str(), "", "A", &"A".repeat(100_000)] {
            let refused = desk.identity.sign_in_by_passkey(&desk.nobody(), None, ticket, &answer, &client()).await;
            assert!(matches!(refused, Err(SignInError::WrongPasskey)));
        }
        desk.identity.sign_in_by_passkey(&desk.nobody(), None, &asked.ceremony, &answer, &client()).await.unwrap();
    }

    async fn a_wrong_answer_uses_the_question_up(test) {
        let desk = desk(&test.db).await;
        let (_, token) = desk.joining("grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &token, &mut passkey).await.unwrap();
        let asked = desk.identity.passkey_options(&desk.nobody(), None, &client()).await.unwrap();
        let give = async |answer: &serde_json::Value| desk.identity.sign_in_by_passkey(&desk.nobody(), None, &asked.ceremony, answer, &client()).await;
        assert!(give(&json!({})).await.is_err());
        assert!(matches!(give(&passkey.get(&asked.options)).await, Err(SignInError::WrongPasskey)));
    }
}

#[tokio::test]
async fn an_origin_without_protection_is_refused_except_localhost() {
    let test = wd_db::testing::TestDb::sqlite(SCHEMA).await;
    let desk = desk(&test.db).await;
    let table = [
        ("https://desk.example", "desk.example", true),
        ("https://desk.example:8443", "desk.example", true),
        ("http://localhost:4711", "localhost", true),
        ("http://desk.example", "desk.example", false),
        ("https://desk.example", "other.example", false),
        ("https://192.0.2.1", "192.0.2.1", false),
    ];
    for (origin, rp_id, works) in table {
        let settings = crate::IdentitySettings {
            organisation_name: "x".into(),
            rp_id: rp_id.into(),
            origin: origin.parse().unwrap(),
        };
        let made = crate::Identity::new(
            desk.db.clone(),
            desk.identity.vault.clone(),
            settings,
            desk.identity.rights.clone(),
            desk.identity.leavers.clone(),
        );
        assert_eq!(made.is_ok(), works, "{origin} {rp_id}");
    }
}
