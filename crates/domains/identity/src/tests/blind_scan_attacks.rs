//! What somebody may try with the scan, and with what it keeps.

use wd_breach::{Detail, Hash, Kind, Writer};
use wd_db::{both_databases, sql};
use wd_kernel::{Actor, Denied};

use super::{
    PASSWORD, SCHEMA,
    breached_passwords::{Holding, NEW},
};
use crate::{BlindScanChange, BlindScanError};

fn on(version: i64, reason: &str) -> BlindScanChange {
    BlindScanChange {
        version,
        enabled: true,
        reason: Some(reason.to_owned()),
    }
}

both_databases! { SCHEMA;
    async fn only_who_may_with_a_fresh_factor_switches_it_and_says_why(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let person = desk.person("grace").await;
        let nobody = desk.identity.switch_blind_scan(&desk.nobody(), on(0, "Because.")).await;
        assert!(matches!(nobody, Err(BlindScanError::Denied(Denied::Unauthenticated))));
        let shown = desk.identity.blind_scan(&desk.nobody()).await;
        assert!(matches!(shown, Err(BlindScanError::Denied(Denied::Unauthenticated))));
        let acting = desk.acting(&person.token).await;
        for reason in ["", " \n", &"x".repeat(1001)] {
            let refused = desk.identity.switch_blind_scan(&acting, on(0, reason)).await;
            assert!(matches!(refused, Err(BlindScanError::Reason)));
        }
        desk.wait(600);
        let stale = desk.identity.switch_blind_scan(&desk.acting(&person.token).await, on(0, "Because.")).await;
        assert!(matches!(stale, Err(BlindScanError::Denied(Denied::StepUp(_)))));
        assert_eq!((held.scan().await.enabled, held.scan().await.version), (false, 0));
        assert_eq!(desk.events("identity.blind-scan-switched").await, 0);
    }

    async fn of_two_who_switch_at_once_one_wins_and_a_version_that_was_not_read_changes_nothing(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let (one, other) = tokio::join!(held.switch(0, true), held.switch(0, true));
        assert!(one.is_ok() != other.is_ok());
        for stale in [-1, 0, 2, i64::MAX - 1] {
            assert!(matches!(held.switch(stale, false).await, Err(BlindScanError::Stale)), "{stale}");
        }
        assert!(held.scan().await.enabled);
        assert_eq!(held.desk.count("SELECT COUNT(*) FROM blind_scan_decision").await, 1);
    }

    async fn without_a_corpus_of_sha_1_it_cannot_be_switched_on_but_off(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        held.indexed("grace").await;
        let path = held.folder.path().join("corpus");
        let file = std::fs::File::create(path.with_extension("new")).unwrap();
        let mut writer = Writer::new(file, Kind::Ntlm, Detail::Keys).unwrap();
        writer.push(&Hash::of_password(Kind::Ntlm, PASSWORD.as_bytes()).unwrap(), 1).unwrap();
        writer.finish(1_790_000_001).unwrap();
        std::fs::rename(path.with_extension("new"), &path).unwrap();
        desk.wait(10);
        assert_eq!(held.scan_all(1000).await, 0);
        assert_eq!((held.scan().await.possible, held.scan().await.run), (false, None));
        assert!(matches!(held.switch(1, true).await, Err(BlindScanError::NoCorpus)));
        assert_eq!(held.switch(1, false).await.unwrap().indexed, 0);
        assert_eq!(held.indexes().await, 0);
        let without = super::desk(&test.db).await;
        assert!(!without.identity.scan_by_index(&without.admin()).await.unwrap());
        assert!(!without.identity.blind_scan(&without.admin()).await.unwrap().possible);
    }

    async fn a_password_that_changed_during_the_scan_is_not_held_against_its_owner(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let person = held.indexed("grace").await;
        held.gets(&[(PASSWORD, 1)]);
        let found = held.stretch(1000).await.unwrap();
        assert_eq!(found.1.hits.len(), 1);
        held.changes_password(&person.token).await;
        let events = desk.events("identity.session-ended").await;
        held.ends(found).await;
        assert_eq!((held.breached().await, held.run().await.found), (0, 0));
        assert_eq!(desk.events("identity.session-ended").await, events);
        assert!(desk.password("grace", NEW).await.is_ok());
    }

    async fn a_hit_at_sign_in_during_the_scan_is_told_once(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        held.indexed("grace").await;
        held.gets(&[(PASSWORD, 1)]);
        let found = held.stretch(1000).await.unwrap();
        desk.pending("grace").await;
        held.ends(found).await;
        assert_eq!((desk.events("identity.password-breached").await, held.run().await.found), (1, 0));
    }

    async fn who_left_has_no_index_any_more_and_nothing_follows_for_them(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let (grace, ada) = (held.indexed("grace").await, held.indexed("ada").await);
        desk.identity.disable(&desk.admin(), ada.id).await.unwrap();
        assert_eq!(held.indexes().await, 1);
        held.gets(&[(PASSWORD, 1)]);
        let found = held.stretch(1000).await.unwrap();
        assert_eq!(found.0.run.tested, 1);
        desk.identity.disable(&desk.admin(), grace.id).await.unwrap();
        held.ends(found).await;
        assert_eq!((held.breached().await, held.run().await.found, held.indexes().await), (0, 0, 0));
        let mut tx = desk.db.begin().await.unwrap();
        desk.identity.enable_in(&mut tx, &desk.admin(), ada.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(held.indexes().await, 0);
    }

    async fn switched_off_during_the_scan_nothing_follows_from_what_it_found(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let person = held.indexed("grace").await;
        held.gets(&[(PASSWORD, 1)]);
        let found = held.stretch(1000).await.unwrap();
        held.switch(1, false).await.unwrap();
        assert!(!held.ends(found).await);
        assert!(held.desk.alive(&person.token).await);
        assert_eq!((held.breached().await, held.scan().await.run), (0, None));
    }

    async fn of_two_nodes_one_scans(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        held.indexed("grace").await;
        held.gets(&[(PASSWORD, 1)]);
        let (one, other) = tokio::join!(held.stretch(1000), held.stretch(1000));
        assert!(one.is_some() != other.is_some());
        held.ends(one.or(other).unwrap()).await;
        assert!(held.stretch(1000).await.is_none(), "it is done");
        assert_eq!(held.desk.events("identity.password-breached").await, 1);
    }

    async fn equal_passwords_look_different_and_nothing_of_an_index_is_told_anywhere(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let (grace, ada) = (held.indexed("grace").await, held.indexed("ada").await);
        let sealed = async |staff| {
            let mut tx = desk.db.snapshot().await.unwrap();
            sql!(tx, fetch_one as (Vec<u8>,), "SELECT sealed FROM password_index WHERE staff = $1", staff).await.unwrap().0
        };
        let (one, other) = (sealed(grace.id).await, sealed(ada.id).await);
        let index = desk.identity.open_index(grace.id, &one).unwrap();
        assert_eq!(desk.identity.open_index(ada.id, &other), Some(index), "they have the same password");
        assert_eq!(desk.identity.open_index(ada.id, &one), None, "and one is not good for the other");
        for kept in [&one, &other] {
            assert!(!kept.windows(4).any(|some| index.windows(4).any(|part| part == some)));
        }
        assert!(!one.windows(16).any(|some| other.ends_with(some)));
        held.gets(&[(PASSWORD, 1)]);
        held.scan_all(1000).await;
        let shown = format!("{:?} {:?}", held.scan().await, desk.identity.breach_report(&desk.admin()).await.unwrap());
        let mut tx = desk.db.snapshot().await.unwrap();
        let mut told = sql!(&mut tx, fetch_all as (String,), "SELECT payload FROM outbox").await.unwrap();
        told.extend(sql!(&mut tx, fetch_all as (String,), "SELECT details FROM audit_entry").await.unwrap());
        told.push((shown,));
        assert!(told.len() > 10);
        let hex = uuid::Uuid::from_bytes(index).simple().to_string();
        let list = format!("{index:?}");
        let base64 = wd_kernel::b64u::encode(index);
        for (text,) in told {
            let text = text.to_lowercase();
            for form in [&hex[..12], &list[1..20], &base64.to_lowercase()[..8]] {
                assert!(!text.contains(form), "{text}");
            }
        }
    }

    async fn an_index_that_was_put_in_anothers_place_opens_for_nobody_and_counts_as_not_tested(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let (grace, ada) = (held.indexed("grace").await, held.indexed("ada").await);
        held.changes_password(&ada.token).await;
        let mut tx = desk.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE password_index SET sealed = (SELECT sealed FROM password_index WHERE staff = $1) WHERE staff = $2", ada.id, grace.id).await.unwrap();
        tx.commit().await.unwrap();
        held.gets(&[(NEW, 1), (PASSWORD, 1)]);
        held.scan_all(1000).await;
        let report = desk.identity.breach_report(&desk.admin()).await.unwrap();
        assert_eq!((report.breached, report.checked), (1, 1), "ada's, which is her own");
        let unseen: Vec<_> = report.unseen.iter().flatten().map(|one| one.login.as_str()).collect();
        assert_eq!(unseen, ["grace"], "she is asked to sign in");
        assert!(desk.alive(&grace.token).await);
        assert_eq!(held.indexes().await, 1);
    }

    async fn the_scan_acts_as_wardesk_itself(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        held.indexed("grace").await;
        held.gets(&[(PASSWORD, 1)]);
        let ctx = desk.world.ctx(Actor::System("breach-scan"));
        while desk.identity.scan_by_index(&ctx).await.unwrap() {}
        assert_eq!(desk.entries("password.breached", "done").await, 1);
        assert_eq!(desk.count("SELECT COUNT(*) FROM audit_entry WHERE action = 'password.breached' AND actor_kind <> 'system'").await, 0);
    }
}
