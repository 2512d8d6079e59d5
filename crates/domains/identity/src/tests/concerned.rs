//! Whom a change of a policy or a list of breached passwords concerns, by name, and to whom names are said.

use std::sync::Arc;

use wd_breach::Detail;
use wd_db::both_databases;
use wd_kernel::{Actor, Ctx, Decide, Scope, StaffId, World};

use super::{
    Desk, PASSWORD, SCHEMA, authenticator::Authenticator, breached_passwords::Holding, desk, passkeys, secret,
};
use crate::{
    Concerned, Consequence, FactorPolicyChange, FactorReach, FactorStrength, PasswordPolicy, SessionLimits,
    SessionReach, WaveChange, store,
};

const LONG: PasswordPolicy = PasswordPolicy {
    shortest: 26,
    ..PasswordPolicy::NIST
};
const NEW: &str = "another otter in the pines";

/// Every right but that to see who works here.
struct NoNames;

impl Decide for NoNames {
    fn allows(&self, _: &Actor, permission: &'static str, _: Scope) -> bool {
        permission != "staff.read"
    }
}

const fn limits(idle_minutes: i64, longest_minutes: i64) -> SessionLimits {
    SessionLimits {
        idle_minutes,
        longest_minutes,
        remember_days: 0,
    }
}

fn agents() -> WaveChange {
    WaveChange {
        name: "Agents".into(),
        asks: FactorStrength::PhishingResistant,
        roles: vec!["agent".into()],
        people: vec![],
        starts_at: None,
        grace_days: 14,
        reminds: true,
    }
}

impl Desk {
    fn without_names(&self) -> Ctx {
        let world = World {
            decide: Arc::new(NoNames),
            ..self.world.clone()
        };
        world.ctx(Actor::System("command line"))
    }

    async fn factors_thought_of(&self, ctx: &Ctx, sign_in: FactorStrength) -> FactorReach {
        let thought = FactorPolicyChange {
            version: 0,
            sign_in,
            step_up: FactorStrength::Any,
            makes: None,
            due_at: None,
        };
        self.identity
            .preview_factor_policy(ctx, "agent", thought)
            .await
            .unwrap()
    }
}

fn told(concerned: Option<Concerned>) -> Vec<(StaffId, Consequence)> {
    let people = concerned.unwrap().people;
    people.into_iter().map(|one| (one.id, one.what)).collect()
}

