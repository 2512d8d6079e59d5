use wd_db::both_databases;
use wd_kernel::{Actor, Denied, SecretString};

use super::{Desk, SCHEMA, desk};
use crate::{
    RoleSessions, SessionDeviation, SessionLimits, SessionPolicyChange, SessionPolicyError, SessionReach, Use,
};

const MINUTE: u64 = 60;

fn limits(idle_minutes: i64, longest_minutes: i64) -> SessionLimits {
    SessionLimits {
        idle_minutes,
        longest_minutes,
        remember_days: 0,
    }
}

impl Desk {
    /// How long the sessions of a role last from now on.
    async fn limit(&self, role: &str, version: i64, limits: SessionLimits) -> Result<RoleSessions, SessionPolicyError> {
        let change = SessionPolicyChange {
            version,
            limits,
            reason: Some("Night shifts watch the queue.".into()),
        };
        self.identity.change_session_policy(&self.admin(), role, change).await
    }

    fn hold_roles(&self, staff: wd_kernel::StaffId, roles: &[&str]) {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        self.roles.given.lock().unwrap().push((staff, roles));
    }

    /// Whether the session holds; asked by the console itself.
    async fn asked_by_itself(&self, token: &SecretString) -> bool {
        let found = self
            .identity
            .actor_and_kind(&self.nobody(), token, Use::Background)
            .await;
        found.unwrap().1.is_some()
    }
}

