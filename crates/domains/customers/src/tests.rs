use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use async_trait::async_trait;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use wd_audit_log::AuditFilter;
use wd_authz::{Authz, Grant};
use wd_db::{DbError, Tx, both_databases, sql, testing::TestDb};
use wd_kernel::{
    Actor, Ctx, CustomerId, Duration, HandClock, Id as _, PageQuery, Reach, SeededEntropy, SessionId, StaffActor,
    StaffId, Timestamp, World,
};

use crate::{
    ConversationsOf, CustomerChange, CustomerError, Customers, FieldClass, IdentityKey, IdentityKeys, ImportError,
    ImportState, MIGRATIONS, NewCustomer, Search, SearchKind, WidgetError, permissions,
};

/// A throw-away key pair for these tests.
const SITE_KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const SITE_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

struct Site;
#[async_trait]
impl IdentityKeys for Site {
    async fn identity_keys(&self, _: &mut Tx) -> Result<Vec<IdentityKey>, DbError> {
        Ok(vec![IdentityKey {
            kid: "site-1".into(),
            alg: "EdDSA".into(),
            pem: SITE_PUBLIC.into(),
        }])
    }
    fn audience(&self) -> String {
        "https://desk.example".into()
    }
}

#[async_trait]
impl ConversationsOf for Site {
    async fn counts(&self, _: &mut Tx, _: &Ctx, customers: &[CustomerId]) -> Result<HashMap<CustomerId, i64>, DbError> {
        Ok(customers.iter().map(|customer| (*customer, 3)).collect())
    }
}

struct Bench {
    customers: Customers,
    clock: Arc<HandClock>,
    world: World,
}

const START: i64 = 1_700_000_000;
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl Bench {
    async fn new(test: &TestDb) -> Self {
        let authz = Authz::default();
        let grant = |role: &str, permission: &str| Grant {
            role: role.into(),
            permission: permission.into(),
            reach: Reach::Organisation,
        };
        let mut grants: Vec<Grant> = permissions::ALL.iter().map(|p| grant("lead", p)).collect();
        grants.extend([
            grant("agent", "customer.read"),
            grant("agent", "customer.edit"),
            grant("agent", "customer.read_contact"),
        ]);
        authz.load(&grants, permissions::ALL).unwrap();
        let clock = Arc::new(HandClock::at(Timestamp::from_seconds(START)));
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(3)),
            decide: Arc::new(authz),
        };
        let vault = wd_vault::testing::vault(&test.db).await;
        Self {
            customers: Customers::new(test.db.clone(), vault, Arc::new(Site), Arc::new(Site)),
            clock,
            world,
        }
    }

    fn as_role(&self, role: &str) -> Ctx {
        let id = StaffId::from_uuid(uuid::Uuid::from_u128(1));
        let session = SessionId::from_uuid(uuid::Uuid::from_u128(1));
        self.world.ctx(Actor::Staff(Arc::new(StaffActor {
            id,
            session,
            roles: vec![role.into()],
            teams: vec![],
            stepped_up_until: None,
        })))
    }

    fn nobody(&self) -> Ctx {
        self.world.ctx(Actor::Nobody)
    }

    fn system(&self) -> Ctx {
        self.world.ctx(Actor::System("jobs"))
    }
}

fn ada() -> NewCustomer {
    NewCustomer {
        name: "Ada Lovelace".into(),
        mail: Some("Ada@Example.org".into()),
        phone: Some("+44 20 7946 0000".into()),
        external_id: Some("NW-2231".into()),
        notes: Some("prefers letters".into()),
        tags: vec!["vip".into()],
        ..NewCustomer::default()
    }
}

fn token(change: impl FnOnce(&mut serde_json::Value, &mut Header)) -> String {
    let mut claims = serde_json::json!({"sub": "NW-7", "aud": "https://desk.example", "iat": START, "exp": START + 300, "jti": "j1", "name": "Jonas"});
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("site-1".into());
    change(&mut claims, &mut header);
    jsonwebtoken::encode(
        &header,
        &claims,
        &EncodingKey::from_ed_pem(SITE_KEY.as_bytes()).unwrap(),
    )
    .unwrap()
}

type Blobs = (
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);

