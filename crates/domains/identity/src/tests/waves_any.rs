//! Waves that ask for any second factor of one's own: who has none here comes by the company's provider, or by recovery
//! codes.

use wd_db::{both_databases, sql};
use wd_kernel::{Duration, StaffId};

use super::{Desk, SCHEMA, authenticator::Authenticator, bytes, desk, passkeys, secret};
use crate::{
    CoverageQuery, FactorError, FactorKind, FactorStrength, SignInState, SignedIn, WaveChange, model::WaveState,
};

const DAY: u64 = 24 * 3600;

fn any(people: &[StaffId], grace_days: i64) -> WaveChange {
    WaveChange {
        name: "A factor of your own".into(),
        asks: FactorStrength::Any,
        roles: vec![],
        people: people.to_vec(),
        starts_at: None,
        grace_days,
        reminds: true,
    }
}

impl Desk {
    /// Somebody whom the provider brought: no password, and no factor here.
    pub(super) async fn brought(&self, login: &str) -> StaffId {
        let mut tx = self.db.begin().await.unwrap();
        let id = self
            .identity
            .provision_in(&mut tx, &self.admin(), login, login)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.holds(id, &["agent"]);
        id
    }

    /// By the provider, which asked for a second factor.
    async fn vouched_for(&self, staff: StaffId) -> SignedIn {
        self.vouched(staff, FactorStrength::Any).await
    }
}

