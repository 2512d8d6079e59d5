use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use wd_channels::testing::{Organisation, TestDevice};
use wd_customer_proof::{Asking, Channel, Proofs, testing::relying_party};
use wd_db::{Db, Tx, both_databases, testing::TestDb};
use wd_desk::Desk;
use wd_kernel::{ConversationId, Ctx, CustomerId, Duration, PageQuery, ProblemCode, SecretString, Timestamp};
use wd_mail::Outgoing;
use wd_sms::Texts;
use wd_web::Fails as _;

use super::{
    CustomerProofError, CustomerProofs, Delivery, Obstacle, OnFile, RecordError, WidgetProof, view::ProofRequestState,
};

pub(super) const ALL: &[wd_db::Migrations] = &[
    wd_channels::MIGRATIONS,
    wd_desk::MIGRATIONS,
    wd_audit_log::MIGRATIONS,
    wd_vault::MIGRATIONS,
    wd_mail::MIGRATIONS,
    wd_sms::MIGRATIONS,
    wd_customer_proof::MIGRATIONS,
];

/// A record with addresses.
pub(super) struct Record {
    mail: Option<&'static str>,
    phone: Option<&'static str>,
    changed_at: Mutex<Option<Timestamp>>,
    pub(super) signed_in: AtomicBool,
    pub(super) vouched: AtomicBool,
}

#[async_trait]
impl OnFile for Record {
    async fn address(
        &self,
        _: &mut Tx,
        _: CustomerId,
        channel: Channel,
    ) -> Result<Option<(SecretString, Option<Timestamp>)>, RecordError> {
        let address = match channel {
            Channel::MailCode => self.mail,
            Channel::PhoneCode => self.phone,
            Channel::Passkey => None,
        };
        Ok(address.map(|address| (SecretString::new(address), *self.changed_at.lock().unwrap())))
    }

    async fn session_lives(&self, _: &mut Tx, _: &Ctx, _: CustomerId, _: &[u8]) -> Result<bool, RecordError> {
        Ok(self.signed_in.load(Ordering::SeqCst))
    }

    async fn session_is_vouched(&self, _: &mut Tx, _: &Ctx, _: CustomerId, _: &[u8]) -> Result<bool, RecordError> {
        Ok(self.signed_in.load(Ordering::SeqCst) && self.vouched.load(Ordering::SeqCst))
    }

    async fn name(&self, _: &mut Tx, _: CustomerId) -> Result<Option<String>, RecordError> {
        Ok(Some("Mia Keller".into()))
    }
}

pub(super) struct Scene {
    pub(super) org: Organisation,
    pub(super) desk: Desk,
    pub(super) flows: CustomerProofs,
    pub(super) record: Arc<Record>,
    pub(super) customer: TestDevice,
    pub(super) agent: Ctx,
    pub(super) id: ConversationId,
    pub(super) asking: Asking,
    pub(super) db: TestDb,
}

async fn outgoing(db: &Db) -> Outgoing {
    let settings = wd_config::Mail {
        from: "wardesk@example.org".into(),
        server: "localhost:25".into(),
        security: wd_config::MailSecurity::None,
        ..wd_config::Mail::default()
    };
    let vault = wd_vault::testing::vault(db).await;
    Outgoing::open(db.clone(), vault, Some(&settings), "desk.example.org").unwrap()
}

/// Text messages go to one country, and two an hour to a number.
async fn texts(db: &Db) -> Texts {
    let settings = wd_config::Sms {
        countries: vec!["49".into()],
        number_per_hour: 2,
        drivers: vec![],
        ..wd_config::Sms::default()
    };
    Texts::open(db.clone(), wd_vault::testing::vault(db).await, Some(&settings)).unwrap()
}

impl Scene {
    /// A conversation that an agent has, whose customer has a mail address on file.
    pub(super) async fn new(db: TestDb) -> Self {
        Self::with(db, Some("mia.keller@example.org"), Some("+4915123456789"), None).await
    }

