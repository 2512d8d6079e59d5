//! Testing passwords without sign-in, over HTTP: who decides it.

use reqwest::Method;
use serde_json::{Value, json};
use wd_kernel::Duration;

use crate::support::{Answer, Raw};

const PATH: &str = "/api/v1/breached-passwords/scan";

async fn switch(raw: &Raw, body: &Value) -> Answer {
    raw.ask(Method::PUT, PATH, Some(body)).await
}

on_both_databases! {
    async fn the_scan_is_switched_by_security_officers_with_a_fresh_factor_and_nobody_else(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        let mut auditor = app.known_staff(&mut desk, "ugo", &["auditor"]).await;
        let mut administrator = app.known_staff(&mut desk, "nora", &["administrator"]).await;
        let agent = app.known_staff(&mut desk, "ada", &["agent"]).await;
        for one in [&mut officer, &mut auditor, &mut administrator] {
            one.step_up(&app).await;
        }
        let on = json!({ "version": 0, "enabled": true, "reason": "Branches sign in once a quarter." });
        let shown = auditor.raw.get(PATH).await;
        assert_eq!((shown.status, &shown.body["enabled"], &shown.body["possible"]), (200, &json!(false), &json!(false)));
        for refused in [agent.raw.get(PATH).await, switch(&agent.raw, &on).await, switch(&auditor.raw, &on).await, switch(&administrator.raw, &on).await] {
            assert_eq!(refused.code(), "forbidden");
        }
        let silent = switch(&officer.raw, &json!({ "version": 0, "enabled": true })).await;
        assert_eq!((silent.status, &silent.body["fields"][0]["field"]), (422, &json!("reason")));
        assert_eq!(switch(&officer.raw, &on).await.code(), "conflict", "there is no corpus here");
        let off = switch(&officer.raw, &json!({ "version": 0, "enabled": false, "reason": "The branches are closed." })).await;
        assert_eq!((off.status, &off.body["version"]), (200, &json!(1)));
        assert_eq!(switch(&officer.raw, &json!({ "version": 0, "enabled": false })).await.code(), "stale-version");
        assert_eq!(switch(&officer.raw, &json!({ "version": 1, "enabled": false, "speed": 9 })).await.status, 422);
        let audit = officer.raw.get("/api/v1/audit?action=breached-passwords.blind-scan-switched").await;
        assert_eq!(audit.body["items"][0]["details"]["indexes_deleted"], json!(0));
        assert_eq!(audit.body["items"][0]["details"]["reason"], "The branches are closed.");
        app.clock.advance(Duration::from_mins(11));
        assert_eq!(switch(&officer.raw, &json!({ "version": 1, "enabled": false })).await.code(), "step-up-required");
    }
}
