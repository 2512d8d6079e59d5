//! What passkeys only say of themselves, or others say for them, is no attestation.

use wd_db::both_databases;
use wd_kernel::SecretString;

use super::{
    Desk, Person, SCHEMA,
    authenticator::{Authenticator, Maker, Statement},
    client,
    makes::{GOOD, Made, ONE, add, made},
    passkeys,
};
use crate::{FactorError, FactorKind, FactorPolicyChange, FactorStrength, FactorView, SignInError, SignInState};

impl Desk {
    /// Signs in with password and app, where that is not enough: the session that can add a key.
    pub(super) async fn full_after_code(&self, login: &str, secret: &[u8]) -> SecretString {
        let pending = self.pending(login).await;
        let code = self.code(secret);
        let entered = self
            .identity
            .sign_in_by_totp(&self.nobody(), Some(&pending), &code, &client())
            .await
            .unwrap();
        self.wait(30);
        assert_eq!(entered.state.state, SignInState::Enrol);
        entered.token
    }

    async fn key(&self, token: &SecretString) -> FactorView {
        let all = self.identity.factors(&self.nobody(), Some(token)).await.unwrap();
        all.into_iter()
            .rfind(|factor| factor.kind == FactorKind::Passkey)
            .unwrap()
    }
}

/// A key that says this of its make is kept, counts for nothing more than a passkey, and leads no further.
async fn counts_for_nothing(desk: &Desk, id: u8, person: &Person, statement: Statement<'_>, why: &str) {
    let token = desk.full_after_code(&format!("grace{id}"), &person.secret).await;
    let mut key = Authenticator::of_make(id, ONE);
    let added = add(desk, &token, &mut key, statement).await.unwrap();
    assert_eq!(added.state.state, SignInState::Enrol, "{why}");
    let kept = desk.key(&added.token.unwrap()).await;
    assert_eq!((kept.make, kept.counts), (None, false), "{why}");
    assert_eq!(
        passkeys::sign_in(desk, None, &key).await.unwrap().state.state,
        SignInState::Enrol,
        "{why}"
    );
}

