use wd_db::both_databases;
use wd_kernel::{Denied, Duration, SecretString};

use super::{PASSWORD, SCHEMA, client, desk, secret};
use crate::{ChangePasswordError, CheckError, EnableError, InvitationError, SignInError, StaffState};

const NEW: &str = "another otter in the pines";

both_databases! { SCHEMA;
    async fn who_floods_the_judging_of_passwords_does_not_keep_anybody_from_signing_in(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        let invited = desk.identity.invite(&desk.admin(), "mallory", "Mallory").await.unwrap();
        // Every turn is taken and every place in the queue too.
        let turn = desk.identity.judge.turns().next(crate::bounds::Asks::Known).await.unwrap();
        let ask = |address: [u8; 4]| {
            let (identity, ctx, link) = (desk.identity.clone(), desk.nobody(), secret(invited.token.expose()));
            let from = crate::Client { address: address.into(), ..client() };
            async move { identity.check_password(&ctx, Some(&link), None, secret("marble"), &from).await }
        };
        let waiting: Vec<_> = (0..32).map(|n| tokio::spawn(ask([203, 0, 113, n]))).collect();
        while desk.identity.judge.turns().waiting() < 32 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(ask([203, 0, 113, 99]).await, Err(CheckError::Overloaded(_))));
        desk.password("grace", PASSWORD).await.unwrap();
        drop(turn);
        for one in waiting {
            one.await.unwrap().unwrap();
        }
    }

    async fn one_network_asks_for_judgements_so_often_and_no_more(test) {
        let desk = desk(&test.db).await;
        let ask = async || desk.identity.check_password(&desk.nobody(), Some(&secret("made up")), None, secret("x"), &client()).await;
        for _ in 0..180 {
            assert!(matches!(ask().await, Err(CheckError::NotFound)));
        }
        assert!(matches!(ask().await, Err(CheckError::RateLimited(_))));
        desk.wait(60);
        assert!(matches!(ask().await, Err(CheckError::NotFound)));
    }

    async fn words_of_the_organisation_and_its_host_are_refused(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let identity = desk.identity.clone().knowing_words("desk.difference.example", &["Old Mill".into()]);
        for new in ["Difference-123", "oldmill oldmill 42"] {
            let changed = identity.change_password(&desk.nobody(), Some(&person.token), &secret(PASSWORD), &secret(new)).await;
            let Err(ChangePasswordError::Refused(reasons)) = changed else { panic!("{new}") };
            assert!(reasons.iter().any(|reason| reason.contains("words of the organisation")), "{new}: {reasons:?}");
        }
    }

    async fn case_spaces_and_the_last_character_of_a_long_password_count(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let long = format!(" Marble otter {} pines ", "twelve ".repeat(60));
        desk.identity.change_password(&desk.nobody(), Some(&person.token), &secret(PASSWORD), &secret(&long)).await.unwrap();
        let almost = [long.trim_start().to_owned(), long.trim_end().to_owned(), long.to_lowercase(), long.replace("pines", "pine")];
        for other in almost.iter().chain([&format!("{long} ")]) {
            assert!(matches!(desk.password("grace", other).await, Err(SignInError::Refused)), "{other:?}");
            desk.wait(3600);
        }
        desk.password("grace", &long).await.unwrap();
    }

    async fn a_new_password_needs_the_present_one_and_a_fresh_factor(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let change = async |present: &str, new: &str| desk.identity.change_password(&desk.nobody(), Some(&person.token), &secret(present), &secret(new)).await;
        assert!(matches!(change("wrong", NEW).await, Err(ChangePasswordError::Wrong)));
        assert!(matches!(change(PASSWORD, NEW).await, Err(ChangePasswordError::RateLimited(1))));
        assert_eq!(desk.entries("password.changed", "refused").await, 1);
        desk.wait(1);
        for (new, why) in [("gracehopper", "made of your login"), ("short", "8 are needed"), (PASSWORD, "your present password")] {
            let Err(ChangePasswordError::Refused(reasons)) = change(PASSWORD, new).await else { panic!("{new}") };
            assert!(reasons.iter().any(|reason| reason.contains(why)), "{new}: {reasons:?}");
        }
        desk.wait(600);
        assert!(matches!(change(PASSWORD, NEW).await, Err(ChangePasswordError::Denied(Denied::StepUp(_)))));
        let pending = desk.pending("grace").await;
        let half = desk.identity.change_password(&desk.nobody(), Some(&pending), &secret(PASSWORD), &secret(NEW)).await;
        assert!(matches!(half, Err(ChangePasswordError::Denied(Denied::Unauthenticated))));
        assert!(desk.password("grace", PASSWORD).await.is_ok());
    }

    async fn a_new_password_ends_every_other_session_and_the_old_password(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let own = desk.full("grace", &person).await;
        let changed = desk.identity.change_password(&desk.nobody(), Some(&own), &secret(PASSWORD), &secret(NEW)).await.unwrap();
        assert!(!desk.alive(&person.token).await, "the other session ends");
        assert!(!desk.alive(&own).await, "and this one has a new token");
        assert!(desk.alive(&changed.token).await);
        assert_eq!((desk.events("identity.password-changed").await, desk.entries("password.changed", "done").await), (1, 1));
        assert_eq!(desk.count("SELECT COUNT(*) FROM known_device").await, 1);
        assert!(matches!(desk.password("grace", PASSWORD).await, Err(SignInError::Refused)));
        desk.wait(1);
        desk.password("grace", NEW).await.unwrap();
    }

    async fn guessing_the_present_password_in_a_stolen_session_counts_like_any_guess(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        for _ in 0..3 {
            desk.wait(60);
            let guess = desk.identity.change_password(&desk.nobody(), Some(&person.token), &secret("wrong"), &secret(NEW)).await;
            assert!(matches!(guess, Err(ChangePasswordError::Wrong)));
        }
        assert_eq!(desk.count("SELECT password_failures FROM staff").await, 3);
    }

    async fn the_link_of_who_comes_back_waits_and_so_does_every_other_one_a_colleague_makes(test) {
        let desk = desk(&test.db).await;
        let (person, boss) = (desk.person("grace").await, desk.person("olga").await);
        desk.identity.disable(&desk.admin(), person.id).await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        let first = desk.identity.enable_in(&mut tx, &desk.admin(), person.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(first.starts_at, Some(desk.nobody().now() + Duration::from_hours(48)));
        let enter = async |link: &SecretString| desk.identity.accept_invitation(&desk.nobody(), link, &secret(NEW), &client()).await.map(drop);
        desk.clock.advance(Duration::from_hours(40));
        assert!(matches!(desk.identity.open_invitation(&desk.nobody(), &first.token).await, Err(InvitationError::NotYet(28_800))));
        assert!(matches!(enter(&first.token).await, Err(InvitationError::NotYet(_))));
        let second = desk.identity.reissue_link(&desk.as_staff(boss.id), "grace").await.unwrap();
        assert_eq!(second.starts_at, first.starts_at);
        assert!(matches!(enter(&first.token).await, Err(InvitationError::NotFound)));
        assert!(matches!(enter(&second.token).await, Err(InvitationError::NotYet(_))));
        let machine = desk.identity.reissue_link(&desk.admin(), "grace").await.unwrap();
        assert_eq!(machine.starts_at, None);
        let third = desk.identity.reissue_link(&desk.as_staff(boss.id), "grace").await.unwrap();
        assert_eq!(third.starts_at, first.starts_at, "a link of the machine shortens no other");
        desk.clock.advance(Duration::from_hours(8));
        enter(&third.token).await.unwrap();
    }

    async fn who_comes_back_gets_a_link_and_nothing_of_before(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.identity.disable(&desk.admin(), person.id).await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        assert!(matches!(desk.identity.enable_in(&mut tx, &desk.nobody(), person.id).await, Err(EnableError::Denied(_))));
        let invited = desk.identity.enable_in(&mut tx, &desk.admin(), person.id).await.unwrap();
        assert!(matches!(desk.identity.enable_in(&mut tx, &desk.admin(), person.id).await, Err(EnableError::NotDisabled)));
        tx.commit().await.unwrap();
        assert!(matches!(desk.password("grace", PASSWORD).await, Err(SignInError::Refused)), "the old password is gone");
        assert_eq!(desk.count("SELECT COUNT(*) FROM factor").await, 0);
        assert!(!desk.alive(&person.token).await);
        desk.clock.advance(Duration::from_hours(48));
        let entered = desk.identity.accept_invitation(&desk.nobody(), &invited.token, &secret(NEW), &client()).await.unwrap();
        assert!(entered.state.factors.is_empty());
        let mut tx = test.db.snapshot().await.unwrap();
        let standing = desk.identity.standing_in(&mut tx, person.id).await.unwrap().unwrap();
        assert_eq!(standing.0, StaffState::Invited);
        assert_eq!((desk.events("identity.staff-enabled").await, desk.entries("staff.enabled", "done").await), (1, 1));
    }
}
