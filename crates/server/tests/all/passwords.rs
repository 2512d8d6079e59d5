//! Policies for passwords over HTTP: who sets them, and what a session may do that must change its password first.

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::support::{Answer, KnownStaff, PASSWORD, Raw, TestApp, operations};

const NEW: &str = "walnut ferry 93 lantern quiet river";

/// What answers a session that must change its password: its state, judging and changing the password, leaving; and
/// what answers anybody.
const ANSWERS: [&str; 15] = [
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
    "check_password",
    "password_rules",
    "change_password",
    "get_widget_organisation",
    "visit",
];

async fn set(officer: &Raw, role: &str, version: i64, policy: &Value, reason: Option<&str>) -> Answer {
    let body = json!({ "version": version, "policy": policy, "reason": reason });
    let path = format!("/api/v1/password-policies/{role}");
    officer.ask(Method::PUT, &path, Some(&body)).await
}

fn policy(shortest: u16) -> Value {
    json!({ "shortest": shortest, "score": 3, "context_words": true, "history": 0, "composition": "off", "rotation_days": null })
}

/// Signs in where a new password is asked for.
async fn must_change(app: &TestApp, person: &KnownStaff) -> Raw {
    let mut raw = app.pending(&person.login).await;
    let code = &person.recovery_codes[0];
    let state = raw
        .become_by("/api/v1/session/recovery-code", &json!({ "code": code }))
        .await;
    assert_eq!(
        (&state["state"], &state["change"]),
        (
            &json!("change-password"),
            &json!({ "reason": "policy", "login": person.login, "asks_present": true })
        )
    );
    raw
}

on_both_databases! {
    async fn a_session_that_must_change_its_password_can_do_that_and_nothing_else(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        let person = app.known_staff(&mut desk, "ada", &["agent", "team-lead", "auditor"]).await;
        officer.step_up(&app).await;
        assert_eq!(set(&officer.raw, "agent", 0, &policy(30), None).await.status, 200);
        let raw = must_change(&app, &person).await;

        let document = serde_json::to_value(app.app.openapi()).unwrap();
        let mut heard = Vec::new();
        for operation in operations(&document) {
            // These replace or end the session that asks.
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

        let judged = raw.post("/api/v1/password/check", &json!({ "password": PASSWORD })).await;
        assert_eq!((judged.status, &judged.body["acceptable"]), (200, &json!(false)));
        let left_out = raw.ask(Method::PUT, "/api/v1/password", Some(&json!({ "new": NEW }))).await;
        assert_eq!((left_out.status, &left_out.body["fields"][0]["field"]), (422, &json!("present")));
        let change = json!({ "present": PASSWORD, "new": NEW });
        let changed = raw.ask(Method::PUT, "/api/v1/password", Some(&change)).await;
        assert_eq!((changed.status, &changed.body["state"]), (200, &json!("signed-in")));
        assert_eq!(raw.get("/api/v1/session").await.body["state"], "signed-out", "the session of before has ended");
        assert_eq!(person.raw.get("/api/v1/sessions").await.status, 401, "and all others");
    }

    async fn a_policy_is_set_by_who_may_with_a_fresh_factor_a_reason_and_the_version_that_was_read(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        let mut auditor = app.known_staff(&mut desk, "ugo", &["auditor"]).await;
        let agent = app.known_staff(&mut desk, "ada", &["agent"]).await;
        auditor.step_up(&app).await;
        officer.step_up(&app).await;
        let read = auditor.raw.get("/api/v1/password-policies").await;
        assert_eq!((read.status, read.body["items"].as_array().unwrap().len()), (200, 5));
        assert_eq!(set(&auditor.raw, "agent", 0, &policy(6), Some("because")).await.code(), "forbidden");
        for refused in [agent.raw.get("/api/v1/password-policies").await, set(&agent.raw, "agent", 0, &policy(6), Some("because")).await] {
            assert_eq!(refused.code(), "forbidden");
        }
        let without = set(&officer.raw, "agent", 0, &policy(7), None).await;
        assert_eq!((without.status, &without.body["fields"][0]["field"]), (422, &json!("reason")));
        let bounds = set(&officer.raw, "agent", 0, &policy(5), Some("because")).await;
        assert_eq!((bounds.status, &bounds.body["fields"][0]["field"]), (422, &json!("policy.shortest")));
        let preview = officer.raw.post("/api/v1/password-policies/agent/preview", &json!({ "policy": policy(30) })).await;
        assert_eq!((&preview.body["people"], &preview.body["must_change"]), (&json!(1), &json!(1)));
        assert_eq!((&preview.body["concerned"]["total"], &preview.body["concerned"]["people"][0]["what"]), (&json!(1), &json!("must-change-password")));
        let done = set(&officer.raw, "agent", 0, &policy(7), Some("the till")).await;
        assert_eq!((&done.body["version"], &done.body["deviations"], &done.body["decision"]["reason"]), (&json!(1), &json!(["shorter-than-nist"]), &json!("the till")));
        assert_eq!(set(&officer.raw, "agent", 0, &policy(8), None).await.code(), "stale-version");
        assert_eq!(set(&officer.raw, "made-up", 0, &policy(8), None).await.status, 404);
        let audit = officer.raw.get("/api/v1/audit?action=password-policy.changed").await;
        let details = &audit.body["items"][0]["details"];
        assert!(details["before"].as_str().unwrap().contains("\"shortest\":8") && details["after"].as_str().unwrap().contains("\"shortest\":7"));
        // A later version takes the reason off the page, and not out of the log.
        assert_eq!(set(&officer.raw, "agent", 1, &policy(8), None).await.status, 200);
        let audit = auditor.raw.get("/api/v1/audit?action=password-policy.changed").await;
        let reasons: Vec<_> = audit.body["items"].as_array().unwrap().iter().map(|entry| entry["details"]["reason"].clone()).collect();
        assert!(reasons.contains(&json!("the till")) && reasons.contains(&json!("")), "{reasons:?}");
        app.clock.advance(wd_kernel::Duration::from_mins(11));
        assert_eq!(set(&officer.raw, "agent", 2, &policy(8), None).await.code(), "step-up-required");
    }
}