    pub(super) async fn with(
        db: TestDb,
        mail: Option<&'static str>,
        phone: Option<&'static str>,
        changed_at: Option<Timestamp>,
    ) -> Self {
        let org = Organisation::new(&db.db).await;
        let desk = Desk::new(db.db.clone());
        desk.ensure_settings(&org.system(), "Analytical Engines", org.team)
            .await
            .unwrap();
        let staff = org.device(&org.staff()).await;
        org.team_key(&staff, 1).await.unwrap();
        let mut customer = org.device(&org.customer()).await;
        let new = customer.open();
        let id = new.conversation;
        let record = Arc::new(Record {
            mail,
            phone,
            changed_at: Mutex::new(changed_at),
            signed_in: AtomicBool::new(true),
            vouched: AtomicBool::new(false),
        });
        let vault = wd_vault::testing::vault(&db.db).await;
        let mut tx = db.db.begin().await.unwrap();
        org.channels
            .open_in(&mut tx, &customer.ctx, org.team, &new)
            .await
            .unwrap();
        let who = customer.ctx.actor.customer().unwrap();
        drop(vault.create_subject_key(&mut tx, &customer.ctx, who).await.unwrap());
        desk.open_in(&mut tx, &customer.ctx, id, org.team, who).await.unwrap();
        let case = desk.lock_in(&mut tx, &staff.ctx, id).await.unwrap();
        desk.take_in(&mut tx, &staff.ctx, case).await.unwrap();
        tx.commit().await.unwrap();
        let flows = CustomerProofs::new(
            db.db.clone(),
            desk.clone(),
            org.channels.clone(),
            Proofs::new(vault, relying_party()),
            record.clone(),
            Delivery {
                mail: outgoing(&db.db).await,
                texts: texts(&db.db).await,
                host: "desk.example.org".into(),
            },
        );
        Self {
            asking: Asking::new(customer.id, "the customer's token"),
            agent: staff.ctx.clone(),
            org,
            desk,
            flows,
            record,
            customer,
            id,
            db,
        }
    }

    pub(super) async fn ask(&self) -> Result<super::StaffProof, CustomerProofError> {
        self.ask_by(Channel::MailCode).await
    }

    pub(super) async fn ask_by(&self, channel: Channel) -> Result<super::StaffProof, CustomerProofError> {
        self.flows.ask(&self.agent, self.id, channel).await
    }

    pub(super) async fn send(&self) -> Result<WidgetProof, CustomerProofError> {
        self.send_on(None).await
    }

    /// The customer's browser says that the chat stands on this site.
    async fn send_on(&self, site: Option<&str>) -> Result<WidgetProof, CustomerProofError> {
        let here = std::net::Ipv4Addr::LOCALHOST.into();
        self.flows
            .send_code(&self.customer.ctx, self.id, &self.asking, here, site)
            .await
    }

    /// What is in the way of mail, telephone and passkey, as the agent sees it.
    pub(super) async fn obstacles(&self) -> Vec<Option<Obstacle>> {
        let seen = self.flows.for_staff(&self.agent, self.id).await.unwrap();
        seen.ways.into_iter().map(|way| way.obstacle).collect()
    }

    /// A further code, as its mail would say it.
    pub(super) async fn code(&self) -> String {
        let mut tx = self.db.db.begin().await.unwrap();
        let request = self.flows.proofs.latest_in(&mut tx, self.id).await.unwrap().unwrap();
        let code = self
            .flows
            .proofs
            .code_in(&mut tx, &self.customer.ctx, &request, &self.asking)
            .await
            .unwrap();
        self.flows
            .proofs
            .sent_in(&mut tx, &self.customer.ctx, &request, None)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        code.expose().to_owned()
    }

    async fn answer_as(&self, ctx: &Ctx, asking: &Asking, code: &str) -> Result<WidgetProof, CustomerProofError> {
        self.flows.answer(ctx, self.id, asking, &SecretString::new(code)).await
    }

    pub(super) async fn answer(&self, code: &str) -> Result<WidgetProof, CustomerProofError> {
        self.answer_as(&self.customer.ctx, &self.asking, code).await
    }

    pub(super) async fn is_proved(&self) -> bool {
        self.flows
            .for_staff(&self.agent, self.id)
            .await
            .unwrap()
            .proof
            .is_some()
    }
}

pub(super) fn refused<T: std::fmt::Debug>(result: Result<T, CustomerProofError>) -> String {
    let problem = result.unwrap_err().problem();
    assert_eq!(problem.code, ProblemCode::Conflict);
    problem.detail.unwrap()
}

