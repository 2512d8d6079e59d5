//! How long sessions last, over HTTP: who decides it, what is use, and that sockets end with their session.

use reqwest::Method;
use serde_json::{Value, json};
use wd_client::Frame;
use wd_kernel::Duration;

use crate::support::{Answer, Raw, frame};

async fn set(officer: &Raw, role: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/session-policies/{role}");
    officer.ask(Method::PUT, &path, Some(body)).await
}

fn limits(version: i64, idle: i64, longest: i64) -> Value {
    json!({ "version": version, "idle_minutes": idle, "longest_minutes": longest, "remember_days": 0 })
}

/// What a page asks by itself.
async fn by_itself(raw: &Raw, path: &str) -> u16 {
    let request = raw.request(Method::GET, path).header("wardesk-background", "1");
    raw.send(request).await.status
}

on_both_databases! {
    async fn limits_are_set_by_who_may_with_a_fresh_factor_and_the_version_that_was_read(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        let mut auditor = app.known_staff(&mut desk, "ugo", &["auditor"]).await;
        let agent = app.known_staff(&mut desk, "ada", &["agent"]).await;
        auditor.step_up(&app).await;
        officer.step_up(&app).await;
        let read = auditor.raw.get("/api/v1/session-policies").await;
        assert_eq!((read.status, read.body["items"].as_array().unwrap().len()), (200, 5));
        let default = &read.body["items"][0];
        assert_eq!((&default["idle_minutes"], &default["longest_minutes"], &default["deviations"]), (&json!(720), &json!(1440), &json!(["idle-over-an-hour"])));
        assert_eq!(set(&auditor.raw, "agent", &limits(0, 15, 60)).await.code(), "forbidden");
        for refused in [agent.raw.get("/api/v1/session-policies").await, set(&agent.raw, "agent", &limits(0, 1440, 1440)).await] {
            assert_eq!(refused.code(), "forbidden");
        }
        for (bad, field) in [(limits(0, 4, 60), "idle_minutes"), (limits(0, 15, 1441), "longest_minutes"), (limits(0, 61, 600), "reason")] {
            let refused = set(&officer.raw, "agent", &bad).await;
            assert_eq!((refused.status, &refused.body["fields"][0]["field"]), (422, &json!(field)), "{refused:?}");
        }
        let thought = officer.raw.post("/api/v1/session-policies/agent/preview", &json!({ "idle_minutes": 5, "longest_minutes": 15, "remember_days": 0 })).await;
        assert_eq!((&thought.body["people"], &thought.body["ending"]), (&json!(1), &json!(0)), "{thought:?}");
        assert_eq!(thought.body["concerned"]["people"][0]["what"], json!("signed-out-sooner"));
        let done = set(&officer.raw, "agent", &limits(0, 15, 60)).await;
        assert_eq!((&done.body["version"], &done.body["deviations"]), (&json!(1), &json!([])));
        assert_eq!(set(&officer.raw, "agent", &limits(0, 15, 60)).await.code(), "stale-version");
        assert_eq!(set(&officer.raw, "made-up", &limits(0, 15, 60)).await.status, 404);
        let audit = officer.raw.get("/api/v1/audit?action=session-policy.changed").await;
        let details = &audit.body["items"][0]["details"];
        assert_eq!((&details["before"], &details["after"]), (&json!("720 minutes without use, 1440 minutes in all, browsers remembered for 0 days"), &json!("15 minutes without use, 60 minutes in all, browsers remembered for 0 days")));
        let remembered = json!({ "version": 1, "idle_minutes": 15, "longest_minutes": 60, "remember_days": 7, "reason": "Shared counters." });
        assert_eq!(set(&officer.raw, "agent", &remembered).await.status, 200);
        let audit = auditor.raw.get("/api/v1/audit?action=session-policy.changed").await;
        let entries = audit.body["items"].as_array().unwrap();
        assert!(entries.iter().any(|entry| entry["details"]["reason"] == "Shared counters."), "whoever assesses reads it there: {entries:?}");
        app.clock.advance(Duration::from_mins(11));
        assert_eq!(set(&officer.raw, "agent", &limits(2, 30, 60)).await.code(), "step-up-required");
    }

    async fn one_browser_of_a_colleague_is_forgotten_by_who_may_with_a_fresh_factor(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        let ada = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let id = ada.raw.get("/api/v1/session").await.body["me"]["id"].as_str().unwrap().to_owned();
        let officers = officer.raw.get("/api/v1/session").await.body["me"]["id"].as_str().unwrap().to_owned();
        officer.step_up(&app).await;
        let list = format!("/api/v1/staff/{id}/browsers");
        let known = officer.raw.get(&list).await.body["items"].as_array().unwrap().clone();
        let browser = known[0]["id"].as_str().unwrap();
        let one = format!("{list}/{browser}");
        assert_eq!(ada.raw.ask(Method::DELETE, &one, None).await.code(), "forbidden");
        let elsewhere = format!("/api/v1/staff/{officers}/browsers/{browser}");
        assert_eq!(officer.raw.ask(Method::DELETE, &elsewhere, None).await.status, 404);
        let done = officer.raw.ask(Method::DELETE, &one, None).await;
        assert_eq!(done.status, 200, "{done:?}");
        let left = officer.raw.get(&list).await.body["items"].as_array().unwrap().len();
        assert_eq!(left, known.len() - 1);
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(officer.raw.ask(Method::DELETE, &one, None).await.status, 404);
        app.clock.advance(Duration::from_mins(11));
        assert_eq!(officer.raw.ask(Method::DELETE, &one, None).await.code(), "step-up-required");
    }

    async fn its_owner_renames_a_factor_without_a_fresh_one_and_nobody_else_does(app) {
        let mut desk = app.desk().await;
        let ada = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let ben = app.known_staff(&mut desk, "ben", &["agent"]).await;
        app.clock.advance(Duration::from_mins(11));
        let list = ada.raw.get("/api/v1/factors").await.body;
        let path = format!("/api/v1/factors/{}", list["items"][0]["id"].as_str().unwrap());
        let done = ada.raw.ask(Method::PATCH, &path, Some(&json!({ "name": "Old phone" }))).await;
        assert_eq!(done.status, 204, "{done:?}");
        let refused = ada.raw.ask(Method::PATCH, &path, Some(&json!({ "name": "a\nb" }))).await;
        assert_eq!((refused.status, &refused.body["fields"][0]["field"]), (422, &json!("name")));
        assert_eq!(ben.raw.ask(Method::PATCH, &path, Some(&json!({ "name": "Mine" }))).await.status, 404);
        assert_eq!(ada.raw.get("/api/v1/factors").await.body["items"][0]["name"], json!("Old phone"));
    }

    async fn an_open_console_that_nobody_uses_ends_in_time_and_one_that_is_used_goes_on(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        officer.step_up(&app).await;
        assert_eq!(set(&officer.raw, "agent", &limits(0, 15, 480)).await.status, 200);
        let ada = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let ben = app.known_staff(&mut desk, "ben", &["agent"]).await;
        // Use is written down once a minute, so the session is unused for a minute at most now.
        assert_eq!(ada.raw.get("/api/v1/conversations/counts").await.status, 200);
        for _ in 0..13 {
            app.clock.advance(Duration::from_mins(1));
            assert_eq!(by_itself(&ada.raw, "/api/v1/conversations/counts").await, 200);
            assert_eq!(by_itself(&ada.raw, "/api/v1/session").await, 200);
            assert_eq!(ben.raw.get("/api/v1/conversations/counts").await.status, 200);
        }
        let state = ben.raw.get("/api/v1/session").await;
        assert!(state.body["life"]["idle_until"].is_string() && state.body["life"]["ends_at"].is_string(), "{state:?}");
        app.clock.advance(Duration::from_mins(2));
        assert_eq!(by_itself(&ada.raw, "/api/v1/conversations/counts").await, 401);
        let state = ada.raw.get("/api/v1/session").await;
        assert_eq!((&state.body["state"], &state.body["life"]), (&json!("signed-out"), &json!(null)));
        assert_eq!(ben.raw.get("/api/v1/conversations/counts").await.status, 200);
    }

    async fn a_stricter_limit_ends_the_session_and_its_socket_with_the_answer(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        let ada = desk.agent(&app, "ada").await;
        let mut socket = ada.socket();
        frame(&mut socket, "ready", |frame| (frame == Frame::Ready).then_some(())).await;
        app.clock.advance(Duration::from_mins(20));
        officer.step_up(&app).await;
        assert_eq!(set(&officer.raw, "agent", &limits(0, 15, 480)).await.status, 200);
        frame(&mut socket, "the end", |frame| (frame == Frame::Ended).then_some(())).await;
        assert_eq!(ada.get("/api/v1/session").await.unwrap()["state"], "signed-out");
    }
}
