use wd_crypto::token_hash;
use wd_db::both_databases;
use wd_kernel::{Denied, SecretString};

use super::{Desk, PASSWORD, Person, SCHEMA, authenticator::Authenticator, client, desk, passkeys, secret};
use crate::{
    Client, DisableError, FactorPolicyChange, FactorStrength, Privilege, SessionDeviation, SessionError, SessionLimits,
    SessionPolicyChange, SessionPolicyError, SignInError, SignInState, SignedIn,
};

const DAY: u64 = 86_400;

/// A request from the browser with this token.
fn at(device: &SecretString) -> Client {
    Client {
        device: Some(token_hash(device.expose())),
        ..client()
    }
}

fn days(remember_days: i64) -> SessionLimits {
    SessionLimits {
        remember_days,
        ..SessionLimits::DEFAULT
    }
}

impl Desk {
    async fn remember_for(&self, role: &str, version: i64, remember_days: i64) -> Result<(), SessionPolicyError> {
        let change = SessionPolicyChange {
            version,
            limits: days(remember_days),
            reason: Some("The office is locked.".into()),
        };
        self.identity
            .change_session_policy(&self.admin(), role, change)
            .await
            .map(drop)
    }

    /// Both factors, from an unknown browser, which is then to be remembered.
    async fn both_factors(&self, person: &Person, client: &Client) -> SignedIn {
        let pending = self.typed("grace", client).await.unwrap();
        assert_eq!(pending.state.state, SignInState::SecondFactor);
        let code = self.code(&person.secret);
        let entered = self
            .identity
            .sign_in_by_totp(&self.nobody(), Some(&pending.token), &code, client)
            .await
            .unwrap();
        self.wait(30);
        entered
    }

    /// The same; the token by which the browser is remembered.
    async fn remembered(&self, person: &Person) -> SecretString {
        let entered = self.both_factors(person, &client()).await;
        let until = self.identity.remember_browser(&self.nobody(), &entered).await.unwrap();
        assert!(until.is_some());
        entered.device.unwrap()
    }

    /// Name and password.
    async fn typed(&self, login: &str, client: &Client) -> Result<SignedIn, SignInError> {
        self.identity
            .sign_in_by_password(&self.nobody(), None, login, &secret(PASSWORD), client)
            .await
    }

    /// Where the right password leads in this browser.
    async fn leads_to(&self, device: &SecretString) -> SignInState {
        self.typed("grace", &at(device)).await.unwrap().state.state
    }

    async fn alarms(&self) -> (i64, i64) {
        (
            self.events("identity.browser-copied").await,
            self.entries("browser.copied", "done").await,
        )
    }
}

