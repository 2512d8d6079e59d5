//! Roles that ask for attested passkeys, and lists of makes.

use std::{collections::BTreeSet, fs};

use wd_db::both_databases;
use wd_kernel::{Duration, SecretString, StaffId, Timestamp};

use super::{
    Desk, SCHEMA,
    authenticator::{Authenticator, Batch, Maker, Statement},
    client, desk, passkeys,
};
use crate::{
    Aaguid, CoverageQuery, FactorAdded, FactorError, FactorKind, FactorPolicyChange, FactorPolicyError, FactorStrength,
    FactorView, KnownMakes, RoleFactors, SessionState, SignInError, SignInState, SignedIn, WaveChange, WaveError,
    model::BadWave,
};

pub(super) const ATTESTED: FactorStrength = FactorStrength::Attested;
pub(super) const ONE: [u8; 16] = [1; 16];
pub(super) const TWO: [u8; 16] = [2; 16];
/// The batches of these tests are good until the end of this year.
pub(super) const GOOD: i32 = 2100;
const DAY: u64 = 24 * 3600;

pub(super) fn aaguid(make: [u8; 16]) -> Aaguid {
    uuid::Uuid::from_bytes(make).try_into().unwrap()
}

/// A maker whose makes “Key One” and “Key Two” are known.
pub(super) struct Made {
    pub desk: Desk,
    pub maker: Maker,
    pub one: Batch,
    pub two: Batch,
}

/// The file of makes, as the organisation writes it.
pub(super) fn known(maker: &Maker, makes: &[([u8; 16], &str)]) -> KnownMakes {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("root.pem"), &maker.root).unwrap();
    let entries: Vec<String> = makes
        .iter()
        .map(|(make, name)| {
            format!(
                "[[make]]\naaguid = \"{}\"\nname = \"{name}\"\nroots = [\"root.pem\"]\n",
                aaguid(*make)
            )
        })
        .collect();
    let file = folder.path().join("makes.toml");
    fs::write(&file, entries.join("\n")).unwrap();
    KnownMakes::open(&file).unwrap()
}

pub(super) async fn made(db: &wd_db::Db) -> Made {
    let maker = Maker::new("Made Up Root");
    let (one, two) = (maker.batch(ONE, GOOD), maker.batch(TWO, GOOD));
    let mut desk = desk(db).await;
    let makes = known(&maker, &[(ONE, "Key One"), (TWO, "Key Two")]);
    desk.identity = desk.identity.clone().knowing_makes(makes);
    Made { desk, maker, one, two }
}

impl Desk {
    /// A role asks for attested passkeys, of these makes.
    pub(super) async fn ask_makes(
        &self,
        role: &str,
        version: i64,
        makes: Option<&[[u8; 16]]>,
        due_at: Option<Timestamp>,
    ) -> Result<RoleFactors, FactorPolicyError> {
        let change = FactorPolicyChange {
            version,
            sign_in: ATTESTED,
            step_up: ATTESTED,
            makes: makes.map(|listed| listed.iter().copied().map(aaguid).collect()),
            due_at,
        };
        self.identity.change_factor_policy(&self.admin(), role, change).await
    }

    pub(super) async fn own(&self, token: &SecretString) -> Vec<FactorView> {
        let all = self.identity.factors(&self.nobody(), Some(token)).await.unwrap();
        all.into_iter()
            .filter(|factor| factor.kind == FactorKind::Passkey)
            .collect()
    }

    async fn state(&self, token: &SecretString) -> SessionState {
        self.identity.session_state(&self.nobody(), Some(token)).await.unwrap()
    }

    async fn is_satisfied(&self, who: StaffId) -> (bool, Vec<String>) {
        let board = self
            .identity
            .factor_coverage(&self.admin(), &CoverageQuery::default())
            .await
            .unwrap();
        let person = board.people.into_iter().find(|person| person.id == who).unwrap();
        (person.satisfied, person.makes)
    }

