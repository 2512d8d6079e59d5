//! Outgoing mail through the whole server, to the mail server that `cargo xtask test` brings.

use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};
use wd_config::{Mail, MailSecurity, Settings};

use crate::support::{Desk, KnownStaff, On, TestApp, until};

/// Where the mail server says where it listens, and keeps what it took.
fn folder() -> PathBuf {
    std::env::var("WARDESK_TEST_SMTP")
        .expect("WARDESK_TEST_SMTP is set by cargo xtask test")
        .into()
}

fn with_a_server(settings: &mut Settings) {
    settings.mail = Some(Mail {
        from: "wardesk@example.org".into(),
        server: std::fs::read_to_string(folder().join("plain")).unwrap(),
        security: MailSecurity::None,
        ..Mail::default()
    });
}

/// What the mail server took for somebody.
fn received(to: &str) -> Vec<String> {
    let mut mails = Vec::new();
    for entry in std::fs::read_dir(folder().join("mails")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "json") {
            let kept: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            if kept["to"] == json!([to]) {
                mails.push(kept["mail"].as_str().unwrap().to_owned());
            }
        }
    }
    mails
}

/// An address that no other test uses.
fn address(name: &str, on: On) -> String {
    format!("{name}-{on:?}-{}@example.org", std::process::id()).to_lowercase()
}

/// Waits until the relay has nothing to do: what follows from an event follows a moment later.
pub async fn relayed(app: &TestApp) {
    until("the outbox is empty", async || {
        let mut tx = app.app.db.snapshot().await.unwrap();
        wd_db::outbox::waiting(&mut tx, 1)
            .await
            .unwrap()
            .is_empty()
            .then_some(())
    })
    .await;
}

