use wd_db::both_databases;
use wd_kernel::PageQuery;

use super::{SCHEMA, client, desk, secret};
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
        let newest = desk.identity.own_history(&ctx, &page(None, 3)).await.unwrap();
        assert_eq!(told(&newest.items), [("session.started", false, true), ("session.started", false, true), ("session.password", true, false)]);
        let [full, pending, wrong] = &newest.items[..] else { panic!("three") };
        assert_eq!((full.kind.as_deref(), full.by.as_deref()), (Some("full"), Some("totp")));
        assert_eq!((pending.kind.as_deref(), pending.by.as_deref()), (Some("pending"), Some("password")));
        assert_eq!((wrong.user_agent.as_deref(), wrong.network.as_deref()), (Some("curl"), Some("203.0.113.9")));
        assert_eq!((full.user_agent.as_deref(), full.network.as_deref()), (Some("Firefox"), Some("192.0.2.1")));
        let older = desk.identity.own_history(&ctx, &page(newest.next, 50)).await.unwrap();
        assert!(told(&older.items).contains(&("factor.added", false, true)));
        assert!(desk.identity.own_history(&ctx, &page(Some("x".into()), 3)).await.is_err());
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
