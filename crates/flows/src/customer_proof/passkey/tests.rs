use std::sync::atomic::Ordering;

use serde_json::json;
use wd_customer_proof::{Asking, Channel, CustomerPasskey, HOLD, PasskeyQuestion, testing::SoftPasskey};
use wd_db::both_databases;
use wd_kernel::{Ctx, Duration, PageQuery, ProblemCode};
use wd_web::Fails as _;

use crate::customer_proof::{
    CustomerProofError, Obstacle, StaffProof, WidgetProof,
    tests::{ALL, Scene, refused},
};

impl Scene {
    fn vouch(&self, vouched: bool) {
        self.record.vouched.store(vouched, Ordering::SeqCst);
    }

    async fn add_as(
        &self,
        ctx: &Ctx,
        asking: &Asking,
        passkey: &mut SoftPasskey,
    ) -> Result<CustomerPasskey, CustomerProofError> {
        let question = self.flows.begin_passkey(ctx, asking).await?;
        let answer = passkey.create(&question.options);
        self.flows
            .add_passkey(ctx, asking, &question.ceremony, "Phone", &answer)
            .await
    }

    async fn add(&self, passkey: &mut SoftPasskey) -> Result<CustomerPasskey, CustomerProofError> {
        self.add_as(&self.customer.ctx, &self.asking, passkey).await
    }

    /// A passkey that counts, in a session that nobody vouches for.
    async fn with_passkey(self, passkey: &mut SoftPasskey) -> Self {
        self.vouch(true);
        self.add(passkey).await.unwrap();
        self.vouch(false);
        self.org.clock.advance(HOLD);
        self
    }

    async fn may_add(&self) -> bool {
        let list = self.flows.own_passkeys(&self.customer.ctx, &self.asking).await;
        list.unwrap().may_add
    }

    async fn ask_passkey(&self) -> Result<StaffProof, CustomerProofError> {
        // So that it is newer than the one before.
        self.org.clock.advance(Duration::from_secs(1));
        self.ask_by(Channel::Passkey).await
    }

    async fn question(&self) -> Result<PasskeyQuestion, CustomerProofError> {
        self.flows
            .begin_passkey_proof(&self.customer.ctx, self.id, &self.asking)
            .await
    }

    async fn show(&self, passkey: &SoftPasskey) -> Result<WidgetProof, CustomerProofError> {
        let question = self.question().await?;
        let answer = passkey.get(&question.options);
        self.answer_question(&question, &answer).await
    }

    async fn answer_question(
        &self,
        question: &PasskeyQuestion,
        answer: &serde_json::Value,
    ) -> Result<WidgetProof, CustomerProofError> {
        let (ctx, asking) = (&self.customer.ctx, &self.asking);
        self.flows
            .answer_passkey_proof(ctx, self.id, asking, &question.ceremony, answer)
            .await
    }

    async fn mails(&self) -> Vec<String> {
        let mut tx = self.db.db.snapshot().await.unwrap();
        let list = self.flows.outgoing.list(&mut tx, &PageQuery::default()).await.unwrap();
        list.items.into_iter().map(|mail| mail.kind).collect()
    }

