//! What the security contact hears of the directory.

use super::*;
use crate::outgoing::relayed;

/// A security officer, and a security contact who hears of what happens from now on.
async fn security(app: &TestApp, desk: &mut Desk) -> KnownStaff {
    let mut officer = app.known_staff(desk, "otto", &["security-officer"]).await;
    officer.step_up(app).await;
    relayed(app).await;
    let contact = json!({ "typing": true, "presence": true, "widget_origins": [], "identity_keys": [], "security_contact": "security@example.org" });
    let answer = officer
        .raw
        .ask(Method::PUT, "/api/v1/organisation/settings", Some(&contact));
    assert_eq!(answer.await.status, 200);
    officer
}

/// The kinds of notices that the security contact was written, in the order of the alphabet.
async fn written(officer: &KnownStaff) -> Vec<String> {
    let list = officer.raw.get("/api/v1/outgoing").await.body;
    let items = list["items"].as_array().unwrap();
    let mut kinds: Vec<String> = items
        .iter()
        .map(|mail| mail["kind"].as_str().unwrap().to_owned())
        .collect();
    kinds.sort();
    kinds
}

/// How often security was written to about somebody who stays.
async fn told(officer: &KnownStaff) -> usize {
    written(officer)
        .await
        .iter()
        .filter(|kind| *kind == "leaver-stays")
        .count()
}

on_both_databases! {
    async fn security_hears_at_once_of_a_leaver_who_stays_and_once_a_day(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let mia = app.known_staff(&mut desk, "mia", &["team-lead"]).await;
        let mut officer = security(&app, &mut desk).await;
        scene.adopt().await;
        let id = scene.find("mia").await.unwrap()["id"].as_str().unwrap().to_owned();
        let path = format!("/scim/v2/Users/{id}");
        assert!(is(&scene.switch(&id, false).await, 403, ""));
        assert_eq!(mia.raw.get("/api/v1/session").await.body["state"], "signed-in");
        until("security is told", async || (told(&officer).await == 1).then_some(())).await;
        // The directory asks again and again, in both ways.
        assert!(is(&scene.switch(&id, false).await, 403, ""));
        assert!(is(&scene.directory.ask(Method::DELETE, &path, None).await, 403, ""));
        app.clock.advance(Duration::from_hours(24));
        officer.come_back(&app).await;
        assert!(is(&scene.directory.ask(Method::DELETE, &path, None).await, 403, ""));
        let all = until("security is told again", async || Some(told(&officer).await).filter(|told| *told > 1)).await;
        assert_eq!(all, 2, "once a day");
        // What is refused for another reason is none of a leaver.
        let renamed = scene.patch(&path, &patch(&json!([{ "op": "replace", "path": "userName", "value": "other" }]))).await;
        assert!(is(&renamed, 403, ""));
        // The last administrator stays as well, whatever the settings allow.
        let (olga, administrator) = (scene.find("olga").await.unwrap(), scene.find("admin").await.unwrap());
        let mut scene = scene;
        scene.olga.come_back(&app).await;
        scene.olga.step_up(&app).await;
        assert_eq!(configure(&scene.olga, &json!({ "switches_off_privileged": true })).await.status, 200);
        assert_eq!(scene.switch(administrator["id"].as_str().unwrap(), false).await.status, 200);
        assert!(is(&scene.switch(olga["id"].as_str().unwrap(), false).await, 403, ""));
        until("security is told of the last one", async || (told(&officer).await == 3).then_some(())).await;
    }

    async fn security_hears_of_changed_settings_and_of_each_token(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let officer = security(&app, &mut desk).await;
        // What is saved as it was is no change.
        assert_eq!(configure(&scene.olga, &json!({})).await.status, 200);
        assert_eq!(configure(&scene.olga, &json!({ "switches_off_privileged": true })).await.status, 200);
        let made = scene.olga.raw.post("/api/v1/provisioning/tokens", &json!({ "name": "Second", "days": 1 })).await;
        assert_eq!(made.status, 200, "{made:?}");
        let tokens = scene.olga.raw.get("/api/v1/provisioning").await.body["tokens"].clone();
        let second = tokens.as_array().unwrap().iter().find(|token| token["name"] == "Second").unwrap()["id"].as_str().unwrap().to_owned();
        let revoked = scene.olga.raw.ask(Method::DELETE, &format!("/api/v1/provisioning/tokens/{second}"), None).await;
        assert_eq!(revoked.status, 204, "{revoked:?}");
        relayed(&app).await;
        assert_eq!(written(&officer).await, ["directory-changed", "directory-token-made", "directory-token-revoked"]);
    }
}