both_databases! { SCHEMA;
    async fn a_session_ends_when_it_was_not_used_for_as_long_as_its_role_allows(test) {
        let desk = desk(&test.db).await;
        desk.limit("agent", 0, limits(15, 480)).await.unwrap();
        let person = desk.person("grace").await;
        for _ in 0..5 {
            desk.wait(14 * MINUTE);
            assert!(desk.alive(&person.token).await, "it was used in between");
        }
        desk.wait(15 * MINUTE);
        assert!(!desk.alive(&person.token).await);
        assert!(!desk.alive(&person.token).await, "and looking at it does not bring it back");
    }

    async fn a_session_ends_after_the_longest_life_of_its_role_however_busy(test) {
        let desk = desk(&test.db).await;
        desk.limit("agent", 0, limits(60, 60)).await.unwrap();
        let person = desk.person("grace").await;
        for _ in 0..11 {
            desk.wait(5 * MINUTE);
            assert!(desk.alive(&person.token).await);
        }
        desk.wait(5 * MINUTE);
        assert!(!desk.alive(&person.token).await);
    }

    async fn what_the_console_asks_by_itself_is_answered_and_does_not_keep_a_session_alive(test) {
        let desk = desk(&test.db).await;
        desk.limit("agent", 0, limits(15, 480)).await.unwrap();
        let person = desk.person("grace").await;
        for _ in 0..14 {
            desk.wait(MINUTE);
            assert!(desk.asked_by_itself(&person.token).await, "it is answered");
        }
        desk.wait(MINUTE);
        assert!(!desk.asked_by_itself(&person.token).await, "and was not used");
        assert!(!desk.alive(&person.token).await);
    }

    async fn a_stricter_policy_ends_open_sessions_at_once_and_tells_their_sockets(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let busy = desk.full_after("grace", &person, 50 * MINUTE).await;
        let before = desk.events("identity.session-ended").await;
        let thought = desk.identity.preview_session_policy(&desk.admin(), "agent", limits(30, 480)).await.unwrap();
        assert_eq!(thought.reach, SessionReach { people: 1, sessions: 2, ending: 1, may_remember: true });
        assert!(desk.asked_by_itself(&person.token).await, "thinking of it changes nothing");
        let shown = desk.limit("agent", 0, limits(30, 480)).await.unwrap();
        assert_eq!(shown.reach, SessionReach { people: 1, sessions: 1, ending: 0, may_remember: true });
        assert_eq!(desk.events("identity.session-ended").await, before + 1);
        assert!(!desk.alive(&person.token).await && desk.alive(&busy).await);
    }

    async fn a_laxer_policy_gives_nothing_back_and_prolongs_no_open_session_beyond_its_end(test) {
        let desk = desk(&test.db).await;
        desk.limit("agent", 0, limits(60, 60)).await.unwrap();
        let person = desk.person("grace").await;
        desk.wait(59 * MINUTE);
        assert!(desk.alive(&person.token).await);
        desk.limit("agent", 1, limits(60, 120)).await.unwrap();
        desk.wait(MINUTE);
        assert!(desk.alive(&person.token).await, "it had not ended");
        desk.limit("agent", 2, limits(60, 60)).await.unwrap();
        assert!(!desk.alive(&person.token).await);
        desk.limit("agent", 3, limits(60, 1440)).await.unwrap();
        assert!(!desk.alive(&person.token).await, "what ended stays ended");
    }

    async fn the_strictest_of_a_persons_roles_counts_and_one_without_a_decision_has_the_default(test) {
        let desk = desk(&test.db).await;
        desk.limit("agent", 0, limits(1440, 1440)).await.unwrap();
        let person = desk.person("grace").await;
        desk.wait(13 * 3600);
        assert!(desk.alive(&person.token).await, "a day without use, for agents");
        let other = desk.full("grace", &person).await;
        desk.hold_roles(person.id, &["agent", "auditor"]);
        desk.wait(12 * 3600);
        assert!(!desk.alive(&other).await, "auditors have the default");
        desk.hold_roles(person.id, &["agent"]);
        let third = desk.full("grace", &person).await;
        desk.limit("auditor", 0, limits(10, 60)).await.unwrap();
        desk.wait(11 * MINUTE);
        assert!(desk.asked_by_itself(&third).await);
        desk.hold_roles(person.id, &["auditor", "agent"]);
        assert!(!desk.alive(&third).await, "a role that comes later counts for sessions that are there");
    }

    async fn a_socket_of_a_session_that_is_over_has_nobody(test) {
        let desk = desk(&test.db).await;
        desk.limit("agent", 0, limits(5, 15)).await.unwrap();
        let person = desk.person("grace").await;
        let Actor::Staff(actor) = desk.acting(&person.token).await.actor else { panic!("nobody") };
        let now = async || desk.identity.actor_of_session(&desk.nobody(), actor.session).await.unwrap();
        desk.wait(4 * MINUTE);
        assert!(matches!(now().await, Actor::Staff(_)));
        desk.wait(MINUTE);
        assert_eq!(now().await, Actor::Nobody, "looking for the socket is no use");
        assert!(desk.identity.sessions(&desk.world.ctx(Actor::Staff(actor.clone()))).await.unwrap().is_empty());
    }

    async fn the_state_says_when_the_session_ends_and_use_moves_only_the_idle_end(test) {
        let desk = desk(&test.db).await;
        desk.limit("agent", 0, limits(15, 30)).await.unwrap();
        let person = desk.person("grace").await;
        let life = async || {
            let state = desk.identity.session_state(&desk.nobody(), Some(&person.token)).await.unwrap();
            let life = state.life.unwrap();
            (life.idle_until.since(life.now).as_secs(), life.ends_at.since(life.now).as_secs())
        };
        assert_eq!(life().await, (14 * 60 + 30, 29 * 60 + 30), "half a minute passed since it began");
        desk.wait(10 * MINUTE);
        assert_eq!(life().await, (4 * 60 + 30, 19 * 60 + 30), "asking the state is no use by itself");
        assert!(desk.alive(&person.token).await);
        assert_eq!(life().await, (15 * 60, 19 * 60 + 30));
        desk.wait(10 * MINUTE);
        assert!(desk.alive(&person.token).await);
        assert_eq!(life().await, (9 * 60 + 30, 9 * 60 + 30), "never later than the absolute end");
        let pending = desk.pending("grace").await;
        let half = desk.identity.session_state(&desk.nobody(), Some(&pending)).await.unwrap();
        assert_eq!(half.life, None);
    }

    async fn what_is_out_of_bounds_stale_or_of_no_role_changes_nothing(test) {
        let desk = desk(&test.db).await;
        for bad in [limits(4, 60), limits(61, 60), limits(5, 14), limits(60, 1441), limits(-5, -15), limits(i64::MAX, i64::MAX)] {
            assert!(matches!(desk.limit("agent", 0, bad).await, Err(SessionPolicyError::Field(_))), "{bad:?}");
            let thought = desk.identity.preview_session_policy(&desk.admin(), "agent", bad).await;
            assert!(matches!(thought, Err(SessionPolicyError::Field(_))));
        }
        assert!(matches!(desk.limit("pope", 0, limits(15, 60)).await, Err(SessionPolicyError::NotFound)));
        desk.limit("agent", 0, limits(15, 60)).await.unwrap();
        for stale in [0, 2] {
            assert!(matches!(desk.limit("agent", stale, limits(60, 60)).await, Err(SessionPolicyError::Stale)));
        }
        let shown = desk.identity.session_policies(&desk.admin()).await.unwrap();
        assert_eq!((shown[0].version, shown[0].limits), (1, limits(15, 60)));
        assert_eq!(shown[1].limits, SessionLimits::DEFAULT);
        assert_eq!(desk.entries("session-policy.changed", "done").await, 1);
        assert_eq!(desk.events("identity.session-policy-changed").await, 1);
    }

    async fn of_two_who_change_it_at_once_one_wins(test) {
        let desk = desk(&test.db).await;
        let (one, other) = tokio::join!(desk.limit("agent", 0, limits(15, 60)), desk.limit("agent", 0, limits(30, 60)));
        assert!(one.is_ok() != other.is_ok());
        assert_eq!(desk.entries("session-policy.changed", "done").await, 1);
    }

    async fn going_against_nist_needs_a_reason_and_is_kept_with_who_decided_it(test) {
        let desk = desk(&test.db).await;
        let change = |version, limits, reason: Option<&str>| SessionPolicyChange { version, limits, reason: reason.map(str::to_owned) };
        let set = async |change| desk.identity.change_session_policy(&desk.admin(), "agent", change).await;
        for reason in [None, Some("  "), Some("x".repeat(1001).as_str())] {
            let refused = set(change(0, limits(61, 480), reason)).await;
            assert!(matches!(refused, Err(SessionPolicyError::Reason)));
        }
        assert_eq!(set(change(0, limits(60, 480), None)).await.unwrap().decision, None);
        let lax = set(change(1, limits(240, 480), Some(" Long calls. "))).await.unwrap();
        assert_eq!(lax.limits.deviations(), [SessionDeviation::IdleOverAnHour]);
        assert_eq!(lax.decision.unwrap().reason, "Long calls.");
        let strict = set(change(2, limits(60, 480), None)).await.unwrap();
        assert_eq!(strict.decision, None, "it goes against nothing any more");
        assert_eq!(desk.count("SELECT COUNT(*) FROM session_deviation").await, 1, "what was decided is kept");
    }

    async fn only_what_lets_sessions_last_longer_is_told_as_lowered(test) {
        let desk = desk(&test.db).await;
        for (version, limits) in [limits(30, 480), limits(60, 480), limits(15, 480), limits(15, 600)].into_iter().enumerate() {
            desk.limit("agent", i64::try_from(version).unwrap(), limits).await.unwrap();
        }
        let mut tx = desk.db.snapshot().await.unwrap();
        let told = wd_db::sql!(&mut tx, fetch_all as (String,), "SELECT payload FROM outbox WHERE kind = 'identity.session-policy-changed' ORDER BY seq").await.unwrap();
        let lowered: Vec<bool> = told.iter().map(|(payload,)| payload.contains("\"lowered\":true")).collect();
        assert_eq!(lowered, [false, true, false, true]);
    }

    async fn only_who_may_with_a_fresh_factor_changes_it(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let change = || SessionPolicyChange { version: 0, limits: limits(15, 60), reason: None };
        let nobody = desk.identity.change_session_policy(&desk.nobody(), "agent", change()).await;
        assert!(matches!(nobody, Err(SessionPolicyError::Denied(Denied::Unauthenticated))));
        desk.wait(10 * MINUTE);
        let stale = desk.identity.change_session_policy(&desk.acting(&person.token).await, "agent", change()).await;
        assert!(matches!(stale, Err(SessionPolicyError::Denied(Denied::StepUp(_)))));
    }

    async fn sweeping_takes_no_session_that_its_role_still_lets_live(test) {
        let desk = desk(&test.db).await;
        desk.limit("agent", 0, limits(1200, 1440)).await.unwrap();
        let person = desk.person("grace").await;
        desk.wait(15 * 3600);
        desk.identity.sweep(&desk.admin()).await.unwrap();
        assert!(desk.asked_by_itself(&person.token).await);
        desk.wait(5 * 3600);
        desk.identity.sweep(&desk.admin()).await.unwrap();
        assert_eq!(desk.count("SELECT COUNT(*) FROM session").await, 0);
    }
}