both_databases! { ALL;
    async fn a_code_to_the_mail_on_file_proves_the_customer_to_the_agent(test) {
        let s = Scene::new(test).await;
        let asked = s.ask().await.unwrap();
        assert_eq!(asked.requests[0].state, ProofRequestState::Asked);
        let before = s.flows.for_customer(&s.customer.ctx, s.id, &s.asking).await.unwrap();
        assert_eq!(before.organisation, "Analytical Engines");
        assert_eq!(before.request.unwrap().address.as_deref(), Some("m…@e….org"));
        let sent = s.send().await.unwrap().request.unwrap();
        assert_eq!((sent.codes_left, sent.tries_left, sent.here), (2, 5, true));
        let mut tx = s.db.db.snapshot().await.unwrap();
        let list = s.flows.outgoing.list(&mut tx, &PageQuery::default()).await.unwrap();
        drop(tx);
        assert_eq!(list.items.len(), 1);
        assert_eq!(list.items[0].kind, "proof-code");
        let code = s.code().await;
        let proved = s.answer(&code).await.unwrap();
        assert_eq!(proved.given[0].proved_at, proved.proof.unwrap().proved_at);
        let seen = serde_json::to_value(s.flows.for_staff(&s.agent, s.id).await.unwrap()).unwrap();
        assert_eq!(seen["requests"][0]["state"], "proved");
        assert_eq!(seen["proof"]["channel"], "mail_code");
        assert_eq!(seen["proof"]["strength"], "weak_to_medium");
        // The agent sees that it happened, and neither the code nor where it went.
        for secret in [code.as_str(), "example", "m…@"] {
            assert!(!seen.to_string().contains(secret), "{secret}");
        }
    }

    async fn nothing_is_proved_by_an_address_that_changed_within_a_day(test) {
        let s = Scene::with(test, Some("mia.keller@example.org"), Some("+4915123456789"), Some(TestDevice::present())).await;
        assert!(refused(s.ask().await).contains("changed less than 24 hours ago"));
        assert!(refused(s.ask_by(Channel::PhoneCode).await).contains("changed less than 24 hours ago"));
        assert_eq!(s.obstacles().await, [Some(Obstacle::Held), Some(Obstacle::Held), Some(Obstacle::NothingOnFile)]);
    }

    async fn a_code_proves_nothing_once_the_address_on_file_was_changed(test) {
        let s = Scene::new(test).await;
        s.ask().await.unwrap();
        s.send().await.unwrap();
        let code = s.code().await;
        *s.record.changed_at.lock().unwrap() = Some(TestDevice::present());
        assert!(refused(s.answer(&code).await).contains("changed less than 24 hours ago"));
        assert!(refused(s.send().await).contains("changed less than 24 hours ago"));
    }

    async fn without_an_address_on_file_nothing_is_asked(test) {
        let s = Scene::with(test, None, None, None).await;
        assert!(refused(s.ask().await).contains("no mail address on file"));
        assert!(refused(s.ask_by(Channel::PhoneCode).await).contains("no telephone number on file"));
        assert_eq!(s.obstacles().await, [Some(Obstacle::NothingOnFile); 3]);
    }

    async fn a_code_to_the_telephone_on_file_proves_more_and_the_customer_sees_two_digits_of_it(test) {
        let s = Scene::new(test).await;
        assert_eq!(s.obstacles().await, [None, None, Some(Obstacle::NothingOnFile)]);
        s.ask_by(Channel::PhoneCode).await.unwrap();
        let sent = s.send().await.unwrap().request.unwrap();
        assert_eq!((sent.channel, sent.address.as_deref(), sent.codes_left), (Channel::PhoneCode, Some("+49 … 89"), 2));
        let mut tx = s.db.db.snapshot().await.unwrap();
        let request = s.flows.proofs.latest_in(&mut tx, s.id).await.unwrap().unwrap();
        assert!(request.message.is_some());
        drop(tx);
        let code = s.code().await;
        s.answer(&code).await.unwrap();
        let seen = serde_json::to_value(s.flows.for_staff(&s.agent, s.id).await.unwrap()).unwrap();
        assert_eq!((&seen["proof"]["channel"], &seen["proof"]["strength"]), (&"phone_code".into(), &"medium".into()));
        for secret in [code.as_str(), "15123456789", "… 89"] {
            assert!(!seen.to_string().contains(secret), "{secret}");
        }
    }

    async fn a_text_message_names_a_website_of_the_settings_and_never_what_a_browser_invents(test) {
        let s = Scene::new(test).await;
        let mut tx = s.db.db.begin().await.unwrap();
        let sites = r#"["https://www.example.org"]"#;
        wd_db::sql!(tx, execute, "UPDATE desk_settings SET widget_origins = $1", sites).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = s.db.db.snapshot().await.unwrap();
        let settings = s.desk.settings_in(&mut tx).await.unwrap();
        drop(tx);
        let said = |site: Option<&str>| {
            let text = s.flows.text(&settings, &"+4915123456789".parse().unwrap(), "012345", site);
            text.unwrap().body().lines().last().unwrap().to_owned()
        };
        assert_eq!(said(Some("https://www.example.org")), "@www.example.org #012345 %desk.example.org");
        for invented in [None, Some("https://evil.example"), Some("https://www.example.org.evil.example"), Some("x\n@evil.example #012345")] {
            assert_eq!(said(invented), "@desk.example.org #012345", "{invented:?}");
        }
        s.ask_by(Channel::PhoneCode).await.unwrap();
        let sent = s.send_on(Some("https://evil.example")).await.unwrap().request.unwrap();
        assert_eq!(sent.codes_left, 2, "who says something else gets a code all the same");
    }

    async fn no_text_message_goes_to_a_country_that_is_not_named(test) {
        let s = Scene::with(test, None, Some("+12025550143"), None).await;
        assert!(refused(s.ask_by(Channel::PhoneCode).await).contains("no text message can be sent"));
        assert_eq!(s.obstacles().await, [Some(Obstacle::NothingOnFile), Some(Obstacle::NotSendable), Some(Obstacle::NothingOnFile)]);
    }

    async fn a_code_that_a_limit_stops_costs_the_customer_none_and_leaves_a_trace(test) {
        let s = Scene::new(test).await;
        s.ask_by(Channel::PhoneCode).await.unwrap();
        s.send().await.unwrap();
        s.send().await.unwrap();
        let problem = s.send().await.unwrap_err().problem();
        assert_eq!((problem.code, problem.retry_after), (ProblemCode::RateLimited, Some(3600)));
        let shown = s.flows.for_customer(&s.customer.ctx, s.id, &s.asking).await.unwrap().request.unwrap();
        assert_eq!(shown.codes_left, 1);
        assert!(shown.code_ends_at.is_some(), "the code before works on");
        for _ in 0..4 {
            assert_eq!(s.send().await.unwrap_err().problem().code, ProblemCode::RateLimited);
        }
        assert!(refused(s.send().await).contains("no more codes"), "nobody fills the list of refusals");
        let mut tx = s.db.db.snapshot().await.unwrap();
        let filter = wd_audit_log::AuditFilter::default();
        let log = wd_audit_log::list(&mut tx, &filter, &PageQuery::default()).await.unwrap().items;
        let newest = log.iter().find(|entry| entry.action == "customer_proof.code_sent").unwrap();
        assert!(format!("{:?}", newest.details).contains("number-limit"), "{:?}", newest.details);
    }

    async fn who_does_not_have_the_conversation_learns_nothing_of_the_record(test) {
        let s = Scene::new(test).await;
        let mut tx = s.db.db.begin().await.unwrap();
        let case = s.desk.lock_in(&mut tx, &s.agent, s.id).await.unwrap();
        s.desk.release_in(&mut tx, &s.agent, case).await.unwrap();
        tx.commit().await.unwrap();
        assert!(s.obstacles().await.is_empty());
    }

    async fn a_wrong_code_is_counted_though_it_is_refused(test) {
        let s = Scene::new(test).await;
        s.ask().await.unwrap();
        let code = s.code().await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for left in [4, 3, 2, 1] {
            let problem = s.answer(wrong).await.unwrap_err().problem();
            assert_eq!(problem.code, ProblemCode::InvalidFields);
            let shown = s.flows.for_customer(&s.customer.ctx, s.id, &s.asking).await.unwrap().request.unwrap();
            assert_eq!(shown.tries_left, left);
        }
        assert!(refused(s.answer(wrong).await).contains("last try"));
        refused(s.answer(&code).await);
        assert!(!s.is_proved().await);
    }

    async fn ten_wrong_codes_are_in_the_way_of_more_for_the_agent_and_the_customer(test) {
        let s = Scene::new(test).await;
        for _ in 0..2 {
            s.org.clock.advance(Duration::from_secs(1));
            s.ask().await.unwrap();
            let code = s.code().await;
            let wrong = if code == "000000" { "000001" } else { "000000" };
            for _ in 0..5 {
                s.answer(wrong).await.unwrap_err();
            }
        }
        let stopped = Some(Obstacle::TooManyWrong);
        assert_eq!(s.obstacles().await, [stopped, stopped, Some(Obstacle::NothingOnFile)]);
        assert!(refused(s.ask().await).contains("ten answers for this customer were wrong"));
        assert!(refused(s.ask_by(Channel::PhoneCode).await).contains("ten answers for this customer were wrong"));
        s.org.clock.advance(Duration::from_secs(24 * 60 * 60 + 30 * 60));
        assert_eq!(s.obstacles().await, [None, None, Some(Obstacle::NothingOnFile)]);
    }

    async fn codes_that_stop_while_a_request_waits_leave_it_no_tries(test) {
        let s = Scene::new(test).await;
        s.ask().await.unwrap();
        let code = s.code().await;
        // What was answered wrong elsewhere.
        let mut tx = s.db.db.begin().await.unwrap();
        wd_db::sql!(
            tx,
            execute,
            "INSERT INTO proof_request (id, conversation, customer, asked_by, channel, state, asked_at, ends_at, codes, tries)
             SELECT customer, customer, customer, asked_by, channel, 'failed', asked_at, ends_at, 1, 10 FROM proof_request"
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let shown = s.flows.for_customer(&s.customer.ctx, s.id, &s.asking).await.unwrap().request.unwrap();
        assert_eq!(shown.tries_left, 0);
        assert!(refused(s.answer(&code).await).contains("ten answers for this customer were wrong"));
        assert!(refused(s.send().await).contains("ten answers for this customer were wrong"));
        assert!(!s.is_proved().await);
    }

    async fn another_customer_and_another_device_cannot_answer(test) {
        let s = Scene::new(test).await;
        s.ask().await.unwrap();
        let code = s.code().await;
        let other = s.org.device(&s.org.customer()).await;
        let theirs = Asking::new(other.id, "another token");
        let found = |result: Result<WidgetProof, CustomerProofError>| result.unwrap_err().problem().code;
        assert_eq!(found(s.answer_as(&other.ctx, &theirs, &code).await), ProblemCode::NotFound);
        assert_eq!(found(s.answer_as(&other.ctx, &s.asking, &code).await), ProblemCode::NotFound);
        assert_eq!(found(s.answer_as(&s.customer.ctx, &theirs, &code).await), ProblemCode::NotFound);
        let elsewhere = Asking::new(s.customer.id, "another token");
        refused(s.answer_as(&s.customer.ctx, &elsewhere, &code).await);
        // Nor can the agent, who is no customer.
        let asked = s.answer_as(&s.agent, &s.asking, &code).await;
        assert_eq!(found(asked), ProblemCode::Unauthenticated);
        assert!(s.answer(&code).await.is_ok());
    }

    async fn when_who_asked_no_longer_has_the_conversation_nothing_is_sent_or_answered(test) {
        let s = Scene::new(test).await;
        s.ask().await.unwrap();
        let code = s.code().await;
        let mut tx = s.db.db.begin().await.unwrap();
        let case = s.desk.lock_in(&mut tx, &s.agent, s.id).await.unwrap();
        s.desk.release_in(&mut tx, &s.agent, case).await.unwrap();
        tx.commit().await.unwrap();
        refused(s.send().await);
        refused(s.answer(&code).await);
        refused(s.ask().await);
        let seen = s.flows.for_staff(&s.agent, s.id).await.unwrap();
        assert_eq!(seen.requests[0].state, ProofRequestState::Ended);
        assert!(s.flows.for_customer(&s.customer.ctx, s.id, &s.asking).await.unwrap().request.is_none());
    }

    async fn in_a_closed_conversation_nothing_is_asked_answered_or_proved(test) {
        let s = Scene::new(test).await;
        s.ask().await.unwrap();
        let code = s.code().await;
        s.answer(&code).await.unwrap();
        s.org.clock.advance(Duration::from_secs(1));
        s.ask().await.unwrap();
        let code = s.code().await;
        assert!(s.is_proved().await);
        let mut tx = s.db.db.begin().await.unwrap();
        let case = s.desk.lock_in(&mut tx, &s.agent, s.id).await.unwrap();
        s.desk.close_in(&mut tx, &s.agent, case).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!s.is_proved().await);
        refused(s.answer(&code).await);
        refused(s.ask().await);
    }

    async fn a_proof_ends_with_its_session_and_with_its_device(test) {
        let s = Scene::new(test).await;
        s.ask().await.unwrap();
        let code = s.code().await;
        s.answer(&code).await.unwrap();
        assert!(s.is_proved().await);
        s.record.signed_in.store(false, Ordering::SeqCst);
        assert!(!s.is_proved().await);
        s.record.signed_in.store(true, Ordering::SeqCst);
        let mut tx = s.db.db.begin().await.unwrap();
        s.org.channels.revoke_own_in(&mut tx, &s.customer.ctx, s.customer.id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!s.is_proved().await);
    }

    async fn what_is_no_code_is_refused_and_not_counted(test) {
        let s = Scene::new(test).await;
        s.ask().await.unwrap();
        s.code().await;
        for text in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert_eq!(s.answer(text).await.unwrap_err().problem().code, ProblemCode::InvalidFields);
        }
        let shown = s.flows.for_customer(&s.customer.ctx, s.id, &s.asking).await.unwrap().request.unwrap();
        assert_eq!(shown.tries_left, 5);
    }
}
