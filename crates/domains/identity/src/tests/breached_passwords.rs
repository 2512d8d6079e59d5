use std::{fs::File, path::Path};

use wd_breach::{Detail, Hash, Kind, Writer};
use wd_db::both_databases;
use wd_kernel::SecretString;

use super::{Desk, PASSWORD, Person, SCHEMA, client, desk, secret};
use crate::{
    BreachCorpus, BreachError, ChangePasswordError, ChangeReason, Identity, InvitationError, PasswordPolicy,
    SignInState, SignedIn,
};

pub(super) const NEW: &str = "another otter in the pines";
const MADE_AT: i64 = 1_790_000_000;

/// Puts a corpus of these passwords, with how often each was seen, at the path; as `wardesk breach import` does it.
pub(super) fn put(path: &Path, detail: Detail, passwords: &[(&str, u64)]) {
    put_made(path, detail, passwords, MADE_AT);
}

fn put_made(path: &Path, detail: Detail, passwords: &[(&str, u64)], made_at: i64) {
    let mut rows: Vec<_> = passwords
        .iter()
        .map(|(password, times)| (Hash::of_password(Kind::Sha1, password.as_bytes()).unwrap(), *times))
        .collect();
    rows.sort_unstable_by_key(|(hash, _)| hash.to_bytes());
    let beside = path.with_extension("new");
    let mut writer = Writer::new(File::create(&beside).unwrap(), Kind::Sha1, detail).unwrap();
    for (hash, times) in &rows {
        writer.push(hash, *times).unwrap();
    }
    writer.finish(made_at).unwrap();
    std::fs::rename(beside, path).unwrap();
}

pub(super) struct Holding {
    pub desk: Desk,
    pub folder: tempfile::TempDir,
}

