use wd_db::both_databases;

use super::{Desk, PASSWORD, Person, SCHEMA, authenticator::Authenticator, client, desk, secret};
use crate::{FactorKind, SignInError, SignInState};

/// Wrong codes in a row, each after the wait that the one before made necessary; the last answer.
async fn wrong_codes(desk: &Desk, kind: FactorKind, times: usize) -> Result<(), SignInError> {
    let mut last = Ok(());
    for _ in 0..times {
        desk.wait(3600);
        let pending = desk.pending("grace").await;
        last = match kind {
            FactorKind::Recovery => {
                desk.identity
                    .sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &secret("wrong"), &super::client())
                    .await
            }
            _ => {
                desk.identity
                    .sign_in_by_totp(&desk.nobody(), Some(&pending), &secret("wrong"), &super::client())
                    .await
            }
        }
        .map(drop);
    }
    last
}

async fn by_code(desk: &Desk, person: &Person) -> Result<(), SignInError> {
    desk.wait(3600);
    let pending = desk.pending("grace").await;
    desk.identity
        .sign_in_by_totp(
            &desk.nobody(),
            Some(&pending),
            &desk.code(&person.secret),
            &super::client(),
        )
        .await
        .map(drop)
}

both_databases! { SCHEMA;
    async fn a_hundred_wrong_codes_in_a_row_disable_the_app_and_no_time_helps(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        assert!(matches!(wrong_codes(&desk, FactorKind::Totp, 99).await, Err(SignInError::WrongCode)));
        // Neither a day without tries nor a new code begins the count anew.
        desk.wait(2 * 86_400);
        assert!(matches!(wrong_codes(&desk, FactorKind::Totp, 1).await, Err(SignInError::Disabled(FactorKind::Totp))));
        assert_eq!((desk.events("identity.factor-disabled").await, desk.entries("factor.disabled", "done").await), (1, 1));
        assert!(matches!(by_code(&desk, &person).await, Err(SignInError::Disabled(FactorKind::Totp))));

        // The person is told what is left, and gets in with it.
        desk.wait(3600);
        let state = desk.password("grace", PASSWORD).await.unwrap();
        assert_eq!((state.state.factors, state.state.disabled), (vec![FactorKind::Recovery], vec![FactorKind::Totp]));
        let entered = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&state.token), &secret(&person.codes[0]), &super::client()).await.unwrap();
        let factors = desk.identity.factors(&desk.nobody(), Some(&entered.token)).await.unwrap();
        let app = factors.iter().find(|factor| factor.kind == FactorKind::Totp).unwrap();
        assert!(app.disabled_at.is_some());
        // A dead factor can go, also when it was the only app.
        desk.identity.remove_factor(&desk.nobody(), Some(&entered.token), app.id).await.unwrap();
    }

    async fn a_success_begins_the_count_anew(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        wrong_codes(&desk, FactorKind::Totp, 99).await.unwrap_err();
        by_code(&desk, &person).await.unwrap();
        assert!(matches!(wrong_codes(&desk, FactorKind::Totp, 1).await, Err(SignInError::WrongCode)));
        by_code(&desk, &person).await.unwrap();
    }

    async fn wrong_recovery_codes_disable_the_set_and_not_the_app(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        assert!(matches!(wrong_codes(&desk, FactorKind::Recovery, 100).await, Err(SignInError::Disabled(FactorKind::Recovery))));
        desk.wait(3600);
        let pending = desk.pending("grace").await;
        let right = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &secret(&person.codes[0]), &super::client()).await;
        assert!(matches!(right, Err(SignInError::Disabled(_))));
        by_code(&desk, &person).await.unwrap();
        // New codes are a new set.
        let token = desk.full_after("grace", &person, 3600).await;
        let codes = desk.identity.new_recovery_codes(&desk.nobody(), Some(&token)).await.unwrap();
        let pending = desk.pending("grace").await;
        desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &secret(&codes[0]), &super::client()).await.unwrap();
    }

    async fn when_the_last_factor_is_disabled_the_person_is_told_and_a_link_starts_over(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        wrong_codes(&desk, FactorKind::Totp, 100).await.unwrap_err();
        wrong_codes(&desk, FactorKind::Recovery, 100).await.unwrap_err();
        desk.wait(3600);
        let state = desk.password("grace", PASSWORD).await.unwrap().state;
        assert_eq!(state.state, SignInState::SecondFactor);
        assert_eq!((state.factors, state.disabled), (vec![], vec![FactorKind::Totp, FactorKind::Recovery]));
        let link = desk.identity.reissue_link(&desk.admin(), "grace").await.unwrap();
        let entered = desk.identity.accept_invitation(&desk.nobody(), &link.token, &secret("another otter in the pines"), &client()).await.unwrap();
        assert_eq!(entered.state.disabled, []);
    }

    async fn a_hundred_wrong_passwords_disable_the_password_and_not_the_passkey(test) {
        let desk = desk(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        let mut passkey = Authenticator::new(1);
        super::passkeys::enrol(&desk, &enrol, &mut passkey).await.unwrap();
        for n in 0..100 {
            desk.wait(if n == 50 { 2 * 86_400 } else { 3600 });
            assert!(matches!(desk.password("grace", "wrong").await, Err(SignInError::Refused)), "{n}");
        }
        assert_eq!((desk.events("identity.password-disabled").await, desk.entries("password.disabled", "done").await), (1, 1));
        desk.wait(3600);
        assert!(matches!(desk.password("grace", PASSWORD).await, Err(SignInError::Refused)), "and the answer does not say so");
        desk.wait(3600);
        let entered = super::passkeys::sign_in(&desk, None, &passkey).await.unwrap();
        assert!(desk.identity.password_disabled_at(&desk.nobody(), Some(&entered.token)).await.unwrap().is_some());
        let link = desk.identity.reissue_link(&desk.admin(), "grace").await.unwrap();
        let fresh = desk.identity.accept_invitation(&desk.nobody(), &link.token, &secret("another otter in the pines"), &client()).await.unwrap();
        assert_eq!(desk.identity.password_disabled_at(&desk.nobody(), Some(&fresh.token)).await.unwrap(), None);
    }

    async fn a_whole_sign_in_by_the_right_password_begins_the_count_anew(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        for _ in 0..2 {
            for _ in 0..60 {
                desk.wait(3600);
                desk.password("grace", "wrong").await.unwrap_err();
            }
            by_code(&desk, &person).await.unwrap();
        }
    }

    async fn the_right_password_alone_does_not_begin_the_count_anew(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        for _ in 0..60 {
            desk.wait(3600);
            desk.password("grace", "wrong").await.unwrap_err();
        }
        desk.wait(3600);
        desk.pending("grace").await;
        for _ in 0..40 {
            desk.wait(3600);
            desk.password("grace", "wrong").await.unwrap_err();
        }
        assert_eq!(desk.entries("password.disabled", "done").await, 1);
        desk.wait(3600);
        assert!(matches!(desk.password("grace", PASSWORD).await, Err(SignInError::Refused)));
    }
}
