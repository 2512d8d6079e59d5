use wd_db::both_databases;
use wd_kernel::{Actor, Denied};

use super::{PASSWORD, SCHEMA, client, desk, secret};
use crate::{FactorError, FactorKind, SessionKind, SignInError, SignInState};

both_databases! { SCHEMA;
    async fn password_and_code_give_a_session_with_rights(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let first = desk.password("Grace", PASSWORD).await.unwrap();
        assert_eq!(first.state.state, SignInState::SecondFactor);
        assert_eq!(first.state.factors, [FactorKind::Totp, FactorKind::Recovery]);
        let code = desk.code(&person.secret);
        let second = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&first.token), &code, &super::client()).await.unwrap();
        assert_eq!(second.state.state, SignInState::SignedIn);
        assert_ne!(first.token.expose(), second.token.expose());
        assert!(!desk.alive(&first.token).await, "the half session ends");
        let Actor::Staff(actor) = desk.identity.actor(&desk.nobody(), &second.token).await.unwrap() else { panic!("nobody") };
        assert_eq!((actor.id, actor.roles.as_slice()), (person.id, ["agent".to_owned()].as_slice()));
    }

    async fn a_half_session_has_no_rights(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        let pending = desk.pending("grace").await;
        let known = desk.identity.authenticate(&desk.nobody(), &pending).await.unwrap().unwrap();
        assert_eq!(known.kind, SessionKind::Pending);
        assert_eq!(desk.identity.actor(&desk.nobody(), &pending).await.unwrap(), Actor::Nobody);
        assert!(matches!(desk.identity.factors(&desk.nobody(), Some(&pending)).await, Err(FactorError::Pending)));
        assert!(matches!(desk.identity.begin_totp(&desk.nobody(), Some(&pending)).await, Err(FactorError::Pending)));
        let step_up = desk.identity.step_up_by_totp(&desk.nobody(), Some(&pending), &secret("000000")).await;
        assert!(matches!(step_up, Err(SignInError::NoSession)));
        let state = desk.identity.session_state(&desk.nobody(), Some(&pending)).await.unwrap();
        assert_eq!(state.me, None);
    }

    async fn a_session_that_sets_up_has_no_other_right(test) {
        let desk = desk(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        assert_eq!(desk.identity.actor(&desk.nobody(), &enrol).await.unwrap(), Actor::Nobody);
        let codes = desk.identity.new_recovery_codes(&desk.nobody(), Some(&enrol)).await;
        assert!(matches!(codes, Err(FactorError::Denied(Denied::Unauthenticated))));
    }

    async fn unknown_wrong_and_disabled_get_the_same_answer(test) {
        let desk = desk(&test.db).await;
        desk.person("known").await;
        let gone = desk.person("gone").await;
        desk.identity.disable(&desk.admin(), gone.id).await.unwrap();
        desk.identity.invite(&desk.admin(), "invited", "Not Yet").await.unwrap();
        let mut answers = Vec::new();
        for (login, password) in [("known", "wrong"), ("unknown", PASSWORD), ("gone", PASSWORD), ("invited", ""), ("a b:c", PASSWORD)] {
            answers.push(desk.password(login, password).await.unwrap_err().to_string());
            // And each is made to wait in the same way.
            assert!(matches!(desk.password(login, password).await, Err(SignInError::RateLimited(1))), "{login}");
        }
        answers.dedup();
        assert_eq!(answers, ["the name or the password is not right"]);
        assert_eq!(desk.entries("session.password", "refused").await, 5);
    }

    async fn the_wait_grows_with_failures_and_success_ends_it(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        for wait in [1, 3, 5, 10] {
            assert!(matches!(desk.password("grace", "wrong").await, Err(SignInError::Refused)));
            // The right password does not help before the time has come.
            assert!(matches!(desk.password("grace", PASSWORD).await, Err(SignInError::RateLimited(seconds)) if seconds == wait));
            desk.wait(wait);
        }
        desk.password("grace", PASSWORD).await.unwrap();
        assert!(matches!(desk.password("grace", "wrong").await, Err(SignInError::Refused)));
        assert!(matches!(desk.password("grace", "wrong").await, Err(SignInError::RateLimited(1))));
    }

    async fn guessing_at_many_names_makes_the_address_wait(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        for n in 0..21 {
            assert!(matches!(desk.password(&format!("guess{n}"), "x").await, Err(SignInError::Refused)), "{n}");
        }
        assert!(matches!(desk.password("grace", PASSWORD).await, Err(SignInError::RateLimited(1))));
        let mut elsewhere = client();
        elsewhere.address = [192, 0, 2, 2].into();
        let other = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret(PASSWORD), &elsewhere).await;
        assert!(other.is_ok(), "others are not made to wait");
    }

    async fn signing_in_does_not_wash_away_guesses_at_others(test) {
        let desk = desk(&test.db).await;
        desk.person("mallory").await;
        for n in 0..20 {
            desk.password(&format!("guess{n}"), "x").await.unwrap_err();
        }
        desk.pending("mallory").await;
        desk.password("guess", "x").await.unwrap_err();
        assert!(matches!(desk.password("another", "x").await, Err(SignInError::RateLimited(1))));
    }

    async fn a_recovery_code_signs_in_once(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let sloppy = secret(&person.codes[3].to_lowercase().replace('-', " "));
        let pending = desk.pending("grace").await;
        let entered = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &sloppy, &super::client()).await.unwrap();
        assert_eq!(entered.state.state, SignInState::SignedIn);
        let left = desk.identity.factors(&desk.nobody(), Some(&entered.token)).await.unwrap();
        assert_eq!(left.iter().find_map(|factor| factor.remaining), Some(9));
        assert_eq!(desk.events("identity.recovery-code-used").await, 1);
        let pending = desk.pending("grace").await;
        let again = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &sloppy, &super::client()).await;
        assert!(matches!(again, Err(SignInError::WrongCode)));
    }

    async fn the_second_factor_must_come_within_ten_minutes(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let pending = desk.pending("grace").await;
        desk.wait(600);
        let late = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &desk.code(&person.secret), &super::client()).await;
        assert!(matches!(late, Err(SignInError::NoSession)));
    }

    async fn signing_in_again_ends_what_the_browser_had(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.identity.sign_in_by_password(&desk.nobody(), Some(&person.token), "grace", &secret(PASSWORD), &client()).await.unwrap();
        assert!(!desk.alive(&person.token).await);
    }
}