impl Holding {
    /// A desk whose corpus has these passwords.
    pub async fn against(test: &wd_db::Db, detail: Detail, passwords: &[(&str, u64)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = desk(test).await;
        put(&folder.path().join("corpus"), detail, passwords);
        let corpus = BreachCorpus::open(&folder.path().join("corpus"), desk.nobody().now()).unwrap();
        let identity: Identity = desk.identity.clone().holding_against(corpus);
        desk.identity = identity;
        Self { desk, folder }
    }

    /// A newer corpus takes the place of the one before.
    pub fn gets(&self, passwords: &[(&str, u64)]) {
        let made_at = self.desk.nobody().now().seconds();
        put_made(&self.folder.path().join("corpus"), Detail::Full, passwords, made_at);
        self.desk.wait(10);
    }

    pub async fn comes_in(&self, person: &Person, pending: &SecretString) -> SignedIn {
        let code = self.desk.code(&person.secret);
        self.desk
            .identity
            .sign_in_by_totp(&self.desk.nobody(), Some(pending), &code, &client())
            .await
            .unwrap()
    }
}

both_databases! { SCHEMA;
    async fn a_breached_password_is_refused_when_it_is_set_and_the_person_is_told_why(test) {
        let held = Holding::against(&test.db, Detail::Full, &[(NEW, 17)]).await;
        let desk = &held.desk;
        let person = desk.person("grace").await;
        let acting = desk.acting(&person.token).await;
        let opinion = desk.identity.check_password(&acting, None, None, secret(NEW), &client()).await.unwrap();
        assert!(!opinion.acceptable);
        assert!(opinion.reasons[0].contains("in breaches 17 times"), "{opinion:?}");
        let refused = desk.identity.change_password(&acting, Some(&person.token), &secret(PASSWORD), &secret(NEW)).await;
        assert!(matches!(refused, Err(ChangePasswordError::Refused(reasons)) if reasons[0].contains("17 times")));
        let invited = desk.identity.invite(&desk.admin(), "ada", "Ada").await.unwrap();
        let refused = desk.identity.accept_invitation(&desk.nobody(), &invited.token, &secret(NEW), &client()).await;
        assert!(matches!(refused, Err(InvitationError::Password(reasons)) if reasons[0].contains("17 times")));
    }

    async fn a_password_found_at_sign_in_ends_what_was_opened_with_it_and_must_be_changed(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let person = desk.person("grace").await;
        assert!(desk.alive(&person.token).await);
        held.gets(&[(PASSWORD, 1)]);
        let pending = desk.pending("grace").await;
        assert!(!desk.alive(&person.token).await, "sessions end before the second factor");
        assert_eq!(desk.count("SELECT COUNT(*) FROM known_device").await, 0);
        assert_eq!(desk.events("identity.password-breached").await, 1);
        assert_eq!(desk.entries("password.breached", "done").await, 1);

        let entered = held.comes_in(&person, &pending).await;
        assert_eq!(entered.state.state, SignInState::ChangePassword);
        assert_eq!(entered.state.change.as_ref().and_then(|due| due.reason), Some(ChangeReason::Breach));
        let again = desk.identity.change_password(&desk.nobody(), Some(&entered.token), &secret(PASSWORD), &secret(PASSWORD)).await;
        assert!(matches!(again, Err(ChangePasswordError::Refused(_))));
        let changed = desk.identity.change_password(&desk.nobody(), Some(&entered.token), &secret(PASSWORD), &secret(NEW)).await.unwrap();
        assert_eq!(changed.state.state, SignInState::SignedIn);
        desk.wait(30);
        let pending = desk.password("grace", NEW).await.unwrap().token;
        assert_eq!(held.comes_in(&person, &pending).await.state.state, SignInState::SignedIn);
    }

    async fn who_knows_a_breached_password_without_the_factor_cannot_end_sessions_again_and_again(test) {
        let held = Holding::against(&test.db, Detail::Keys, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let person = desk.person("grace").await;
        held.gets(&[(PASSWORD, 1)]);
        let pending = desk.pending("grace").await;
        let owner = held.comes_in(&person, &pending).await;
        desk.pending("grace").await;
        let state = desk.identity.session_state(&desk.nobody(), Some(&owner.token)).await.unwrap();
        assert_eq!(state.state, SignInState::ChangePassword, "the owner's session stays");
        assert_eq!(desk.events("identity.password-breached").await, 1);
    }

    async fn a_policy_may_let_a_password_be_that_was_seen_seldom(test) {
        let held = Holding::against(&test.db, Detail::Full, &[(NEW, 17), (PASSWORD, 3)]).await;
        let desk = &held.desk;
        let ten = PasswordPolicy { breach_limit: 10, ..PasswordPolicy::NIST };
        desk.identity.set_password_policy(&desk.admin(), "agent", 0, ten, Some("the old till")).await.unwrap();
        let person = desk.person("grace").await;
        let acting = desk.acting(&person.token).await;
        let opinion = desk.identity.check_password(&acting, None, None, secret(NEW), &client()).await.unwrap();
        assert!(!opinion.acceptable, "17 times is more than 10");
        let pending = desk.pending("grace").await;
        assert_eq!(held.comes_in(&person, &pending).await.state.state, SignInState::SignedIn);
    }

    async fn without_a_readable_corpus_nobody_sets_a_password_and_everybody_signs_in(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let person = desk.person("grace").await;
        let file = std::fs::OpenOptions::new().write(true).open(held.folder.path().join("corpus")).unwrap();
        file.set_len(100).unwrap();
        let invited = desk.identity.invite(&desk.admin(), "ada", "Ada").await.unwrap();
        let refused = desk.identity.accept_invitation(&desk.nobody(), &invited.token, &secret(NEW), &client()).await;
        assert!(matches!(refused, Err(InvitationError::Overloaded(_))), "{refused:?}");
        let pending = desk.pending("grace").await;
        assert_eq!(held.comes_in(&person, &pending).await.state.state, SignInState::SignedIn);
        let report = desk.identity.breach_report(&desk.admin()).await.unwrap();
        assert!(report.corpus.unwrap().trouble);
    }

    async fn the_report_says_whom_the_newest_corpus_has_not_seen(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let grace = desk.person("grace").await;
        desk.person("ada").await;
        let report = desk.identity.breach_report(&desk.admin()).await.unwrap();
        assert_eq!((report.passwords, report.checked, report.unseen_total), (2, 2, 0));
        held.gets(&[("otherwise", 2), ("another", 1)]);
        desk.full("grace", &grace).await;
        let report = desk.identity.breach_report(&desk.admin()).await.unwrap();
        assert_eq!((report.passwords, report.checked, report.breached), (2, 1, 0));
        let unseen = report.unseen.unwrap();
        let names: Vec<_> = unseen.iter().map(|one| (one.login.as_str(), one.reachable)).collect();
        assert_eq!(names, [("ada", false)]);
        assert!(unseen[0].checked_at.is_some());
        desk.identity.scan_for_breaches(&desk.admin()).await.unwrap();
        desk.identity.scan_for_breaches(&desk.admin()).await.unwrap();
        let report = desk.identity.breach_report(&desk.admin()).await.unwrap();
        let days: Vec<_> = report.days.iter().map(|day| (day.passwords, day.checked, day.breached)).collect();
        assert_eq!(days, [(2, 1, 0)]);
    }

    async fn who_has_not_come_for_a_week_is_asked_once_by_mail_and_by_hand_once_a_day(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let grace = desk.person("grace").await;
        desk.person("ada").await;
        let mut tx = test.db.begin().await.unwrap();
        wd_db::sql!(tx, execute, "INSERT INTO mail_address (staff, address, proved_at, tries, codes_sent, codes_since) VALUES ($1, $2, 1, 0, 0, 0)", grace.id, b"sealed".as_slice()).await.unwrap();
        tx.commit().await.unwrap();
        held.gets(&[("another", 1)]);
        let asked = async || desk.events("identity.account-touched").await;
        let before = asked().await;
        desk.identity.scan_for_breaches(&desk.admin()).await.unwrap();
        assert_eq!(asked().await, before, "not in the first week");
        desk.wait(7 * 86_400);
        desk.identity.scan_for_breaches(&desk.admin()).await.unwrap();
        desk.identity.scan_for_breaches(&desk.admin()).await.unwrap();
        assert_eq!(asked().await, before + 1, "grace once; ada has no address");
        assert_eq!(desk.identity.ask_for_sign_in(&desk.admin()).await.unwrap(), 0, "asked today");
        desk.wait(86_400);
        assert_eq!(desk.identity.ask_for_sign_in(&desk.admin()).await.unwrap(), 1);
        assert_eq!(desk.entries("breached-passwords.asked", "done").await, 2);
    }

    async fn ones_own_program_can_look_for_a_password_without_saying_which(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("password", 9)]).await;
        let desk = &held.desk;
        let person = desk.person("grace").await;
        let acting = desk.acting(&person.token).await;
        let range = desk.identity.breach_range(&acting, "5baa6", &client()).await.unwrap();
        let found = range.iter().find(|row| row.hash.suffix(Kind::Sha1) == "1E4C9B93F3F0682250B6CF8331B7EE68FD8");
        assert_eq!(found.map(|row| row.count), Some(9));
        assert!(range.len() >= 800, "padded: the length tells nothing");
        for wrong in ["", "5baa", "5baa61", "zzzzz", "../.."] {
            assert!(matches!(desk.identity.breach_range(&acting, wrong, &client()).await, Err(BreachError::Prefix)), "{wrong}");
        }
        assert!(matches!(desk.identity.breach_range(&desk.nobody(), "5baa6", &client()).await, Err(BreachError::Denied(_))));
        put(&held.folder.path().join("corpus"), Detail::Keys, &[("password", 9)]);
        desk.wait(10);
        assert!(matches!(desk.identity.breach_range(&acting, "5baa6", &client()).await, Err(BreachError::NoCorpus)));
    }
}
