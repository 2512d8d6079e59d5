use std::sync::Arc;

use wd_db::both_databases;
use wd_kernel::{Actor, Decide, Denied, Scope, StaffId};

use super::{Desk, PASSWORD, Person, SCHEMA, authenticator::Authenticator, client, desk, passkeys, secret};
use crate::{
    ChangePasswordError, ChangeReason, CheckError, Composition, FactorError, InvitationError, PasswordPolicy,
    PolicyError, SignInError, SignInState, SignedIn,
};

const NIST: PasswordPolicy = PasswordPolicy::NIST;
const NEW: &str = "another otter in the pines";
const DAY: u64 = 86_400;

struct Nothing;

impl Decide for Nothing {
    fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
        false
    }
}

impl Desk {
    async fn policy(&self, role: &str, policy: PasswordPolicy) {
        let all = self.identity.password_policies(&self.admin()).await.unwrap();
        let version = all.iter().find(|one| one.role == role).unwrap().version;
        self.identity
            .set_password_policy(&self.admin(), role, version, policy, Some("the insurer asks for it"))
            .await
            .unwrap();
    }

    fn gives(&self, staff: StaffId, roles: &[&str]) {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        self.roles.given.lock().unwrap().push((staff, roles));
    }

    async fn comes_in(&self, person: &Person, password: &str) -> SignedIn {
        self.wait(30);
        let pending = self.password("grace", password).await.unwrap();
        let code = self.code(&person.secret);
        self.identity
            .sign_in_by_totp(&self.nobody(), Some(&pending.token), &code, &client())
            .await
            .unwrap()
    }

    async fn changes(&self, of: &SignedIn, present: &str, new: &str) -> Result<SignedIn, ChangePasswordError> {
        self.identity
            .change_password(&self.nobody(), Some(&of.token), &secret(present), &secret(new))
            .await
    }
}

fn long() -> PasswordPolicy {
    PasswordPolicy { shortest: 26, ..NIST }
}

