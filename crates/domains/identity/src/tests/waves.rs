use std::sync::Arc;

use wd_db::{both_databases, sql};
use wd_kernel::{Actor, Ctx, Denied, Duration, Id as _, SignInReviewId, StaffActor, StaffId, Timestamp};

use super::{Desk, Person, SCHEMA, authenticator::Authenticator, client, desk, factor_coverage::crowd, passkeys};
use crate::{
    CoverageQuery, FactorPolicyChange, FactorStrength, RiskReason, SignInState, SignedIn, WaveChange, WaveError,
    WaveTier, WaveView,
    model::{BadWave, WaveState},
};

const STRONG: FactorStrength = FactorStrength::PhishingResistant;
const DAY: u64 = 24 * 3600;

fn wave(name: &str, roles: &[&str], people: &[StaffId]) -> WaveChange {
    WaveChange {
        name: name.into(),
        asks: STRONG,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        people: people.to_vec(),
        starts_at: None,
        grace_days: 14,
        reminds: true,
    }
}

impl Desk {
    pub(super) async fn wave(&self, wanted: WaveChange) -> WaveView {
        self.identity.create_factor_wave(&self.admin(), wanted).await.unwrap()
    }

    pub(super) async fn by_app_as(&self, login: &str, person: &Person) -> SignedIn {
        let pending = self.pending(login).await;
        let code = self.code(&person.secret);
        let entered = self
            .identity
            .sign_in_by_totp(&self.nobody(), Some(&pending), &code, &client())
            .await;
        self.wait(30);
        entered.unwrap()
    }

    pub(super) async fn first_wave(&self) -> WaveView {
        self.identity.factor_waves(&self.admin()).await.unwrap().items.remove(0)
    }

