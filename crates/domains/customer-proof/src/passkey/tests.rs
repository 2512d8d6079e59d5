use std::sync::Arc;

use serde_json::{Value, json};
use wd_audit_log::AuditFilter;
use wd_db::{Db, both_databases, sql};
use wd_kernel::{CustomerId, Duration, Id as _, PageQuery};
use wd_vault::Vault;

use super::{CustomerPasskey, MOST_PASSKEYS, PasskeyAnswer, PasskeyError, PasskeyQuestion, PasskeyTried, PasskeysNow};
use crate::{
    Answer, Asking, CODES_STOPPED, Channel, HOLD, MIGRATIONS, ProofError, Request, State, Strength,
    testing::{Frame, SoftPasskey},
    tests::{Bench, browser, id, not},
};

const SITE: &str = "https://www.example.org";

/// A customer who has a key, and the site that shows the widget.
struct Desk {
    bench: Bench,
    vault: Vault,
    sites: Vec<String>,
}

impl Desk {
    async fn new(db: &Db) -> Self {
        let bench = Bench::new(db).await;
        let vault = wd_vault::testing::vault(db).await;
        let desk = Self {
            bench,
            vault,
            sites: vec![SITE.into()],
        };
        desk.key_for(desk.bench.customer).await;
        desk
    }

    async fn key_for(&self, customer: CustomerId) {
        let mut tx = self.bench.db.begin().await.unwrap();
        let ctx = self.bench.widget();
        let key = self.vault.create_subject_key(&mut tx, &ctx, customer);
        drop(key.await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn begin_as(&self, customer: CustomerId, asking: &Asking) -> Result<PasskeyQuestion, PasskeyError> {
        let mut tx = self.bench.db.snapshot().await?;
        let ctx = self.bench.widget();
        let question = self
            .bench
            .proofs
            .begin_passkey_in(&mut tx, &ctx, customer, asking, "Mia");
        question.await
    }

    fn given<'a>(&'a self, ceremony: &'a str, credential: &'a Value) -> PasskeyAnswer<'a> {
        PasskeyAnswer {
            ceremony,
            credential,
            sites: &self.sites,
        }
    }

