use wd_db::both_databases;
use wd_kernel::{Actor, Denied, Duration, SecretString, Timestamp};

use super::{Desk, Person, SCHEMA, authenticator::Authenticator, client, desk, passkeys, secret};
use crate::{
    FactorError, FactorKind, FactorPolicyChange, FactorPolicyError, FactorStrength, PasskeyKept, PasswordPolicy,
    RoleFactors, SignInError, SignInState, SignedIn,
};

const STRONG: FactorStrength = FactorStrength::PhishingResistant;
const NEW: &str = "walnut ferry 93 lantern quiet river";
const DAY: u64 = 24 * 3600;

impl Desk {
    fn in_days(&self, days: u64) -> Timestamp {
        self.nobody().now() + Duration::from_secs(days * DAY)
    }

    /// What the role of everybody here asks from now on.
    async fn ask(
        &self,
        version: i64,
        sign_in: FactorStrength,
        step_up: FactorStrength,
        due_at: Option<Timestamp>,
    ) -> Result<RoleFactors, FactorPolicyError> {
        let change = FactorPolicyChange {
            version,
            sign_in,
            step_up,
            makes: None,
            due_at,
        };
        self.identity.change_factor_policy(&self.admin(), "agent", change).await
    }

    async fn by_app(&self, person: &Person) -> Result<SignedIn, SignInError> {
        let pending = self.pending("grace").await;
        let code = self.code(&person.secret);
        let entered = self
            .identity
            .sign_in_by_totp(&self.nobody(), Some(&pending), &code, &client())
            .await;
        self.wait(30);
        entered
    }

    /// By the company's provider, which asked for a second factor.
    async fn by_provider(&self, person: &Person) -> SignedIn {
        self.vouched(person.id, FactorStrength::Any).await
    }

    /// What everybody's password must be is more than what it is.
    async fn longer_passwords(&self) {
        let policy = PasswordPolicy {
            shortest: 30,
            ..PasswordPolicy::NIST
        };
        self.identity
            .set_password_policy(&self.admin(), "agent", 0, policy, None)
            .await
            .unwrap();
    }

    async fn by_recovery_code(&self, code: &str) -> Result<SignedIn, SignInError> {
        let pending = self.pending("grace").await;
        self.identity
            .sign_in_by_recovery_code(&self.nobody(), Some(&pending), &secret(code), &client())
            .await
    }
}

async fn add(desk: &Desk, token: &SecretString, id: u8) -> (Authenticator, crate::FactorAdded) {
    let mut passkey = Authenticator::new(id);
    let added = passkeys::enrol(desk, token, &mut passkey).await.unwrap();
    (passkey, added)
}

