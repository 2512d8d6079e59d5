use wd_db::both_databases;
use wd_kernel::{Denied, Id as _};

use super::{SCHEMA, desk, secret};
use crate::{SessionError, SignInError};

both_databases! { SCHEMA;
    async fn a_session_that_was_used_within_twelve_hours_goes_on(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.wait(11 * 3600);
        assert!(desk.alive(&person.token).await);
        desk.wait(12 * 3600 - 1);
        assert!(desk.alive(&person.token).await, "it was seen in between");
    }

    async fn an_unused_session_is_over_and_swept_away(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.wait(12 * 3600);
        assert!(!desk.alive(&person.token).await);
        assert!(desk.identity.sweep(&desk.admin()).await.unwrap() >= 1);
    }

    async fn a_session_ends_after_a_day_however_busy(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        for _ in 0..23 {
            desk.wait(3600);
            assert!(desk.alive(&person.token).await);
        }
        desk.wait(3600);
        assert!(!desk.alive(&person.token).await);
    }

    async fn being_seen_is_written_at_most_once_a_minute(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let seen = async || desk.identity.sessions(&desk.acting(&person.token).await).await.unwrap()[0].last_seen_at;
        let first = seen().await;
        desk.wait(29);
        assert_eq!(seen().await, first);
        desk.wait(1);
        assert!(seen().await > first);
    }

    async fn signing_out_ends_the_session(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.identity.sign_out(&desk.nobody(), Some(&person.token)).await.unwrap();
        assert!(!desk.alive(&person.token).await);
        desk.identity.sign_out(&desk.nobody(), Some(&person.token)).await.unwrap();
        desk.identity.sign_out(&desk.nobody(), None).await.unwrap();
    }

    async fn one_ends_own_sessions_and_no_others(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let phone = desk.full("grace", &grace).await;
        let mallory = desk.person("mallory").await;
        let ctx = desk.acting(&grace.token).await;
        let sessions = desk.identity.sessions(&ctx).await.unwrap();
        assert_eq!(sessions.iter().map(|s| s.current).collect::<Vec<_>>(), [false, true]);
        let theirs = desk.acting(&mallory.token).await;
        assert!(matches!(desk.identity.end_own_session(&theirs, sessions[0].id).await, Err(SessionError::NotFound)));
        desk.identity.end_own_session(&ctx, sessions[0].id).await.unwrap();
        assert!(!desk.alive(&phone).await);
        assert!(desk.alive(&grace.token).await);
        let unknown = wd_kernel::SessionId::from_uuid(uuid::Uuid::nil());
        assert!(matches!(desk.identity.end_own_session(&ctx, unknown).await, Err(SessionError::NotFound)));
        assert!(matches!(desk.identity.sessions(&desk.nobody()).await, Err(SessionError::Denied(Denied::Unauthenticated))));
    }

    async fn one_ends_all_other_sessions_at_once_and_their_browsers_are_strangers(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let here = desk.full("grace", &grace).await;
        let phone = desk.full("grace", &grace).await;
        let mallory = desk.person("mallory").await;
        let ctx = desk.acting(&here).await;
        assert_eq!(desk.identity.browsers(&ctx).await.unwrap().len(), 3);
        desk.wait(600);
        assert!(matches!(desk.identity.end_other_sessions(&desk.acting(&here).await).await, Err(SessionError::Denied(Denied::StepUp("session.end")))));
        let code = desk.code(&grace.secret);
        let fresh = desk.identity.step_up_by_totp(&desk.nobody(), Some(&here), &code).await.unwrap().token;
        let ctx = desk.acting(&fresh).await;
        assert_eq!(desk.identity.end_other_sessions(&ctx).await.unwrap(), 2);
        assert!(!desk.alive(&grace.token).await && !desk.alive(&phone).await);
        assert!(desk.alive(&fresh).await && desk.alive(&mallory.token).await);
        let browsers = desk.identity.browsers(&ctx).await.unwrap();
        assert!(matches!(&browsers[..], [own] if own.current));
        assert_eq!(desk.identity.end_other_sessions(&ctx).await.unwrap(), 0);
    }

    async fn a_person_has_twenty_sessions_and_the_one_used_longest_ago_gives_way(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let mut later = Vec::new();
        for _ in 1..20 {
            later.push(desk.full("grace", &grace).await);
        }
        desk.wait(60);
        assert!(desk.alive(&grace.token).await, "used again");
        let newest = desk.full("grace", &grace).await;
        assert!(!desk.alive(&later[0]).await);
        for token in later[1..].iter().chain([&grace.token, &newest]) {
            assert!(desk.alive(token).await);
        }
        assert_eq!(desk.entries("session.ended", "done").await, 1);
    }

    async fn a_session_says_from_which_network_it_began(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let phone = desk.full("grace", &grace).await;
        let sessions = desk.identity.sessions(&desk.acting(&phone).await).await.unwrap();
        let own = sessions.iter().find(|session| session.current).unwrap();
        assert_eq!((own.network.as_deref(), own.country.as_deref()), (Some("192.0.2.1"), None));
    }

    async fn who_holds_a_stolen_session_cannot_throw_its_owner_out_without_a_factor(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let stolen = desk.full("grace", &grace).await;
        desk.wait(600);
        let thief = desk.acting(&stolen).await;
        let sessions = desk.identity.sessions(&thief).await.unwrap();
        let owners = sessions.iter().find(|session| !session.current).unwrap();
        let refused = desk.identity.end_own_session(&thief, owners.id).await;
        assert!(matches!(refused, Err(SessionError::Denied(Denied::StepUp("session.end")))));
        assert!(desk.alive(&grace.token).await);
        let own = sessions.iter().find(|session| session.current).unwrap();
        desk.identity.end_own_session(&thief, own.id).await.unwrap();
        assert!(!desk.alive(&stolen).await, "the asking one ends without");
    }

    async fn a_fresh_factor_is_stale_after_ten_minutes_and_comes_with_a_new_token(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        assert_eq!(desk.acting(&person.token).await.fresh_factor("x"), Ok(()));
        desk.wait(600);
        assert_eq!(desk.acting(&person.token).await.fresh_factor("x"), Err(Denied::StepUp("x")));
        let code = desk.code(&person.secret);
        let fresh = desk.identity.step_up_by_totp(&desk.nobody(), Some(&person.token), &code).await.unwrap();
        assert!(!desk.alive(&person.token).await, "the old token is worth nothing");
        assert_eq!(desk.acting(&fresh.token).await.fresh_factor("x"), Ok(()));
        desk.wait(599);
        assert_eq!(desk.acting(&fresh.token).await.fresh_factor("x"), Ok(()));
        desk.wait(1);
        assert_eq!(desk.acting(&fresh.token).await.fresh_factor("x"), Err(Denied::StepUp("x")));
    }

    async fn a_code_that_signed_in_does_not_also_step_up(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let pending = desk.pending("grace").await;
        let code = desk.code(&person.secret);
        let entered = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &code, &super::client()).await.unwrap();
        let again = desk.identity.step_up_by_totp(&desk.nobody(), Some(&entered.token), &code).await;
        assert!(matches!(again, Err(SignInError::WrongCode)));
        assert_eq!(desk.entries("session.stepped-up", "refused").await, 1);
    }

    async fn a_made_up_token_is_nobody(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        assert!(!desk.alive(&secret("made up")).await);
    }
}