    pub(super) async fn can_be_mailed(&self, staff: StaffId) {
        let mut tx = self.db.begin().await.unwrap();
        sql!(tx, execute, "INSERT INTO mail_address (staff, address, proved_at, tries, codes_sent, codes_since) VALUES ($1, $2, 1, 0, 0, 0)", staff, b"sealed".as_slice()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(super) async fn reminds(&self) -> usize {
        self.identity.remind_of_factor_waves(&self.admin()).await.unwrap()
    }

    /// Somebody of the staff with all rights and a fresh factor, whatever factors they have.
    pub fn as_staff(&self, id: StaffId) -> Ctx {
        let actor = StaffActor {
            id,
            session: self.nobody().id(),
            roles: vec![],
            teams: vec![],
            stepped_up_until: Some(Timestamp::from_seconds(1_900_000_000)),
        };
        self.world.ctx(Actor::Staff(Arc::new(actor)))
    }
}

/// A sign-in some seconds ago that something spoke against.
async fn doubt(desk: &Desk, staff: StaffId, decision: &str, signals: &str, answer: Option<&str>, ago: u64) {
    let id: SignInReviewId = desk.nobody().id();
    let at = desk.nobody().now() - Duration::from_secs(ago);
    let answer = answer.map(str::to_owned);
    let mut tx = desk.db.begin().await.unwrap();
    sql!(tx, execute, "INSERT INTO sign_in_review (id, staff, shown_by, at, decision, signals, asked, place, answer) VALUES ($1, $2, 'totp', $3, $4, $5, 1, $6, $7)", id, staff, at, decision, signals, b"sealed".as_slice(), answer).await.unwrap();
    tx.commit().await.unwrap();
}

both_databases! { SCHEMA;
    async fn people_of_a_wave_are_asked_from_its_beginning_and_held_after_its_grace(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let later = Some(desk.nobody().now() + Duration::from_secs(2 * DAY));
        let made = desk.wave(WaveChange { starts_at: later, ..wave("All agents", &["agent"], &[]) }).await;
        assert_eq!((made.state, made.members, made.left), (WaveState::Planned, 1, 1));
        let entered = desk.by_app_as("grace", &grace).await;
        assert_eq!(entered.state.enrolment_due, None, "nobody is told before it begins");
        desk.wait(2 * DAY);
        let entered = desk.by_app_as("grace", &grace).await;
        assert_eq!(entered.state.state, SignInState::SignedIn);
        assert_eq!(entered.state.enrolment_due.unwrap().due_at, made.due_at);
        assert_eq!(desk.first_wave().await.state, WaveState::Running);
        desk.wait(14 * DAY);
        assert_eq!(desk.first_wave().await.state, WaveState::Holding);
        let entered = desk.by_app_as("grace", &grace).await;
        assert_eq!(entered.state.state, SignInState::Enrol, "the same session as by a role's policy");
        passkeys::enrol(&desk, &entered.token, &mut Authenticator::new(1)).await.unwrap();
        assert_eq!(desk.first_wave().await.left, 0);
    }

    async fn how_far_the_members_of_a_wave_were_is_kept_for_each_day(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let ada = desk.person("ada").await;
        desk.person("olga").await;
        let made = desk.wave(wave("Two of us", &[], &[grace.id, ada.id])).await;
        desk.identity.note_factor_coverage(&desk.admin()).await.unwrap();
        desk.wait(DAY);
        let entered = desk.by_app_as("grace", &grace).await;
        passkeys::enrol(&desk, &entered.token, &mut Authenticator::new(1)).await.unwrap();
        let of_wave = CoverageQuery { wave: Some(made.id), ..CoverageQuery::default() };
        let days = desk.identity.factor_coverage(&desk.admin(), &of_wave).await.unwrap().days;
        let figures: Vec<_> = days.iter().map(|day| (day.figures.people, day.figures.phishing_resistant, day.figures.satisfied)).collect();
        assert_eq!(figures, [(2, 0, 0), (2, 1, 1)]);
    }

    async fn without_grace_a_wave_holds_at_once_and_sessions_that_began_with_less_end(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let ada = desk.person("ada").await;
        assert!(desk.alive(&grace.token).await);
        let made = desk.wave(WaveChange { grace_days: 0, ..wave("Grace", &[], &[grace.id]) }).await;
        assert_eq!((made.state, made.members), (WaveState::Holding, 1));
        assert!(!desk.alive(&grace.token).await);
        assert!(desk.alive(&ada.token).await, "others go on");
        assert_eq!(desk.by_app_as("grace", &grace).await.state.state, SignInState::Enrol);
        assert_eq!(desk.by_app_as("ada", &ada).await.state.state, SignInState::SignedIn);
    }

    async fn a_session_from_before_a_wave_begins_does_not_outlive_its_day(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let soon = Some(desk.nobody().now() + Duration::from_secs(3600));
        desk.wave(WaveChange { starts_at: soon, grace_days: 0, ..wave("Grace", &[], &[grace.id]) }).await;
        let during = desk.by_app_as("grace", &grace).await;
        assert_eq!(during.state.state, SignInState::SignedIn);
        desk.wait(3600);
        assert!(!desk.alive(&grace.token).await && !desk.alive(&during.token).await);
    }

    async fn somebody_in_two_waves_and_a_role_is_held_to_the_strictest_and_the_earliest(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let by_role = FactorPolicyChange { version: 0, sign_in: STRONG, step_up: FactorStrength::Any, makes: None, due_at: Some(desk.nobody().now() + Duration::from_secs(9 * DAY)) };
        desk.identity.change_factor_policy(&desk.admin(), "agent", by_role).await.unwrap();
        desk.wave(WaveChange { asks: FactorStrength::Any, grace_days: 1, ..wave("Any", &["agent"], &[]) }).await;
        let early = desk.wave(WaveChange { grace_days: 5, ..wave("Early", &[], &[grace.id]) }).await;
        desk.wave(wave("Late", &["agent"], &[grace.id])).await;
        let entered = desk.by_app_as("grace", &grace).await;
        assert_eq!(entered.state.enrolment_due.unwrap().due_at, early.due_at);
        let board = desk.board(CoverageQuery::default()).await;
        assert_eq!((board.people.len(), board.people[0].due_at, board.people[0].waves.len()), (1, Some(early.due_at), 3), "once on the board");
        desk.identity.end_factor_wave(&desk.admin(), early.id, 1).await.unwrap();
        desk.wait(10 * DAY);
        assert_eq!(desk.by_app_as("grace", &grace).await.state.state, SignInState::Enrol, "the role still asks");
    }

    async fn who_gets_the_role_of_a_wave_later_is_held_to_it_too(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        desk.wave(WaveChange { grace_days: 0, ..wave("Auditors", &["auditor"], &[]) }).await;
        assert!(desk.alive(&grace.token).await);
        let mut tx = test.db.begin().await.unwrap();
        let before = desk.identity.factor_demand_in(&mut tx, &desk.admin(), grace.id).await.unwrap();
        desk.holds(grace.id, &["agent", "auditor"]);
        desk.identity.roles_changed_in(&mut tx, &desk.admin(), grace.id, before).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!desk.alive(&grace.token).await);
        assert_eq!(desk.by_app_as("grace", &grace).await.state.state, SignInState::Enrol);
    }

    async fn the_last_passkey_stays_while_a_wave_asks_for_it(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        passkeys::enrol(&desk, &grace.token, &mut Authenticator::new(1)).await.unwrap();
        let made = desk.wave(wave("Grace", &[], &[grace.id])).await;
        let passkey = async || {
            let factors = desk.identity.factors(&desk.nobody(), Some(&grace.token)).await.unwrap();
            factors.into_iter().find(|one| one.kind == crate::FactorKind::Passkey).unwrap().id
        };
        let id = passkey().await;
        assert!(desk.identity.remove_factor(&desk.nobody(), Some(&grace.token), id).await.is_err());
        desk.identity.end_factor_wave(&desk.admin(), made.id, 1).await.unwrap();
        assert!(desk.identity.remove_factor(&desk.nobody(), Some(&grace.token), id).await.is_ok());
    }

    async fn who_is_left_by_a_wave_cannot_end_it_or_take_themselves_out(test) {
        let desk = desk(&test.db).await;
        let olga = desk.person("olga").await;
        let made = desk.wave(wave("Officers", &["agent"], &[olga.id])).await;
        let ctx = desk.as_staff(olga.id);
        let ended = desk.identity.end_factor_wave(&ctx, made.id, 1).await;
        assert!(matches!(ended, Err(WaveError::Own)));
        let softer = [
            WaveChange { asks: FactorStrength::Any, ..wave("Officers", &["agent"], &[olga.id]) },
            WaveChange { grace_days: 15, ..wave("Officers", &["agent"], &[olga.id]) },
            wave("Officers", &["agent"], &[]),
            wave("Officers", &["auditor"], &[olga.id]),
        ];
        for wanted in softer {
            let changed = desk.identity.change_factor_wave(&ctx, made.id, 1, wanted.clone()).await;
            assert!(matches!(changed, Err(WaveError::Own)), "{wanted:?}");
        }
        let stricter = WaveChange { grace_days: 3, ..wave("Officers first", &["agent", "auditor"], &[olga.id]) };
        assert_eq!(desk.identity.change_factor_wave(&ctx, made.id, 1, stricter).await.unwrap().version, 2);
        passkeys::enrol(&desk, &olga.token, &mut Authenticator::new(1)).await.unwrap();
        assert_eq!(desk.identity.end_factor_wave(&ctx, made.id, 2).await.unwrap().state, WaveState::Ended);
        assert_eq!(desk.events("identity.factor-wave-moved").await, 3);
        assert_eq!(desk.entries("factor-wave.ended", "done").await, 1);
    }

    async fn who_is_held_by_a_wave_has_no_right_to_open_the_gate(test) {
        let desk = desk(&test.db).await;
        let olga = desk.person("olga").await;
        let made = desk.wave(WaveChange { grace_days: 0, ..wave("Officers", &[], &[olga.id]) }).await;
        let entered = desk.by_app_as("olga", &olga).await;
        assert_eq!(entered.state.state, SignInState::Enrol);
        let ctx = desk.acting(&entered.token).await;
        let ended = desk.identity.end_factor_wave(&ctx, made.id, 1).await;
        assert!(matches!(ended, Err(WaveError::Denied(Denied::Unauthenticated))));
        assert!(matches!(desk.identity.create_factor_wave(&ctx, wave("Mine", &["agent"], &[])).await, Err(WaveError::Denied(_))));
        assert!(matches!(desk.identity.factor_waves(&ctx).await, Err(WaveError::Denied(_))));
        assert_eq!(desk.first_wave().await.version, 1);
    }

    async fn a_wave_is_changed_with_a_fresh_factor_only(test) {
        let desk = desk(&test.db).await;
        let olga = desk.person("olga").await;
        let made = desk.wave(wave("Agents", &["agent"], &[])).await;
        passkeys::enrol(&desk, &olga.token, &mut Authenticator::new(1)).await.unwrap();
        desk.wait(600);
        let ctx = desk.acting(&olga.token).await;
        let ended = desk.identity.end_factor_wave(&ctx, made.id, 1).await;
        assert!(matches!(ended, Err(WaveError::Denied(Denied::StepUp(_)))));
        let changed = desk.identity.change_factor_wave(&ctx, made.id, 1, wave("Agents", &["agent"], &[])).await;
        assert!(matches!(changed, Err(WaveError::Denied(Denied::StepUp(_)))));
    }

    async fn what_cannot_be_a_wave_is_refused_and_nothing_is_written(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let admin = desk.admin();
        let try_it = async |wanted| desk.identity.create_factor_wave(&admin, wanted).await.map(drop);
        let base = || wave("Agents", &["agent"], &[]);
        let past = Some(desk.nobody().now() - Duration::from_secs(1));
        assert!(matches!(try_it(WaveChange { starts_at: past, ..base() }).await, Err(WaveError::Past)));
        assert!(matches!(try_it(WaveChange { name: " ".into(), ..base() }).await, Err(WaveError::Field(BadWave::Name))));
        for grace_days in [-1, 181, i64::MAX, i64::MIN] {
            assert!(matches!(try_it(WaveChange { grace_days, ..base() }).await, Err(WaveError::Field(BadWave::Grace))));
        }
        assert!(matches!(try_it(wave("Popes", &["pope"], &[])).await, Err(WaveError::UnknownRole)));
        let nobody = StaffId::from_uuid(uuid::Uuid::from_u128(99));
        assert!(matches!(try_it(wave("Ghosts", &[], &[grace.id, nobody])).await, Err(WaveError::UnknownPerson)));
        assert!(matches!(try_it(wave("Nobody", &[], &[])).await, Err(WaveError::NoMembers)));
        let many: Vec<StaffId> = (0..1_001).map(|n| StaffId::from_uuid(uuid::Uuid::from_u128(n))).collect();
        assert!(matches!(try_it(wave("Many", &[], &many)).await, Err(WaveError::TooMany)));
        assert!(desk.identity.factor_waves(&admin).await.unwrap().items.is_empty());
        assert_eq!(desk.events("identity.factor-wave-moved").await, 0);
    }

    async fn a_wave_that_is_sent_twice_is_made_once_and_an_ended_name_is_free(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let made = desk.wave(wave("Agents", &["agent", "agent"], &[grace.id, grace.id])).await;
        assert_eq!((made.roles.len(), made.people.len(), made.people[0].name.as_str()), (1, 1, "Grace Hopper"));
        let again = desk.identity.create_factor_wave(&desk.admin(), wave(" Agents ", &["agent"], &[])).await;
        assert!(matches!(again, Err(WaveError::Taken)));
        let other = desk.wave(wave("Auditors", &["auditor"], &[])).await;
        let renamed = desk.identity.change_factor_wave(&desk.admin(), other.id, 1, wave("Agents", &["auditor"], &[])).await;
        assert!(matches!(renamed, Err(WaveError::Taken)));
        desk.identity.end_factor_wave(&desk.admin(), made.id, 1).await.unwrap();
        assert!(matches!(desk.identity.end_factor_wave(&desk.admin(), made.id, 2).await, Err(WaveError::Ended)));
        desk.wave(wave("Agents", &["agent"], &[])).await;
    }

    async fn of_two_who_make_the_same_wave_at_once_one_does(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        let admin = desk.admin();
        let one = desk.identity.create_factor_wave(&admin, wave("Agents", &["agent"], &[]));
        let two = desk.identity.create_factor_wave(&admin, wave("Agents", &["agent"], &[]));
        let (one, two) = tokio::join!(one, two);
        assert!(one.is_ok() != two.is_ok());
        let id = one.or(two).unwrap().id;
        let stale = desk.identity.change_factor_wave(&admin, id, 7, wave("Agents", &["agent"], &[])).await;
        assert!(matches!(stale, Err(WaveError::Stale)));
    }

    async fn now_is_not_in_the_past_while_time_goes_on(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        let admin = desk.admin_on_a_real_clock();
        let made = desk.identity.create_factor_wave(&admin, wave("Agents", &["agent"], &[])).await.unwrap();
        assert!(desk.identity.change_factor_wave(&admin, made.id, 1, wave("All agents", &["agent"], &[])).await.is_ok());
        let at_once = FactorPolicyChange { version: 0, sign_in: STRONG, step_up: STRONG, makes: None, due_at: None };
        assert!(desk.identity.change_factor_policy(&admin, "agent", at_once).await.is_ok());
    }

    async fn a_running_wave_keeps_its_beginning_when_it_is_changed(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        let made = desk.wave(wave("Agents", &["agent"], &[])).await;
        desk.wait(DAY);
        let same = WaveChange { starts_at: Some(made.starts_at), grace_days: 7, ..wave("Agents", &["agent"], &[]) };
        let changed = desk.identity.change_factor_wave(&desk.admin(), made.id, 1, same).await.unwrap();
        assert_eq!((changed.starts_at, changed.version, changed.grace_days), (made.starts_at, 2, 7));
        let earlier = WaveChange { starts_at: Some(made.starts_at - Duration::from_secs(1)), ..wave("Agents", &["agent"], &[]) };
        assert!(matches!(desk.identity.change_factor_wave(&desk.admin(), made.id, 2, earlier).await, Err(WaveError::Past)));
    }

    async fn a_preview_says_whom_a_wave_would_concern_and_changes_nothing(test) {
        let desk = desk(&test.db).await;
        let olga = desk.person("olga").await;
        let safe = desk.person("grace").await;
        passkeys::enrol(&desk, &safe.token, &mut Authenticator::new(1)).await.unwrap();
        let ctx = desk.as_staff(olga.id);
        let shown = desk.identity.preview_factor_wave(&ctx, wave("Agents", &["agent"], &[]), None).await.unwrap();
        assert_eq!((shown.members, shown.left, shown.yourself), (2, 1, true));
        assert_eq!(shown.concerned.unwrap().people[0].id, olga.id);
        assert!(desk.identity.factor_waves(&desk.admin()).await.unwrap().items.is_empty());
    }

    async fn the_ranking_proposes_those_first_whose_accounts_are_worth_most(test) {
        let desk = desk(&test.db).await;
        let olga = desk.person("olga").await;
        let ugo = desk.person("ugo").await;
        desk.person("ada").await;
        desk.holds(olga.id, &["security-officer", "agent"]);
        desk.holds(ugo.id, &["auditor"]);
        let proposed = async || -> Vec<(WaveTier, usize)> {
            let waves = desk.identity.factor_waves(&desk.admin()).await.unwrap();
            waves.proposals.iter().map(|one| (one.tier, one.left)).collect()
        };
        assert_eq!(proposed().await, [(WaveTier::Security, 1), (WaveTier::Customers, 1), (WaveTier::Rest, 1)]);
        desk.wave(wave("Officers", &["security-officer"], &[])).await;
        assert_eq!(proposed().await, [(WaveTier::Customers, 1), (WaveTier::Rest, 1)]);
    }

    async fn within_a_tier_the_most_exposed_come_first_and_it_is_said_why(test) {
        let desk = desk(&test.db).await;
        let (ada, grace, olga, ugo) = (desk.person("ada").await, desk.person("grace").await, desk.person("olga").await, desk.person("ugo").await);
        for one in [&ada, &grace, &olga, &ugo] {
            desk.holds(one.id, &["agent"]);
        }
        doubt(&desk, grace.id, "step-up", "impossible-travel", None, 0).await;
        doubt(&desk, olga.id, "allow", "new-network", None, 0).await;
        let mut tx = test.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE staff SET password_breached_at = 1 WHERE login = 'ugo'").await.unwrap();
        tx.commit().await.unwrap();
        let first = desk.identity.factor_waves(&desk.admin()).await.unwrap().proposals.remove(0).first;
        let shown: Vec<_> = first.iter().map(|one| (one.id, one.reasons[0])).collect();
        assert_eq!(shown[..3], [(ugo.id, RiskReason::PasswordBreached), (grace.id, RiskReason::UnusualSignIn), (olga.id, RiskReason::NewPlace)]);
        assert_eq!(shown.last().unwrap().0, ada.id);
        assert!(!first.last().unwrap().reasons.iter().any(|reason| reason.is_exposure()));
    }

    async fn a_sign_in_that_was_the_owners_or_is_long_ago_exposes_nobody(test) {
        let desk = desk(&test.db).await;
        let (ada, grace, olga) = (desk.person("ada").await, desk.person("grace").await, desk.person("olga").await);
        for one in [&ada, &grace, &olga] {
            desk.holds(one.id, &["agent"]);
        }
        desk.wait(60 * DAY);
        doubt(&desk, ada.id, "step-up", "new-country", Some("me"), 0).await;
        doubt(&desk, grace.id, "step-up", "new-country", None, 31 * DAY).await;
        doubt(&desk, olga.id, "allow", "new-browser", None, 0).await;
        let first = desk.identity.factor_waves(&desk.admin()).await.unwrap().proposals.remove(0).first;
        assert_eq!(first.len(), 3);
        assert!(first.iter().all(|one| !one.reasons.iter().any(|reason| reason.is_exposure())), "{first:?}");
    }

    async fn who_is_worth_more_comes_before_who_is_more_exposed(test) {
        let desk = desk(&test.db).await;
        let (grace, olga) = (desk.person("grace").await, desk.person("olga").await);
        desk.holds(grace.id, &["agent"]);
        desk.holds(olga.id, &["security-officer"]);
        doubt(&desk, grace.id, "refuse", "impossible-travel", Some("not-me"), 0).await;
        let proposals = desk.identity.factor_waves(&desk.admin()).await.unwrap().proposals;
        let order: Vec<_> = proposals.iter().map(|one| (one.tier, one.first[0].id)).collect();
        assert_eq!(order, [(WaveTier::Security, olga.id), (WaveTier::Rest, grace.id)]);
    }

    async fn who_is_left_is_reminded_five_times_and_nobody_twice(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        desk.person("ada").await;
        desk.can_be_mailed(grace.id).await;
        desk.wave(wave("Agents", &["agent"], &[])).await;
        let mut sent = Vec::new();
        for day in 0..=15_u64 {
            if desk.reminds().await > 0 {
                sent.push(day);
            }
            assert_eq!(desk.reminds().await, 0, "not twice on day {day}");
            desk.wait(DAY);
        }
        assert_eq!(sent, [0, 7, 11, 13, 14]);
        assert_eq!(desk.events("identity.factor-reminder").await, 5);
        assert!(desk.first_wave().await.reminded_at.is_some());
        let board = desk.board(CoverageQuery::default()).await;
        let of = |login: &str| board.people.iter().find(|one| one.login == login).unwrap();
        assert!(of("grace").reminded_at.is_some() && of("grace").reachable);
        assert!(of("ada").reminded_at.is_none() && !of("ada").reachable);
    }

    async fn who_has_it_who_left_and_who_is_in_a_quiet_or_ended_wave_is_not_reminded(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let ada = desk.person("ada").await;
        for one in [&grace, &ada] {
            desk.can_be_mailed(one.id).await;
        }
        let quiet = desk.wave(WaveChange { reminds: false, ..wave("Quiet", &["agent"], &[]) }).await;
        assert_eq!(desk.reminds().await, 0);
        passkeys::enrol(&desk, &grace.token, &mut Authenticator::new(1)).await.unwrap();
        desk.identity.disable(&desk.admin(), ada.id).await.unwrap();
        let made = desk.wave(wave("Agents", &["agent"], &[])).await;
        assert_eq!(desk.reminds().await, 0);
        desk.identity.end_factor_wave(&desk.admin(), made.id, 1).await.unwrap();
        desk.identity.end_factor_wave(&desk.admin(), quiet.id, 1).await.unwrap();
        assert_eq!(desk.reminds().await, 0);
    }

    async fn after_a_long_stop_one_reminder_goes_out_and_a_moved_day_is_told_anew(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        desk.can_be_mailed(grace.id).await;
        let made = desk.wave(wave("Agents", &["agent"], &[])).await;
        desk.wait(12 * DAY);
        assert_eq!((desk.reminds().await, desk.reminds().await), (1, 0));
        let renamed = WaveChange { starts_at: Some(made.starts_at), ..wave("All agents", &["agent"], &[]) };
        desk.identity.change_factor_wave(&desk.admin(), made.id, 1, renamed).await.unwrap();
        assert_eq!(desk.reminds().await, 0, "the day is the same");
        let moved = WaveChange { starts_at: Some(made.starts_at), grace_days: 20, ..wave("All agents", &["agent"], &[]) };
        desk.identity.change_factor_wave(&desk.admin(), made.id, 2, moved).await.unwrap();
        assert_eq!((desk.reminds().await, desk.reminds().await), (1, 0));
    }

    async fn two_nodes_that_remind_at_once_send_each_mail_once(test) {
        let desk = desk(&test.db).await;
        for login in ["grace", "ada", "olga"] {
            let one = desk.person(login).await;
            desk.can_be_mailed(one.id).await;
        }
        desk.wave(wave("Agents", &["agent"], &[])).await;
        let admin = desk.admin();
        let (one, two) = tokio::join!(desk.identity.remind_of_factor_waves(&admin), desk.identity.remind_of_factor_waves(&admin));
        assert_eq!(one.unwrap_or_default() + two.unwrap_or_default() + desk.reminds().await, 3);
        assert_eq!(desk.events("identity.factor-reminder").await, 3);
    }

    async fn a_wave_of_a_thousand_named_people_is_made_and_counted(test) {
        let desk = desk(&test.db).await;
        crowd(&desk, 1_000).await;
        let people: Vec<StaffId> = (1..=1_000).map(|n| StaffId::from_uuid(uuid::Uuid::from_u128(n))).collect();
        let made = desk.wave(wave("Crowd", &[], &people)).await;
        assert_eq!((made.members, made.left), (1_000, 1_000));
    }
}
