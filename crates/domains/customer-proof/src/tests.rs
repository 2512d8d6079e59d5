use std::sync::Arc;

use wd_audit_log::AuditFilter;
use wd_db::{Db, both_databases, sql};
use wd_kernel::{
    Actor, ConversationId, Ctx, CustomerId, Decide, Denied, DeviceId, Duration, Event as _, HandClock, PageQuery,
    Scope, SeededEntropy, SessionId, StaffActor, StaffId, TeamId, Timestamp, World,
};

use crate::{
    Answer, Asking, CODES_STOPPED, Channel, MIGRATIONS, ProofError, Proofs, Request, State, events::CodesStopped,
};

/// Staff may ask in what is theirs.
struct Rules;

impl Decide for Rules {
    fn allows(&self, actor: &Actor, _: &'static str, scope: Scope) -> bool {
        actor.staff().is_some_and(|staff| scope.owner == Some(staff.id))
    }
}

pub(crate) struct Bench {
    pub(crate) proofs: Proofs,
    pub(crate) clock: Arc<HandClock>,
    world: World,
    pub(crate) db: Db,
    pub(crate) conversation: ConversationId,
    pub(crate) customer: CustomerId,
    pub(crate) browser: Asking,
}

pub(crate) fn id<I: wd_kernel::Id>(n: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(n))
}

pub(crate) fn browser(n: u128) -> Asking {
    Asking::new(id::<DeviceId>(n), &format!("token {n}"))
}

impl Bench {
    pub(crate) async fn new(db: &Db) -> Self {
        let clock = Arc::new(HandClock::at(Timestamp::from_seconds(1_700_000_000)));
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(5)),
            decide: Arc::new(Rules),
        };
        Self {
            proofs: Proofs::new(wd_vault::testing::vault(db).await, crate::testing::relying_party()),
            clock,
            world,
            db: db.clone(),
            conversation: id(10),
            customer: id(20),
            browser: browser(30),
        }
    }

    fn agent(&self) -> Ctx {
        let staff: StaffId = id(1);
        self.world.ctx(Actor::Staff(Arc::new(StaffActor {
            id: staff,
            session: id::<SessionId>(1),
            roles: vec![],
            teams: vec![],
            stepped_up_until: None,
        })))
    }

    pub(crate) fn widget(&self) -> Ctx {
        self.world.ctx(Actor::Customer {
            id: self.customer,
            device: None,
        })
    }

    async fn ask_of(&self, conversation: ConversationId, customer: CustomerId) -> Result<Request, ProofError> {
        self.ask_by(conversation, customer, Channel::MailCode).await
    }

    pub(crate) async fn ask_by(
        &self,
        conversation: ConversationId,
        customer: CustomerId,
        channel: Channel,
    ) -> Result<Request, ProofError> {
        let mut tx = self.db.begin().await?;
        let scope = Scope::case(id::<TeamId>(2), Some(id(1)));
        let request = self
            .proofs
            .ask_in(&mut tx, &self.agent(), conversation, customer, channel, scope)
            .await?;
        tx.commit().await?;
        Ok(request)
    }

    async fn ask(&self) -> Result<Request, ProofError> {
        self.ask_of(self.conversation, self.customer).await
    }

    pub(crate) async fn code(&self, asking: &Asking) -> Result<String, ProofError> {
        self.code_of(&self.latest().await, asking).await
    }

    async fn code_of(&self, request: &Request, asking: &Asking) -> Result<String, ProofError> {
        let mut tx = self.db.begin().await?;
        let code = self.proofs.code_in(&mut tx, &self.widget(), request, asking).await?;
        self.proofs.sent_in(&mut tx, &self.widget(), request, None).await?;
        tx.commit().await?;
        Ok(code.expose().to_owned())
    }

    async fn answer_as(&self, asking: &Asking, request: &Request, code: &str) -> Result<Answer, ProofError> {
        let mut tx = self.db.begin().await?;
        let answer = self
            .proofs
            .answer_in(&mut tx, &self.widget(), request, asking, code)
            .await?;
        tx.commit().await?;
        Ok(answer)
    }

    pub(crate) async fn answer(&self, code: &str) -> Result<Answer, ProofError> {
        self.answer_as(&self.browser, &self.latest().await, code).await
    }

    pub(crate) async fn latest(&self) -> Request {
        let mut tx = self.db.snapshot().await.unwrap();
        self.proofs
            .latest_in(&mut tx, self.conversation)
            .await
            .unwrap()
            .unwrap()
    }

    /// How often the alarm about a customer's codes was written down, and told.
    pub(crate) async fn alarms(&self) -> (usize, usize) {
        let mut tx = self.db.snapshot().await.unwrap();
        let (filter, page) = (AuditFilter::default(), PageQuery::default());
        let log = wd_audit_log::list(&mut tx, &filter, &page).await.unwrap().items;
        let events = wd_db::outbox::waiting(&mut tx, 100).await.unwrap();
        let written = log
            .iter()
            .filter(|entry| entry.action == "customer_proof.codes_stopped");
        let told = events.iter().filter(|event| event.kind == CodesStopped::KIND);
        (written.count(), told.count())
    }

    pub(crate) async fn is_proved_in(&self, conversation: ConversationId) -> bool {
        let mut tx = self.db.snapshot().await.unwrap();
        let now = self.agent().now();
        self.proofs
            .proof_in(&mut tx, conversation, now)
            .await
            .unwrap()
            .is_some()
    }
}

