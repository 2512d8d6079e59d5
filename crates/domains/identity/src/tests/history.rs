use serde_json::json;
use wd_breach::Detail;
use wd_db::both_databases;
use wd_kernel::PageQuery;

use super::{
    PASSWORD, SCHEMA, authenticator::Authenticator, breached_passwords::Holding, client, desk, passkeys, secret,
};
use crate::{Client, HistoryView};

fn page(after: Option<String>, limit: i64) -> PageQuery {
    PageQuery {
        after,
        limit: Some(limit),
    }
}

fn told(items: &[HistoryView]) -> Vec<(&str, bool, bool)> {
    items
        .iter()
        .map(|one| (one.action.as_str(), one.refused, one.own))
        .collect()
}

both_databases! { SCHEMA;
    async fn a_person_sees_own_sign_ins_and_the_tries_of_strangers_with_their_place(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let stranger = Client { address: [203, 0, 113, 9].into(), user_agent: "curl".into(), ..client() };
        desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret("wrong"), &stranger).await.unwrap_err();
        desk.wait(1);
        let token = desk.full("grace", &person).await;
        let ctx = desk.acting(&token).await;
        let newest = desk.identity.own_history(&ctx, &page(None, 4)).await.unwrap();
        assert_eq!(told(&newest.items), [("sign-in.weighed", false, true), ("session.started", false, true), ("session.started", false, true), ("session.password", true, false)]);
        let [weighed, full, pending, wrong] = &newest.items[..] else { panic!("four") };
        assert!(weighed.kind.as_deref().is_some_and(|why| why.contains("new-browser")), "{weighed:?}");
        assert_eq!((full.kind.as_deref(), full.by.as_deref()), (Some("full"), Some("totp")));
        assert_eq!((pending.kind.as_deref(), pending.by.as_deref()), (Some("pending"), Some("password")));
        assert_eq!((wrong.user_agent.as_deref(), wrong.network.as_deref()), (Some("curl"), Some("203.0.113.9")));
        assert_eq!((full.user_agent.as_deref(), full.network.as_deref()), (Some("Firefox"), Some("192.0.2.1")));
        let older = desk.identity.own_history(&ctx, &page(newest.next, 50)).await.unwrap();
        assert!(told(&older.items).contains(&("factor.added", false, true)));
        assert!(desk.identity.own_history(&ctx, &page(Some("x".into()), 3)).await.is_err());
    }

    async fn a_person_sees_a_passkey_that_was_stopped_in_a_sign_in_without_a_name(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        passkey.counter = 5;
        passkeys::enrol(&desk, &person.token, &mut passkey).await.unwrap();
        passkey.counter = 4;
        assert!(passkeys::sign_in(&desk, None, &passkey).await.is_err());
        let token = desk.full("grace", &person).await;
        let ctx = desk.acting(&token).await;
        let all = desk.identity.own_history(&ctx, &page(None, 50)).await.unwrap();
        let stopped = all.items.iter().find(|one| one.action == "factor.disabled").unwrap();
        assert_eq!((stopped.kind.as_deref(), stopped.own), (Some("passkey"), false), "{stopped:?}");
        let factor = desk.identity.factors(&desk.nobody(), Some(&token)).await.unwrap().into_iter().find(|one| one.disabled_at.is_some()).unwrap();
        let mut tx = test.db.snapshot().await.unwrap();
        let entry = wd_audit_log::latest(&mut tx, &person.id.to_string(), "factor.disabled").await.unwrap().unwrap();
        assert_eq!(entry.details["factor"], factor.id.to_string(), "which one, the entry says");
    }

    async fn a_person_sees_a_wrong_passkey_after_the_right_password_like_a_wrong_code(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let stranger = Client { address: [203, 0, 113, 9].into(), user_agent: "curl".into(), ..client() };
        let pending = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret(PASSWORD), &stranger).await.unwrap();
        desk.identity.sign_in_by_passkey(&desk.nobody(), Some(&pending.token), "AAAA", &json!({}), &stranger).await.unwrap_err();
        let ctx = desk.acting(&person.token).await;
        let newest = async || desk.identity.own_history(&ctx, &page(None, 1)).await.unwrap().items.remove(0);
        let by_passkey = newest().await;
        assert_eq!((by_passkey.action.as_str(), by_passkey.kind.as_deref(), by_passkey.refused), ("session.factor", Some("passkey"), true));
        assert_eq!((by_passkey.user_agent.as_deref(), by_passkey.network.as_deref()), (Some("curl"), Some("203.0.113.9")));
        let mut tx = test.db.snapshot().await.unwrap();
        let entry = wd_audit_log::latest(&mut tx, &person.id.to_string(), "session.factor").await.unwrap().unwrap();
        assert_eq!(entry.actor.id, person.id.to_string());
        drop(tx);
        // Before the password nobody knows whose it would be.
        desk.wait(1);
        desk.identity.sign_in_by_passkey(&desk.nobody(), None, "AAAA", &json!({}), &stranger).await.unwrap_err();
        assert_eq!(newest().await.id, by_passkey.id);
        desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending.token), &secret("000000"), &stranger).await.unwrap_err();
        let by_code = newest().await;
        assert_eq!((by_code.action, by_code.refused, by_code.own), (by_passkey.action, true, by_passkey.own));
    }

    async fn a_person_sees_that_the_password_was_found_in_a_breach(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let person = desk.person("grace").await;
        held.gets(&[(PASSWORD, 1)]);
        let pending = desk.pending("grace").await;
        let entered = held.comes_in(&person, &pending).await;
        let changed = desk.identity.change_password(&desk.nobody(), Some(&entered.token), &secret(PASSWORD), &secret("another otter in the pines")).await.unwrap();
        let ctx = desk.acting(&changed.token).await;
        let all = desk.identity.own_history(&ctx, &page(None, 50)).await.unwrap();
        assert!(all.items.iter().any(|one| one.action == "password.breached"), "{:?}", told(&all.items));
    }

    async fn nobody_sees_the_history_of_another(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let mallory = desk.person("mallory").await;
        drop(desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret("wrong"), &client()).await);
        desk.identity.end_sessions_of(&desk.admin(), grace.id).await.unwrap();
        let ctx = desk.acting(&mallory.token).await;
        let all = desk.identity.own_history(&ctx, &page(None, 200)).await.unwrap();
        assert!(all.items.iter().all(|one| !one.refused && one.action != "staff.sessions-ended"), "{:?}", told(&all.items));
        assert!(desk.identity.own_history(&desk.nobody(), &page(None, 5)).await.is_err());
    }

    async fn where_somebody_signed_in_lies_sealed(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        let there = desk.count("SELECT COUNT(*) FROM audit_entry WHERE details LIKE '%192.0.2.1%'").await;
        assert_eq!(there, 0);
        assert!(desk.count("SELECT COUNT(*) FROM audit_personal WHERE name = 'network'").await > 0);
    }
}
