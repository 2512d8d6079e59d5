//! What somebody tries who knows a password, or has a session for a moment.

use wd_db::{Migrations, both_databases, sql};
use wd_kernel::SecretString;

use super::{
    Desk, SCHEMA, secret,
    sms::{NUMBER, texting},
};
use crate::{FactorError, FactorKind, SignInError, SignInState, SmsError};

/// Another code than this one.
fn other(code: &SecretString) -> SecretString {
    secret(if code.expose() == "000000" { "000001" } else { "000000" })
}

impl Desk {
    /// A code that was sent, in a session of its own, when it may be asked for.
    async fn asked(&self, login: &str, wait: u64) -> (SecretString, SecretString) {
        self.wait(wait);
        let pending = self.pending(login).await;
        self.send(&pending).await.unwrap();
        (pending, self.texted().await)
    }
}

both_databases! { SCHEMA;
    async fn nothing_is_sent_before_the_password_was_right_whoever_is_named(test) {
        let desk = texting(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        let added = desk.add_number(&enrol, NUMBER).await;
        desk.wait(60);
        let known = desk.password("grace", "wrong").await.unwrap_err();
        let unknown = desk.password("nobody", "wrong").await.unwrap_err();
        assert!(matches!((known, unknown), (SignInError::Refused, SignInError::Refused)));
        let nobody = desk.identity.send_sign_in_sms(&desk.nobody(), None, &super::client()).await;
        assert!(matches!(nobody, Err(SmsError::NoSession)));
        let full = desk.send(&added.token.unwrap()).await;
        assert!(matches!(full, Err(SmsError::NoSession)));
        let (_, half) = desk.joining("ada").await;
        assert!(matches!(desk.send(&half).await, Err(SmsError::NoSession)));
        assert_eq!(desk.texts().await.len(), 1, "the one that added the number");
    }

    async fn five_wrong_codes_are_all_whichever_codes_are_asked_for_meanwhile(test) {
        let desk = texting(&test.db).await;
        let (_, codes) = desk.texted_person("grace", NUMBER).await;
        let (mut pending, mut code) = desk.asked("grace", 30).await;
        for (n, wait) in [1, 3, 5, 10, 30].into_iter().enumerate() {
            assert!(matches!(desk.by_sms(&pending, &other(&code)).await, Err(SignInError::WrongCode)), "{n}");
            desk.wait(wait);
            if n == 2 {
                (pending, code) = desk.asked("grace", 60).await;
            }
        }
        assert!(matches!(desk.by_sms(&pending, &code).await, Err(SignInError::RateLimited(3400..=3600))), "the right one comes too late");
        desk.wait(600);
        let pending = desk.pending("grace").await;
        assert!(matches!(desk.send(&pending).await, Err(SmsError::RateLimited(_))), "no new one, in no new session");
        let theirs = desk.enter_by_recovery("grace", &codes[0]).await;
        assert_eq!(theirs.state.state, SignInState::SignedIn, "other ways go on");
        let (pending, code) = desk.asked("grace", 3600).await;
        assert!(desk.by_sms(&pending, &code).await.is_ok());
    }

    async fn strangers_who_guess_do_not_lock_out_the_owner_at_a_known_browser(test) {
        let desk = texting(&test.db).await;
        desk.texted_person("grace", NUMBER).await;
        desk.wait(30);
        let device = desk.enter_by_sms("grace").await.device.unwrap();
        let (pending, code) = desk.asked("grace", 60).await;
        for wait in [1, 3, 5, 10, 30] {
            desk.by_sms(&pending, &other(&code)).await.unwrap_err();
            desk.wait(wait);
        }
        assert!(matches!(desk.by_sms(&pending, &code).await, Err(SignInError::RateLimited(_))));
        desk.wait(120);
        let mut known = super::client();
        known.device = Some(wd_crypto::token_hash(device.expose()));
        let entered = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret(super::PASSWORD), &known).await.unwrap();
        desk.send(&entered.token).await.unwrap();
        assert!(desk.by_sms(&entered.token, &desk.texted().await).await.is_ok());
    }

    async fn a_hundred_wrong_codes_over_the_hours_end_the_number(test) {
        let desk = texting(&test.db).await;
        desk.texted_person("grace", NUMBER).await;
        let mut wrong = 0;
        while desk.offered("grace").await.contains(&FactorKind::Sms) {
            desk.wait(3601);
            let pending = desk.pending("grace").await;
            match desk.by_sms(&pending, &secret("wrong")).await {
                Err(SignInError::WrongCode | SignInError::Disabled(FactorKind::Sms)) => wrong += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(wrong, 100);
        assert_eq!(desk.events("identity.factor-disabled").await, 1);
    }

    async fn fresh_sessions_bring_no_more_messages(test) {
        let desk = texting(&test.db).await;
        desk.texted_person("grace", NUMBER).await;
        let pending = desk.pending("grace").await;
        assert!(matches!(desk.send(&pending).await, Err(SmsError::RateLimited(30))));
        for wait in [30, 60, 120, 240] {
            desk.wait(wait);
            let pending = desk.pending("grace").await;
            desk.send(&pending).await.unwrap();
            assert!(matches!(desk.send(&pending).await, Err(SmsError::RateLimited(_))));
        }
        desk.wait(600);
        let pending = desk.pending("grace").await;
        assert!(matches!(desk.send(&pending).await, Err(SmsError::RateLimited(2550))));
        assert_eq!(desk.texts().await.len(), 5);
    }

    async fn nobody_has_messages_sent_to_many_numbers(test) {
        let desk = texting(&test.db).await;
        let (_, enrol) = desk.joining("mallory").await;
        for (n, wait) in [30, 60, 120, 240, 480].into_iter().enumerate() {
            desk.number(&enrol, &format!("+49 151 2000000{n}")).await.unwrap();
            desk.wait(wait);
        }
        assert!(matches!(desk.number(&enrol, "+49 151 20000009").await, Err(SmsError::RateLimited(2670))));
    }

    async fn of_twenty_who_use_one_code_at_once_one_gets_in(test) {
        let desk = texting(&test.db).await;
        desk.texted_person("grace", NUMBER).await;
        let (pending, code) = desk.asked("grace", 30).await;
        let tasks: Vec<_> = (0..20).map(|_| {
            let (identity, ctx) = (desk.identity.clone(), desk.nobody());
            let (pending, code) = (secret(pending.expose()), secret(code.expose()));
            tokio::spawn(async move { identity.sign_in_by_sms(&ctx, Some(&pending), &code, &super::client()).await.is_ok() })
        }).collect();
        let mut entered = 0;
        for task in tasks {
            entered += i32::from(task.await.unwrap());
        }
        assert_eq!(entered, 1);
        let pending = desk.pending("grace").await;
        assert!(desk.by_sms(&pending, &code).await.is_err(), "nor later");
    }

    async fn a_code_works_only_in_the_session_that_asked_for_it(test) {
        let desk = texting(&test.db).await;
        desk.texted_person("grace", NUMBER).await;
        desk.wait(1);
        desk.texted_person("mallory", "+49 151 98765432").await;
        let (graces, code) = desk.asked("grace", 30).await;
        let another = desk.pending("grace").await;
        assert!(matches!(desk.by_sms(&another, &code).await, Err(SignInError::WrongCode)), "another session of the same person");
        desk.wait(1);
        let mallorys = desk.pending("mallory").await;
        desk.send(&mallorys).await.unwrap();
        let theirs = desk.texted().await;
        assert!(matches!(desk.by_sms(&mallorys, &code).await, Err(SignInError::WrongCode)));
        desk.wait(1);
        assert!(matches!(desk.by_sms(&graces, &theirs).await, Err(SignInError::WrongCode)));
        desk.wait(3);
        assert!(desk.by_sms(&graces, &code).await.is_ok());
    }

    async fn a_code_for_a_new_number_signs_nobody_in_and_the_other_way_round(test) {
        let desk = texting(&test.db).await;
        let (_, codes) = desk.texted_person("grace", NUMBER).await;
        desk.wait(30);
        let full = desk.enter_by_recovery("grace", &codes[0]).await.token;
        let begun = desk.number(&full, "+49 151 98765432").await.unwrap();
        let code = desk.texted().await;
        let pending = desk.pending("grace").await;
        assert!(matches!(desk.by_sms(&pending, &code).await, Err(SignInError::WrongCode)));
        desk.wait(60);
        desk.send(&pending).await.unwrap();
        let sign_in = desk.texted().await;
        let confirmed = desk.confirm(&full, &begun, &sign_in).await;
        assert!(matches!(confirmed, Err(SmsError::Factor(FactorError::WrongCode))));
    }

    async fn a_code_works_for_ten_minutes_and_a_newer_one_ends_it(test) {
        let desk = texting(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        let begun = desk.number(&enrol, NUMBER).await.unwrap();
        let first = desk.texted().await;
        desk.wait(600);
        assert!(matches!(desk.confirm(&enrol, &begun, &first).await, Err(SmsError::Factor(FactorError::WrongCode))));
        desk.wait(1);
        let begun = desk.number(&enrol, NUMBER).await.unwrap();
        let second = desk.texted().await;
        desk.wait(60);
        let again = desk.number(&enrol, NUMBER).await.unwrap();
        assert!(matches!(desk.confirm(&enrol, &begun, &second).await, Err(SmsError::Factor(FactorError::NotFound))));
        desk.wait(3);
        assert!(matches!(desk.confirm(&enrol, &again, &second).await, Err(SmsError::Factor(FactorError::WrongCode))));
        desk.wait(5);
        assert!(desk.confirm(&enrol, &again, &desk.texted().await).await.is_ok());
    }

    async fn a_number_whose_code_never_came_back_is_forgotten(test) {
        let desk = texting(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        desk.number(&enrol, NUMBER).await.unwrap();
        desk.wait(3599);
        desk.identity.sweep(&desk.admin()).await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM factor").await, 1);
        desk.wait(1);
        desk.identity.sweep(&desk.admin()).await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM factor").await, 0);
        desk.wait(24 * 3600);
        desk.identity.sweep(&desk.admin()).await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM sms_code").await + desk.count("SELECT COUNT(*) FROM sms_sending").await, 0);
    }
}

both_databases! { &[];
    async fn recovery_codes_and_factors_of_before_stay(test) {
        let until = |all: &'static [(&'static str, &'static str)]| all.split(|(name, _)| *name == "0030_sms").next().unwrap();
        let before = Migrations {
            domain: crate::MIGRATIONS.domain,
            sqlite: until(crate::MIGRATIONS.sqlite),
            postgres: until(crate::MIGRATIONS.postgres),
        };
        test.db.migrate(&[before]).await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        let (staff, factor) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        let (staff, factor): (wd_kernel::StaffId, wd_kernel::FactorId) = (wd_kernel::Id::from_uuid(staff), wd_kernel::Id::from_uuid(factor));
        sql!(tx, execute, "INSERT INTO staff (id, login, name, state, created_at) VALUES ($1, 'grace', 'Grace', 'active', 1)", staff).await.unwrap();
        sql!(tx, execute, "INSERT INTO factor (id, staff, kind, name, last_step, counter, created_at, failures) VALUES ($1, $2, 'recovery', 'Codes', 3, 4, 5, 6)", factor, staff).await.unwrap();
        sql!(tx, execute, "INSERT INTO recovery_code (factor, code_hash, used_at) VALUES ($1, $2, 7)", factor, [7_u8; 32]).await.unwrap();
        tx.commit().await.unwrap();
        test.db.migrate(&[crate::MIGRATIONS]).await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        let kept = sql!(tx, fetch_one as (FactorKind, i64, i64, i64, i64), "SELECT kind, last_step, counter, created_at, failures FROM factor").await.unwrap();
        assert_eq!(kept, (FactorKind::Recovery, 3, 4, 5, 6));
        let codes = sql!(tx, fetch_all as (i64,), "SELECT used_at FROM recovery_code").await.unwrap();
        assert_eq!(codes, [(7,)]);
        sql!(tx, execute, "DELETE FROM factor WHERE id = $1", factor).await.unwrap();
        let codes = sql!(tx, fetch_all as (i64,), "SELECT used_at FROM recovery_code").await.unwrap();
        assert_eq!(codes, [], "codes still go with their factor");
    }
}
