//! What the company's provider vouches for, and who could come in without it.

use wd_db::{both_databases, sql};
use wd_kernel::{SecretString, SignInReviewId, StaffId};

use super::{Desk, SCHEMA, client, desk};
use crate::{
    FactorPolicyChange, FactorStrength, Lacking, ProviderProof, ProviderSignInError, SignInState, SignedIn, WaveChange,
};

const STRONG: FactorStrength = FactorStrength::PhishingResistant;

impl Desk {
    async fn lacks(&self, id: StaffId) -> Option<Lacking> {
        let (mut tx, ctx) = (self.db.snapshot().await.unwrap(), self.nobody());
        let lacks = self.identity.lacks_to_enter_alone_in(&mut tx, &ctx, id).await;
        lacks.unwrap()
    }

    /// Everybody with the role of agents needs a phishing-resistant factor.
    async fn agents_need_a_strong_factor(&self) {
        let change = FactorPolicyChange {
            version: 0,
            sign_in: STRONG,
            step_up: STRONG,
            makes: None,
            due_at: None,
        };
        self.identity
            .change_factor_policy(&self.admin(), "agent", change)
            .await
            .unwrap();
    }

    /// Comes by the provider, which says that this was shown just now.
    pub(super) async fn vouched(&self, staff: StaffId, shown: FactorStrength) -> SignedIn {
        self.wait(1);
        let proof = ProviderProof {
            staff,
            shown: Some(shown),
            auth_time: Some(self.nobody().now()),
        };
        let mut tx = self.db.begin().await.unwrap();
        let entered = self
            .identity
            .sign_in_by_provider_in(&mut tx, &self.nobody(), None, proof, &client())
            .await;
        tx.commit().await.unwrap();
        entered.unwrap()
    }

    /// Shows it there again.
    async fn again(
        &self,
        token: &SecretString,
        shown: Option<FactorStrength>,
    ) -> Result<SignedIn, ProviderSignInError> {
        let actor = self.acting(token).await;
        let me = actor.actor.staff().unwrap();
        let proof = ProviderProof {
            staff: me.id,
            shown,
            auth_time: Some(self.nobody().now()),
        };
        let mut tx = self.db.begin().await.unwrap();
        let entered = self
            .identity
            .step_up_by_provider_in(&mut tx, &actor, Some(token), me.session, proof)
            .await;
        tx.commit().await.unwrap();
        entered
    }
}

both_databases! { SCHEMA;
    async fn who_has_a_password_and_an_app_needs_no_provider(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        assert_eq!(desk.lacks(person.id).await, None);
    }

    async fn recovery_codes_alone_are_soon_used_up(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut tx = test.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE factor SET disabled_at = 1 WHERE kind = 'totp'").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.db.snapshot().await.unwrap();
        assert!(desk.identity.has_factor_in(&mut tx, person.id).await.unwrap(), "the codes are there");
        drop(tx);
        assert_eq!(desk.lacks(person.id).await, Some(Lacking::Factor));
    }

    async fn without_a_password_that_works_there_is_no_way_in(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let mut tx = test.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE staff SET password_disabled_at = 1").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(desk.lacks(person.id).await, Some(Lacking::Password), "it was stopped");
        let mut tx = test.db.begin().await.unwrap();
        let brought = desk.identity.provision_in(&mut tx, &desk.admin(), "ada", "Ada").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(desk.lacks(brought).await, Some(Lacking::Password), "there never was one");
    }

    async fn what_the_provider_calls_phishing_resistant_does_where_a_role_asks_for_it(test) {
        let desk = desk(&test.db).await;
        let ada = desk.brought("ada").await;
        desk.agents_need_a_strong_factor().await;
        let entered = desk.vouched(ada, STRONG).await;
        assert_eq!((entered.state.state, entered.state.enrolment_due), (SignInState::SignedIn, None));
        assert!(entered.state.stepped_up_until.is_some());
        let weaker = desk.vouched(ada, FactorStrength::Any).await;
        assert_eq!(weaker.state.state, SignInState::Enrol, "the same account with less");
    }

    async fn nothing_from_the_provider_does_where_a_wave_asks_for_ones_own(test) {
        let desk = desk(&test.db).await;
        let ada = desk.brought("ada").await;
        desk.vouched(ada, STRONG).await;
        let wanted = WaveChange { name: "Agents".into(), asks: STRONG, roles: vec![], people: vec![ada], starts_at: None, grace_days: 0, reminds: false };
        desk.wave(wanted).await;
        for shown in [STRONG, FactorStrength::Attested] {
            assert_eq!(desk.vouched(ada, shown).await.state.state, SignInState::Enrol, "{shown:?}");
        }
    }

    async fn what_withstands_less_than_the_role_asks_confirms_nothing(test) {
        let desk = desk(&test.db).await;
        let ada = desk.brought("ada").await;
        desk.agents_need_a_strong_factor().await;
        let entered = desk.vouched(ada, STRONG).await;
        desk.wait(660);
        for shown in [None, Some(FactorStrength::Any)] {
            let refused = desk.again(&entered.token, shown).await;
            assert!(matches!(refused, Err(ProviderSignInError::NoSession)), "{shown:?}");
        }
        let confirmed = desk.again(&entered.token, Some(STRONG)).await.unwrap();
        assert!(confirmed.state.stepped_up_until.unwrap() > desk.nobody().now());
    }

    async fn a_sign_in_that_is_in_doubt_is_told_so_and_goes_on(test) {
        let desk = desk(&test.db).await;
        let ada = desk.brought("ada").await;
        let entered = desk.vouched(ada, FactorStrength::Any).await;
        let session = desk.acting(&entered.token).await.actor.staff().unwrap().session;
        let id: SignInReviewId = desk.nobody().id();
        let now = desk.nobody().now();
        let mut tx = test.db.begin().await.unwrap();
        sql!(tx, execute, "INSERT INTO sign_in_review (id, staff, session, shown_by, at, decision, signals, asked, place) VALUES ($1, $2, $3, 'provider', $4, 'step-up', 'new-country', 1, $5)", id, ada, session, now, b"sealed".as_slice()).await.unwrap();
        tx.commit().await.unwrap();
        for shown in [FactorStrength::Any, STRONG] {
            let refused = desk.again(&entered.token, Some(shown)).await;
            assert!(matches!(refused, Err(ProviderSignInError::InDoubt)), "{shown:?}");
        }
        assert!(desk.alive(&entered.token).await);
    }
}