    async fn finish_as(
        &self,
        customer: CustomerId,
        asking: &Asking,
        ticket: &str,
        answer: &Value,
    ) -> Result<Option<CustomerPasskey>, PasskeyError> {
        let mut tx = self.bench.db.begin().await?;
        let (proofs, ctx) = (&self.bench.proofs, self.bench.widget());
        let added = proofs
            .add_passkey_in(&mut tx, &ctx, customer, asking, "Phone", self.given(ticket, answer))
            .await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Adds a passkey of a customer, from their browser.
    async fn add_for(
        &self,
        customer: CustomerId,
        passkey: &mut SoftPasskey,
    ) -> Result<Option<CustomerPasskey>, PasskeyError> {
        let asking = &self.bench.browser;
        let question = self.begin_as(customer, asking).await?;
        let answer = passkey.create(&question.options);
        self.finish_as(customer, asking, &question.ceremony, &answer).await
    }

    async fn add(&self, passkey: &mut SoftPasskey) -> CustomerPasskey {
        self.add_for(self.bench.customer, passkey).await.unwrap().unwrap()
    }

    /// A passkey that counts, and a request for it.
    async fn asked(&self, passkey: &mut SoftPasskey) -> Request {
        self.add(passkey).await;
        self.bench.clock.advance(HOLD);
        self.ask().await
    }

    async fn ask(&self) -> Request {
        let Bench {
            conversation, customer, ..
        } = self.bench;
        // So that it is newer than the one before.
        self.bench.clock.advance(Duration::from_secs(1));
        let asked = self.bench.ask_by(conversation, customer, Channel::Passkey);
        asked.await.unwrap()
    }

    async fn question_as(&self, asking: &Asking, request: &Request) -> Result<PasskeyQuestion, PasskeyError> {
        let mut tx = self.bench.db.begin().await?;
        let ctx = self.bench.widget();
        let question = self.bench.proofs.ask_passkey_in(&mut tx, &ctx, request, asking).await?;
        tx.commit().await?;
        Ok(question)
    }

    async fn question(&self) -> PasskeyQuestion {
        let request = self.bench.latest().await;
        self.question_as(&self.bench.browser, &request).await.unwrap()
    }

    async fn answer_as(
        &self,
        asking: &Asking,
        request: &Request,
        ticket: &str,
        answer: &Value,
    ) -> Result<PasskeyTried, PasskeyError> {
        let mut tx = self.bench.db.begin().await?;
        let (proofs, ctx) = (&self.bench.proofs, self.bench.widget());
        let tried = proofs
            .answer_passkey_in(&mut tx, &ctx, request, asking, self.given(ticket, answer))
            .await?;
        tx.commit().await?;
        Ok(tried)
    }

    /// Answers a new question with this passkey.
    async fn prove(&self, passkey: &SoftPasskey) -> PasskeyTried {
        let question = self.question().await;
        let answer = passkey.get(&question.options);
        let request = self.bench.latest().await;
        let tried = self.answer_as(&self.bench.browser, &request, &question.ceremony, &answer);
        tried.await.unwrap()
    }

    async fn now(&self) -> PasskeysNow {
        let mut tx = self.bench.db.snapshot().await.unwrap();
        let now = self.bench.widget().now();
        let found = self.bench.proofs.passkeys_now_in(&mut tx, self.bench.customer, now);
        found.await.unwrap()
    }

    async fn list(&self) -> Vec<CustomerPasskey> {
        let mut tx = self.bench.db.snapshot().await.unwrap();
        self.bench
            .proofs
            .passkeys_in(&mut tx, self.bench.customer)
            .await
            .unwrap()
    }

    async fn is_proved(&self) -> bool {
        self.bench.is_proved_in(self.bench.conversation).await
    }
}

const fn wrong(left: i64) -> PasskeyTried {
    PasskeyTried {
        answer: Answer::Wrong { left },
        copied: false,
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, PasskeyError>) -> &'static str {
    match result {
        Err(PasskeyError::Proof(ProofError::Conflict(why))) => why,
        other => panic!("{other:?}"),
    }
}

both_databases! { &[MIGRATIONS, wd_audit_log::MIGRATIONS, wd_vault::MIGRATIONS];
    async fn the_question_for_a_new_passkey_wants_a_verified_user_no_statement_and_none_that_is_known(test) {
        let desk = Desk::new(&test.db).await;
        let mut first = SoftPasskey::new(1);
        desk.add(&mut first).await;
        let asked = desk.begin_as(desk.bench.customer, &desk.bench.browser).await.unwrap().options;
        assert_eq!(asked["rp"]["id"], "localhost");
        assert_eq!(asked["attestation"], "none");
        assert_eq!(asked["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(asked["authenticatorSelection"]["residentKey"], "preferred");
        assert_eq!(asked["excludeCredentials"][0]["id"], first.credential());
        let user = wd_kernel::b64u::encode(desk.bench.customer.uuid().as_bytes());
        assert_eq!(asked["user"]["id"], json!(user));
    }

    async fn a_passkey_proves_strongly_a_day_after_it_was_added(test) {
        let desk = Desk::new(&test.db).await;
        assert_eq!(desk.now().await, PasskeysNow::None);
        let mut passkey = SoftPasskey::new(1);
        let added = desk.add(&mut passkey).await;
        assert_eq!((added.name.as_str(), added.counts_from, added.stopped), ("Phone", added.created_at + HOLD, false));
        desk.bench.clock.advance(Duration::from_secs(24 * 3600 - 1));
        assert_eq!(desk.now().await, PasskeysNow::Held);
        desk.bench.clock.advance(Duration::from_secs(1));
        assert_eq!(desk.now().await, PasskeysNow::Count);
        desk.ask().await;
        assert_eq!(desk.prove(&passkey).await.answer, Answer::Proved);
        let mut tx = test.db.snapshot().await.unwrap();
        let now = desk.bench.widget().now();
        let proof = desk.bench.proofs.proof_in(&mut tx, desk.bench.conversation, now).await.unwrap().unwrap();
        assert_eq!((proof.channel.strength(), &proof.given_by), (Strength::Strong, &desk.bench.browser));
        drop(tx);
        assert_eq!(desk.list().await[0].last_used_at, Some(now));
        desk.bench.clock.advance(Duration::from_secs(15 * 60));
        assert!(!desk.is_proved().await);
    }

    async fn one_that_is_held_is_not_asked_for_and_does_not_answer(test) {
        let desk = Desk::new(&test.db).await;
        let (mut old, mut young) = (SoftPasskey::new(1), SoftPasskey::new(2));
        desk.add(&mut old).await;
        desk.bench.clock.advance(HOLD);
        desk.add(&mut young).await;
        desk.ask().await;
        let asked = desk.question().await.options;
        assert_eq!(asked["allowCredentials"].as_array().unwrap().len(), 1);
        assert_eq!(asked["allowCredentials"][0]["id"], old.credential());
        assert_eq!(desk.prove(&young).await, wrong(4));
        assert_eq!(desk.prove(&old).await.answer, Answer::Proved);
    }

    async fn the_widget_stands_in_a_frame_on_the_companys_site_and_nowhere_else(test) {
        let desk = Desk::new(&test.db).await;
        let elsewhere = || Frame::On("https://evil.example".into());
        let mut passkeys = Vec::new();
        for (n, frame) in [(1, Frame::None), (2, Frame::Somewhere), (3, Frame::On(SITE.into()))] {
            let mut passkey = SoftPasskey::new(n).framed(frame);
            desk.add(&mut passkey).await;
            passkeys.push(passkey);
        }
        let mut stranger = SoftPasskey::new(4).framed(elsewhere());
        assert_eq!(desk.add_for(desk.bench.customer, &mut stranger).await.unwrap(), None);
        desk.bench.clock.advance(HOLD);
        for mut passkey in passkeys {
            desk.ask().await;
            assert_eq!(desk.prove(&passkey).await.answer, Answer::Proved, "{:?}", passkey.frame);
            desk.bench.clock.advance(Duration::from_secs(60 * 60));
            desk.ask().await;
            passkey.frame = elsewhere();
            assert_eq!(desk.prove(&passkey).await, wrong(4));
            desk.bench.clock.advance(Duration::from_secs(60 * 60));
        }
    }

    async fn a_page_of_another_origin_and_an_unverified_user_get_nothing(test) {
        let desk = Desk::new(&test.db).await;
        let mut passkey = SoftPasskey::new(1);
        passkey.verifies = false;
        assert_eq!(desk.add_for(desk.bench.customer, &mut passkey).await.unwrap(), None);
        passkey.verifies = true;
        passkey.origin = "https://evil.example".into();
        assert_eq!(desk.add_for(desk.bench.customer, &mut passkey).await.unwrap(), None);
        let mut passkey = SoftPasskey::new(2);
        desk.asked(&mut passkey).await;
        passkey.verifies = false;
        assert_eq!(desk.prove(&passkey).await, wrong(4));
        passkey.verifies = true;
        passkey.origin = "http://localhost:8081".into();
        assert_eq!(desk.prove(&passkey).await, wrong(3));
    }

    async fn a_question_for_a_new_passkey_works_once_for_ten_minutes_and_for_who_asked(test) {
        let desk = Desk::new(&test.db).await;
        let (customer, here) = (desk.bench.customer, &desk.bench.browser);
        let other: CustomerId = id(21);
        desk.key_for(other).await;
        let mut passkey = SoftPasskey::new(1);
        let question = desk.begin_as(customer, here).await.unwrap();
        let (ticket, answer) = (question.ceremony.as_str(), passkey.create(&question.options));
        let elsewhere = Asking { device: here.device, ..browser(31) };
        assert_eq!(desk.finish_as(other, here, ticket, &answer).await.unwrap(), None);
        assert_eq!(desk.finish_as(customer, &browser(31), ticket, &answer).await.unwrap(), None);
        assert_eq!(desk.finish_as(customer, &elsewhere, ticket, &answer).await.unwrap(), None);
        assert_eq!(desk.finish_as(customer, here, "what is this", &answer).await.unwrap(), None);
        let added = desk.finish_as(customer, here, ticket, &answer).await.unwrap();
        assert!(added.is_some());
        assert_eq!(desk.finish_as(customer, here, ticket, &answer).await.unwrap(), None);
        let late = desk.begin_as(customer, here).await.unwrap();
        let answer = SoftPasskey::new(2).create(&late.options);
        desk.bench.clock.advance(Duration::from_secs(10 * 60));
        assert_eq!(desk.finish_as(customer, here, &late.ceremony, &answer).await.unwrap(), None);
        // One that was spent in vain is spent.
        let wasted = desk.begin_as(customer, here).await.unwrap();
        assert_eq!(desk.finish_as(customer, here, &wasted.ceremony, &json!({})).await.unwrap(), None);
        let answer = SoftPasskey::new(3).create(&wasted.options);
        assert_eq!(desk.finish_as(customer, here, &wasted.ceremony, &answer).await.unwrap(), None);
        assert_eq!(desk.list().await.len(), 1);
    }

    async fn a_passkey_of_another_customer_proves_nothing_and_is_added_for_nobody_else(test) {
        let desk = Desk::new(&test.db).await;
        let other: CustomerId = id(21);
        desk.key_for(other).await;
        let (mut mine, mut theirs) = (SoftPasskey::new(1), SoftPasskey::new(2));
        desk.add_for(other, &mut theirs).await.unwrap().unwrap();
        desk.asked(&mut mine).await;
        assert_eq!(desk.prove(&theirs).await, wrong(4));
        let question = desk.question().await;
        let mut answer = mine.get(&question.options);
        answer["response"]["userHandle"] = json!(wd_kernel::b64u::encode(other.uuid().as_bytes()));
        let request = desk.bench.latest().await;
        let tried = desk.answer_as(&desk.bench.browser, &request, &question.ceremony, &answer);
        assert_eq!(tried.await.unwrap(), wrong(3));
        assert!(matches!(desk.add_for(other, &mut mine).await, Err(PasskeyError::Known)));
        assert_eq!(desk.list().await.len(), 1);
    }

    async fn an_answer_counts_once_for_the_request_it_was_asked_for(test) {
        let desk = Desk::new(&test.db).await;
        let mut passkey = SoftPasskey::new(1);
        let first = desk.asked(&mut passkey).await;
        let question = desk.question().await;
        let answer = passkey.get(&question.options);
        let second = desk.ask().await;
        assert_ne!(first.id, second.id);
        let here = &desk.bench.browser;
        refused(desk.answer_as(here, &first, &question.ceremony, &answer).await);
        desk.question().await;
        let second = desk.bench.latest().await;
        assert_eq!(desk.answer_as(here, &second, &question.ceremony, &answer).await.unwrap(), wrong(4));
        let question = desk.question().await;
        let answer = passkey.get(&question.options);
        assert_eq!(desk.answer_as(here, &second, &question.ceremony, &json!({})).await.unwrap(), wrong(3));
        assert_eq!(desk.answer_as(here, &second, &question.ceremony, &answer).await.unwrap(), wrong(2));
        let question = desk.question().await;
        let answer = passkey.get(&question.options);
        let proved = desk.answer_as(here, &second, &question.ceremony, &answer).await.unwrap();
        assert_eq!(proved.answer, Answer::Proved);
        let request = desk.bench.latest().await;
        assert_eq!(refused(desk.answer_as(here, &request, &question.ceremony, &answer).await), "nobody waits for this any more");
    }

    async fn only_the_device_and_session_that_asked_first_may_go_on(test) {
        let desk = Desk::new(&test.db).await;
        let mut passkey = SoftPasskey::new(1);
        let before = desk.asked(&mut passkey).await;
        let question = desk.question().await;
        let answer = passkey.get(&question.options);
        let request = desk.bench.latest().await;
        let (device, session) = (desk.bench.browser.device, &desk.bench.browser.session);
        for other in [browser(31), Asking { device, ..browser(31) }, Asking { session: session.clone(), ..browser(31) }] {
            refused(desk.question_as(&other, &before).await);
            refused(desk.answer_as(&other, &before, &question.ceremony, &answer).await);
            refused(desk.answer_as(&other, &request, &question.ceremony, &answer).await);
        }
        assert_eq!(desk.bench.latest().await.tries, 0);
        let proved = desk.answer_as(&desk.bench.browser, &request, &question.ceremony, &answer).await.unwrap();
        assert_eq!(proved.answer, Answer::Proved);
    }

    async fn five_wrong_answers_end_the_request_and_a_question_is_too_old_after_ten_minutes(test) {
        let desk = Desk::new(&test.db).await;
        let mut passkey = SoftPasskey::new(1);
        desk.asked(&mut passkey).await;
        let here = &desk.bench.browser;
        let question = desk.question().await;
        let answer = passkey.get(&question.options);
        desk.bench.clock.advance(Duration::from_secs(10 * 60));
        let request = desk.bench.latest().await;
        assert_eq!(refused(desk.answer_as(here, &request, &question.ceremony, &answer).await), "the question for a passkey is too old");
        assert_eq!(desk.bench.latest().await.tries, 0);
        let stranger = SoftPasskey::new(9);
        for left in [4, 3, 2, 1] {
            assert_eq!(desk.prove(&stranger).await, wrong(left));
        }
        assert_eq!(desk.prove(&stranger).await.answer, Answer::Failed);
        let request = desk.bench.latest().await;
        assert_eq!(request.state, State::Failed);
        assert_eq!(refused(desk.question_as(here, &request).await), "nobody waits for this any more");
        assert!(!desk.is_proved().await);
    }

    async fn wrong_passkeys_count_among_the_wrong_answers_and_the_owner_still_proves_by_the_right_one(test) {
        let desk = Desk::new(&test.db).await;
        let mut passkey = SoftPasskey::new(1);
        desk.asked(&mut passkey).await;
        let stranger = SoftPasskey::new(9);
        for left in [4, 3, 2, 1] {
            assert_eq!(desk.prove(&stranger).await, wrong(left));
        }
        let Bench { conversation, customer, .. } = desk.bench;
        desk.bench.clock.advance(Duration::from_secs(1));
        desk.bench.ask_by(conversation, customer, Channel::MailCode).await.unwrap();
        let code = desk.bench.code(&desk.bench.browser).await.unwrap();
        for left in [4, 3, 2, 1] {
            assert_eq!(desk.bench.answer(not(&code)).await.unwrap(), Answer::Wrong { left });
        }
        desk.ask().await;
        assert_eq!(desk.prove(&stranger).await, wrong(4));
        assert_eq!(desk.bench.alarms().await, (0, 0));
        assert_eq!(desk.prove(&stranger).await, wrong(3));
        assert_eq!(desk.bench.alarms().await, (1, 1));
        assert_eq!(desk.prove(&stranger).await, wrong(2));
        assert_eq!(desk.bench.alarms().await, (1, 1), "told once");
        assert_eq!(desk.prove(&passkey).await.answer, Answer::Proved);
        desk.bench.clock.advance(Duration::from_secs(3600));
        let asked = desk.bench.ask_by(conversation, customer, Channel::MailCode).await;
        assert!(matches!(asked, Err(ProofError::Conflict(CODES_STOPPED))));
    }

    async fn a_counter_that_goes_back_stops_the_passkey_for_good_and_ends_what_it_proved(test) {
        let desk = Desk::new(&test.db).await;
        let mut passkey = SoftPasskey::new(1);
        desk.asked(&mut passkey).await;
        passkey.counter = 7;
        assert_eq!(desk.prove(&passkey).await.answer, Answer::Proved);
        assert!(desk.is_proved().await);
        desk.ask().await;
        passkey.counter = 6;
        let tried = desk.prove(&passkey).await;
        assert_eq!(tried, PasskeyTried { answer: Answer::Wrong { left: 4 }, copied: true });
        assert!(!desk.is_proved().await);
        assert!(desk.list().await[0].stopped);
        assert_eq!(desk.now().await, PasskeysNow::None);
        let mut tx = test.db.snapshot().await.unwrap();
        let log = wd_audit_log::list(&mut tx, &AuditFilter::default(), &PageQuery::default()).await.unwrap().items;
        let said: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
        assert!(said.contains(&"customer_passkey.added") && said.contains(&"customer_passkey.stopped"), "{said:?}");
    }

    async fn two_copies_that_were_asked_at_the_same_time_do_not_both_count(test) {
        let desk = Desk::new(&test.db).await;
        let mut passkey = SoftPasskey::new(1);
        desk.asked(&mut passkey).await;
        passkey.counter = 7;
        let (first, second) = (desk.question().await, desk.question().await);
        let request = desk.bench.latest().await;
        let here = &desk.bench.browser;
        let answer = passkey.get(&first.options);
        let proved = desk.answer_as(here, &request, &first.ceremony, &answer).await.unwrap();
        assert_eq!(proved.answer, Answer::Proved);
        refused(desk.answer_as(here, &request, &second.ceremony, &passkey.get(&second.options)).await);
        // Asked again, with a counter that did not grow.
        desk.ask().await;
        assert!(desk.prove(&passkey).await.copied);
    }

    async fn one_that_was_removed_in_between_proves_nothing(test) {
        let desk = Desk::new(&test.db).await;
        let (mut lost, mut kept) = (SoftPasskey::new(1), SoftPasskey::new(2));
        let added = desk.add(&mut lost).await;
        desk.asked(&mut kept).await;
        let question = desk.question().await;
        let ctx = desk.bench.widget();
        let mut tx = test.db.begin().await.unwrap();
        let other = desk.bench.proofs.remove_passkey_in(&mut tx, &ctx, id(21), added.id).await;
        assert!(matches!(other, Err(PasskeyError::NotFound)));
        desk.bench.proofs.remove_passkey_in(&mut tx, &ctx, desk.bench.customer, added.id).await.unwrap();
        tx.commit().await.unwrap();
        let request = desk.bench.latest().await;
        let answer = lost.get(&question.options);
        let tried = desk.answer_as(&desk.bench.browser, &request, &question.ceremony, &answer);
        assert_eq!(tried.await.unwrap(), wrong(4));
        assert_eq!(desk.prove(&kept).await.answer, Answer::Proved);
    }

    async fn of_twenty_right_answers_at_once_one_counts(test) {
        let desk = Arc::new(Desk::new(&test.db).await);
        let mut passkey = SoftPasskey::new(1);
        desk.asked(&mut passkey).await;
        let question = desk.question().await;
        let (ticket, answer) = (question.ceremony, passkey.get(&question.options));
        let request = desk.bench.latest().await;
        let answers: Vec<_> = (0..20)
            .map(|_| {
                let (desk, request, ticket, answer) = (desk.clone(), request.clone(), ticket.clone(), answer.clone());
                tokio::spawn(async move { desk.answer_as(&desk.bench.browser, &request, &ticket, &answer).await })
            })
            .collect();
        let mut proved = 0;
        for answer in answers {
            match answer.await.unwrap() {
                Ok(PasskeyTried { answer: Answer::Proved, .. }) => proved += 1,
                Err(PasskeyError::Proof(ProofError::Conflict(_))) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(proved, 1);
        assert!(!desk.list().await[0].stopped);
    }

    async fn a_customer_has_ten_passkeys_at_most_also_when_two_are_added_at_once(test) {
        let desk = Arc::new(Desk::new(&test.db).await);
        for n in 1..10 {
            desk.add(&mut SoftPasskey::new(n)).await;
        }
        let adding: Vec<_> = (10..14)
            .map(|n| {
                let desk = desk.clone();
                tokio::spawn(async move { desk.add_for(desk.bench.customer, &mut SoftPasskey::new(n)).await })
            })
            .collect();
        let mut added = 0;
        for one in adding {
            match one.await.unwrap() {
                Ok(Some(_)) => added += 1,
                Err(PasskeyError::Full) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((added, desk.list().await.len()), (1, MOST_PASSKEYS));
        assert!(matches!(desk.begin_as(desk.bench.customer, &desk.bench.browser).await, Err(PasskeyError::Full)));
    }

    async fn what_is_kept_lies_sealed_and_is_lost_with_the_customers_key(test) {
        let desk = Desk::new(&test.db).await;
        desk.add(&mut SoftPasskey::new(1)).await;
        let mut tx = test.db.begin().await.unwrap();
        let (name, data) = sql!(tx, fetch_one as (Vec<u8>, Vec<u8>), "SELECT name, data FROM customer_passkey").await.unwrap();
        for sealed in [&name, &data] {
            let text = String::from_utf8_lossy(sealed);
            assert!(!text.contains("Phone") && !text.contains("cred"), "{text}");
        }
        desk.vault.shred_subject_key(&mut tx, desk.bench.customer).await.unwrap();
        let read = desk.bench.proofs.passkeys_in(&mut tx, desk.bench.customer).await;
        assert!(matches!(read, Err(PasskeyError::Vault(wd_vault::VaultError::NoKey))));
    }

    async fn a_code_answers_no_request_for_a_passkey_and_a_passkey_none_for_a_code(test) {
        let desk = Desk::new(&test.db).await;
        let mut passkey = SoftPasskey::new(1);
        let request = desk.asked(&mut passkey).await;
        let (proofs, ctx, here) = (&desk.bench.proofs, desk.bench.widget(), &desk.bench.browser);
        desk.question().await;
        let mut tx = test.db.begin().await.unwrap();
        assert!(matches!(proofs.code_in(&mut tx, &ctx, &request, here).await, Err(ProofError::Conflict(_))));
        assert!(matches!(proofs.answer_in(&mut tx, &ctx, &request, here, "123456").await, Err(ProofError::Conflict(_))));
        drop(tx);
        let by_code = desk.bench.ask_by(desk.bench.conversation, desk.bench.customer, Channel::MailCode).await.unwrap();
        refused(desk.question_as(here, &by_code).await);
    }
}
