use std::{fs::File, path::Path};

use serde_json::json;
use wd_breach::{Detail, Hash, Kind, Writer};
use wd_db::both_databases;
use wd_kernel::SecretString;

use super::{Desk, PASSWORD, Person, SCHEMA, api::send, authenticator::Authenticator, client, desk, passkeys, secret};
use crate::{
    BreachCorpus, BreachError, ChangePasswordError, ChangeReason, FactorStrength, Identity, InvitationError,
    PasswordDue, PasswordPolicy, ProviderProof, SignInState, SignedIn,
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

    /// Somebody with a passkey besides, whose password was found at a sign-in that went no further.
    async fn found(&self) -> (Person, Authenticator) {
        let person = self.desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        passkeys::enrol(&self.desk, &person.token, &mut passkey).await.unwrap();
        self.gets(&[(PASSWORD, 1)]);
        self.desk.pending("grace").await;
        self.desk.wait(1);
        (person, passkey)
    }

    /// Sets a new password without the present one.
    async fn replaces(&self, token: &SecretString, new: &str) -> Result<SignedIn, ChangePasswordError> {
        let ctx = self.desk.nobody();
        self.desk
            .identity
            .replace_breached_password(&ctx, Some(token), &secret(new))
            .await
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

/// What is said of a password that must be changed.
fn due(login: &str, reason: ChangeReason, asks_present: bool) -> PasswordDue {
    PasswordDue {
        reason: Some(reason),
        login: login.into(),
        asks_present,
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

    async fn who_comes_by_a_passkey_replaces_a_breached_password_without_giving_it(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let (_, passkey) = held.found().await;
        let entered = passkeys::sign_in(desk, None, &passkey).await.unwrap();
        assert_eq!((entered.state.state, &entered.state.change), (SignInState::ChangePassword, &Some(due("grace", ChangeReason::Breach, false))));
        assert!(entered.device.is_none() && entered.state.me.is_none());
        assert!(desk.nobody().actor == desk.identity.actor(&desk.nobody(), &entered.token).await.unwrap(), "no right before it is changed");
        let own = format!("__Host-wardesk={}", entered.token.expose());
        let told = send(desk, "GET", "/api/v1/session", Some(&own), json!(null)).await;
        assert_eq!(told.body["change"], json!({ "reason": "breach", "login": "grace", "asks_present": false }));
        let same = send(desk, "PUT", "/api/v1/password", Some(&own), json!({ "new": PASSWORD })).await;
        assert_eq!((same.status, &same.body["fields"][0]["message"]), (422, &json!("This is your present password.")));
        let pending = desk.pending("grace").await;
        let other = passkeys::sign_in(desk, Some(&pending), &passkey).await.unwrap();
        assert_eq!(other.state.change, entered.state.change, "the same after the password: the passkey was shown");
        let wrong = desk.identity.change_password(&desk.nobody(), Some(&entered.token), &secret("a guess"), &secret(NEW)).await;
        assert!(matches!(wrong, Err(ChangePasswordError::Wrong)), "one that is given is looked at");
        desk.wait(1);
        let changed = held.replaces(&entered.token, NEW).await.unwrap();
        assert_eq!((changed.state.state, &changed.state.change), (SignInState::SignedIn, &None));
        assert!(changed.device.is_some() && changed.state.stepped_up_until.is_some());
        for ended in [&entered.token, &other.token] {
            assert!(!desk.alive(ended).await, "every other session ends");
        }
        assert_eq!(desk.entries("password.changed", "done").await, 1);
        assert!(desk.password("grace", PASSWORD).await.is_err());
        desk.wait(1);
        assert_eq!(passkeys::sign_in(desk, None, &passkey).await.unwrap().state.state, SignInState::SignedIn, "once");
        assert!(desk.password("grace", NEW).await.is_ok());
    }

    async fn nobody_leaves_the_present_password_out_who_was_not_told_so(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let needed = |outcome: Result<SignedIn, ChangePasswordError>| matches!(outcome, Err(ChangePasswordError::PresentNeeded));
        let denied = |outcome: Result<SignedIn, ChangePasswordError>| matches!(outcome, Err(ChangePasswordError::Denied(_)));
        let ada = desk.person("ada").await;
        assert!(needed(held.replaces(&ada.token, NEW).await), "signed in, with a fresh factor");
        let (grace, passkey) = held.found().await;
        assert!(denied(held.replaces(&grace.token, NEW).await), "the session of before has ended");
        let pending = desk.pending("ada").await;
        assert!(denied(held.replaces(&pending, NEW).await), "no factor was shown");
        assert!(denied(held.replaces(&secret("made up"), NEW).await));
        let by_code = held.comes_in(&ada, &pending).await;
        assert_eq!(by_code.state.change, Some(due("ada", ChangeReason::Breach, true)));
        assert!(needed(held.replaces(&by_code.token, NEW).await), "a code is no passkey");
        let by_passkey = passkeys::sign_in(desk, None, &passkey).await.unwrap();
        let full = held.replaces(&by_passkey.token, NEW).await.unwrap();
        assert!(needed(held.replaces(&full.token, "yet another otter in the pines").await), "once");
        // A passkey stands for a breached password only.
        let longer = PasswordPolicy { shortest: 30, ..PasswordPolicy::NIST };
        desk.identity.set_password_policy(&desk.admin(), "agent", 0, longer, None).await.unwrap();
        let pending = desk.password("grace", NEW).await.unwrap().token;
        let entered = passkeys::sign_in(desk, Some(&pending), &passkey).await.unwrap();
        assert_eq!(entered.state.change, Some(due("grace", ChangeReason::Policy, true)));
        assert!(needed(held.replaces(&entered.token, "marble otter twelve pines and a river").await));
        assert_eq!(desk.entries("password.changed", "refused").await, 0, "none of this was a guess");
    }

    async fn what_a_provider_vouches_for_does_not_stand_for_the_present_password(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let (person, _) = held.found().await;
        let strong = FactorStrength::PhishingResistant;
        assert_eq!(desk.vouched(person.id, strong).await.state.state, SignInState::SignedIn, "no password of ours was used");
        let pending = desk.pending("grace").await;
        let proof = ProviderProof { staff: person.id, shown: Some(strong), auth_time: Some(desk.nobody().now()) };
        let mut tx = desk.db.begin().await.unwrap();
        let entered = desk.identity.sign_in_by_provider_in(&mut tx, &desk.nobody(), Some(&pending), proof, &client()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(entered.state.change, Some(due("grace", ChangeReason::Breach, true)));
        assert!(matches!(held.replaces(&entered.token, NEW).await, Err(ChangePasswordError::PresentNeeded)));
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
