//! Policies for second factors over HTTP: who sets them, and what a session may do that must add a passkey first.

use reqwest::{Method, header};
use serde_json::{Value, json};
use wd_kernel::Clock as _;

use crate::support::{Answer, Raw, TestApp, operations};

/// What answers a session that must add a passkey: its state, its factors, stopping a recovery that somebody else asked
/// for, leaving; and what answers anybody.
const ANSWERS: [&str; 23] = [
    "well_known_organisation",
    "session",
    "sign_out",
    "sign_in_password",
    "sign_in_passkey",
    "sign_in_passkey_options",
    "sign_in_provider",
    "begin_sign_in_at_provider",
    "open_invitation",
    "accept_invitation",
    "factors",
    "own_re_proofing",
    "withdraw_re_proofing",
    "begin_passkey",
    "finish_passkey",
    "begin_totp",
    "confirm_totp",
    "begin_sms",
    "confirm_sms",
    "get_widget_organisation",
    "visit",
    "remove_factor",
    "rename_factor",
];

async fn set(officer: &Raw, role: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/factor-policies/{role}");
    officer.ask(Method::PUT, &path, Some(body)).await
}

fn strict(version: i64, due_at: Option<&str>) -> Value {
    json!({ "version": version, "sign_in": "phishing-resistant", "step_up": "any", "due_at": due_at })
}

async fn enters_by_code(app: &TestApp, login: &str, code: &str) -> (Raw, Value) {
    let mut raw = app.pending(login).await;
    let state = raw
        .become_by("/api/v1/session/recovery-code", &json!({ "code": code }))
        .await;
    (raw, state)
}

on_both_databases! {
    async fn who_must_add_a_passkey_can_do_that_and_nothing_else(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        let person = app.known_staff(&mut desk, "ada", &["agent", "administrator"]).await;
        officer.step_up(&app).await;
        let asked = set(&officer.raw, "agent", &strict(0, None)).await;
        assert_eq!((asked.status, &asked.body["left"][0]["name"].is_string()), (200, &true));
        assert_eq!(person.raw.get("/api/v1/sessions").await.status, 401, "sessions that began with less end");
        let (raw, state) = enters_by_code(&app, &person.login, &person.recovery_codes[0]).await;
        assert_eq!((&state["state"], &state["enrolment_due"]["strength"]), (&json!("enrol"), &json!("phishing-resistant")));

        let document = serde_json::to_value(app.app.openapi()).unwrap();
        let mut heard = Vec::new();
        for operation in operations(&document) {
            // These replace or end the session that asks, or belong to what it is for.
            if ANSWERS.contains(&operation.id.as_str()) || operation.path.starts_with("/api/v1/widget/") {
                continue;
            }
            let request = raw.request(operation.method.clone(), &operation.path);
            let request = match &operation.body {
                Some(body) => request.json(body),
                None if operation.csv => request.header(header::CONTENT_TYPE, "text/csv").body("name\nAda\n"),
                None => request.header(header::CONTENT_TYPE, "application/json"),
            };
            let status = raw.send(request).await.status;
            if status != 401 {
                heard.push(format!("{} answers {status}", operation.id));
            }
        }
        assert!(heard.is_empty(), "{heard:#?}");
        let lowered = json!({ "version": 1, "sign_in": "any", "step_up": "any", "due_at": null });
        assert_eq!(set(&raw, "agent", &lowered).await.status, 401);
        let weak = raw.post("/api/v1/factors/totp", &json!({})).await;
        assert_eq!(weak.status, 409, "another app does not help");
        assert_eq!(raw.get("/api/v1/session").await.body["state"], "enrol");
    }

    async fn a_factor_policy_is_set_by_who_may_with_a_fresh_factor_and_the_version_that_was_read(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        let mut auditor = app.known_staff(&mut desk, "ugo", &["auditor"]).await;
        let agent = app.known_staff(&mut desk, "ada", &["agent"]).await;
        auditor.step_up(&app).await;
        officer.step_up(&app).await;
        let due = (app.clock.now() + wd_kernel::Duration::from_hours(24 * 14)).to_string();
        let read = auditor.raw.get("/api/v1/factor-policies").await;
        assert_eq!((read.status, read.body["items"].as_array().unwrap().len()), (200, 5));
        assert_eq!(set(&auditor.raw, "agent", &strict(0, Some(&due))).await.code(), "forbidden");
        for refused in [agent.raw.get("/api/v1/factor-policies").await, set(&agent.raw, "agent", &strict(0, None)).await] {
            assert_eq!(refused.code(), "forbidden");
        }
        let thought = json!({ "sign_in": "phishing-resistant", "step_up": "any", "makes": null });
        let preview = "/api/v1/factor-policies/agent/preview";
        assert_eq!(agent.raw.post(preview, &thought).await.code(), "forbidden");
        let shown = auditor.raw.post(preview, &thought).await;
        assert_eq!((&shown.body["people"], &shown.body["left"], &shown.body["concerned"]["people"][0]["what"]), (&json!(1), &json!(1), &json!("must-enrol")));
        assert_eq!(auditor.raw.post("/api/v1/factor-policies/made-up/preview", &thought).await.status, 404);
        let past = set(&officer.raw, "agent", &strict(0, Some("2001-01-01T00:00:00Z"))).await;
        assert_eq!((past.status, &past.body["fields"][0]["field"]), (422, &json!("due_at")));
        let done = set(&officer.raw, "agent", &strict(0, Some(&due))).await;
        assert_eq!((&done.body["version"], &done.body["people"]), (&json!(1), &json!(1)));
        assert_eq!(set(&officer.raw, "agent", &strict(0, Some(&due))).await.code(), "stale-version");
        assert_eq!(set(&officer.raw, "made-up", &strict(0, None)).await.status, 404);
        let state = agent.raw.get("/api/v1/session").await;
        assert_eq!((&state.body["state"], &state.body["enrolment_due"]["due_at"]), (&json!("signed-in"), &done.body["due_at"]));
        let audit = officer.raw.get("/api/v1/audit?action=factor-policy.changed").await;
        let details = &audit.body["items"][0]["details"];
        assert!(details["before"].as_str().unwrap().contains("sign-in any") && details["after"].as_str().unwrap().contains("sign-in phishing-resistant"));
        app.clock.advance(wd_kernel::Duration::from_mins(11));
        assert_eq!(set(&officer.raw, "agent", &strict(1, Some(&due))).await.code(), "step-up-required");
    }
}