const ALL: &[wd_db::Migrations] = &[
    MIGRATIONS,
    wd_vault::MIGRATIONS,
    wd_audit_log::MIGRATIONS,
    wd_jobs::MIGRATIONS,
];

both_databases! { ALL;
    async fn nothing_personal_lies_in_the_table_in_clear(test) {
        let bench = Bench::new(&test).await;
        bench.customers.create(&bench.as_role("lead"), ada()).await.unwrap();
        let mut tx = test.db.snapshot().await.unwrap();
        let row = sql!(tx, fetch_one as Blobs, "SELECT name, mail, notes, tags, external_id FROM customer").await.unwrap();
        for (blob, clear) in [(row.0, "Lovelace"), (row.1, "xample"), (row.2, "letters"), (row.3, "vip"), (row.4, "2231")] {
            let blob = blob.unwrap();
            assert!(!String::from_utf8_lossy(&blob).contains(clear));
            assert_eq!(&blob[..2], b"WD");
        }
    }

    async fn a_customer_is_found_by_exact_mail_phone_and_external_id(test) {
        let bench = Bench::new(&test).await;
        let agent = bench.as_role("agent");
        let made = bench.customers.create(&bench.as_role("lead"), ada()).await.unwrap();
        for (kind, value) in [(SearchKind::Mail, "ada@example.ORG"), (SearchKind::Phone, "0044 2079460000"), (SearchKind::ExternalId, "NW-2231")] {
            let found = bench.customers.search(&agent, &Search::new(kind, value).unwrap()).await.unwrap();
            assert_eq!(found.iter().map(|c| c.id).collect::<Vec<_>>(), [made.id], "{value}");
        }
        let none = bench.customers.search(&agent, &Search::new(SearchKind::Mail, "ada@example.or").unwrap()).await.unwrap();
        assert!(none.is_empty(), "a part of the address finds nothing");
    }

    async fn a_class_without_the_right_is_not_even_hinted_at(test) {
        let bench = Bench::new(&test).await;
        let made = bench.customers.create(&bench.as_role("lead"), ada()).await.unwrap();
        let seen = bench.customers.read(&bench.as_role("agent"), made.id).await.unwrap();
        assert_eq!(seen.contact.unwrap().hints["mail"], "A•••@•••.org");
        assert_eq!((seen.identifiers, seen.notes), (None, None));
        let refused = bench.customers.reveal(&bench.as_role("agent"), made.id, FieldClass::Notes, None).await;
        assert!(matches!(refused, Err(CustomerError::Denied(_))));
    }

    async fn a_reveal_is_in_the_audit_log(test) {
        let bench = Bench::new(&test).await;
        let agent = bench.as_role("agent");
        let made = bench.customers.create(&bench.as_role("lead"), ada()).await.unwrap();
        let shown = bench.customers.reveal(&agent, made.id, FieldClass::Contact, Some("call back")).await.unwrap();
        assert_eq!(shown.fields["mail"], "Ada@Example.org");
        let mut tx = test.db.snapshot().await.unwrap();
        let filter = AuditFilter { action: Some("customer.revealed".into()), ..AuditFilter::default() };
        let log = wd_audit_log::list(&mut tx, &filter, &PageQuery::default()).await.unwrap().items;
        assert_eq!(log.len(), 1);
        assert_eq!((log[0].details["class"].as_str(), log[0].details["reason"].as_str()), (Some("contact"), Some("call back")));
        assert_eq!(log[0].target.as_ref().unwrap().id, made.id.to_string());
    }

    async fn a_stale_change_is_refused_and_changes_nothing(test) {
        let bench = Bench::new(&test).await;
        let lead = bench.as_role("lead");
        let made = bench.customers.create(&lead, ada()).await.unwrap();
        let first = CustomerChange { version: 1, name: Some(Some("Ada King".into())), ..CustomerChange::default() };
        bench.customers.change(&lead, made.id, first.clone()).await.unwrap();
        assert!(matches!(bench.customers.change(&lead, made.id, first).await, Err(CustomerError::Stale)));
        assert_eq!(bench.customers.read(&lead, made.id).await.unwrap().name.as_deref(), Some("Ada King"));
    }

    async fn a_cleared_field_is_no_longer_found(test) {
        let bench = Bench::new(&test).await;
        let lead = bench.as_role("lead");
        let made = bench.customers.create(&lead, ada()).await.unwrap();
        bench.customers.change(&lead, made.id, CustomerChange { version: 1, mail: Some(None), ..CustomerChange::default() }).await.unwrap();
        assert!(bench.customers.search(&lead, &Search::new(SearchKind::Mail, "ada@example.org").unwrap()).await.unwrap().is_empty());
    }

    async fn who_may_not_see_notes_may_not_write_over_them(test) {
        let bench = Bench::new(&test).await;
        let made = bench.customers.create(&bench.as_role("lead"), ada()).await.unwrap();
        let change = CustomerChange { version: 1, notes: Some(None), ..CustomerChange::default() };
        assert!(matches!(bench.customers.change(&bench.as_role("agent"), made.id, change).await, Err(CustomerError::Denied(_))));
    }

    async fn two_customers_cannot_share_an_external_id(test) {
        let bench = Bench::new(&test).await;
        let lead = bench.as_role("lead");
        bench.customers.create(&lead, ada()).await.unwrap();
        assert!(matches!(bench.customers.create(&lead, ada()).await, Err(CustomerError::ExternalIdTaken)));
    }

    async fn an_import_takes_good_rows_and_says_what_is_wrong_with_the_others(test) {
        let bench = Bench::new(&test).await;
        let lead = bench.as_role("lead");
        let file = "name,mail,external_id,tags\nAda,ada@example.org,1,vip;uk\n,nobody@example.org,2,\nBob,not a mail,3,\nCid,cid@example.org\n\"Dora, the\nExplorer\",dora@example.org,1,\nEve,eve@example.org,5,\n";
        let started = bench.customers.start_import(&lead, file.as_bytes()).await.unwrap();
        let system = bench.system();
        let job = wd_jobs::claim(&test.db, &system, Duration::from_secs(60)).await.unwrap().unwrap();
        assert!(bench.customers.takes(&job));
        bench.customers.work(&system, &job).await.unwrap();
        let ended = bench.customers.import(&lead, started.id).await.unwrap();
        assert_eq!((ended.state, ended.rows, ended.imported, ended.rejected), (ImportState::Done, 6, 2, 4));
        let problems: Vec<_> = ended.problems.iter().map(|p| (p.line, p.reason.as_str())).collect();
        assert_eq!(problems, [
            (3, "name: it is empty"),
            (4, "mail: This is not a mail address."),
            (5, "the row has another number of columns than the header"),
            (6, "external_id: another customer has it"),
        ]);
        assert_eq!(bench.customers.list(&lead, &PageQuery::default()).await.unwrap().items.len(), 2);
        assert_eq!(wd_jobs::claim(&test.db, &system, Duration::from_secs(60)).await.unwrap(), None);
    }

    async fn an_interrupted_import_goes_on_without_doubling_rows(test) {
        let bench = Bench::new(&test).await;
        let lead = bench.as_role("lead");
        let mut file = String::from("name\n");
        for n in 0..250 {
            file.push_str("Customer ");
            file.push_str(&n.to_string());
            file.push('\n');
        }
        let started = bench.customers.start_import(&lead, file.as_bytes()).await.unwrap();
        let system = bench.system();
        let lost = wd_jobs::claim(&test.db, &system, Duration::from_secs(60)).await.unwrap().unwrap();
        bench.clock.advance(Duration::from_secs(61));
        let job = wd_jobs::claim(&test.db, &system, Duration::from_secs(60)).await.unwrap().unwrap();
        assert!(matches!(bench.customers.work(&system, &lost).await, Err(ImportError::LeaseLost)), "who lost the lease writes nothing");
        bench.customers.work(&system, &job).await.unwrap();
        assert_eq!(bench.customers.import(&lead, started.id).await.unwrap().imported, 250);
    }

    async fn a_file_with_an_unknown_column_is_refused_at_once(test) {
        let bench = Bench::new(&test).await;
        let lead = bench.as_role("lead");
        for file in ["name,shoe_size\nAda,38\n", "mail\nada@example.org\n", "", "name,name\na,b\n", "\u{0}\u{1}"] {
            assert!(matches!(bench.customers.start_import(&lead, file.as_bytes()).await, Err(ImportError::File(_))), "{file:?}");
        }
    }

    async fn a_visitors_token_speaks_for_them_until_sign_out(test) {
        let bench = Bench::new(&test).await;
        let nobody = bench.nobody();
        let visitor = bench.customers.visit(&nobody, [127, 0, 0, 1].into()).await.unwrap();
        assert_eq!(bench.customers.authenticate_widget(&nobody, &visitor.token).await.unwrap(), Some(visitor.customer));
        assert_eq!(bench.customers.authenticate_widget(&nobody, "guess").await.unwrap(), None);
        bench.customers.sign_out_widget(&nobody, &visitor.token).await.unwrap();
        assert_eq!(bench.customers.authenticate_widget(&nobody, &visitor.token).await.unwrap(), None);
    }

    async fn one_address_cannot_make_visitors_without_end(test) {
        let bench = Bench::new(&test).await;
        for _ in 0..20 {
            bench.customers.visit(&bench.nobody(), [127, 0, 0, 1].into()).await.unwrap();
        }
        assert!(matches!(bench.customers.visit(&bench.nobody(), [127, 0, 0, 1].into()).await, Err(WidgetError::TooMany)));
        bench.customers.visit(&bench.nobody(), [127, 0, 0, 2].into()).await.unwrap();
        bench.clock.advance(Duration::from_secs(3600));
        bench.customers.visit(&bench.nobody(), [127, 0, 0, 1].into()).await.unwrap();
    }

    async fn a_cursor_of_another_list_is_not_the_first_page_again(test) {
        let bench = Bench::new(&test).await;
        let page = PageQuery { after: Some("42".into()), limit: None };
        let refused = bench.customers.list(&bench.as_role("lead"), &page).await;
        assert!(matches!(refused, Err(CustomerError::Invalid(fields)) if fields[0].field == "after"));
    }

    async fn an_address_is_a_network_and_hopping_within_it_does_not_help(test) {
        let bench = Bench::new(&test).await;
        for host in 1..=20 {
            bench.customers.visit(&bench.nobody(), [0x2001, 0xdb8, 1, 2, 0, 0, 0, host].into()).await.unwrap();
        }
        let hopped = bench.customers.visit(&bench.nobody(), [0x2001, 0xdb8, 1, 2, 9, 9, 9, 9].into()).await;
        assert!(matches!(hopped, Err(WidgetError::TooMany)));
    }

    async fn refused_identity_tokens_do_not_fill_the_audit_log(test) {
        let bench = Bench::new(&test).await;
        let mut answers = Vec::new();
        for _ in 0..70 {
            answers.push(bench.customers.identify(&bench.nobody(), "a.b.c", HERE).await.unwrap_err());
        }
        assert_eq!(answers.iter().filter(|answer| matches!(answer, WidgetError::Token(_))).count(), 60);
        assert_eq!(answers.iter().filter(|answer| matches!(answer, WidgetError::TooMany)).count(), 10);
        // Who is vouched for gets in all the same.
        bench.customers.identify(&bench.nobody(), &token(|_, _| {}), HERE).await.unwrap();
    }

    async fn an_address_that_staff_or_the_site_put_there_later_says_since_when(test) {
        let bench = Bench::new(&test).await;
        let lead = bench.as_role("lead");
        let changed_at = async |customer| {
            let mut tx = test.db.snapshot().await.unwrap();
            bench.customers.mail_on_file_in(&mut tx, customer).await.unwrap().unwrap().changed_at
        };
        let vouched = bench.customers.identify(&bench.nobody(), &token(|claims, _| claims["email"] = "jonas@example.org".into()), HERE).await.unwrap();
        assert_eq!(changed_at(vouched.customer).await, None);
        let made = bench.customers.create(&lead, ada()).await.unwrap();
        let first = lead.now();
        assert_eq!(changed_at(made.id).await, Some(first));
        let mail = |version, mail: &str| CustomerChange { version, mail: Some(Some(mail.into())), ..CustomerChange::default() };
        bench.clock.advance(Duration::from_secs(60));
        let same = bench.customers.change(&lead, made.id, mail(made.version, "Ada@Example.org")).await.unwrap();
        assert_eq!(changed_at(made.id).await, Some(first));
        bench.customers.change(&lead, made.id, mail(same.version, "other@example.org")).await.unwrap();
        assert_eq!(changed_at(made.id).await, Some(lead.now()));
        let present = bench.customers.read(&lead, vouched.customer).await.unwrap();
        bench.customers.change(&lead, vouched.customer, mail(present.version, "other@example.org")).await.unwrap();
        assert_eq!(changed_at(vouched.customer).await, Some(lead.now()));
    }

    async fn a_telephone_number_that_staff_put_there_says_since_when(test) {
        let bench = Bench::new(&test).await;
        let lead = bench.as_role("lead");
        let made = bench.customers.create(&lead, ada()).await.unwrap();
        let first = lead.now();
        let on_file = async || {
            let mut tx = test.db.snapshot().await.unwrap();
            bench.customers.phone_on_file_in(&mut tx, made.id).await.unwrap()
        };
        let known = on_file().await.unwrap();
        assert_eq!((known.address.expose(), known.changed_at), ("+442079460000", Some(first)));
        let phone = |version, phone: Option<&str>| CustomerChange { version, phone: Some(phone.map(Into::into)), ..CustomerChange::default() };
        bench.clock.advance(Duration::from_secs(60));
        let same = bench.customers.change(&lead, made.id, phone(made.version, Some("0044 2079460000"))).await.unwrap();
        assert_eq!(on_file().await.unwrap().changed_at, Some(first));
        let other = bench.customers.change(&lead, made.id, phone(same.version, Some("+4915123456789"))).await.unwrap();
        assert_eq!(on_file().await.unwrap().changed_at, Some(lead.now()));
        bench.customers.change(&lead, made.id, phone(other.version, None)).await.unwrap();
        assert!(on_file().await.is_none());
    }

    async fn the_site_vouches_for_the_same_customer_each_time(test) {
        let bench = Bench::new(&test).await;
        let first = bench.customers.identify(&bench.nobody(), &token(|_, _| {}), HERE).await.unwrap();
        let again = bench.customers.identify(&bench.nobody(), &token(|claims, _| claims["jti"] = "j2".into()), HERE).await.unwrap();
        assert_eq!(first.customer, again.customer);
        assert_eq!(first.name.as_deref(), Some("Jonas"));
        assert!(bench.customers.read(&bench.as_role("lead"), first.customer).await.unwrap().verified);
    }

    async fn a_record_says_when_the_site_last_vouched_and_stays_at_its_version(test) {
        let bench = Bench::new(&test).await;
        let lead = bench.as_role("lead");
        let first = bench.customers.identify(&bench.nobody(), &token(|_, _| {}), HERE).await.unwrap();
        let before = bench.customers.read(&lead, first.customer).await.unwrap();
        assert_eq!(before.verified_at, Some(Timestamp::from_seconds(START)));
        bench.clock.advance(Duration::from_secs(60));
        bench.customers.identify(&bench.nobody(), &token(|claims, _| claims["jti"] = "j2".into()), HERE).await.unwrap();
        let after = bench.customers.read(&lead, first.customer).await.unwrap();
        assert_eq!(after.verified_at, Some(Timestamp::from_seconds(START + 60)));
        assert_eq!(after.version, before.version);
        let visitor = bench.customers.visit(&bench.nobody(), HERE).await.unwrap();
        assert_eq!(bench.customers.read(&lead, visitor.customer).await.unwrap().verified_at, None);
    }

    async fn an_identity_token_that_does_not_check_is_refused(test) {
        let bench = Bench::new(&test).await;
        let none = {
            use wd_kernel::b64u::encode;
            let claims = serde_json::json!({"sub": "NW-7", "aud": "https://desk.example", "iat": START, "exp": START + 300, "jti": "j"});
            format!("{}.{}.", encode(r#"{"alg":"none","kid":"site-1"}"#), encode(claims.to_string()))
        };
        let hmac = {
            let mut header = Header::new(Algorithm::HS256);
            header.kid = Some("site-1".into());
            let claims = serde_json::json!({"sub": "NW-7", "aud": "https://desk.example", "iat": START, "exp": START + 300, "jti": "j"});
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(SITE_PUBLIC.as_bytes())).unwrap()
        };
        let bad = [
            ("none", none),
            ("HMAC with the public key", hmac),
            ("another audience", token(|claims, _| claims["aud"] = "https://evil.example".into())),
            ("expired", token(|claims, _| { claims["iat"] = (START - 600).into(); claims["exp"] = (START - 31).into(); })),
            ("too long a life", token(|claims, _| claims["exp"] = (START + 3600).into())),
            ("from the future", token(|claims, _| { claims["iat"] = (START + 120).into(); claims["exp"] = (START + 300).into(); })),
            ("an unknown key", token(|_, header| header.kid = Some("site-2".into()))),
            ("no subject", token(|claims, _| claims["sub"] = " ".into())),
            ("nonsense", "a.b.c".into()),
        ];
        for (what, token) in bad {
            assert!(matches!(bench.customers.identify(&bench.nobody(), &token, HERE).await, Err(WidgetError::Token(_))), "{what}");
        }
    }

    async fn who_takes_a_device_out_ends_the_other_sessions_and_their_identity_tokens(test) {
        let bench = Bench::new(&test).await;
        let (lost, kept) = (token(|_, _| {}), token(|claims, _| claims["jti"] = "another".into()));
        let there = bench.customers.identify(&bench.nobody(), &lost, HERE).await.unwrap();
        let here = bench.customers.identify(&bench.nobody(), &kept, HERE).await.unwrap();
        assert_eq!(there.customer, here.customer);
        let visitor = bench.customers.visit(&bench.nobody(), HERE).await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        bench.customers.end_other_sessions_in(&mut tx, &bench.nobody(), here.customer, &here.token).await.unwrap();
        tx.commit().await.unwrap();
        let who = |token: String| { let customers = bench.customers.clone(); let nobody = bench.nobody(); async move { customers.authenticate_widget(&nobody, &token).await.unwrap() } };
        assert_eq!(who(there.token).await, None);
        assert_eq!(who(here.token).await, Some(here.customer));
        assert_eq!(who(visitor.token).await, Some(visitor.customer));
        assert!(matches!(bench.customers.identify(&bench.nobody(), &lost, HERE).await, Err(WidgetError::Token(_))));
        assert_eq!(bench.customers.identify(&bench.nobody(), &kept, HERE).await.unwrap().customer, here.customer);
    }

    async fn a_widgets_session_ends_after_its_longest_life_however_busy(test) {
        const DAY: u64 = 24 * 3600;
        let bench = Bench::new(&test).await;
        let vouched = bench.customers.identify(&bench.nobody(), &token(|_, _| {}), HERE).await.unwrap();
        let visitor = bench.customers.visit(&bench.nobody(), HERE).await.unwrap();
        let alive = async |token| bench.customers.authenticate_widget(&bench.nobody(), token).await.unwrap().is_some();
        bench.clock.advance(Duration::from_secs(DAY - 1));
        assert!(alive(&vouched.token).await && alive(&visitor.token).await);
        bench.clock.advance(Duration::from_secs(1));
        assert!(!alive(&vouched.token).await && alive(&visitor.token).await, "a day for whom the site vouched");
        bench.clock.advance(Duration::from_secs(89 * DAY - 1));
        assert!(alive(&visitor.token).await);
        bench.clock.advance(Duration::from_secs(1));
        assert!(!alive(&visitor.token).await, "ninety days for a visitor");
    }

    async fn an_identity_token_is_spent_at_sign_out(test) {
        let bench = Bench::new(&test).await;
        let token = token(|_, _| {});
        let here = bench.customers.identify(&bench.nobody(), &token, HERE).await.unwrap();
        let other_tab = bench.customers.identify(&bench.nobody(), &token, HERE).await.unwrap();
        bench.customers.sign_out_widget(&bench.nobody(), &here.token).await.unwrap();
        assert_eq!(bench.customers.authenticate_widget(&bench.nobody(), &other_tab.token).await.unwrap(), None);
        assert!(matches!(bench.customers.identify(&bench.nobody(), &token, HERE).await, Err(WidgetError::Token(_))));
    }
}
