use wd_breach::Detail;
use wd_db::both_databases;
use wd_kernel::{Duration, SecretString};

use super::{
    PASSWORD, Person, SCHEMA,
    breached_passwords::{Holding, NEW, put},
    client, secret,
};
use crate::{
    BlindScan, BlindScanChange, BlindScanError, BlindScanRun, ChangeReason, PasswordPolicy, SignInState,
    index_scan::{self, Stretch},
    service::Claimed,
};

impl Holding {
    pub(super) async fn switch(&self, version: i64, enabled: bool) -> Result<BlindScan, BlindScanError> {
        let reason = enabled.then(|| "Nobody signs in at the branch for months.".to_owned());
        let change = BlindScanChange {
            version,
            enabled,
            reason,
        };
        self.desk.identity.switch_blind_scan(&self.desk.admin(), change).await
    }

    /// Somebody whose password has an index: the option is on when it is set.
    pub(super) async fn indexed(&self, login: &str) -> Person {
        if self.scan().await.version == 0 {
            self.switch(0, true).await.unwrap();
        }
        self.desk.person(login).await
    }

    pub(super) async fn scan(&self) -> BlindScan {
        self.desk.identity.blind_scan(&self.desk.admin()).await.unwrap()
    }

    pub(super) async fn run(&self) -> BlindScanRun {
        self.scan().await.run.expect("a scan")
    }

    /// What the worker does until there is nothing to do; how often there was something.
    pub(super) async fn scan_all(&self, most: u64) -> usize {
        let mut stretches = 0;
        while self.desk.identity.scan_stretch(&self.desk.admin(), most).await.unwrap() {
            stretches += 1;
        }
        stretches
    }

    /// One stretch of so many entries, up to the point where it is written down.
    pub(super) async fn stretch(&self, most: u64) -> Option<(Claimed, Stretch)> {
        let ctx = self.desk.admin();
        let corpus = self.desk.identity.scannable(&ctx).await?;
        let claimed = self.desk.identity.claim_scan(&ctx, &corpus.info()).await.unwrap()?;
        let wanted = self.desk.identity.wanted(claimed.people.keys().copied());
        let from = claimed.run.next_page.try_into().unwrap();
        let read = index_scan::read(&corpus, from, most, &wanted).unwrap();
        Some((claimed, read))
    }

    pub(super) async fn ends(&self, (claimed, read): (Claimed, Stretch)) -> bool {
        let took = Duration::from_millis(250);
        self.desk
            .identity
            .end_stretch(&self.desk.admin(), claimed, read, took)
            .await
            .unwrap()
    }

    pub(super) async fn indexes(&self) -> i64 {
        self.desk.count("SELECT COUNT(*) FROM password_index").await
    }

    pub(super) async fn breached(&self) -> i64 {
        self.desk
            .count("SELECT COUNT(*) FROM staff WHERE password_breached_at IS NOT NULL")
            .await
    }

    pub(super) async fn changes_password(&self, token: &SecretString) {
        let acting = self.desk.acting(token).await;
        self.desk
            .identity
            .change_password(&acting, Some(token), &secret(PASSWORD), &secret(NEW))
            .await
            .unwrap();
    }

    /// A newer corpus of many made-up passwords and these.
    pub(super) fn gets_many(&self, passwords: &[(&str, u64)]) {
        let made_up: Vec<String> = (0..1500).map(|number| format!("made up {number}")).collect();
        let mut all: Vec<(&str, u64)> = made_up.iter().map(|one| (one.as_str(), 1)).collect();
        all.extend(passwords);
        self.gets(&all);
    }
}