async fn set_contact(app: &TestApp, officer: &mut KnownStaff, contact: &str) -> Value {
    relayed(app).await;
    officer.step_up(app).await;
    let change = json!({ "typing": true, "presence": true, "widget_origins": [], "identity_keys": [], "security_contact": contact });
    let answer = officer
        .raw
        .ask(Method::PUT, "/api/v1/organisation/settings", Some(&change))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

async fn kinds(officer: &KnownStaff, state: &str) -> Vec<String> {
    let list = officer.raw.get("/api/v1/outgoing").await.body;
    let items = list["items"].as_array().unwrap().clone();
    let mut kinds: Vec<String> = items
        .iter()
        .filter(|item| item["state"] == state)
        .map(|item| item["kind"].as_str().unwrap().to_owned())
        .collect();
    kinds.sort();
    kinds
}

/// Things happen that somebody should hear of.
async fn things_happen(app: &TestApp, desk: &mut Desk) {
    desk.agent(app, "ada").await;
    let link = desk.invite("mia", &["administrator"], &[]).await;
    assert!(link.contains("#/welcome/"));
    let staff = desk.administrator.get("/api/v1/staff").await.unwrap();
    let mia = staff["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["login"] == "mia")
        .unwrap()["id"]
        .clone();
    desk.administrator.step_up().await.unwrap();
    let path = format!("/api/v1/staff/{}/disable", mia.as_str().unwrap());
    desk.administrator.post(&path, &json!({})).await.unwrap();
}

/// Of `things_happen`, in the order of the alphabet: two links, one administrator, one device, one who was disabled.
const HAPPENED: [&str; 5] = [
    "administrator-made",
    "device-enrolled",
    "link-made",
    "link-made",
    "staff-disabled",
];

async fn the_security_contact_hears_of_each_thing_once(on: On) {
    let app = TestApp::start_with(on, with_a_server).await;
    let mut desk = app.desk().await;
    let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
    let contact = address("contact", on);
    let settings = set_contact(&app, &mut officer, &contact).await;
    assert_eq!(settings["settings"]["security_contact"], contact);
    things_happen(&app, &mut desk).await;
    let delivered = until("all notices are delivered", async || {
        let delivered = kinds(&officer, "delivered").await;
        (delivered.len() >= HAPPENED.len()).then_some(delivered)
    })
    .await;
    assert_eq!(delivered, HAPPENED);
    let mails = received(&contact);
    assert_eq!(mails.len(), HAPPENED.len());
    let disabled = mails
        .iter()
        .find(|mail| mail.contains("Subject: Wardesk: mia of the desk was disabled\r\n"));
    let disabled = disabled.unwrap();
    assert!(disabled.contains("By:   Administrator (stf_"), "{disabled}");
    for mail in &mails {
        assert!(!mail.contains("welcome/") && !mail.contains("://"), "{mail}");
    }
    // To whom and what is not in the list.
    let list = officer.raw.get("/api/v1/outgoing").await;
    assert_eq!(list.body["summary"]["delivered"], 5);
    assert_eq!(list.body["server"]["security"], "none");
    let text = list.body.to_string();
    assert!(!text.contains(&contact) && !text.contains("mia"), "{text}");
    app.stop().await;
}

async fn who_was_the_security_contact_hears_that_it_is_so_no_more(on: On) {
    let app = TestApp::start_with(on, with_a_server).await;
    let mut desk = app.desk().await;
    let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
    let (before, after) = (address("before", on), address("after", on));
    set_contact(&app, &mut officer, &before).await;
    set_contact(&app, &mut officer, &before).await;
    set_contact(&app, &mut officer, &after).await;
    let mail = until("the old contact is told", async || received(&before).pop()).await;
    assert!(
        mail.contains("this address is not the security contact any more"),
        "{mail}"
    );
    assert!(mail.contains("By:   olga of the desk (stf_"), "{mail}");
    assert_eq!((received(&before).len(), received(&after).len()), (1, 0));
    app.stop().await;
}

async fn a_test_goes_to_the_security_contact(on: On) {
    let app = TestApp::start_with(on, with_a_server).await;
    let mut desk = app.desk().await;
    let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
    let nobody = officer.raw.post("/api/v1/outgoing/test", &json!({})).await;
    assert_eq!((nobody.status, nobody.code()), (409, "conflict"));
    let contact = address("tested", on);
    set_contact(&app, &mut officer, &contact).await;
    let sent = officer.raw.post("/api/v1/outgoing/test", &json!({})).await;
    assert_eq!(sent.status, 202, "{sent:?}");
    let mail = until("the test arrives", async || received(&contact).pop()).await;
    assert!(mail.contains("Subject: Wardesk: a test\r\n"), "{mail}");
    assert!(mail.contains("Auto-Submitted: auto-generated\r\n"), "{mail}");
    while officer.raw.post("/api/v1/outgoing/test", &json!({})).await.status == 202 {}
    let many = officer.raw.post("/api/v1/outgoing/test", &json!({})).await;
    assert_eq!((many.status, many.code()), (429, "rate-limited"));
    app.stop().await;
}

async fn without_a_server_it_is_seen_what_would_have_been_sent(on: On) {
    let app = TestApp::start(on).await;
    let mut desk = app.desk().await;
    let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
    set_contact(&app, &mut officer, &address("unsent", on)).await;
    things_happen(&app, &mut desk).await;
    let kinds = until("all notices are written down", async || {
        let kinds = kinds(&officer, "not-sent").await;
        (kinds.len() >= HAPPENED.len()).then_some(kinds)
    })
    .await;
    assert_eq!(kinds, HAPPENED);
    let list = officer.raw.get("/api/v1/outgoing").await.body;
    assert_eq!(
        (&list["server"], &list["summary"]["not_sent"]),
        (&Value::Null, &json!(5))
    );
    let test = officer.raw.post("/api/v1/outgoing/test", &json!({})).await;
    assert_eq!((test.status, test.code()), (409, "conflict"));
    app.stop().await;
}

async fn a_contact_that_is_no_address_is_refused_and_changes_nothing(on: On) {
    let app = TestApp::start(on).await;
    let mut desk = app.desk().await;
    let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
    let contact = address("kept", on);
    set_contact(&app, &mut officer, &contact).await;
    for wrong in [
        "nobody",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org,b@example.org",
        "a@[127.0.0.1]",
    ] {
        let change = json!({ "typing": false, "presence": true, "widget_origins": [], "identity_keys": [], "security_contact": wrong });
        let answer = officer
            .raw
            .ask(Method::PUT, "/api/v1/organisation/settings", Some(&change))
            .await;
        assert_eq!(
            (answer.status, answer.body["fields"][0]["field"].as_str()),
            (422, Some("security_contact")),
            "{wrong}"
        );
    }
    let now = officer.raw.get("/api/v1/organisation").await.body;
    assert_eq!(
        (&now["settings"]["security_contact"], &now["settings"]["typing"]),
        (&json!(contact), &json!(true))
    );
    let wrong_page = officer.raw.get("/api/v1/outgoing?after=17").await;
    assert_eq!(wrong_page.status, 422);
    app.stop().await;
}

macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::On::Sqlite).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::On::Postgres).await;
            })*
        }
    };
}

on_both! {
    the_security_contact_hears_of_each_thing_once,
    who_was_the_security_contact_hears_that_it_is_so_no_more,
    a_test_goes_to_the_security_contact,
    without_a_server_it_is_seen_what_would_have_been_sent,
    a_contact_that_is_no_address_is_refused_and_changes_nothing,
}