/// A code that is not this one.
pub(crate) fn not(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, ProofError>) -> &'static str {
    match result {
        Err(ProofError::Conflict(why)) => why,
        other => panic!("{other:?}"),
    }
}

both_databases! { &[MIGRATIONS, wd_audit_log::MIGRATIONS, wd_vault::MIGRATIONS];
    async fn the_right_code_is_a_proof_for_a_quarter_of_an_hour_in_that_conversation_alone(test) {
        let bench = Bench::new(&test.db).await;
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        assert!(!bench.is_proved_in(bench.conversation).await);
        assert_eq!(bench.answer(&code).await.unwrap(), Answer::Proved);
        assert!(bench.is_proved_in(bench.conversation).await);
        assert!(!bench.is_proved_in(id(11)).await);
        bench.clock.advance(Duration::from_secs(15 * 60 - 1));
        assert!(bench.is_proved_in(bench.conversation).await);
        bench.clock.advance(Duration::from_secs(1));
        assert!(!bench.is_proved_in(bench.conversation).await);
    }

    async fn a_code_works_once(test) {
        let bench = Bench::new(&test.db).await;
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        let request = bench.latest().await;
        assert_eq!(bench.answer_as(&bench.browser, &request, &code).await.unwrap(), Answer::Proved);
        refused(bench.answer_as(&bench.browser, &request, &code).await);
    }

    async fn a_new_code_makes_the_one_before_worthless_and_brings_no_new_tries(test) {
        let bench = Bench::new(&test.db).await;
        bench.ask().await.unwrap();
        let first = bench.code(&bench.browser).await.unwrap();
        for left in [4, 3] {
            assert_eq!(bench.answer(not(&first)).await.unwrap(), Answer::Wrong { left });
        }
        let second = bench.code(&bench.browser).await.unwrap();
        assert_ne!(first, second);
        assert_eq!(bench.answer(&first).await.unwrap(), Answer::Wrong { left: 2 });
        let third = bench.code(&bench.browser).await.unwrap();
        assert_eq!(refused(bench.code(&bench.browser).await), "no more codes are sent for this request");
        assert_eq!(bench.answer(not(&third)).await.unwrap(), Answer::Wrong { left: 1 });
        assert_eq!(bench.answer(not(&third)).await.unwrap(), Answer::Failed);
        assert_eq!(refused(bench.answer(&third).await), "nobody waits for this any more");
        refused(bench.code(&bench.browser).await);
        assert_eq!(bench.latest().await.state, State::Failed);
        assert!(!bench.is_proved_in(bench.conversation).await);
    }

    async fn a_code_is_too_old_after_ten_minutes_and_a_request_after_thirty(test) {
        let bench = Bench::new(&test.db).await;
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        bench.clock.advance(Duration::from_secs(10 * 60));
        assert_eq!(refused(bench.answer(&code).await), "the code is too old");
        assert_eq!(bench.latest().await.tries, 0);
        bench.clock.advance(Duration::from_secs(19 * 60));
        let code = bench.code(&bench.browser).await.unwrap();
        bench.clock.advance(Duration::from_secs(60));
        assert_eq!(refused(bench.answer(&code).await), "nobody waits for this any more");
    }

    async fn only_the_device_and_session_that_began_may_answer(test) {
        let bench = Bench::new(&test.db).await;
        let request = bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        let (device, session) = (bench.browser.device, &bench.browser.session);
        let others = [
            browser(31),
            Asking { device, ..browser(31) },
            Asking { session: session.clone(), ..browser(31) },
        ];
        for other in &others {
            assert_eq!(refused(bench.code(other).await), "this was begun on another device or before the last sign-in");
            let current = bench.latest().await;
            refused(bench.answer_as(other, &current, &code).await);
            // Also with what was read before anybody began.
            refused(bench.answer_as(other, &request, &code).await);
        }
        assert_eq!(bench.latest().await.tries, 0);
        assert_eq!(bench.answer(&code).await.unwrap(), Answer::Proved);
    }

    async fn a_code_of_one_conversation_is_none_in_another(test) {
        let bench = Bench::new(&test.db).await;
        let first = bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        let other = Bench { conversation: id(11), ..Bench::new(&test.db).await };
        bench.ask_of(id(11), bench.customer).await.unwrap();
        let own = other.code(&bench.browser).await.unwrap();
        if own != code {
            assert!(matches!(other.answer(&code).await.unwrap(), Answer::Wrong { .. }));
        }
        assert!(!other.is_proved_in(id(11)).await);
        assert_eq!(bench.answer_as(&bench.browser, &first, &code).await.unwrap(), Answer::Proved);
        assert!(!bench.is_proved_in(id(11)).await);
    }

    async fn of_twenty_right_answers_at_once_one_counts(test) {
        let bench = Arc::new(Bench::new(&test.db).await);
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        let request = bench.latest().await;
        let answers: Vec<_> = (0..20)
            .map(|_| {
                let (bench, request, code) = (bench.clone(), request.clone(), code.clone());
                tokio::spawn(async move { bench.answer_as(&bench.browser, &request, &code).await })
            })
            .collect();
        let mut proved = 0;
        for answer in answers {
            match answer.await.unwrap() {
                Ok(Answer::Proved) => proved += 1,
                Err(ProofError::Conflict(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(proved, 1);
    }

    async fn of_twenty_wrong_answers_at_once_five_are_tried(test) {
        let bench = Arc::new(Bench::new(&test.db).await);
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        let request = bench.latest().await;
        let answers: Vec<_> = (0..20)
            .map(|_| {
                let (bench, request, wrong) = (bench.clone(), request.clone(), not(&code));
                tokio::spawn(async move { bench.answer_as(&bench.browser, &request, wrong).await })
            })
            .collect();
        let mut tried = 0;
        for answer in answers {
            match answer.await.unwrap() {
                Ok(Answer::Wrong { .. } | Answer::Failed) => tried += 1,
                Err(ProofError::Conflict(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((tried, bench.latest().await.state), (5, State::Failed));
    }

    async fn there_are_three_requests_an_hour_in_a_conversation_and_ten_a_day_of_a_customer(test) {
        let bench = Bench::new(&test.db).await;
        for _ in 0..3 {
            bench.ask().await.unwrap();
        }
        assert!(matches!(bench.ask().await, Err(ProofError::TooMany { retry_after: 3601 })));
        for conversation in 11..18 {
            bench.ask_of(id(conversation), bench.customer).await.unwrap();
        }
        let eleventh = bench.ask_of(id(18), bench.customer).await;
        assert!(matches!(eleventh, Err(ProofError::TooMany { retry_after: 86_401 })));
        bench.ask_of(id(19), id(21)).await.unwrap();
        bench.clock.advance(Duration::from_secs(24 * 60 * 60));
        bench.ask().await.unwrap();
    }

    async fn the_organisation_asks_two_hundred_times_an_hour_at_most(test) {
        let bench = Bench::new(&test.db).await;
        for n in 0..200 {
            bench.ask_of(id(1_000 + n), id(5_000 + n)).await.unwrap();
        }
        assert!(matches!(bench.ask().await, Err(ProofError::TooMany { .. })));
        bench.clock.advance(Duration::from_secs(60 * 60));
        bench.ask().await.unwrap();
    }

    async fn ten_wrong_codes_within_a_day_stop_the_codes_of_a_customer_whoever_asks_again(test) {
        let mut bench = Bench::new(&test.db).await;
        let waiting = bench.ask_of(id(12), bench.customer).await.unwrap();
        let good = bench.code_of(&waiting, &bench.browser).await.unwrap();
        for _ in 0..2 {
            bench.clock.advance(Duration::from_secs(1));
            bench.ask().await.unwrap();
            let code = bench.code(&bench.browser).await.unwrap();
            for left in [4, 3, 2, 1] {
                assert_eq!(bench.answer(not(&code)).await.unwrap(), Answer::Wrong { left });
            }
        }
        // Another agent is talked into it, in another conversation.
        bench.conversation = id(11);
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        assert_eq!(bench.answer(not(&code)).await.unwrap(), Answer::Wrong { left: 1 });
        assert_eq!(bench.alarms().await, (0, 0));
        assert_eq!(bench.answer(not(&code)).await.unwrap(), Answer::Failed);
        assert_eq!((bench.latest().await.state, bench.alarms().await), (State::Failed, (1, 1)));

        assert_eq!(refused(bench.ask().await), CODES_STOPPED);
        assert_eq!(refused(bench.ask_by(id(11), bench.customer, Channel::PhoneCode).await), CODES_STOPPED);
        assert_eq!(refused(bench.answer_as(&bench.browser, &waiting, &good).await), CODES_STOPPED, "though it is right");
        assert_eq!(refused(bench.code_of(&waiting, &bench.browser).await), CODES_STOPPED);
        assert!(!bench.is_proved_in(id(12)).await);
        bench.ask_by(id(11), bench.customer, Channel::Passkey).await.unwrap();
        bench.ask_of(id(13), id(21)).await.unwrap();

        bench.clock.advance(Duration::from_secs(24 * 60 * 60));
        assert_eq!(refused(bench.ask().await), CODES_STOPPED);
        bench.clock.advance(Duration::from_secs(30 * 60));
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        assert_eq!(bench.answer(&code).await.unwrap(), Answer::Proved);
        assert_eq!(bench.alarms().await, (1, 1));
    }

    async fn right_codes_are_not_counted_among_the_wrong_ones(test) {
        let bench = Bench::new(&test.db).await;
        for conversation in 11..15 {
            bench.clock.advance(Duration::from_secs(1));
            let request = bench.ask_of(id(conversation), bench.customer).await.unwrap();
            let code = bench.code_of(&request, &bench.browser).await.unwrap();
            for _ in 0..2 {
                bench.answer_as(&bench.browser, &request, not(&code)).await.unwrap();
            }
            assert_eq!(bench.answer_as(&bench.browser, &request, &code).await.unwrap(), Answer::Proved);
        }
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        assert_eq!(bench.answer(not(&code)).await.unwrap(), Answer::Wrong { left: 1 }, "nine were wrong");
        assert_eq!(bench.answer(&code).await.unwrap(), Answer::Proved);
        assert_eq!(bench.alarms().await, (0, 0));
    }

    async fn of_twenty_wrong_answers_at_once_in_four_conversations_ten_are_tried(test) {
        let bench = Arc::new(Bench::new(&test.db).await);
        let mut answers = Vec::new();
        for conversation in 11..15 {
            let request = bench.ask_of(id(conversation), bench.customer).await.unwrap();
            let code = bench.code_of(&request, &bench.browser).await.unwrap();
            for _ in 0..5 {
                let (bench, request, wrong) = (bench.clone(), request.clone(), not(&code));
                answers.push(async move { bench.answer_as(&bench.browser, &request, wrong).await });
            }
        }
        let answers: Vec<_> = answers.into_iter().map(tokio::spawn).collect();
        let mut tried = 0;
        for answer in answers {
            match answer.await.unwrap() {
                Ok(Answer::Wrong { .. } | Answer::Failed) => tried += 1,
                Err(ProofError::Conflict(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((tried, bench.alarms().await), (10, (1, 1)));
    }

    async fn a_newer_request_takes_the_place_of_the_one_before(test) {
        let bench = Bench::new(&test.db).await;
        let first = bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        bench.clock.advance(Duration::from_secs(1));
        bench.ask().await.unwrap();
        refused(bench.answer_as(&bench.browser, &first, &code).await);
        assert!(!bench.is_proved_in(bench.conversation).await);
    }

    async fn who_does_not_have_the_conversation_does_not_ask(test) {
        let bench = Bench::new(&test.db).await;
        let mut tx = test.db.begin().await.unwrap();
        let scope = Scope::case(id::<TeamId>(2), Some(id(7)));
        let asked = bench.proofs.ask_in(&mut tx, &bench.agent(), bench.conversation, bench.customer, Channel::MailCode, scope).await;
        assert!(matches!(asked, Err(ProofError::Denied(Denied::Forbidden("customer_proof.ask")))));
        let asked = bench.proofs.ask_in(&mut tx, &bench.widget(), bench.conversation, bench.customer, Channel::MailCode, scope).await;
        assert!(matches!(asked, Err(ProofError::Denied(_))));
    }

    async fn a_code_that_was_not_sent_does_not_count_and_the_one_before_works_on(test) {
        let bench = Bench::new(&test.db).await;
        let request = bench.ask().await.unwrap();
        let stopped = async || {
            let mut tx = test.db.begin().await.unwrap();
            let code = bench.proofs.code_in(&mut tx, &bench.widget(), &request, &bench.browser).await?;
            bench.proofs.not_sent_in(&mut tx, &bench.widget(), &request, &code, "country").await.unwrap();
            tx.commit().await.unwrap();
            Ok::<_, ProofError>(code)
        };
        let code = stopped().await.unwrap();
        assert_eq!(refused(bench.answer(code.expose()).await), "no code was sent yet");
        let sent = bench.code(&bench.browser).await.unwrap();
        for _ in 1..5 {
            let code = stopped().await.unwrap();
            assert_eq!(bench.latest().await.codes, 1);
            assert!(code.expose() != sent, "another one was drawn");
        }
        assert_eq!(refused(stopped().await.map(drop)), "no more codes are sent for this request");
        assert_eq!(bench.answer(&sent).await.unwrap(), Answer::Proved);
    }

    async fn what_was_asked_proved_and_failed_stays_to_be_seen(test) {
        let bench = Bench::new(&test.db).await;
        let at = |seconds: i64| Timestamp::from_seconds(1_700_000_000 + seconds);
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        bench.clock.advance(Duration::from_secs(10));
        bench.answer(&code).await.unwrap();
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        bench.clock.advance(Duration::from_secs(10));
        for _ in 0..5 {
            bench.answer(not(&code)).await.unwrap();
        }
        let mut tx = test.db.snapshot().await.unwrap();
        let newest = bench.proofs.newest_in(&mut tx, bench.conversation, 20).await.unwrap();
        let seen: Vec<_> = newest.iter().map(|one| (one.state, one.proved_at, one.failed_at)).collect();
        assert_eq!(seen, [(State::Failed, None, Some(at(20))), (State::Proved, Some(at(10)), None)]);
        assert_eq!(bench.proofs.newest_in(&mut tx, bench.conversation, 1).await.unwrap().len(), 1);
    }

    async fn neither_events_nor_the_audit_log_hold_a_code(test) {
        let bench = Bench::new(&test.db).await;
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        // Ids here are made of zeros, so it has none.
        let wrong = if code == "739182" { "739183" } else { "739182" };
        bench.answer(wrong).await.unwrap();
        bench.answer(&code).await.unwrap();
        let mut tx = test.db.snapshot().await.unwrap();
        let events = wd_db::outbox::waiting(&mut tx, 50).await.unwrap();
        assert_eq!(events.len(), 4);
        let log = wd_audit_log::list(&mut tx, &AuditFilter::default(), &PageQuery::default()).await.unwrap().items;
        let said: Vec<_> = log.iter().rev().map(|entry| entry.action.as_str()).collect();
        assert_eq!(said, ["customer_proof.asked", "customer_proof.code_sent", "customer_proof.given", "customer_proof.given"]);
        let mut texts: Vec<String> = events.into_iter().map(|event| event.payload).collect();
        texts.extend(log.iter().map(|entry| format!("{:?}", entry.details)));
        for text in texts {
            assert!(!text.contains(&code) && !text.contains(wrong), "{text}");
        }
    }

    async fn a_code_is_kept_as_a_keyed_hash_and_forgotten_when_it_is_spent(test) {
        let bench = Bench::new(&test.db).await;
        bench.ask().await.unwrap();
        let code = bench.code(&bench.browser).await.unwrap();
        let stored = async || {
            let mut tx = test.db.snapshot().await.unwrap();
            sql!(tx, fetch_one as (Option<Vec<u8>>,), "SELECT code FROM proof_request").await.unwrap().0
        };
        let hash = stored().await.unwrap();
        assert_eq!(hash.len(), 8);
        assert_ne!(hash, wd_crypto::sha256(&code)[..8].to_vec());
        bench.answer(&code).await.unwrap();
        assert_eq!(stored().await, None);
    }
}