both_databases! { SCHEMA;
    async fn nothing_is_kept_until_somebody_switches_it_on(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let person = held.desk.person("grace").await;
        held.desk.full("grace", &person).await;
        let now = held.scan().await;
        assert_eq!((now.enabled, now.version, now.possible, now.indexed, now.run), (false, 0, true, 0, None));
        held.changes_password(&person.token).await;
        assert_eq!(held.indexes().await, 0);
        held.gets(&[(NEW, 1)]);
        assert_eq!(held.scan_all(1000).await, 0);
        assert_eq!(held.breached().await, 0, "what is not kept is not found");
    }

    async fn switched_on_an_index_is_kept_from_the_next_sign_in_or_change_on_and_off_deletes_all_at_once(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let (grace, ada) = (desk.person("grace").await, desk.person("ada").await);
        let on = held.switch(0, true).await.unwrap();
        assert_eq!((on.enabled, on.version, on.passwords, on.indexed), (true, 1, 2, 0));
        assert_eq!(on.decision.unwrap().reason.as_deref(), Some("Nobody signs in at the branch for months."));
        assert!(desk.password("grace", "wrong otter in the pines").await.is_err());
        assert_eq!(held.indexes().await, 0, "a wrong password leaves nothing");
        desk.wait(60);
        desk.full("grace", &grace).await;
        held.changes_password(&ada.token).await;
        desk.joining("newcomer").await;
        assert_eq!((held.indexes().await, held.scan().await.indexed), (3, 2), "the newcomer is not set up");
        let off = held.switch(1, false).await.unwrap();
        assert_eq!((off.enabled, off.version, off.indexed), (false, 2, 0));
        assert_eq!(held.indexes().await, 0);
        desk.full_after("grace", &grace, 60).await;
        assert_eq!(held.indexes().await, 0);
        assert_eq!(desk.entries("breached-passwords.blind-scan-switched", "done").await, 2);
        assert_eq!(desk.events("identity.blind-scan-switched").await, 2);
    }

    async fn whoever_a_newer_corpus_has_is_found_without_signing_in_and_everything_ends(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        for (login, detail) in [("grace", Detail::Full), ("joan", Detail::Keys)] {
            let comes = |passwords| {
                put(&held.folder.path().join("corpus"), detail, passwords);
                desk.wait(10);
            };
            comes(&[("otherwise", 1)]);
            let person = held.indexed(login).await;
            held.scan_all(1000).await;
            assert!(desk.alive(&person.token).await);
            let before = desk.events("identity.password-breached").await;
            let known = desk.count("SELECT COUNT(*) FROM known_device").await;
            comes(&[("a", 1), (PASSWORD, 1), ("z", 1)]);
            held.scan_all(1000).await;
            assert!(!desk.alive(&person.token).await, "sessions end");
            assert_eq!(desk.count("SELECT COUNT(*) FROM known_device").await, known - 1);
            assert_eq!(desk.events("identity.password-breached").await, before + 1);
            let pending = desk.pending(login).await;
            let entered = held.comes_in(&person, &pending).await;
            assert_eq!((entered.state.state, entered.state.change.as_ref().and_then(|due| due.reason)), (SignInState::ChangePassword, Some(ChangeReason::Breach)));
            assert_eq!(desk.events("identity.password-breached").await, before + 1, "signing in tells it no second time");
            desk.wait(86_400);
        }
        assert_eq!(desk.count("SELECT COUNT(*) FROM outbox WHERE payload LIKE '%\"by_scan\":true%'").await, 2);
        assert_eq!(desk.count("SELECT COUNT(*) FROM outbox WHERE payload LIKE '%password-found-by-scan%'").await, 2);
        assert_eq!(desk.entries("password.breached", "done").await, 2);
        let found = desk.identity.breach_report(&desk.admin()).await.unwrap().found.unwrap();
        let told: Vec<_> = found.iter().map(|one| (one.login.as_str(), one.by_scan, one.changed)).collect();
        assert_eq!(told, [("joan", true, false), ("grace", true, false)], "the report says that a scan found them");
    }

    async fn whoever_is_not_in_it_was_seen_by_the_newest_corpus_and_is_not_asked_to_sign_in(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        held.indexed("grace").await;
        held.gets(&[("otherwise", 1), ("another", 1)]);
        let report = desk.identity.breach_report(&desk.admin()).await.unwrap();
        assert_eq!((report.checked, report.unseen_total), (0, 1));
        held.scan_all(1000).await;
        let report = desk.identity.breach_report(&desk.admin()).await.unwrap();
        assert_eq!((report.passwords, report.checked, report.breached, report.unseen_total), (1, 1, 0, 0));
        let run = held.run().await;
        assert_eq!((run.entries, run.entries_done, run.tested, run.found), (2, 2, 1, 0));
        assert!(run.finished_at.is_some());
        assert_eq!(held.scan_all(1000).await, 0, "nothing to do until the next corpus");
        assert_eq!(desk.entries("breached-passwords.scanned", "done").await, 1);
    }

    async fn a_policy_that_lets_a_password_be_that_was_seen_seldom_counts_for_the_scan_too(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let ten = PasswordPolicy { breach_limit: 10, ..PasswordPolicy::NIST };
        desk.identity.set_password_policy(&desk.admin(), "agent", 0, ten, Some("the old till")).await.unwrap();
        let person = held.indexed("grace").await;
        held.gets(&[(PASSWORD, 9)]);
        held.scan_all(1000).await;
        assert!(desk.alive(&person.token).await);
        assert_eq!(held.breached().await, 0);
        held.gets(&[(PASSWORD, 10)]);
        held.scan_all(1000).await;
        assert!(!desk.alive(&person.token).await);
    }

    async fn a_scan_that_is_killed_anywhere_goes_on_where_it_was_and_misses_nobody(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        held.indexed("grace").await;
        held.indexed("ada").await;
        held.gets_many(&[(PASSWORD, 1)]);
        let mut killed = 0;
        loop {
            // Each time the node dies before it has written down what it read, and another one takes over.
            let Some(lost) = held.stretch(300).await else { break };
            killed += 1;
            assert!(held.stretch(300).await.is_none(), "it may be alive still");
            desk.wait(120);
            let Some(kept) = held.stretch(1).await else { panic!("nobody goes on") };
            assert!(!held.ends(lost).await, "who was taken for dead changes nothing");
            if !held.ends(kept).await {
                break;
            }
        }
        assert!(killed > 5, "the corpus has several pages: {killed}");
        let run = held.run().await;
        assert_eq!((run.entries, run.entries_done, run.tested, run.found), (1501, 1501, 2, 2));
        assert_eq!(run.entries_per_second.map(|rate| rate > 0), Some(true));
        assert_eq!(held.breached().await, 2);
        assert_eq!(desk.events("identity.password-breached").await, 2);
    }

    async fn a_newer_corpus_in_the_middle_of_a_scan_is_scanned_from_its_beginning(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        held.indexed("grace").await;
        held.gets_many(&[]);
        let first = held.stretch(1).await.unwrap();
        assert!(held.ends(first).await, "it is not at its end");
        held.gets_many(&[(PASSWORD, 1), ("more", 1)]);
        held.scan_all(1).await;
        let run = held.run().await;
        assert_eq!((run.entries, run.entries_done, run.found), (1502, 1502, 1));
        assert_eq!(held.desk.count("SELECT COUNT(*) FROM blind_scan_run").await, 1, "the other one was given up");
    }

    async fn who_signs_in_during_a_scan_where_an_older_list_lies_is_not_called_seen_and_tested_the_next_day(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let elsewhere = desk.identity.clone();
        held.indexed("grace").await;
        let ada = desk.person("ada").await;
        let (old, path) = (held.folder.path().join("old"), held.folder.path().join("corpus"));
        std::fs::copy(&path, &old).unwrap();
        let elsewhere = elsewhere.holding_against(crate::BreachCorpus::open(&old, desk.nobody().now()).unwrap());
        held.gets_many(&[(NEW, 1)]);
        let begun = held.stretch(1).await.unwrap();
        let acting = desk.acting(&ada.token).await;
        elsewhere.change_password(&acting, Some(&ada.token), &secret(PASSWORD), &secret(NEW)).await.unwrap();
        held.ends(begun).await;
        held.scan_all(1000).await;
        let report = desk.identity.breach_report(&desk.admin()).await.unwrap();
        assert_eq!((report.checked, report.breached, report.unseen.as_ref().unwrap()[0].login.as_str()), (1, 0, "ada"));
        assert!(held.stretch(1).await.is_none(), "not over and over");
        desk.wait(86_400);
        assert!(!elsewhere.scan_stretch(&desk.admin(), 1000).await.unwrap());
        assert_eq!(held.run().await.found, 0, "the node with the older list scans nothing");
        held.scan_all(1000).await;
        assert_eq!((held.run().await.tested, held.run().await.found), (2, 1));
        let again = elsewhere.sign_in_by_password(&desk.nobody(), None, "ada", &secret(NEW), &client()).await;
        assert!(again.is_ok());
    }
}