both_databases! { SCHEMA;
    async fn who_would_have_to_change_the_password_is_named_by_login(test) {
        let desk = desk(&test.db).await;
        let (zoe, ada) = (desk.person("zoe").await, desk.person("ada").await);
        let other = desk.person("mia").await;
        desk.roles.given.lock().unwrap().push((other.id, vec!["auditor".into()]));
        let shown = desk.identity.preview_password_policy(&desk.admin(), "agent", LONG).await.unwrap();
        assert_eq!(shown.reach.must_change, 2);
        let concerned = shown.concerned.clone().unwrap();
        assert_eq!((concerned.total, concerned.people[0].name.as_str()), (2, "Grace Hopper"));
        assert_eq!(told(shown.concerned), [ada.id, zoe.id].map(|id| (id, Consequence::MustChangePassword)));
        let shown = desk.identity.preview_password_policy(&desk.admin(), "agent", PasswordPolicy::NIST).await.unwrap();
        assert_eq!(shown.concerned.unwrap().total, 0, "nobody has to do anything");
    }

    async fn who_is_signed_out_at_once_comes_before_who_is_signed_out_sooner(test) {
        let desk = desk(&test.db).await;
        let zoe = desk.person("zoe").await;
        desk.wait(50 * 60);
        let ada = desk.person("ada").await;
        let thought = async |limits| desk.identity.preview_session_policy(&desk.admin(), "agent", limits).await.unwrap();
        let shown = thought(limits(30, 480)).await;
        assert_eq!(shown.reach, SessionReach { people: 2, sessions: 2, ending: 1, may_remember: true });
        assert_eq!(told(shown.concerned), [(zoe.id, Consequence::SignedOut), (ada.id, Consequence::SignedOutSooner)]);
        assert_eq!(thought(SessionLimits::DEFAULT).await.concerned.unwrap().total, 0, "what holds already concerns nobody");
    }

    async fn whom_another_role_signs_out_as_soon_already_is_not_concerned(test) {
        let desk = desk(&test.db).await;
        let (zoe, ada) = (desk.person("zoe").await, desk.person("ada").await);
        let strict = crate::SessionPolicyChange { version: 0, limits: limits(15, 60), reason: None };
        desk.identity.change_session_policy(&desk.admin(), "auditor", strict).await.unwrap();
        desk.roles.given.lock().unwrap().push((ada.id, vec!["agent".into(), "auditor".into()]));
        let shown = desk.identity.preview_session_policy(&desk.admin(), "agent", limits(30, 480)).await.unwrap();
        assert_eq!(told(shown.concerned), [(zoe.id, Consequence::SignedOutSooner)]);
    }

    async fn who_has_no_passkey_must_enrol_by_a_role_and_by_a_wave(test) {
        let desk = desk(&test.db).await;
        let (zoe, ada, safe) = (desk.person("zoe").await, desk.person("ada").await, desk.person("mia").await);
        passkeys::enrol(&desk, &safe.token, &mut Authenticator::new(1)).await.unwrap();
        let left = [ada.id, zoe.id].map(|id| (id, Consequence::MustEnrol));
        let shown = desk.factors_thought_of(&desk.admin(), FactorStrength::PhishingResistant).await;
        assert_eq!((shown.people, shown.left), (3, 2));
        assert_eq!(told(shown.concerned), left);
        let shown = desk.identity.preview_factor_wave(&desk.admin(), agents(), None).await.unwrap();
        assert_eq!(told(shown.concerned), left);
        let shown = desk.factors_thought_of(&desk.admin(), FactorStrength::Any).await;
        assert_eq!((shown.people, shown.left), (3, 0), "where any factor is enough nobody has to do anything");
        assert!(desk.identity.factor_policies(&desk.admin()).await.unwrap().iter().all(|one| one.version == 0), "nothing was changed");
    }

    async fn at_most_fifty_are_named_and_the_rest_is_a_number(test) {
        let desk = desk(&test.db).await;
        let ctx = desk.admin();
        let ids: Vec<StaffId> = (0..53).map(|_| ctx.id()).collect();
        let mut tx = test.db.begin().await.unwrap();
        // Backwards, so that the order is not that in which they came.
        for (n, id) in ids.iter().enumerate().rev() {
            store::staff::insert(&mut tx, *id, &format!("person-{n:02}"), "Somebody", ctx.now()).await.unwrap();
        }
        wd_db::sql!(tx, execute, "UPDATE staff SET state = 'active'").await.unwrap();
        tx.commit().await.unwrap();
        let shown = desk.factors_thought_of(&ctx, FactorStrength::PhishingResistant).await.concerned.unwrap();
        assert_eq!(shown.total, 53);
        let named: Vec<StaffId> = shown.people.iter().map(|one| one.id).collect();
        assert_eq!(named, ids[..50]);
        let again = desk.factors_thought_of(&ctx, FactorStrength::PhishingResistant).await.concerned.unwrap();
        assert_eq!(again, shown, "the same question has the same answer");
    }

    async fn who_may_not_see_who_works_here_is_told_numbers_and_no_names(test) {
        let desk = desk(&test.db).await;
        desk.person("zoe").await;
        let ctx = desk.without_names();
        let passwords = desk.identity.preview_password_policy(&ctx, "agent", LONG).await.unwrap();
        assert_eq!((passwords.reach.must_change, passwords.concerned), (1, None));
        let sessions = desk.identity.preview_session_policy(&ctx, "agent", limits(30, 480)).await.unwrap();
        assert_eq!((sessions.reach.sessions, sessions.concerned), (1, None));
        let factors = desk.factors_thought_of(&ctx, FactorStrength::PhishingResistant).await;
        assert_eq!((factors.left, factors.concerned), (1, None));
        let wave = desk.identity.preview_factor_wave(&ctx, agents(), None).await.unwrap();
        assert_eq!((wave.left, wave.concerned), (1, None));
    }

    async fn the_report_names_who_was_found_and_says_whether_they_changed_it(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        let grace = desk.person("grace").await;
        let ada = desk.person("ada").await;
        assert_eq!(desk.identity.breach_report(&desk.admin()).await.unwrap().found, Some(vec![]));
        held.gets(&[(PASSWORD, 1)]);
        let pending = desk.pending("grace").await;
        let report = desk.identity.breach_report(&desk.admin()).await.unwrap();
        assert_eq!((report.breached, report.unseen_total, report.unseen_reachable), (1, 1, 0));
        assert_eq!(report.unseen.unwrap()[0].staff, ada.id);
        let found = report.found.unwrap();
        assert_eq!((found.len(), found[0].staff, found[0].login.as_str()), (1, grace.id, "grace"));
        assert_eq!((found[0].at, found[0].by_scan, found[0].changed), (desk.nobody().now(), false, false));

        let entered = held.comes_in(&grace, &pending).await;
        desk.wait(1);
        desk.identity.change_password(&desk.nobody(), Some(&entered.token), &secret(PASSWORD), &secret(NEW)).await.unwrap();
        desk.pending("ada").await;
        let found = desk.identity.breach_report(&desk.admin()).await.unwrap().found.unwrap();
        let told: Vec<_> = found.iter().map(|one| (one.staff, one.changed)).collect();
        assert_eq!(told, [(ada.id, false), (grace.id, true)], "the latest first");
    }

    async fn the_report_names_nobody_to_who_may_not_see_who_works_here(test) {
        let held = Holding::against(&test.db, Detail::Full, &[("otherwise", 1)]).await;
        let desk = &held.desk;
        desk.person("grace").await;
        desk.person("ada").await;
        held.gets(&[(PASSWORD, 1)]);
        desk.pending("grace").await;
        let report = desk.identity.breach_report(&desk.without_names()).await.unwrap();
        assert_eq!((report.breached, report.unseen_total), (1, 1));
        assert_eq!((report.unseen, report.found), (None, None));
    }
}