    async fn steps_up(&self, token: &SecretString, key: &Authenticator) -> Result<SignedIn, SignInError> {
        let asked = self.identity.step_up_options(&self.nobody(), Some(token)).await?;
        let answer = key.get(&asked.options);
        self.identity
            .step_up_by_passkey(&self.nobody(), Some(token), &asked.ceremony, &answer)
            .await
    }

    fn in_two_weeks(&self) -> Timestamp {
        self.nobody().now() + Duration::from_secs(14 * DAY)
    }
}

/// Adds a key that says this of its make.
pub(super) async fn add(
    desk: &Desk,
    token: &SecretString,
    key: &mut Authenticator,
    statement: Statement<'_>,
) -> Result<FactorAdded, FactorError> {
    let asked = desk.identity.begin_passkey(&desk.nobody(), Some(token)).await?;
    let answer = key.create_with(&asked.options, statement);
    desk.identity
        .finish_passkey(&desk.nobody(), Some(token), &asked.ceremony, "Key", &answer)
        .await
}

fn names(state: &SessionState) -> Vec<&str> {
    let due = state.enrolment_due.as_ref().unwrap();
    assert_eq!(due.strength, ATTESTED);
    due.makes
        .as_ref()
        .unwrap()
        .iter()
        .map(|make| make.name.as_str())
        .collect()
}