both_databases! { SCHEMA;
    async fn until_the_day_people_are_asked_and_can_work(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let due = desk.in_days(14);
        let shown = desk.ask(0, STRONG, FactorStrength::Any, Some(due)).await.unwrap();
        assert_eq!((shown.version, shown.people, shown.left.len()), (1, 1, 1));
        assert_eq!(shown.left[0].factors, [FactorKind::Recovery, FactorKind::Totp]);
        let entered = desk.by_app(&person).await.unwrap();
        assert_eq!(entered.state.state, SignInState::SignedIn);
        assert_eq!(entered.state.enrolment_due.unwrap().due_at, due);
        add(&desk, &entered.token, 1).await;
        let state = desk.identity.session_state(&desk.nobody(), Some(&entered.token)).await.unwrap();
        assert_eq!(state.enrolment_due, None);
        assert_eq!(desk.identity.factor_policies(&desk.admin()).await.unwrap()[0].left, []);
    }

    async fn from_the_day_on_an_app_opens_only_the_way_to_a_passkey(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask(0, STRONG, FactorStrength::Any, None).await.unwrap();
        let entered = desk.by_app(&person).await.unwrap();
        assert_eq!(entered.state.state, SignInState::Enrol);
        assert!(entered.device.is_none() && entered.state.me.is_none());
        assert!(matches!(desk.acting(&entered.token).await.actor, Actor::Nobody), "the session gives no right");
        let token = Some(&entered.token);
        let weak = desk.identity.begin_totp(&desk.nobody(), token).await.err().unwrap();
        assert!(matches!(weak, FactorError::Weak), "another app does not help");
        let codes = desk.identity.new_recovery_codes(&desk.nobody(), token).await.err().unwrap();
        assert!(matches!(codes, FactorError::Denied(Denied::Unauthenticated)));
        for factor in desk.identity.factors(&desk.nobody(), token).await.unwrap() {
            let removed = desk.identity.remove_factor(&desk.nobody(), token, factor.id).await;
            assert!(matches!(removed, Err(FactorError::NotFound)), "nothing can be taken away");
        }
        assert!(matches!(desk.identity.step_up_options(&desk.nobody(), token).await, Err(SignInError::NoSession)));
        let (passkey, added) = add(&desk, &entered.token, 1).await;
        assert_eq!(added.state.state, SignInState::SignedIn);
        assert!(desk.alive(added.token.as_ref().unwrap()).await);
        assert!(!desk.alive(&entered.token).await);
        assert_eq!(passkeys::sign_in(&desk, None, &passkey).await.unwrap().state.state, SignInState::SignedIn);
    }

    async fn a_recovery_code_is_no_way_round(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask(0, STRONG, FactorStrength::Any, None).await.unwrap();
        let entered = desk.by_recovery_code(&person.codes[0]).await.unwrap();
        assert_eq!(entered.state.state, SignInState::Enrol);
        add(&desk, &entered.token, 1).await;
        let refused = desk.by_recovery_code(&person.codes[1]).await;
        assert!(matches!(refused, Err(SignInError::Weak)), "who has a passkey shows it");
    }

    async fn who_has_a_passkey_does_not_get_in_with_an_app_any_more(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let (passkey, _) = add(&desk, &person.token, 1).await;
        desk.ask(0, STRONG, FactorStrength::Any, None).await.unwrap();
        assert!(matches!(desk.by_app(&person).await, Err(SignInError::Weak)));
        let pending = desk.pending("grace").await;
        let state = desk.identity.session_state(&desk.nobody(), Some(&pending)).await.unwrap();
        assert_eq!(state.factors, [FactorKind::Passkey], "only what works is offered");
        assert!(passkeys::sign_in(&desk, Some(&pending), &passkey).await.is_ok());
    }

    async fn sessions_that_began_before_end_on_the_day(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let before = desk.full("grace", &person).await;
        let due = desk.nobody().now() + Duration::from_hours(1);
        desk.ask(0, STRONG, FactorStrength::Any, Some(due)).await.unwrap();
        let between = desk.by_app(&person).await.unwrap().token;
        assert!(desk.alive(&before).await && desk.alive(&between).await);
        desk.wait(3600);
        assert!(!desk.alive(&before).await && !desk.alive(&between).await);
    }

    async fn a_known_browser_is_no_way_round(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let known = desk.by_app(&person).await.unwrap().device.unwrap();
        desk.ask(0, STRONG, FactorStrength::Any, None).await.unwrap();
        let mut browser = client();
        browser.device = Some(wd_crypto::token_hash(known.expose()));
        let pending = desk.identity
            .sign_in_by_password(&desk.nobody(), None, "grace", &secret(super::PASSWORD), &browser)
            .await.unwrap().token;
        let code = desk.code(&person.secret);
        let entered = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &code, &browser).await.unwrap();
        assert_eq!(entered.state.state, SignInState::Enrol);
    }

    async fn the_companys_provider_is_no_way_round(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask(0, STRONG, FactorStrength::Any, None).await.unwrap();
        let entered = desk.by_provider(&person).await;
        assert_eq!(entered.state.state, SignInState::Enrol, "with no passkey one is added");
        assert!(entered.device.is_none() && entered.state.stepped_up_until.is_none());
        let (passkey, _) = add(&desk, &entered.token, 1).await;
        let entered = desk.by_provider(&person).await;
        assert_eq!(entered.state.state, SignInState::SecondFactor, "with one it is shown");
        assert_eq!(entered.state.factors, [FactorKind::Passkey]);
        let full = passkeys::sign_in(&desk, Some(&entered.token), &passkey).await.unwrap();
        assert_eq!(full.state.state, SignInState::SignedIn);
    }

    async fn a_password_that_must_change_is_no_way_round(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.longer_passwords().await;
        let changing = desk.by_app(&person).await.unwrap();
        assert_eq!(changing.state.state, SignInState::ChangePassword);
        desk.ask(0, STRONG, FactorStrength::Any, Some(desk.nobody().now() + Duration::from_mins(1))).await.unwrap();
        let late = Some(&changing.token);
        let new = secret(NEW);
        desk.wait(120);
        let refused = desk.identity.change_password(&desk.nobody(), late, &secret(super::PASSWORD), &new).await;
        assert!(refused.is_err(), "what began with a code ends on the day");
        let entered = desk.by_app(&person).await.unwrap();
        assert_eq!(entered.state.state, SignInState::Enrol);
        let (_, added) = add(&desk, &entered.token, 1).await;
        assert_eq!(added.state.state, SignInState::ChangePassword, "then the password comes");
        let token = added.token.unwrap();
        let full = desk.identity.change_password(&desk.nobody(), Some(&token), &secret(super::PASSWORD), &new).await.unwrap();
        assert_eq!(full.state.state, SignInState::SignedIn, "and the passkey that was shown still counts");
    }

    async fn the_list_of_factors_says_where_a_passkey_is_kept_and_what_each_withstands(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        add(&desk, &person.token, 1).await;
        desk.wait(1);
        let mut synced = Authenticator::new(2);
        synced.synced = true;
        passkeys::enrol(&desk, &person.token, &mut synced).await.unwrap();
        let listed = desk.identity.factors(&desk.nobody(), Some(&person.token)).await.unwrap();
        let of = |kind| listed.iter().filter(move |factor| factor.kind == kind).map(|factor| (factor.kept, factor.strength)).collect::<Vec<_>>();
        assert_eq!(of(FactorKind::Passkey), [(Some(PasskeyKept::Device), STRONG), (Some(PasskeyKept::Synced), STRONG)]);
        assert_eq!(of(FactorKind::Totp), [(None, FactorStrength::Any)]);
        assert_eq!(of(FactorKind::Recovery), [(None, FactorStrength::Any)]);
    }

    async fn a_session_that_began_with_a_passkey_goes_on_when_more_is_asked(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let (passkey, _) = add(&desk, &person.token, 1).await;
        let strong = passkeys::sign_in(&desk, None, &passkey).await.unwrap().token;
        let weak = desk.full("grace", &person).await;
        desk.ask(0, STRONG, STRONG, None).await.unwrap();
        assert!(desk.alive(&strong).await && !desk.alive(&weak).await);
        let stale = desk.acting(&strong).await.fresh_factor("x");
        assert!(stale.is_err(), "what counted as fresh before does not");
    }

    async fn somebody_new_is_done_only_with_a_passkey(test) {
        let desk = desk(&test.db).await;
        desk.ask(0, STRONG, FactorStrength::Any, None).await.unwrap();
        let (_, enrol) = desk.joining("grace").await;
        let weak = desk.identity.begin_totp(&desk.nobody(), Some(&enrol)).await.err().unwrap();
        assert!(matches!(weak, FactorError::Weak));
        let (_, added) = add(&desk, &enrol, 1).await;
        assert_eq!(added.state.state, SignInState::SignedIn);
    }

    async fn an_app_begun_before_the_day_does_not_end_the_set_up_after_it(test) {
        let desk = desk(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        let made = desk.identity.begin_totp(&desk.nobody(), Some(&enrol)).await.unwrap();
        desk.ask(0, STRONG, FactorStrength::Any, None).await.unwrap();
        let code = desk.code(&super::bytes(&made));
        let weak = desk.identity.confirm_totp(&desk.nobody(), Some(&enrol), made.id, &code).await;
        assert!(matches!(weak, Err(FactorError::Weak)));
    }

    async fn the_last_passkey_stays_while_a_role_asks_for_one(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        add(&desk, &person.token, 1).await;
        desk.ask(0, STRONG, FactorStrength::Any, Some(desk.in_days(14))).await.unwrap();
        let listed = desk.identity.factors(&desk.nobody(), Some(&person.token)).await.unwrap();
        let id = listed.iter().find(|factor| factor.kind == FactorKind::Passkey).unwrap().id;
        let refused = desk.identity.remove_factor(&desk.nobody(), Some(&person.token), id).await;
        assert!(matches!(refused, Err(FactorError::Needed)), "the app is there, and is not enough");
        add(&desk, &person.token, 2).await;
        desk.identity.remove_factor(&desk.nobody(), Some(&person.token), id).await.unwrap();
        assert_eq!(desk.events("identity.factor-removed").await, 1);
    }

    async fn dangerous_acts_can_ask_for_a_passkey_where_signing_in_does_not(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let (passkey, _) = add(&desk, &person.token, 1).await;
        desk.ask(0, FactorStrength::Any, STRONG, None).await.unwrap();
        let entered = desk.by_app(&person).await.unwrap();
        assert_eq!(entered.state.state, SignInState::SignedIn);
        assert_eq!(entered.state.stepped_up_until, None, "the code that signed in confirms nothing");
        let token = Some(&entered.token);
        let code = desk.code(&person.secret);
        let weak = desk.identity.step_up_by_totp(&desk.nobody(), token, &code).await;
        assert!(matches!(weak, Err(SignInError::Weak)));
        assert!(desk.acting(&entered.token).await.fresh_factor("x").is_err());
        let asked = desk.identity.step_up_options(&desk.nobody(), token).await.unwrap();
        let answer = passkey.get(&asked.options);
        let fresh = desk.identity.step_up_by_passkey(&desk.nobody(), token, &asked.ceremony, &answer).await.unwrap();
        assert!(desk.acting(&fresh.token).await.fresh_factor("x").is_ok());
    }

    async fn an_enrolment_session_of_a_new_account_does_not_outlive_it(test) {
        let desk = desk(&test.db).await;
        let (_, first) = desk.joining("grace").await;
        let second = desk.password("grace", super::PASSWORD).await.unwrap().token;
        add(&desk, &first, 1).await;
        desk.ask(0, STRONG, FactorStrength::Any, None).await.unwrap();
        let mut passkey = Authenticator::new(2);
        assert!(passkeys::enrol(&desk, &second, &mut passkey).await.is_err(), "the account is set up");
    }

    async fn a_stale_change_an_unknown_role_and_the_past_change_nothing(test) {
        let desk = desk(&test.db).await;
        desk.ask(0, STRONG, STRONG, Some(desk.in_days(1))).await.unwrap();
        assert!(matches!(desk.ask(0, FactorStrength::Any, FactorStrength::Any, None).await, Err(FactorPolicyError::Stale)));
        let past = desk.nobody().now() - Duration::from_secs(1);
        assert!(matches!(desk.ask(1, STRONG, STRONG, Some(past)).await, Err(FactorPolicyError::Past)));
        let change = FactorPolicyChange { version: 0, sign_in: STRONG, step_up: STRONG, makes: None, due_at: None };
        let nobodys = desk.identity.change_factor_policy(&desk.admin(), "pope", change).await;
        assert!(matches!(nobodys, Err(FactorPolicyError::NotFound)));
        let shown = desk.identity.factor_policies(&desk.admin()).await.unwrap();
        assert_eq!((shown[0].version, shown[0].sign_in), (1, STRONG));
        assert_eq!(desk.entries("factor-policy.changed", "done").await, 1);
        assert_eq!(desk.events("identity.factor-policy-changed").await, 1);
    }

    async fn who_must_add_a_passkey_cannot_lower_what_is_asked(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask(0, STRONG, STRONG, None).await.unwrap();
        let entered = desk.by_app(&person).await.unwrap();
        let ctx = desk.acting(&entered.token).await;
        let change = || FactorPolicyChange { version: 1, sign_in: FactorStrength::Any, step_up: FactorStrength::Any, makes: None, due_at: None };
        let lowered = desk.identity.change_factor_policy(&ctx, "agent", change()).await;
        assert!(matches!(lowered, Err(FactorPolicyError::Denied(Denied::Unauthenticated))));
        let (passkey, _) = add(&desk, &entered.token, 1).await;
        let full = passkeys::sign_in(&desk, None, &passkey).await.unwrap().token;
        desk.wait(600);
        let stale = desk.identity.change_factor_policy(&desk.acting(&full).await, "agent", change()).await;
        assert!(matches!(stale, Err(FactorPolicyError::Denied(Denied::StepUp(_)))));
    }
}