both_databases! { SCHEMA;
    async fn the_strictest_of_a_persons_roles_decides_about_a_new_password(test) {
        let desk = desk(&test.db).await;
        desk.policy("auditor", PasswordPolicy { shortest: 40, ..NIST }).await;
        let person = desk.person("grace").await;
        desk.gives(person.id, &["agent", "auditor"]);
        let acting = desk.acting(&person.token).await;
        let opinion = desk.identity.check_password(&acting, None, None, secret(NEW), &client()).await.unwrap();
        assert!(opinion.reasons[0].contains("26 characters; 40 are needed"), "{opinion:?}");
        let refused = desk.identity.change_password(&acting, Some(&person.token), &secret(PASSWORD), &secret(NEW)).await;
        assert!(matches!(refused, Err(ChangePasswordError::Refused(reasons)) if reasons[0].contains("40 are needed")));
        // The roles of somebody invited count before they have ever signed in.
        let invited = desk.identity.invite(&desk.admin(), "ada", "Ada").await.unwrap();
        desk.gives(invited.staff, &["auditor"]);
        let refused = desk.identity.accept_invitation(&desk.nobody(), &invited.token, &secret(PASSWORD), &client()).await;
        assert!(matches!(refused, Err(InvitationError::Password(reasons)) if reasons[0].contains("40 are needed")));
    }

    async fn a_policy_is_changed_by_right_with_a_fresh_factor_and_against_nist_with_a_reason(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let weak = PasswordPolicy { shortest: 6, ..NIST };
        let set = async |ctx: &wd_kernel::Ctx, version, policy, reason| desk.identity.set_password_policy(ctx, "agent", version, policy, reason).await;
        let fresh = desk.acting(&person.token).await;
        let without = wd_kernel::World { decide: Arc::new(Nothing), ..desk.world.clone() }.ctx(fresh.actor.clone());
        assert!(matches!(set(&without, 0, weak, Some("because")).await, Err(PolicyError::Denied(Denied::Forbidden("password_policy.change")))));
        assert!(matches!(desk.identity.password_policies(&without).await, Err(PolicyError::Denied(_))));
        assert!(matches!(desk.identity.preview_password_policy(&without, "agent", weak).await, Err(PolicyError::Denied(_))));
        for reason in [None, Some("  ")] {
            assert!(matches!(set(&fresh, 0, weak, reason).await, Err(PolicyError::Reason)));
        }
        let endless = "x".repeat(1001);
        assert!(matches!(set(&fresh, 0, weak, Some(endless.as_str())).await, Err(PolicyError::Reason)));
        assert!(matches!(set(&fresh, 0, PasswordPolicy { shortest: 5, ..NIST }, Some("because")).await, Err(PolicyError::Field(_))));
        assert!(matches!(desk.identity.set_password_policy(&fresh, "made-up", 0, NIST, None).await, Err(PolicyError::NotFound)));
        assert_eq!(desk.count("SELECT COUNT(*) FROM password_policy").await, 0, "nothing was changed");

        let changed = set(&fresh, 0, weak, Some(" the old till knows no longer ones ")).await.unwrap();
        let decision = changed.decision.unwrap();
        assert_eq!((changed.version, decision.reason.as_str(), decision.by.as_deref()), (1, "the old till knows no longer ones", Some("Grace Hopper")));
        assert!(matches!(set(&fresh, 0, NIST, None).await, Err(PolicyError::Stale)), "who read an older version overwrites nothing");
        assert!(matches!(set(&fresh, 7, NIST, None).await, Err(PolicyError::Stale)));
        desk.wait(600);
        assert!(matches!(set(&fresh, 1, NIST, None).await, Err(PolicyError::Denied(Denied::StepUp(_)))));
        let back = set(&desk.admin(), 1, NIST, None).await.unwrap();
        assert_eq!((back.version, back.decision), (2, None));
        assert_eq!(desk.count("SELECT COUNT(*) FROM password_deviation").await, 1, "the record stays");
        assert_eq!((desk.events("identity.password-policy-changed").await, desk.entries("password-policy.changed", "done").await), (2, 2));
    }

    async fn who_set_the_password_under_less_changes_it_after_the_second_factor_and_has_no_right_before(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let before = desk.password("grace", PASSWORD).await.unwrap();
        let preview = desk.identity.preview_password_policy(&desk.admin(), "agent", long()).await.unwrap();
        assert_eq!((preview.reach.people, preview.reach.must_change), (1, 1));
        desk.policy("agent", long()).await;
        let shown = desk.identity.password_policies(&desk.admin()).await.unwrap();
        assert_eq!(shown.iter().map(|one| (one.reach.people, one.reach.must_change)).collect::<Vec<_>>(), [(1, 1), (0, 0), (0, 0)]);

        desk.wait(30);
        let pending = desk.password("grace", PASSWORD).await.unwrap();
        assert_eq!(pending.state, before.state, "before the second factor nothing tells of it");
        let code = desk.code(&person.secret);
        let entered = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending.token), &code, &client()).await.unwrap();
        assert_eq!((entered.state.state, entered.state.change.as_ref().and_then(|due| due.reason)), (SignInState::ChangePassword, Some(ChangeReason::Policy)));
        assert!(entered.device.is_none() && entered.state.me.is_none());
        let token = Some(&entered.token);
        assert_eq!(desk.identity.actor(&desk.nobody(), &entered.token).await.unwrap(), Actor::Nobody);
        assert!(matches!(desk.identity.factors(&desk.nobody(), token).await, Err(FactorError::Denied(_))));
        assert!(matches!(desk.identity.begin_totp(&desk.nobody(), token).await, Err(FactorError::Denied(_))));
        assert!(matches!(desk.identity.new_recovery_codes(&desk.nobody(), token).await, Err(FactorError::Denied(_))));
        assert!(matches!(desk.identity.step_up_by_totp(&desk.nobody(), token, &code).await, Err(SignInError::NoSession)));
        assert!(matches!(desk.identity.sign_in_by_totp(&desk.nobody(), token, &code, &client()).await, Err(SignInError::NoSession)));

        let check = desk.identity.check_password(&desk.nobody(), None, token, secret(PASSWORD), &client()).await.unwrap();
        assert!(!check.acceptable);
        let rules = desk.identity.password_rules(&desk.nobody(), None, token, &client()).await.unwrap();
        let stated = desk.identity.password_rules(&desk.nobody(), None, Some(&before.token), &client()).await;
        assert!(matches!(stated, Err(CheckError::Denied(_))), "nor what it must be");
        assert!(PASSWORD.chars().count() < usize::from(rules.shortest) && usize::from(rules.shortest) <= NEW.chars().count());
        let half = desk.identity.check_password(&desk.nobody(), None, Some(&before.token), secret(PASSWORD), &client()).await;
        assert!(matches!(half, Err(CheckError::Denied(_))), "who has not shown a factor asks nothing");
        assert!(matches!(desk.changes(&entered, "wrong", NEW).await, Err(ChangePasswordError::Wrong)));
        desk.wait(1);
        let full = desk.changes(&entered, PASSWORD, NEW).await.unwrap();
        assert_eq!((full.state.state, full.state.change), (SignInState::SignedIn, None));
        assert!(full.device.is_some() && desk.alive(&full.token).await);
        assert!(!desk.alive(&entered.token).await && !desk.alive(&person.token).await);
        assert_eq!(desk.comes_in(&person, NEW).await.state.state, SignInState::SignedIn);
    }

    async fn a_session_that_must_change_the_password_names_the_login_once_both_factors_were_shown(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.policy("agent", long()).await;
        let pending = desk.password("grace", PASSWORD).await.unwrap();
        assert_eq!((pending.state.change, pending.state.me), (None, None), "the password alone is told nothing");
        desk.wait(30);
        let entered = desk.comes_in(&person, PASSWORD).await;
        let asked = async || desk.identity.session_state(&desk.nobody(), Some(&entered.token)).await.unwrap().change.unwrap();
        assert_eq!((asked().await.login.as_str(), asked().await.reason), ("grace", Some(ChangeReason::Policy)), "also after a reload");
        desk.policy("agent", PasswordPolicy::NIST).await;
        assert_eq!((asked().await.login.as_str(), asked().await.reason), ("grace", None), "also when the policy is laxer again");
    }

    async fn a_session_that_must_change_the_password_ends_after_half_an_hour_and_its_factor_is_as_old_as_it_is(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.policy("agent", long()).await;
        let entered = desk.comes_in(&person, PASSWORD).await;
        desk.wait(1200);
        let full = desk.changes(&entered, PASSWORD, NEW).await.unwrap();
        assert_eq!(full.state.stepped_up_until, None, "the factor was shown twenty minutes ago");
        desk.policy("agent", PasswordPolicy { shortest: 27, ..NIST }).await;
        let entered = desk.comes_in(&person, NEW).await;
        desk.wait(1800);
        assert!(matches!(desk.changes(&entered, NEW, "yet another otter in the pines").await, Err(ChangePasswordError::Denied(_))));
    }

    async fn a_password_grows_old_only_where_the_policy_says_so(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.wait(89 * DAY);
        assert_eq!(desk.comes_in(&person, PASSWORD).await.state.state, SignInState::SignedIn);
        desk.policy("agent", PasswordPolicy { rotation_days: Some(90), ..NIST }).await;
        assert_eq!(desk.comes_in(&person, PASSWORD).await.state.state, SignInState::SignedIn);
        desk.wait(DAY);
        let entered = desk.comes_in(&person, PASSWORD).await;
        assert_eq!(entered.state.change.as_ref().and_then(|due| due.reason), Some(ChangeReason::Rotation));
        desk.changes(&entered, PASSWORD, NEW).await.unwrap();
        assert_eq!(desk.comes_in(&person, NEW).await.state.state, SignInState::SignedIn);
    }

    async fn who_signs_in_with_a_passkey_alone_is_not_asked_about_a_password_they_did_not_use(test) {
        let desk = desk(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        let mut passkey = Authenticator::new(1);
        passkeys::enrol(&desk, &enrol, &mut passkey).await.unwrap();
        desk.policy("agent", long()).await;
        assert_eq!(passkeys::sign_in(&desk, None, &passkey).await.unwrap().state.state, SignInState::SignedIn);
        desk.wait(1);
        let pending = desk.pending("grace").await;
        assert_eq!(passkeys::sign_in(&desk, Some(&pending), &passkey).await.unwrap().state.state, SignInState::ChangePassword);
    }

    async fn a_password_of_before_does_not_come_back_in_another_spelling(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.policy("agent", PasswordPolicy { history: 2, ..NIST }).await;
        let (composed, apart) = ("caf\u{e9} marble otter twelve", "cafe\u{301} marble otter twelve");
        let mut own = desk.comes_in(&person, PASSWORD).await;
        let mut present = PASSWORD;
        for new in [composed, NEW] {
            own = desk.changes(&own, present, new).await.unwrap();
            present = new;
        }
        for used in [PASSWORD, composed, apart] {
            let Err(ChangePasswordError::Refused(reasons)) = desk.changes(&own, present, used).await else { panic!("{used}") };
            assert!(reasons[0].contains("had this password before"), "{reasons:?}");
        }
        // A new link does not bring it back either.
        let link = desk.identity.reissue_link(&desk.admin(), "grace").await.unwrap();
        for used in [NEW, apart] {
            let refused = desk.identity.accept_invitation(&desk.nobody(), &link.token, &secret(used), &client()).await;
            assert!(matches!(refused, Err(InvitationError::Password(_))), "{used}");
        }
        let own = desk.changes(&own, present, "river lantern copper seven").await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM password_history").await, 2);
        desk.changes(&own, "river lantern copper seven", PASSWORD).await.unwrap();
    }

    async fn without_a_policy_for_it_no_password_of_before_is_kept(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let own = desk.comes_in(&person, PASSWORD).await;
        desk.changes(&own, PASSWORD, NEW).await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM password_history").await, 0);
    }

    async fn where_kinds_of_characters_are_required_a_password_without_them_is_refused(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.policy("agent", PasswordPolicy { composition: Composition::Required, ..NIST }).await;
        let entered = desk.comes_in(&person, PASSWORD).await;
        assert_eq!(entered.state.change.as_ref().and_then(|due| due.reason), Some(ChangeReason::Policy));
        let refused = desk.changes(&entered, PASSWORD, NEW).await;
        assert!(matches!(refused, Err(ChangePasswordError::Refused(reasons)) if reasons[0].contains("needs three of these four")));
        desk.changes(&entered, PASSWORD, "Another otter in the pines").await.unwrap();
    }
}