both_databases! { SCHEMA;
    async fn in_a_remembered_browser_the_password_signs_in_and_nothing_counts_as_fresh(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let pending = desk.typed("grace", &client()).await.unwrap();
        assert_eq!(pending.state.remember_days, 7, "it is offered with the second factor");
        let device = desk.remembered(&person).await;
        let entered = desk.typed("grace", &at(&device)).await.unwrap();
        assert_eq!((entered.state.state, entered.state.stepped_up_until), (SignInState::SignedIn, None));
        assert_eq!(desk.acting(&entered.token).await.fresh_factor("x"), Err(Denied::StepUp("x")));
        let code = desk.code(&person.secret);
        let fresh = desk.identity.step_up_by_totp(&desk.nobody(), Some(&entered.token), &code).await.unwrap();
        assert_eq!(desk.acting(&fresh.token).await.fresh_factor("x"), Ok(()));
        assert_eq!(desk.typed("grace", &client()).await.unwrap().state.state, SignInState::SecondFactor, "elsewhere as before");
        let wrong = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret("wrong"), &at(entered.device.as_ref().unwrap())).await;
        assert!(matches!(wrong, Err(SignInError::Refused)), "the token alone is worth nothing");
    }

    async fn nothing_is_remembered_unless_a_role_allows_it_and_somebody_asks(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let pending = desk.typed("grace", &client()).await.unwrap();
        assert_eq!(pending.state.remember_days, 0);
        let entered = desk.both_factors(&person, &client()).await;
        assert_eq!(desk.identity.remember_browser(&desk.nobody(), &entered).await.unwrap(), None);
        assert_eq!(desk.leads_to(entered.device.as_ref().unwrap()).await, SignInState::SecondFactor);
        desk.remember_for("agent", 0, 7).await.unwrap();
        let entered = desk.both_factors(&person, &client()).await;
        assert_eq!(desk.leads_to(entered.device.as_ref().unwrap()).await, SignInState::SecondFactor, "nobody asked");
        assert_eq!(desk.identity.remember_browser(&desk.nobody(), &pending).await.unwrap(), None, "half signed in");
    }

    async fn it_ends_after_the_days_however_often_it_is_used(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 3).await.unwrap();
        let person = desk.person("grace").await;
        let mut device = desk.remembered(&person).await;
        for _ in 0..2 {
            desk.wait(DAY);
            let entered = desk.typed("grace", &at(&device)).await.unwrap();
            assert_eq!(entered.state.state, SignInState::SignedIn);
            device = entered.device.unwrap();
        }
        desk.wait(DAY);
        assert_eq!(desk.leads_to(&device).await, SignInState::SecondFactor);
        assert_eq!(desk.alarms().await, (0, 0));
    }

    async fn a_lost_answer_is_no_theft(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let device = desk.remembered(&person).await;
        for _ in 0..3 {
            assert_eq!(desk.leads_to(&device).await, SignInState::SignedIn, "the browser never got the new token");
        }
        let entered = desk.typed("grace", &at(&device)).await.unwrap();
        assert_eq!(desk.leads_to(entered.device.as_ref().unwrap()).await, SignInState::SignedIn);
        assert_eq!(desk.alarms().await, (0, 0));
    }

    async fn a_copied_token_ends_the_browser_and_all_that_began_in_it_once_both_were_used(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let copied = desk.remembered(&person).await;
        let owner = desk.typed("grace", &at(&copied)).await.unwrap();
        let again = desk.typed("grace", &at(owner.device.as_ref().unwrap())).await.unwrap();
        let thief = desk.typed("grace", &at(&copied)).await.unwrap();
        assert_eq!(thief.state.state, SignInState::SecondFactor, "the sign-in goes on as from an unknown browser");
        assert!(!desk.alive(&owner.token).await && !desk.alive(&again.token).await);
        assert!(desk.alive(&person.token).await, "what began elsewhere goes on");
        assert_eq!(desk.leads_to(again.device.as_ref().unwrap()).await, SignInState::SecondFactor, "the owner's is dead too");
        assert_eq!(desk.alarms().await, (1, 1));
        let told = desk.count("SELECT COUNT(*) FROM outbox WHERE kind = 'identity.account-touched' AND payload LIKE '%browser-copied%'").await;
        assert_eq!(told, 1);
        assert!(desk.identity.own_history(&desk.acting(&person.token).await, &wd_kernel::PageQuery::default()).await.unwrap().items.iter().any(|entry| entry.action == "browser.copied"));
    }

    async fn a_thief_who_is_first_is_found_when_the_owner_comes(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let copied = desk.remembered(&person).await;
        let thief = desk.typed("grace", &at(&copied)).await.unwrap();
        let owner = desk.typed("grace", &at(&copied)).await.unwrap();
        assert_eq!(desk.alarms().await, (0, 0), "until now it may be a lost answer");
        let further = desk.typed("grace", &at(thief.device.as_ref().unwrap())).await.unwrap();
        assert_eq!(desk.leads_to(owner.device.as_ref().unwrap()).await, SignInState::SecondFactor);
        for ended in [&thief.token, &owner.token, &further.token] {
            assert!(!desk.alive(ended).await);
        }
        assert_eq!(desk.alarms().await, (1, 1));
    }

    async fn a_used_up_token_is_found_with_a_wrong_password_too(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let copied = desk.remembered(&person).await;
        let owner = desk.typed("grace", &at(&copied)).await.unwrap();
        let again = desk.typed("grace", &at(owner.device.as_ref().unwrap())).await.unwrap();
        let guess = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret("wrong"), &at(&copied)).await;
        assert!(matches!(guess, Err(SignInError::Refused)));
        assert!(!desk.alive(&again.token).await);
        assert_eq!(desk.alarms().await, (1, 1));
    }

    async fn a_copy_is_found_also_while_strangers_have_to_wait(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let copied = desk.remembered(&person).await;
        let owner = desk.typed("grace", &at(&copied)).await.unwrap();
        let again = desk.typed("grace", &at(owner.device.as_ref().unwrap())).await.unwrap();
        let wrong = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret("wrong"), &client()).await;
        assert!(matches!(wrong, Err(SignInError::Refused)));
        assert!(matches!(desk.typed("grace", &at(&copied)).await, Err(SignInError::RateLimited(_))));
        assert_eq!(desk.alarms().await, (1, 1));
        assert!(!desk.alive(&again.token).await);
    }

    async fn a_thief_cannot_push_the_owners_token_out_unseen(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let copied = desk.remembered(&person).await;
        let owner = desk.typed("grace", &at(&copied)).await.unwrap();
        for _ in 0..22 {
            desk.wait(1);
            assert_eq!(desk.leads_to(&copied).await, SignInState::SignedIn);
        }
        assert_eq!(desk.alarms().await, (0, 0));
        assert_eq!(desk.leads_to(owner.device.as_ref().unwrap()).await, SignInState::SecondFactor);
        assert_eq!(desk.alarms().await, (1, 1));
    }

    async fn in_a_network_where_its_owner_has_not_been_the_password_is_not_enough(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let device = desk.remembered(&person).await;
        let elsewhere = Client { address: [198, 51, 100, 7].into(), ..at(&device) };
        assert_eq!(desk.typed("grace", &elsewhere).await.unwrap().state.state, SignInState::SecondFactor);
        assert_eq!(desk.leads_to(&device).await, SignInState::SignedIn, "at home nothing has changed");
    }

    async fn of_twenty_who_use_one_token_at_once_only_one_goes_on(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let device = desk.remembered(&person).await;
        let tries = (0..20).map(|_| {
            let (identity, ctx, client) = (desk.identity.clone(), desk.nobody(), at(&device));
            tokio::spawn(async move { identity.sign_in_by_password(&ctx, None, "grace", &secret(PASSWORD), &client).await })
        });
        let mut got = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            got.extend(one.await.unwrap().ok());
        }
        assert!(!got.is_empty() && got.iter().all(|one| one.state.state == SignInState::SignedIn));
        desk.wait(3600);
        let second = desk.typed("grace", &at(&device)).await.unwrap();
        assert_eq!(desk.leads_to(got[0].device.as_ref().unwrap()).await, SignInState::SignedIn, "the first to be seen goes on");
        assert_eq!(desk.leads_to(second.device.as_ref().unwrap()).await, SignInState::SecondFactor, "the next one is a copy");
        assert_eq!(desk.alarms().await, (1, 1));
        assert!(!desk.alive(&got[0].token).await);
    }

    async fn another_persons_token_is_nobodys_here_and_ends_nothing(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        desk.person("mallory").await;
        let first = desk.remembered(&person).await;
        let entered = desk.typed("grace", &at(&first)).await.unwrap();
        let again = desk.typed("grace", &at(entered.device.as_ref().unwrap())).await.unwrap();
        for borrowed in [&first, again.device.as_ref().unwrap()] {
            assert_eq!(desk.typed("mallory", &at(borrowed)).await.unwrap().state.state, SignInState::SecondFactor);
        }
        assert!(desk.alive(&again.token).await);
        assert_eq!(desk.alarms().await, (0, 0), "two people may share a computer");
    }

    async fn a_stricter_policy_holds_for_browsers_that_are_remembered_already(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 30).await.unwrap();
        let person = desk.person("grace").await;
        let device = desk.remembered(&person).await;
        desk.wait(2 * DAY);
        desk.remember_for("agent", 1, 2).await.unwrap();
        assert_eq!(desk.leads_to(&device).await, SignInState::SecondFactor);
        desk.remember_for("agent", 2, 30).await.unwrap();
        assert_eq!(desk.leads_to(&device).await, SignInState::SecondFactor, "what ended does not come back");
        let device = desk.remembered(&person).await;
        desk.remember_for("agent", 3, 0).await.unwrap();
        desk.remember_for("agent", 4, 30).await.unwrap();
        assert_eq!(desk.leads_to(&device).await, SignInState::SecondFactor);
    }

    async fn a_role_that_forbids_it_ends_it_also_when_it_is_taken_away_again(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 30).await.unwrap();
        let person = desk.person("grace").await;
        let device = desk.remembered(&person).await;
        desk.roles.given.lock().unwrap().push((person.id, vec!["agent".into(), "auditor".into()]));
        let entered = desk.typed("grace", &at(&device)).await.unwrap();
        assert_eq!((entered.state.state, entered.state.remember_days), (SignInState::SecondFactor, 0), "at once");
        let mut tx = desk.db.begin().await.unwrap();
        desk.identity.roles_changed_in(&mut tx, &desk.admin(), person.id, crate::Demand::LEAST).await.unwrap();
        tx.commit().await.unwrap();
        desk.roles.given.lock().unwrap().push((person.id, vec!["agent".into()]));
        assert_eq!(desk.leads_to(&device).await, SignInState::SecondFactor);
    }

    async fn administrative_roles_and_people_are_never_remembered(test) {
        let desk = desk(&test.db).await;
        let refused = desk.remember_for("security-officer", 0, 1).await;
        assert!(matches!(refused, Err(SessionPolicyError::Administrative)));
        assert!(matches!(desk.remember_for("agent", 0, 31).await, Err(SessionPolicyError::Field(_))));
        assert_eq!(desk.entries("session-policy.changed", "done").await, 0);
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let device = desk.remembered(&person).await;
        let privilege = Privilege { administrator: true, ..Privilege::default() };
        desk.roles.privileges.lock().unwrap().insert(person.id, privilege);
        assert_eq!(desk.leads_to(&device).await, SignInState::SecondFactor, "whatever the roles are called");
    }

    async fn who_must_sign_in_with_a_passkey_is_not_remembered(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let mut passkey = Authenticator::new(1);
        passkeys::enrol(&desk, &person.token, &mut passkey).await.unwrap();
        let device = desk.remembered(&person).await;
        let (any, strong) = (FactorStrength::Any, FactorStrength::PhishingResistant);
        let steps = [(any, strong, SignInState::SecondFactor), (any, any, SignInState::SecondFactor), (strong, any, SignInState::SecondFactor)];
        for (version, (sign_in, step_up, leads_to)) in (0..).zip(steps) {
            let change = FactorPolicyChange { version, sign_in, step_up, makes: None, due_at: None };
            desk.identity.change_factor_policy(&desk.admin(), "agent", change).await.unwrap();
            assert_eq!(desk.leads_to(&device).await, leads_to, "sign in {sign_in:?}, step up {step_up:?}");
        }
    }

    async fn whatever_ends_sessions_or_changes_factors_ends_it_too(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 30).await.unwrap();
        let person = desk.person("grace").await;
        let lost = desk.remembered(&person).await;
        desk.identity.end_sessions_of(&desk.admin(), person.id).await.unwrap();
        assert_eq!(desk.leads_to(&lost).await, SignInState::SecondFactor, "all sessions ended");

        let entered = desk.both_factors(&person, &client()).await;
        desk.identity.remember_browser(&desk.nobody(), &entered).await.unwrap().unwrap();
        let mut passkey = Authenticator::new(1);
        passkeys::enrol(&desk, &entered.token, &mut passkey).await.unwrap();
        assert_eq!(desk.leads_to(entered.device.as_ref().unwrap()).await, SignInState::SecondFactor, "a factor was added");

        let entered = desk.both_factors(&person, &client()).await;
        desk.identity.remember_browser(&desk.nobody(), &entered).await.unwrap().unwrap();
        let listed = desk.identity.factors(&desk.nobody(), Some(&entered.token)).await.unwrap();
        let passkey = listed.iter().find(|factor| factor.kind == crate::FactorKind::Passkey).unwrap().id;
        desk.identity.remove_factor(&desk.nobody(), Some(&entered.token), passkey).await.unwrap();
        assert_eq!(desk.leads_to(entered.device.as_ref().unwrap()).await, SignInState::SecondFactor, "a factor was removed");

        let entered = desk.both_factors(&person, &client()).await;
        desk.identity.remember_browser(&desk.nobody(), &entered).await.unwrap().unwrap();
        let new = secret("walnut ferry 93 lantern quiet river");
        let changed = desk.identity.change_password(&desk.nobody(), Some(&entered.token), &secret(PASSWORD), &new).await.unwrap();
        for device in [entered.device.unwrap(), changed.device.unwrap()] {
            let with = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &new, &at(&device)).await.unwrap();
            assert_eq!(with.state.state, SignInState::SecondFactor, "the password was changed");
        }
        assert_eq!(desk.alarms().await, (0, 0));
    }

    async fn a_password_that_must_change_or_was_stopped_is_not_enough(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 30).await.unwrap();
        let person = desk.person("grace").await;
        let device = desk.remembered(&person).await;
        let policy = crate::PasswordPolicy { shortest: 30, ..crate::PasswordPolicy::NIST };
        desk.identity.set_password_policy(&desk.admin(), "agent", 0, policy, None).await.unwrap();
        assert_eq!(desk.leads_to(&device).await, SignInState::SecondFactor);
        desk.identity.set_password_policy(&desk.admin(), "agent", 1, crate::PasswordPolicy::NIST, None).await.unwrap();
        assert_eq!(desk.leads_to(&device).await, SignInState::SignedIn);
        let mut tx = desk.db.begin().await.unwrap();
        wd_db::sql!(&mut tx, execute, "UPDATE staff SET password_disabled_at = 1").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(desk.leads_to(&device).await, SignInState::SecondFactor, "somebody was guessing");
    }

    async fn who_may_have_a_browser_remembered_needs_the_longer_password(test) {
        let desk = desk(&test.db).await;
        let policy = crate::PasswordPolicy { shortest_alone: 40, ..crate::PasswordPolicy::NIST };
        desk.identity.set_password_policy(&desk.admin(), "agent", 0, policy, None).await.unwrap();
        let person = desk.person("grace").await;
        let must_change = async || desk.identity.password_policies(&desk.admin()).await.unwrap()[0].reach.must_change;
        assert_eq!(must_change().await, 0, "a second factor follows it");
        desk.remember_for("agent", 0, 30).await.unwrap();
        assert_eq!(must_change().await, 1);
        let acting = desk.acting(&person.token).await;
        let opinion = desk.identity.check_password(&acting, None, None, secret("another otter in the pines"), &client()).await.unwrap();
        assert!(opinion.reasons[0].contains("26 characters; 40 are needed"), "{opinion:?}");
        assert_eq!(desk.both_factors(&person, &client()).await.state.state, SignInState::ChangePassword);
    }

    async fn one_sees_where_one_is_known_and_forgets_it(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let device = desk.remembered(&person).await;
        let here = desk.typed("grace", &at(&device)).await.unwrap();
        let ctx = desk.acting(&here.token).await;
        let [this, other] = &desk.identity.browsers(&ctx).await.unwrap()[..] else { panic!("two browsers") };
        assert!(this.current && this.remembered_until.is_some() && this.user_agent == "Firefox");
        assert!(!other.current && other.remembered_until.is_none(), "the one in which the account was set up");
        assert!(matches!(desk.identity.forget_browser(&ctx, other.id).await, Err(SessionError::Denied(Denied::StepUp("browser.forget")))));
        assert!(matches!(desk.identity.forget_browsers(&ctx).await, Err(SessionError::Denied(Denied::StepUp("browser.forget")))));
        let mallory = desk.person("mallory").await;
        let theirs = desk.acting(&mallory.token).await;
        assert!(matches!(desk.identity.forget_browser(&theirs, this.id).await, Err(SessionError::NotFound)));
        desk.identity.forget_browser(&ctx, this.id).await.unwrap();
        assert!(desk.alive(&here.token).await, "forgetting ends no session");
        assert_eq!(desk.leads_to(here.device.as_ref().unwrap()).await, SignInState::SecondFactor);
        let fresh = desk.both_factors(&person, &client()).await;
        desk.identity.forget_browsers(&desk.acting(&fresh.token).await).await.unwrap();
        assert_eq!(desk.identity.browsers(&desk.acting(&fresh.token).await).await.unwrap(), []);
        assert_eq!(desk.identity.browsers_of(&desk.admin(), mallory.id).await.unwrap().len(), 1);
        assert_eq!(desk.entries("browser.forgotten", "done").await, 2);
        assert_eq!(desk.alarms().await, (0, 0));
    }

    async fn security_has_one_browser_of_a_colleague_forgotten_and_the_others_stay(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let device = desk.remembered(&person).await;
        let here = desk.typed("grace", &at(&device)).await.unwrap();
        let all = desk.identity.browsers_of(&desk.admin(), person.id).await.unwrap();
        let stolen = all.iter().find(|one| one.remembered_until.is_some()).unwrap().id;
        let other = all.iter().find(|one| one.id != stolen).unwrap().id;
        let mallory = desk.person("mallory").await;
        let none = |refused: Result<usize, DisableError>| assert!(matches!(refused, Err(DisableError::NotFound)), "{refused:?}");
        none(desk.identity.forget_browser_of(&desk.admin(), mallory.id, stolen).await);
        assert!(desk.alive(&here.token).await, "somebody else's browser is not found, and nothing ends");
        let ended = desk.identity.forget_browser_of(&desk.admin(), person.id, stolen).await.unwrap();
        assert!(ended > 0 && !desk.alive(&here.token).await);
        assert!(desk.alive(&person.token).await, "the session in the other browser goes on");
        let left = desk.identity.browsers_of(&desk.admin(), person.id).await.unwrap();
        assert_eq!(left.iter().map(|one| one.id).collect::<Vec<_>>(), [other]);
        none(desk.identity.forget_browser_of(&desk.admin(), person.id, stolen).await);
        assert_eq!(desk.entries("browser.forgotten", "done").await, 1);
        let told = desk.count("SELECT COUNT(*) FROM outbox WHERE kind = 'identity.account-touched' AND payload LIKE '%\"browser-forgotten\"%'").await;
        assert_eq!(told, 1);
        assert_eq!(desk.leads_to(here.device.as_ref().unwrap()).await, SignInState::SecondFactor);
    }

    async fn a_password_alone_is_a_deviation_that_needs_a_reason_and_raising_it_is_told(test) {
        let desk = desk(&test.db).await;
        let limits = SessionLimits { idle_minutes: 60, longest_minutes: 480, remember_days: 1 };
        assert_eq!(limits.deviations(), [SessionDeviation::PasswordAlone]);
        let change = SessionPolicyChange { version: 0, limits, reason: None };
        let refused = desk.identity.change_session_policy(&desk.admin(), "agent", change).await;
        assert!(matches!(refused, Err(SessionPolicyError::Reason)));
        desk.remember_for("agent", 0, 1).await.unwrap();
        let told = desk.count("SELECT COUNT(*) FROM outbox WHERE kind = 'identity.session-policy-changed' AND payload LIKE '%\"lowered\":true%'").await;
        assert_eq!(told, 1);
    }

    async fn sweeping_forgets_what_can_show_nothing_any_more(test) {
        let desk = desk(&test.db).await;
        desk.remember_for("agent", 0, 7).await.unwrap();
        let person = desk.person("grace").await;
        let device = desk.remembered(&person).await;
        let next = desk.typed("grace", &at(&device)).await.unwrap();
        desk.typed("grace", &at(next.device.as_ref().unwrap())).await.unwrap();
        assert!(desk.count("SELECT COUNT(*) FROM spent_device").await > 0);
        desk.wait(7 * DAY);
        desk.identity.sweep(&desk.admin()).await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM spent_device").await, 0);
        desk.wait(180 * DAY);
        desk.identity.sweep(&desk.admin()).await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM browser").await, 0);
    }
}