both_databases! { SCHEMA;
    async fn a_key_that_shows_a_make_on_the_list_counts_and_its_make_is_shown(test) {
        let Made { desk, one, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask_makes("agent", 0, Some(&[ONE]), Some(desk.in_two_weeks())).await.unwrap();
        let mut key = Authenticator::of_make(1, ONE);
        add(&desk, &person.token, &mut key, Statement::By(&one)).await.unwrap();
        let own = desk.own(&person.token).await;
        assert_eq!(own[0].make.as_ref().unwrap().name, "Key One");
        assert_eq!((own[0].strength, own[0].counts), (ATTESTED, true));
        assert_eq!(desk.is_satisfied(person.id).await, (true, vec!["Key One".to_owned()]));
        desk.wait(15 * DAY);
        let entered = passkeys::sign_in(&desk, None, &key).await.unwrap();
        assert_eq!(entered.state.state, SignInState::SignedIn);
        assert!(entered.state.stepped_up_until.is_some());
        desk.wait(600);
        assert!(desk.steps_up(&entered.token, &key).await.is_ok());
    }

    async fn the_certificates_of_a_key_are_not_kept(test) {
        let Made { desk, one, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        let longest = async || desk.count("SELECT CAST(MAX(LENGTH(data)) AS BIGINT) FROM factor WHERE kind = 'passkey'").await;
        add(&desk, &person.token, &mut Authenticator::new(2), Statement::None).await.unwrap();
        let bare = longest().await;
        desk.ask_makes("agent", 0, None, Some(desk.in_two_weeks())).await.unwrap();
        add(&desk, &person.token, &mut Authenticator::of_make(1, ONE), Statement::By(&one)).await.unwrap();
        assert!(desk.own(&person.token).await.iter().any(|key| key.make.is_some()));
        assert!(longest().await <= bare + 32, "{bare}");
    }

    async fn only_who_must_show_a_make_is_asked_for_it(test) {
        let Made { desk, one, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        let asked = desk.identity.begin_passkey(&desk.nobody(), Some(&person.token)).await.unwrap();
        assert_eq!(asked.options["attestation"], "none");
        desk.ask_makes("agent", 0, None, Some(desk.in_two_weeks())).await.unwrap();
        let asked = desk.identity.begin_passkey(&desk.nobody(), Some(&person.token)).await.unwrap();
        assert_eq!(asked.options["attestation"], "direct");
        let mut key = Authenticator::of_make(1, ONE);
        add(&desk, &person.token, &mut key, Statement::By(&one)).await.unwrap();
        assert!(desk.own(&person.token).await[0].counts, "every known make is on a list that names none");
    }

    async fn a_key_that_has_not_shown_its_make_can_be_added_again_to_show_it(test) {
        let Made { desk, one, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        add(&desk, &person.token, &mut Authenticator::of_make(1, ONE), Statement::None).await.unwrap();
        let excluded = async || {
            let asked = desk.identity.begin_passkey(&desk.nobody(), Some(&person.token)).await.unwrap();
            asked.options["excludeCredentials"].as_array().map_or(0, Vec::len)
        };
        assert_eq!(excluded().await, 1);
        desk.ask_makes("agent", 0, None, Some(desk.in_two_weeks())).await.unwrap();
        assert_eq!(excluded().await, 0, "the browser would refuse the key otherwise");
        add(&desk, &person.token, &mut Authenticator::of_make(2, ONE), Statement::By(&one)).await.unwrap();
        assert_eq!(excluded().await, 1);
    }

    async fn of_two_roots_with_one_name_both_vouch(test) {
        let (old, new) = (Maker::new("Made Up Root"), Maker::new("Made Up Root"));
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old.pem"), &old.root).unwrap();
        fs::write(folder.path().join("new.pem"), &new.root).unwrap();
        let file = folder.path().join("makes.toml");
        fs::write(&file, format!("[[make]]\naaguid = \"{}\"\nname = \"Key One\"\nroots = [\"old.pem\", \"new.pem\"]\n", aaguid(ONE))).unwrap();
        let mut desk = desk(&test.db).await;
        desk.identity = desk.identity.clone().knowing_makes(KnownMakes::open(&file).unwrap());
        desk.ask_makes("agent", 0, None, Some(desk.in_two_weeks())).await.unwrap();
        let person = desk.person("grace").await;
        for (id, maker) in [(1, &old), (2, &new)] {
            add(&desk, &person.token, &mut Authenticator::of_make(id, ONE), Statement::By(&maker.batch(ONE, GOOD))).await.unwrap();
        }
        assert!(desk.own(&person.token).await.iter().all(|key| key.counts));
    }

    async fn a_key_that_does_not_count_is_kept_and_its_owner_is_told_which_do(test) {
        let Made { desk, one, two, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask_makes("agent", 0, Some(&[ONE]), None).await.unwrap();
        let pending = desk.pending("grace").await;
        let entered = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &desk.code(&person.secret), &client()).await.unwrap();
        assert_eq!(entered.state.state, SignInState::Enrol);
        assert_eq!(names(&entered.state), ["Key One"]);
        let mut wrong = Authenticator::of_make(2, TWO);
        let added = add(&desk, &entered.token, &mut wrong, Statement::By(&two)).await.unwrap();
        assert_eq!(added.state.state, SignInState::Enrol, "it is the wrong make");
        assert_eq!(names(&added.state), ["Key One"]);
        let token = added.token.unwrap();
        let own = desk.own(&token).await;
        assert_eq!((own[0].make.as_ref().unwrap().name.as_str(), own[0].counts), ("Key Two", false));
        assert!(desk.acting(&token).await.actor.staff().is_none(), "nothing else can be done");
        let mut right = Authenticator::of_make(1, ONE);
        let added = add(&desk, &token, &mut right, Statement::By(&one)).await.unwrap();
        assert_eq!(added.state.state, SignInState::SignedIn);
        assert_eq!(added.state.enrolment_due, None);
    }

    async fn a_stricter_policy_leaves_the_grace_and_then_only_a_way_to_add(test) {
        let Made { desk, one, two, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask_makes("agent", 0, None, None).await.unwrap();
        let mut wrong = Authenticator::of_make(2, TWO);
        let enrol = desk.full_after_code("grace", &person.secret).await;
        let token = add(&desk, &enrol, &mut wrong, Statement::By(&two)).await.unwrap().token.unwrap();
        let due = desk.in_two_weeks();
        desk.ask_makes("agent", 1, Some(&[ONE]), Some(due)).await.unwrap();
        assert!(desk.alive(&token).await);
        let state = desk.state(&token).await;
        assert_eq!(state.state, SignInState::SignedIn);
        assert_eq!(state.enrolment_due.as_ref().unwrap().due_at, due);
        assert_eq!(names(&state), ["Key One"]);
        assert!(!desk.is_satisfied(person.id).await.0);
        desk.wait(14 * DAY + 1);
        assert!(!desk.alive(&token).await);
        let entered = passkeys::sign_in(&desk, None, &wrong).await.unwrap();
        assert_eq!(entered.state.state, SignInState::Enrol);
        let mut right = Authenticator::of_make(1, ONE);
        let added = add(&desk, &entered.token, &mut right, Statement::By(&one)).await.unwrap();
        assert_eq!(added.state.state, SignInState::SignedIn);
        assert_eq!(desk.is_satisfied(person.id).await, (true, vec!["Key One".to_owned(), "Key Two".to_owned()]));
    }

    async fn a_make_taken_off_the_list_stops_counting_and_ends_what_it_began(test) {
        let Made { desk, one, two, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        let mallory = desk.person("mallory").await;
        desk.ask_makes("agent", 0, Some(&[ONE, TWO]), Some(desk.in_two_weeks())).await.unwrap();
        let (mut first, mut second) = (Authenticator::of_make(1, ONE), Authenticator::of_make(2, TWO));
        add(&desk, &person.token, &mut first, Statement::By(&one)).await.unwrap();
        add(&desk, &mallory.token, &mut second, Statement::By(&two)).await.unwrap();
        let with_one = passkeys::sign_in(&desk, None, &first).await.unwrap();
        let with_two = passkeys::sign_in(&desk, None, &second).await.unwrap();
        let shown = desk.ask_makes("agent", 1, Some(&[ONE]), None).await.unwrap();
        assert_eq!(shown.left.iter().map(|one| one.id).collect::<Vec<_>>(), [mallory.id]);
        assert!(desk.alive(&with_one.token).await);
        assert!(!desk.alive(&with_two.token).await);
        assert!(desk.steps_up(&with_one.token, &first).await.is_ok());
        assert_eq!(passkeys::sign_in(&desk, None, &second).await.unwrap().state.state, SignInState::Enrol);
    }

    async fn of_two_roles_with_two_lists_what_is_on_both_counts(test) {
        let Made { desk, one, two, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.roles.given.lock().unwrap().push((person.id, vec!["agent".into(), "auditor".into()]));
        desk.ask_makes("agent", 0, Some(&[ONE, TWO]), Some(desk.in_two_weeks())).await.unwrap();
        desk.ask_makes("auditor", 0, Some(&[TWO]), Some(desk.in_two_weeks())).await.unwrap();
        assert_eq!(names(&desk.state(&person.token).await), ["Key Two"]);
        let (mut first, mut second) = (Authenticator::of_make(1, ONE), Authenticator::of_make(2, TWO));
        add(&desk, &person.token, &mut first, Statement::By(&one)).await.unwrap();
        assert!(!desk.is_satisfied(person.id).await.0);
        add(&desk, &person.token, &mut second, Statement::By(&two)).await.unwrap();
        assert!(desk.is_satisfied(person.id).await.0);
        desk.wait(15 * DAY);
        let pending = passkeys::sign_in(&desk, None, &first).await.unwrap();
        assert_eq!(pending.state.state, SignInState::SecondFactor, "the other key is there, and must be used");
        let entered = passkeys::sign_in(&desk, Some(&pending.token), &second).await.unwrap();
        assert_eq!(entered.state.state, SignInState::SignedIn);
        assert!(matches!(desk.steps_up(&entered.token, &first).await, Err(SignInError::Weak)));
        assert!(desk.steps_up(&entered.token, &second).await.is_ok());
    }

    async fn lists_with_nothing_in_common_leave_no_key_that_counts(test) {
        let Made { desk, one, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.roles.given.lock().unwrap().push((person.id, vec!["agent".into(), "auditor".into()]));
        desk.ask_makes("agent", 0, Some(&[ONE]), Some(desk.in_two_weeks())).await.unwrap();
        desk.ask_makes("auditor", 0, Some(&[TWO]), Some(desk.in_two_weeks())).await.unwrap();
        add(&desk, &person.token, &mut Authenticator::of_make(1, ONE), Statement::By(&one)).await.unwrap();
        assert!(names(&desk.state(&person.token).await).is_empty());
        assert!(!desk.is_satisfied(person.id).await.0);
    }

    async fn the_last_key_that_counts_stays(test) {
        let Made { desk, one, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask_makes("agent", 0, Some(&[ONE]), Some(desk.in_two_weeks())).await.unwrap();
        let mut right = Authenticator::of_make(1, ONE);
        add(&desk, &person.token, &mut right, Statement::By(&one)).await.unwrap();
        add(&desk, &person.token, &mut Authenticator::new(2), Statement::None).await.unwrap();
        let own = desk.own(&person.token).await;
        let with = |counts| own.iter().find(|key| key.counts == counts).unwrap().id;
        let (counts, other) = (with(true), with(false));
        let token = Some(&person.token);
        let refused = desk.identity.remove_factor(&desk.nobody(), token, counts).await;
        assert!(matches!(refused, Err(FactorError::Needed)), "a passkey is there, and is not enough");
        desk.identity.remove_factor(&desk.nobody(), token, other).await.unwrap();
    }

    async fn a_make_or_root_that_the_organisation_drops_counts_no_more(test) {
        let Made { mut desk, maker, one, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask_makes("agent", 0, None, Some(desk.in_two_weeks())).await.unwrap();
        let mut key = Authenticator::of_make(1, ONE);
        add(&desk, &person.token, &mut key, Statement::By(&one)).await.unwrap();
        assert!(desk.is_satisfied(person.id).await.0);
        let other = Maker::new("Another Root");
        for makes in [known(&maker, &[(TWO, "Key Two")]), known(&other, &[(ONE, "Key One")]), KnownMakes::default()] {
            desk.identity = desk.identity.clone().knowing_makes(makes);
            assert_eq!(desk.is_satisfied(person.id).await, (false, vec![]));
        }
    }

    async fn a_policy_names_makes_that_are_known_or_changes_nothing(test) {
        let Made { desk, .. } = made(&test.db).await;
        let unknown = desk.ask_makes("agent", 0, Some(&[ONE, [9; 16]]), None).await;
        assert!(matches!(unknown, Err(FactorPolicyError::Makes)));
        assert!(matches!(desk.ask_makes("agent", 0, Some(&[]), None).await, Err(FactorPolicyError::Makes)));
        let without = Desk { identity: desk.identity.clone().knowing_makes(KnownMakes::default()), ..desk };
        assert!(matches!(without.ask_makes("agent", 0, None, None).await, Err(FactorPolicyError::NoMakes)));
        assert_eq!(without.identity.factor_policies(&without.admin()).await.unwrap()[0].version, 0);
    }

    async fn more_makes_is_less_asked_and_the_log_says_which(test) {
        let Made { desk, .. } = made(&test.db).await;
        let lowered = async || desk.count("SELECT COUNT(*) FROM outbox WHERE kind = 'identity.factor-policy-changed' AND CAST(payload AS TEXT) LIKE '%\"lowered\":true%'").await;
        desk.ask_makes("agent", 0, Some(&[ONE]), None).await.unwrap();
        assert_eq!(lowered().await, 0);
        desk.ask_makes("agent", 1, Some(&[ONE, TWO]), None).await.unwrap();
        assert_eq!(lowered().await, 1);
        let shown = desk.identity.factor_policies(&desk.admin()).await.unwrap();
        let listed: BTreeSet<Aaguid> = shown[0].makes.clone().unwrap().into_iter().collect();
        assert_eq!(listed, [aaguid(ONE), aaguid(TWO)].into());
    }

    async fn a_wave_does_not_ask_for_makes(test) {
        let Made { desk, .. } = made(&test.db).await;
        let wave = WaveChange {
            name: "All".into(),
            asks: ATTESTED,
            starts_at: Some(desk.nobody().now()),
            grace_days: 14,
            reminds: false,
            roles: vec!["agent".into()],
            people: vec![],
        };
        let refused = desk.identity.create_factor_wave(&desk.admin(), wave).await;
        assert!(matches!(refused, Err(WaveError::Field(BadWave::Asks))));
    }
}