    async fn release(&self) {
        let mut tx = self.db.db.begin().await.unwrap();
        let case = self.desk.lock_in(&mut tx, &self.agent, self.id).await.unwrap();
        self.desk.release_in(&mut tx, &self.agent, case).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, CustomerProofError>) -> ProblemCode {
    result.unwrap_err().problem().code
}

both_databases! { ALL;
    async fn a_visitor_cannot_add_or_remove_a_passkey(test) {
        let s = Scene::new(test).await;
        assert!(!s.may_add().await);
        assert_eq!(code(s.add(&mut SoftPasskey::new(1)).await), ProblemCode::Forbidden);
        s.vouch(true);
        let (ctx, asking) = (&s.customer.ctx, &s.asking);
        let question = s.flows.begin_passkey(ctx, asking).await.unwrap();
        let answer = SoftPasskey::new(1).create(&question.options);
        s.vouch(false);
        let late = s.flows.add_passkey(ctx, asking, &question.ceremony, "Phone", &answer).await;
        assert_eq!(code(late), ProblemCode::Forbidden);
        s.vouch(true);
        let added = s.add(&mut SoftPasskey::new(2)).await.unwrap();
        s.vouch(false);
        assert_eq!(code(s.flows.remove_passkey(ctx, asking, added.id).await), ProblemCode::Forbidden);
        assert_eq!(s.flows.own_passkeys(ctx, asking).await.unwrap().passkeys, [added]);
        // Staff are no customers.
        assert_eq!(code(s.flows.begin_passkey(&s.agent, asking).await), ProblemCode::Unauthenticated);
        assert_eq!(code(s.flows.own_passkeys(&s.agent, asking).await), ProblemCode::Unauthenticated);
    }

    async fn whom_the_site_vouches_for_adds_and_removes_one_and_the_address_on_file_is_told(test) {
        let s = Scene::new(test).await;
        s.vouch(true);
        assert!(s.may_add().await);
        let added = s.add(&mut SoftPasskey::new(1)).await.unwrap();
        assert_eq!(added.counts_from, added.created_at + HOLD);
        assert_eq!(s.mails().await, ["customer-passkey"]);
        s.flows.remove_passkey(&s.customer.ctx, &s.asking, added.id).await.unwrap();
        assert_eq!(s.mails().await, ["customer-passkey", "customer-passkey"]);
        assert_eq!(code(s.flows.remove_passkey(&s.customer.ctx, &s.asking, added.id).await), ProblemCode::NotFound);
        assert!(s.flows.own_passkeys(&s.customer.ctx, &s.asking).await.unwrap().passkeys.is_empty());
    }

    async fn nobody_adds_a_passkey_unseen_by_filling_the_limit_of_mails(test) {
        let s = Scene::new(test).await;
        s.vouch(true);
        let mut told = 0;
        let refused = loop {
            let added = match s.add(&mut SoftPasskey::new(told)).await {
                Ok(added) => added,
                Err(refused) => break refused,
            };
            told += 1;
            match s.flows.remove_passkey(&s.customer.ctx, &s.asking, added.id).await {
                Ok(()) => told += 1,
                Err(refused) => break refused,
            }
        };
        assert_eq!(refused.problem().code, ProblemCode::RateLimited);
        assert_eq!(s.mails().await.len(), usize::from(told), "everything that happened was told");
    }

    async fn without_an_address_on_file_nobody_is_told(test) {
        let s = Scene::with(test, None, None, None).await;
        s.vouch(true);
        s.add(&mut SoftPasskey::new(1)).await.unwrap();
        assert!(s.mails().await.is_empty());
    }

    async fn who_gave_a_proof_in_this_session_and_by_this_device_adds_one_while_it_counts(test) {
        let s = Scene::new(test).await;
        s.ask().await.unwrap();
        let code_in_mail = s.code().await;
        s.answer(&code_in_mail).await.unwrap();
        assert!(!s.may_add().await, "who reads the mail once is not the customer for good");
        s.org.clock.advance(Duration::from_secs(1));
        s.ask_by(Channel::PhoneCode).await.unwrap();
        let code_in_text = s.code().await;
        s.answer(&code_in_text).await.unwrap();
        assert!(s.may_add().await);
        let elsewhere = Asking::new(s.customer.id, "another token");
        let other = s.flows.begin_passkey(&s.customer.ctx, &elsewhere).await;
        assert_eq!(code(other), ProblemCode::Forbidden);
        let device = Asking { device: s.org.device(&s.customer.ctx).await.id, ..s.asking.clone() };
        assert_eq!(code(s.flows.begin_passkey(&s.customer.ctx, &device).await), ProblemCode::Forbidden);
        s.add(&mut SoftPasskey::new(1)).await.unwrap();
        s.record.signed_in.store(false, Ordering::SeqCst);
        assert!(!s.may_add().await);
        s.record.signed_in.store(true, Ordering::SeqCst);
        s.org.clock.advance(wd_customer_proof::VALID);
        assert!(!s.may_add().await);
    }

    async fn an_agent_asks_for_a_passkey_and_sees_a_strong_proof_and_nothing_of_the_passkey(test) {
        let s = Scene::new(test).await;
        assert_eq!(s.obstacles().await[2], Some(Obstacle::NothingOnFile));
        assert!(refused(s.ask_passkey().await).contains("no passkey that counts"));
        s.vouch(true);
        let mut passkey = SoftPasskey::new(1);
        s.add(&mut passkey).await.unwrap();
        assert_eq!(s.obstacles().await[2], Some(Obstacle::Held));
        assert!(refused(s.ask_passkey().await).contains("less than 24 hours ago"));
        s.org.clock.advance(HOLD);
        assert_eq!(s.obstacles().await[2], None);
        s.ask_passkey().await.unwrap();
        let before = s.flows.for_customer(&s.customer.ctx, s.id, &s.asking).await.unwrap().request.unwrap();
        assert_eq!((before.channel, before.address, before.here), (Channel::Passkey, None, true));
        let proved = s.show(&passkey).await.unwrap();
        assert_eq!(proved.given[0].channel, Channel::Passkey);
        let seen = serde_json::to_value(s.flows.for_staff(&s.agent, s.id).await.unwrap()).unwrap();
        assert_eq!((&seen["proof"]["channel"], &seen["proof"]["strength"]), (&json!("passkey"), &json!("strong")));
        assert_eq!(seen["requests"][0]["state"], "proved");
        for secret in [passkey.credential().as_str(), "Phone", "cpk_"] {
            assert!(!seen.to_string().contains(secret), "{secret}");
        }
    }

    async fn a_request_for_a_passkey_takes_no_code_and_one_for_a_code_no_passkey(test) {
        let mut passkey = SoftPasskey::new(1);
        let s = Scene::new(test).await.with_passkey(&mut passkey).await;
        s.ask_passkey().await.unwrap();
        assert!(refused(s.send().await).contains("with a passkey, not with a code"));
        assert!(refused(s.answer("123456").await).contains("with a passkey, not with a code"));
        s.show(&passkey).await.unwrap();
        s.org.clock.advance(Duration::from_secs(1));
        s.ask().await.unwrap();
        assert!(refused(s.question().await).contains("with a code, not with a passkey"));
        let nothing = json!({});
        let answer = s.flows.answer_passkey_proof(&s.customer.ctx, s.id, &s.asking, "ticket", &nothing);
        assert!(refused(answer.await).contains("with a code, not with a passkey"));
    }

    async fn a_wrong_answer_is_counted_though_it_is_refused(test) {
        let mut passkey = SoftPasskey::new(1);
        let s = Scene::new(test).await.with_passkey(&mut passkey).await;
        s.ask_passkey().await.unwrap();
        let stranger = SoftPasskey::new(9);
        for left in [4, 3, 2, 1] {
            assert_eq!(code(s.show(&stranger).await), ProblemCode::InvalidFields);
            let shown = s.flows.for_customer(&s.customer.ctx, s.id, &s.asking).await.unwrap().request.unwrap();
            assert_eq!(shown.tries_left, left);
        }
        assert!(refused(s.show(&stranger).await).contains("last try"));
        refused(s.show(&passkey).await);
        assert!(!s.is_proved().await);
    }

    async fn another_customer_another_device_and_another_session_cannot_answer(test) {
        let mut passkey = SoftPasskey::new(1);
        let s = Scene::new(test).await.with_passkey(&mut passkey).await;
        s.ask_passkey().await.unwrap();
        let question = s.question().await.unwrap();
        let answer = passkey.get(&question.options);
        let ticket = question.ceremony.as_str();
        let other = s.org.device(&s.org.customer()).await;
        let theirs = Asking::new(other.id, "another token");
        let flows = &s.flows;
        assert_eq!(code(flows.begin_passkey_proof(&other.ctx, s.id, &theirs).await), ProblemCode::NotFound);
        assert_eq!(code(flows.answer_passkey_proof(&other.ctx, s.id, &theirs, ticket, &answer).await), ProblemCode::NotFound);
        assert_eq!(code(flows.answer_passkey_proof(&other.ctx, s.id, &s.asking, ticket, &answer).await), ProblemCode::NotFound);
        assert_eq!(code(flows.answer_passkey_proof(&s.customer.ctx, s.id, &theirs, ticket, &answer).await), ProblemCode::NotFound);
        let elsewhere = Asking::new(s.customer.id, "another token");
        refused(flows.begin_passkey_proof(&s.customer.ctx, s.id, &elsewhere).await);
        refused(flows.answer_passkey_proof(&s.customer.ctx, s.id, &elsewhere, ticket, &answer).await);
        assert_eq!(code(flows.answer_passkey_proof(&s.agent, s.id, &s.asking, ticket, &answer).await), ProblemCode::Unauthenticated);
        s.answer_question(&question, &answer).await.unwrap();
        refused(s.answer_question(&question, &answer).await);
    }

    async fn a_copied_passkey_is_stopped_its_proof_ends_and_its_owner_is_told(test) {
        let mut passkey = SoftPasskey::new(1);
        let s = Scene::new(test).await.with_passkey(&mut passkey).await;
        passkey.counter = 7;
        s.ask_passkey().await.unwrap();
        s.show(&passkey).await.unwrap();
        assert!(s.is_proved().await);
        s.ask_passkey().await.unwrap();
        passkey.counter = 3;
        assert!(refused(s.show(&passkey).await).contains("answered like a copy"));
        assert!(!s.is_proved().await);
        assert_eq!(s.mails().await, ["customer-passkey", "customer-passkey"]);
        assert!(s.flows.own_passkeys(&s.customer.ctx, &s.asking).await.unwrap().passkeys[0].stopped);
        passkey.counter = 8;
        assert!(refused(s.show(&passkey).await).contains("no passkey that counts"));
        assert_eq!(s.obstacles().await[2], Some(Obstacle::NothingOnFile));
    }

    async fn a_passkey_removed_in_between_and_an_ended_session_prove_nothing(test) {
        let mut passkey = SoftPasskey::new(1);
        let s = Scene::new(test).await.with_passkey(&mut passkey).await;
        s.ask_passkey().await.unwrap();
        let question = s.question().await.unwrap();
        let answer = passkey.get(&question.options);
        s.record.signed_in.store(false, Ordering::SeqCst);
        assert_eq!(code(s.answer_question(&question, &answer).await), ProblemCode::Unauthenticated);
        assert_eq!(code(s.question().await), ProblemCode::Unauthenticated);
        s.record.signed_in.store(true, Ordering::SeqCst);
        s.vouch(true);
        let kept = s.flows.own_passkeys(&s.customer.ctx, &s.asking).await.unwrap().passkeys;
        s.flows.remove_passkey(&s.customer.ctx, &s.asking, kept[0].id).await.unwrap();
        assert!(refused(s.answer_question(&question, &answer).await).contains("no passkey that counts"));
        assert!(!s.is_proved().await);
    }

    async fn when_the_conversation_was_given_away_or_closed_no_passkey_is_asked_for(test) {
        let mut passkey = SoftPasskey::new(1);
        let s = Scene::new(test).await.with_passkey(&mut passkey).await;
        s.ask_passkey().await.unwrap();
        let question = s.question().await.unwrap();
        let answer = passkey.get(&question.options);
        s.release().await;
        refused(s.question().await);
        refused(s.answer_question(&question, &answer).await);
        let mut tx = s.db.db.begin().await.unwrap();
        let case = s.desk.lock_in(&mut tx, &s.agent, s.id).await.unwrap();
        s.desk.take_in(&mut tx, &s.agent, case).await.unwrap();
        tx.commit().await.unwrap();
        s.ask_passkey().await.unwrap();
        s.show(&passkey).await.unwrap();
        assert!(s.is_proved().await && s.may_add().await);
        let mut tx = s.db.db.begin().await.unwrap();
        let case = s.desk.lock_in(&mut tx, &s.agent, s.id).await.unwrap();
        s.desk.close_in(&mut tx, &s.agent, case).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!s.is_proved().await && !s.may_add().await);
        refused(s.question().await);
        refused(s.ask_passkey().await);
    }
}
