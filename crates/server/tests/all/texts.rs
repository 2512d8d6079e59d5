//! Outgoing text messages through the whole server, to the SMPP server that `cargo xtask test` brings.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::{Value, json};
use wd_config::{Secret, Settings, Sms, SmsDriver, SmsSecurity, SmsSmpp};
use wd_kernel::SecretString;

use crate::support::{On, TestApp, until};

const LIST: &str = "/api/v1/text-messages";
const TEST: &str = "/api/v1/text-messages/test";

/// Where the SMPP server says where it listens.
fn place() -> PathBuf {
    let folder = std::env::var("WARDESK_TEST_SMSC").expect("WARDESK_TEST_SMSC is set by cargo xtask test");
    PathBuf::from(folder).join("smpp")
}

fn with_a_driver(settings: &mut Settings) {
    settings.sms = Some(Sms {
        countries: vec!["49".into()],
        number_per_hour: 2,
        drivers: vec![SmsDriver::Smpp(SmsSmpp {
            name: "carrier".into(),
            server: std::fs::read_to_string(place()).unwrap(),
            security: SmsSecurity::None,
            user: "wardesk".into(),
            password: Secret::Value(SecretString::new("secret-1")),
            from: "Wardesk".into(),
            window: 10,
            ca: None,
        })],
        ..Sms::default()
    });
}

/// A number that no other test uses.
fn number() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("+4917{:07}{number:02}9", std::process::id() % 10_000_000)
}

async fn a_test_goes_out_and_its_receipt_and_cost_are_shown_without_the_number(on: On) {
    let app = TestApp::start_with(on, with_a_driver).await;
    let mut desk = app.desk().await;
    let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
    officer.step_up(&app).await;
    let number = number();
    let sent = officer.raw.post(TEST, &json!({ "number": number })).await;
    assert_eq!(sent.status, 202, "{sent:?}");
    let list = until("the receipt comes", async || {
        let list = officer.raw.get(LIST).await.body;
        (list["items"][0]["state"] == "delivered").then_some(list)
    })
    .await;
    let item = &list["items"][0];
    assert_eq!(
        (&item["kind"], &item["country"], &item["driver"]),
        (&json!("test"), &json!("49"), &json!("carrier"))
    );
    assert_eq!(
        (&list["spend"]["hour"], &list["spend"]["hour_limit"]),
        (&json!(80), &json!(5000))
    );
    assert_eq!(
        (
            &list["figures"][0]["taken"],
            &list["figures"][0]["delivered"],
            &list["figures"][0]["cost"]
        ),
        (&json!(1), &json!(1), &json!(80))
    );
    assert_eq!(
        (&list["drivers"][0]["kind"], &list["drivers"][0]["failures"]),
        (&json!("smpp"), &json!(0))
    );
    let all = list.to_string();
    assert!(!all.contains(&number[3..]) && !all.contains("test of Wardesk"), "{all}");
    app.stop().await;
}

async fn a_test_stops_at_the_limits_and_changes_nothing_for_a_number_that_is_none(on: On) {
    let app = TestApp::start_with(on, with_a_driver).await;
    let mut desk = app.desk().await;
    let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
    officer.step_up(&app).await;
    for bad in ["0151 23456789", "+49", "+49151\n23456789", "+33612345678"] {
        let refused = officer.raw.post(TEST, &json!({ "number": bad })).await;
        assert_eq!((refused.status, refused.code()), (422, "invalid-fields"), "{bad:?}");
        assert!(!refused.body.to_string().contains("612345678"));
    }
    let number = number();
    for _ in 0..2 {
        assert_eq!(officer.raw.post(TEST, &json!({ "number": number })).await.status, 202);
    }
    let many = officer.raw.post(TEST, &json!({ "number": number })).await;
    assert_eq!((many.status, many.code()), (429, "rate-limited"));
    let list = officer.raw.get(LIST).await.body;
    let refused: Vec<&Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["state"] == "refused")
        .collect();
    assert_eq!(refused.len(), 2, "the country and the number: {list}");
    app.stop().await;
}

async fn a_test_needs_a_fresh_factor(on: On) {
    let app = TestApp::start_with(on, with_a_driver).await;
    let mut desk = app.desk().await;
    let officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
    app.clock.advance(wd_kernel::Duration::from_mins(11));
    let refused = officer.raw.post(TEST, &json!({ "number": number() })).await;
    assert_eq!((refused.status, refused.code()), (403, "step-up-required"));
    assert_eq!(officer.raw.get(LIST).await.body["items"], json!([]));
    app.stop().await;
}

async fn without_a_driver_there_is_nothing_to_see_and_no_test(on: On) {
    let app = TestApp::start(on).await;
    let mut desk = app.desk().await;
    let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
    officer.step_up(&app).await;
    let list = officer.raw.get(LIST).await.body;
    assert_eq!(
        list,
        json!({ "spend": null, "drivers": [], "figures": [], "alarms": [], "items": [], "next": null })
    );
    let test = officer.raw.post(TEST, &json!({ "number": number() })).await;
    assert_eq!((test.status, test.code()), (409, "conflict"));
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
    a_test_goes_out_and_its_receipt_and_cost_are_shown_without_the_number,
    a_test_stops_at_the_limits_and_changes_nothing_for_a_number_that_is_none,
    a_test_needs_a_fresh_factor,
    without_a_driver_there_is_nothing_to_see_and_no_test,
}