both_databases! { SCHEMA;
    async fn a_make_that_is_only_claimed_counts_for_nothing(test) {
        let Made { desk, maker, .. } = made(&test.db).await;
        let mut people = vec![];
        for id in 1..=5 {
            people.push(desk.person(&format!("grace{id}")).await);
        }
        desk.ask_makes("agent", 0, Some(&[ONE]), None).await.unwrap();
        let other = Maker::new("Another Root").batch(ONE, GOOD);
        let namesake = Maker::new("Made Up Root").batch(ONE, GOOD);
        let expired = maker.batch(ONE, 2021);
        counts_for_nothing(&desk, 1, &people[0], Statement::None, "no statement").await;
        counts_for_nothing(&desk, 2, &people[1], Statement::Itself, "it vouches for itself").await;
        counts_for_nothing(&desk, 3, &people[2], Statement::By(&other), "a root that is not known").await;
        counts_for_nothing(&desk, 4, &people[3], Statement::By(&namesake), "a root of the same name").await;
        counts_for_nothing(&desk, 5, &people[4], Statement::By(&expired), "a certificate that has expired").await;
    }

    async fn a_certificate_of_another_make_is_refused(test) {
        let Made { desk, two, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask_makes("agent", 0, Some(&[ONE]), None).await.unwrap();
        let token = desk.full_after_code("grace", &person.secret).await;
        let mut key = Authenticator::of_make(1, ONE);
        let lied = add(&desk, &token, &mut key, Statement::By(&two)).await;
        assert!(matches!(lied, Err(FactorError::WrongPasskey)));
    }

    async fn a_make_that_the_root_vouches_for_and_nobody_listed_counts_for_nothing(test) {
        let Made { desk, maker, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask_makes("agent", 0, None, None).await.unwrap();
        let token = desk.full_after_code("grace", &person.secret).await;
        let three = [3; 16];
        let added = add(&desk, &token, &mut Authenticator::of_make(1, three), Statement::By(&maker.batch(three, GOOD))).await.unwrap();
        assert_eq!(added.state.state, SignInState::Enrol);
        assert_eq!(desk.key(&added.token.unwrap()).await.make, None);
    }

    async fn a_statement_for_another_question_is_refused(test) {
        let Made { desk, one, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask_makes("agent", 0, Some(&[ONE]), None).await.unwrap();
        let token = desk.full_after_code("grace", &person.secret).await;
        let mut key = Authenticator::of_make(1, ONE);
        let asked = async || desk.identity.begin_passkey(&desk.nobody(), Some(&token)).await.unwrap();
        let (first, second) = (asked().await, asked().await);
        let heard = key.create_with(&first.options, Statement::By(&one));
        let give = async |ceremony: &str, answer| desk.identity.finish_passkey(&desk.nobody(), Some(&token), ceremony, "Key", answer).await;
        assert!(matches!(give(&second.ceremony, &heard).await, Err(FactorError::WrongPasskey)), "the whole answer");
        let third = asked().await;
        let mut mixed = key.create(&third.options);
        mixed["response"]["attestationObject"] = heard["response"]["attestationObject"].clone();
        assert!(matches!(give(&third.ceremony, &mixed).await, Err(FactorError::WrongPasskey)), "the statement alone");
        assert!(give(&first.ceremony, &heard).await.is_ok());
    }

    async fn a_key_that_can_be_copied_counts_for_nothing_whoever_vouches_for_it(test) {
        let Made { desk, one, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask_makes("agent", 0, Some(&[ONE]), None).await.unwrap();
        let token = desk.full_after_code("grace", &person.secret).await;
        let mut synced = Authenticator::of_make(1, ONE);
        synced.synced = true;
        let added = add(&desk, &token, &mut synced, Statement::By(&one)).await.unwrap();
        assert_eq!(added.state.state, SignInState::Enrol);
        let token = added.token.unwrap();
        assert_eq!(desk.key(&token).await.make, None);
        let mut key = Authenticator::of_make(2, ONE);
        let full = add(&desk, &token, &mut key, Statement::By(&one)).await.unwrap().token.unwrap();
        let step_up = async |key: &Authenticator| {
            let asked = desk.identity.step_up_options(&desk.nobody(), Some(&full)).await?;
            let answer = key.get(&asked.options);
            desk.identity.step_up_by_passkey(&desk.nobody(), Some(&full), &asked.ceremony, &answer).await
        };
        key.synced = true;
        let copied = step_up(&key).await;
        assert!(matches!(copied, Err(SignInError::WrongPasskey)), "a copy of what could not be copied: {copied:?}");
        // A wrong answer makes wait.
        desk.wait(1);
        key.synced = false;
        key.copyable = true;
        let left = step_up(&key).await;
        assert!(matches!(left, Err(SignInError::Weak)), "it may leave the device that was attested: {left:?}");
        assert!(desk.own(&full).await.iter().all(|key| key.make.is_none()));
        key.copyable = false;
        assert!(step_up(&key).await.is_err(), "and does not come back");
    }

    async fn the_key_of_somebody_else_helps_nobody(test) {
        let Made { desk, one, .. } = made(&test.db).await;
        let grace = desk.person("grace").await;
        let mallory = desk.person("mallory").await;
        desk.ask_makes("agent", 0, Some(&[ONE]), Some(desk.nobody().now())).await.unwrap();
        let of_grace = desk.full_after_code("grace", &grace.secret).await;
        let of_mallory = desk.full_after_code("mallory", &mallory.secret).await;
        let mut key = Authenticator::of_make(1, ONE);
        add(&desk, &of_grace, &mut key, Statement::By(&one)).await.unwrap();
        let taken = add(&desk, &of_mallory, &mut key, Statement::By(&one)).await;
        assert!(matches!(taken, Err(FactorError::KnownPasskey)));
        let crossed = passkeys::sign_in(&desk, Some(&of_mallory), &key).await;
        assert!(matches!(crossed, Err(SignInError::WrongPasskey)), "it says mallory and signs for grace");
    }

    async fn who_has_a_passkey_that_does_not_do_any_more_shows_it_all_the_same_to_add_another(test) {
        let Made { desk, one, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        let mut bare = Authenticator::new(7);
        add(&desk, &person.token, &mut bare, Statement::None).await.unwrap();
        desk.ask_makes("agent", 0, Some(&[ONE]), None).await.unwrap();
        let pending = desk.pending("grace").await;
        let by_app = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &desk.code(&person.secret), &client()).await;
        assert!(matches!(by_app, Err(SignInError::Weak)), "a code can be passed on, and would add a key of whoever has it");
        let entered = passkeys::sign_in(&desk, None, &bare).await.unwrap();
        assert_eq!(entered.state.state, SignInState::Enrol);
        let added = add(&desk, &entered.token, &mut Authenticator::of_make(1, ONE), Statement::By(&one)).await.unwrap();
        assert_eq!(added.state.state, SignInState::SignedIn);
    }

    async fn where_only_dangerous_acts_ask_for_a_make_a_code_is_refused_before_it_is_spent(test) {
        let Made { desk, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        add(&desk, &person.token, &mut Authenticator::new(7), Statement::None).await.unwrap();
        let change = FactorPolicyChange { version: 0, sign_in: FactorStrength::Any, step_up: FactorStrength::Attested, makes: None, due_at: None };
        desk.identity.change_factor_policy(&desk.admin(), "agent", change).await.unwrap();
        let state = desk.password("grace", super::PASSWORD).await.unwrap();
        assert_eq!(state.state.factors, [FactorKind::Passkey]);
        let code = super::secret(&person.codes[0]);
        for _ in 0..2 {
            let by_code = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&state.token), &code, &client()).await;
            assert!(matches!(by_code, Err(SignInError::Weak)));
        }
        assert_eq!(desk.entries("recovery-code.used", "done").await, 0);
    }

    async fn neither_an_app_nor_a_recovery_code_stands_in_for_a_key_that_counts(test) {
        let Made { desk, one, .. } = made(&test.db).await;
        let person = desk.person("grace").await;
        desk.ask_makes("agent", 0, Some(&[ONE]), None).await.unwrap();
        let token = desk.full_after_code("grace", &person.secret).await;
        let weak = desk.identity.begin_totp(&desk.nobody(), Some(&token)).await;
        assert!(matches!(weak, Err(FactorError::Weak)));
        add(&desk, &token, &mut Authenticator::of_make(1, ONE), Statement::By(&one)).await.unwrap();
        let pending = desk.pending("grace").await;
        let by_app = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &desk.code(&person.secret), &client()).await;
        assert!(matches!(by_app, Err(SignInError::Weak)));
        let code = super::secret(&person.codes[0]);
        let by_code = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &code, &client()).await;
        assert!(matches!(by_code, Err(SignInError::Weak)));
    }
}