both_databases! { SCHEMA;
    async fn who_has_no_factor_here_is_asked_within_the_grace_and_held_after_it(test) {
        let desk = desk(&test.db).await;
        let ada = desk.brought("ada").await;
        desk.vouched_for(ada).await;
        desk.can_be_mailed(ada).await;
        let later = Some(desk.nobody().now() + Duration::from_secs(2 * DAY));
        let made = desk.wave(WaveChange { starts_at: later, ..any(&[ada], 14) }).await;
        assert_eq!((made.state, made.members, made.left), (WaveState::Planned, 1, 1));
        let before = desk.vouched_for(ada).await;
        assert_eq!((before.state.state, before.state.enrolment_due.clone()), (SignInState::SignedIn, None));
        assert_eq!(desk.reminds().await, 0);
        desk.wait(2 * DAY);
        let during = desk.vouched_for(ada).await;
        assert_eq!(during.state.state, SignInState::SignedIn, "it can be put off");
        let due = during.state.enrolment_due.unwrap();
        assert_eq!((due.strength, due.due_at), (FactorStrength::Any, made.due_at));
        assert_eq!(desk.reminds().await, 1);
        desk.wait(14 * DAY);
        assert!(!desk.alive(&during.token).await);
        let held = desk.vouched_for(ada).await;
        assert_eq!(held.state.state, SignInState::Enrol);
        assert!(held.state.stepped_up_until.is_none() && held.state.enrolment_due.is_some());
    }

    async fn an_app_opens_what_such_a_wave_holds(test) {
        let desk = desk(&test.db).await;
        let ada = desk.brought("ada").await;
        desk.vouched_for(ada).await;
        desk.wave(any(&[ada], 0)).await;
        let held = desk.vouched_for(ada).await;
        let codes = desk.identity.new_recovery_codes(&desk.nobody(), Some(&held.token)).await;
        assert!(matches!(codes, Err(FactorError::Denied(_))), "recovery codes alone are none");
        let made = desk.identity.begin_totp(&desk.nobody(), Some(&held.token)).await.unwrap();
        let code = desk.code(&bytes(&made));
        let added = desk.identity.confirm_totp(&desk.nobody(), Some(&held.token), made.id, &code).await.unwrap();
        assert_eq!(added.state.state, SignInState::SignedIn);
        assert_eq!(desk.vouched_for(ada).await.state.state, SignInState::SignedIn, "and the provider does again");
        assert_eq!(desk.first_wave().await.left, 0);
    }

    async fn a_session_that_began_without_one_ends_on_the_day_and_others_go_on(test) {
        let desk = desk(&test.db).await;
        let (ada, grace) = (desk.brought("ada").await, desk.person("grace").await);
        let own = desk.vouched_for(grace.id).await;
        let none = desk.vouched_for(ada).await;
        desk.wave(any(&[ada, grace.id], 0)).await;
        assert!(!desk.alive(&none.token).await);
        assert!(desk.alive(&own.token).await && desk.alive(&grace.token).await);
    }

    async fn who_has_an_app_is_asked_by_no_such_wave(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        desk.can_be_mailed(grace.id).await;
        let made = desk.wave(any(&[grace.id], 0)).await;
        assert_eq!((made.members, made.left), (1, 0));
        assert_eq!(desk.reminds().await, 0);
        let entered = desk.by_app_as("grace", &grace).await;
        assert_eq!((entered.state.state, entered.state.enrolment_due), (SignInState::SignedIn, None));
        let factors = desk.identity.factors(&desk.nobody(), Some(&entered.token)).await.unwrap();
        let app = factors.into_iter().find(|one| one.kind == FactorKind::Totp).unwrap().id;
        assert!(desk.identity.remove_factor(&desk.nobody(), Some(&entered.token), app).await.is_err(), "the last one stays");
    }

    async fn a_recovery_code_leads_to_a_factor_and_to_nothing_else(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        desk.wave(any(&[grace.id], 0)).await;
        let mut tx = test.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE factor SET disabled_at = 1 WHERE kind = 'totp'").await.unwrap();
        tx.commit().await.unwrap();
        let pending = desk.pending("grace").await;
        let code = secret(&grace.codes[0]);
        let entered = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &code, &super::client()).await.unwrap();
        assert_eq!(entered.state.state, SignInState::Enrol);
        passkeys::enrol(&desk, &entered.token, &mut Authenticator::new(1)).await.unwrap();
        assert_eq!(desk.first_wave().await.left, 0);
    }

    async fn who_gets_the_role_of_such_a_wave_is_held_if_they_have_none(test) {
        let desk = desk(&test.db).await;
        let (ada, grace) = (desk.brought("ada").await, desk.person("grace").await);
        let token = desk.vouched_for(ada).await.token;
        desk.wave(WaveChange { roles: vec!["auditor".into()], ..any(&[], 0) }).await;
        for id in [ada, grace.id] {
            let mut tx = test.db.begin().await.unwrap();
            let before = desk.identity.factor_demand_in(&mut tx, &desk.admin(), id).await.unwrap();
            desk.holds(id, &["agent", "auditor"]);
            desk.identity.roles_changed_in(&mut tx, &desk.admin(), id, before).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert!(!desk.alive(&token).await);
        assert!(desk.alive(&grace.token).await, "who has one goes on");
        assert_eq!(desk.vouched_for(ada).await.state.state, SignInState::Enrol);
    }

    async fn the_board_counts_who_is_left_by_such_a_wave_with_its_day(test) {
        let desk = desk(&test.db).await;
        let (ada, grace) = (desk.brought("ada").await, desk.person("grace").await);
        desk.vouched_for(ada).await;
        let made = desk.wave(any(&[ada, grace.id], 14)).await;
        assert_eq!((made.members, made.left), (2, 1));
        let of_wave = CoverageQuery { wave: Some(made.id), left: true, ..CoverageQuery::default() };
        let board = desk.board(of_wave).await;
        let left: Vec<_> = board.people.iter().map(|one| (one.id, one.due_at)).collect();
        assert_eq!(left, [(ada, Some(made.due_at))]);
        desk.identity.end_factor_wave(&desk.admin(), made.id, 1).await.unwrap();
        assert_eq!(desk.board(CoverageQuery::default()).await.people.iter().filter(|one| one.due_at.is_some()).count(), 0);
    }
}
