//! Who has which second factors, and the waves that bring them in, over HTTP.

use reqwest::Method;
use serde_json::json;

on_both_databases! {
    async fn the_board_is_for_who_may_read_factor_policies(app) {
        let mut desk = app.desk().await;
        let auditor = app.known_staff(&mut desk, "ugo", &["auditor"]).await;
        let officer = app.known_staff(&mut desk, "olga", &["security-officer", "agent"]).await;
        let agent = app.known_staff(&mut desk, "ada", &["agent"]).await;
        for path in ["/api/v1/factor-coverage", "/api/v1/factor-coverage?role=agent&left=true&search=a"] {
            assert_eq!(agent.raw.get(path).await.code(), "forbidden", "{path}");
        }
        let board = auditor.raw.get("/api/v1/factor-coverage").await;
        assert_eq!(board.status, 200);
        let items = board.body["items"].as_array().unwrap();
        assert_eq!(items.len(), usize::try_from(board.body["total"]["people"].as_i64().unwrap()).unwrap());
        let scores: Vec<_> = items.iter().map(|one| one["score"].as_i64().unwrap()).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
        let of = |login: &str| items.iter().find(|one| one["login"] == login).unwrap();
        assert!(of(&officer.login)["reasons"].as_array().unwrap().contains(&"administers".into()));
        assert_eq!(of(&agent.login)["reasons"], serde_json::json!(["no-passkey", "shares-secrets", "sees-contacts"]));
        let officers = auditor.raw.get("/api/v1/factor-coverage?role=security-officer").await;
        assert_eq!((&officers.body["matching"], officers.body["days"].as_array().unwrap().len()), (&1.into(), 1));
        assert_eq!(auditor.raw.get("/api/v1/factor-coverage?role=pope").await.status, 404);
        assert_eq!(auditor.raw.get("/api/v1/factor-coverage?wanted=all").await.status, 422);
    }

    async fn a_wave_is_made_by_who_may_with_a_fresh_factor_once(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        let mut auditor = app.known_staff(&mut desk, "ugo", &["auditor"]).await;
        let agent = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let wave = |name: &str, role: &str| json!({
            "name": name, "asks": "phishing-resistant", "roles": [role], "people": [], "starts_at": null, "grace_days": 14, "reminds": true,
        });
        let agents = wave("Agents", "agent");
        app.clock.advance(wd_kernel::Duration::from_mins(11));
        assert_eq!(officer.raw.post("/api/v1/factor-waves", &agents).await.code(), "step-up-required");
        officer.step_up(&app).await;
        auditor.step_up(&app).await;
        assert_eq!(auditor.raw.post("/api/v1/factor-waves", &agents).await.code(), "forbidden");
        assert_eq!(agent.raw.get("/api/v1/factor-waves").await.code(), "forbidden");
        let question = json!({ "id": null, "wave": agents });
        assert_eq!(agent.raw.post("/api/v1/factor-waves/preview", &question).await.code(), "forbidden");
        let shown = auditor.raw.post("/api/v1/factor-waves/preview", &question).await;
        assert_eq!((shown.status, &shown.body["yourself"], &shown.body["left"]), (200, &json!(false), &shown.body["members"]));
        assert_eq!(shown.body["concerned"]["total"], shown.body["left"]);
        let made = officer.raw.post("/api/v1/factor-waves", &agents).await;
        assert_eq!((made.status, &made.body["state"]), (201, &json!("running")));
        let again = officer.raw.post("/api/v1/factor-waves", &agents).await;
        assert_eq!((again.status, &again.body["fields"][0]["field"]), (422, &json!("name")));
        for (bad, field) in [(wave("Popes", "pope"), "roles"), (wave(" ", "agent"), "name")] {
            let refused = officer.raw.post("/api/v1/factor-waves", &bad).await;
            assert_eq!((refused.status, &refused.body["fields"][0]["field"]), (422, &json!(field)));
        }
        let path = format!("/api/v1/factor-waves/{}", made.body["id"].as_str().unwrap());
        let end = format!("{path}/end");
        assert_eq!(auditor.raw.post(&end, &json!({ "version": 1 })).await.code(), "forbidden");
        let stale = json!({ "version": 7, "wave": wave("Agents", "agent") });
        assert_eq!(officer.raw.ask(Method::PUT, &path, Some(&stale)).await.code(), "stale-version");
        let board = auditor.raw.get(&format!("/api/v1/factor-coverage?wave={}&left=true", made.body["id"].as_str().unwrap())).await;
        assert_eq!(board.body["matching"], made.body["left"]);
        assert_eq!(board.body["items"][0]["waves"][0], made.body["id"]);
        let state = agent.raw.get("/api/v1/session").await;
        assert_eq!(state.body["enrolment_due"]["due_at"], made.body["due_at"]);
        let ended = officer.raw.post(&end, &json!({ "version": 1 })).await;
        assert_eq!((ended.status, &ended.body["state"]), (200, &json!("ended")));
        assert_eq!(officer.raw.post(&end, &json!({ "version": 2 })).await.code(), "conflict");
        let audit = auditor.raw.get("/api/v1/audit?action=factor-wave.ended").await;
        assert!(audit.body["items"][0]["details"]["after"].as_str().unwrap().ends_with("ended"));
        assert_eq!(agent.raw.get("/api/v1/session").await.body["enrolment_due"], json!(null));
    }
}

#[test]
fn every_right_is_weighed_by_name() {
    // A right that is not weighed counts as one over security. These are meant to.
    let meant = [
        "breached_passwords.blind_scan",
        "device.revoke",
        "factor_policy.change",
        "password_policy.change",
        "provisioning.change",
        "settings.change",
        "single_sign_on.change",
        "staff.disable",
        "staff.invite",
        "staff.re_proof_waits",
        "teams.manage",
    ];
    let heavy: Vec<_> = wd_server::permissions()
        .into_iter()
        .filter(|right| wd_identity::model::worth_of(right) == Some(wd_identity::RiskReason::ChangesSecurity))
        .filter(|right| !meant.contains(right))
        .collect();
    assert!(heavy.is_empty(), "say in worth_of what these are worth: {heavy:?}");
}
