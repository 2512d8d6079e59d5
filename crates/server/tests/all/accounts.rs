//! One's own account over HTTP: what strangers can do to it, and what its owner can do about that.

use reqwest::Method;
use serde_json::{Value, json};
use wd_client::{Code, Codes};
use wd_kernel::{Clock as _, Duration};

use crate::support::{PASSWORD, TestApp};

const NEW: &str = "walnut ferry 93 lantern quiet";

/// How twenty browsers fare that wait for the second factor and show the same code at once.
async fn twenty_show(app: &TestApp, login: &str, path: &'static str, code: &str) -> Vec<u16> {
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(app.pending(login).await);
    }
    let asking: Vec<_> = waiting
        .into_iter()
        .map(|raw| {
            let body = json!({ "code": code });
            tokio::spawn(async move { raw.post(path, &body).await.status })
        })
        .collect();
    let mut answers = Vec::new();
    for one in asking {
        answers.push(one.await.unwrap());
    }
    answers
}

on_both_databases! {
    async fn who_guesses_at_a_login_makes_strangers_wait_and_not_its_owner(app) {
        let mut desk = app.desk().await;
        let mut ada = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let known = ada.sign_in(&app, None).await;
        while app.password("ada", "a guess", None).await.status != 429 {}
        assert_eq!(app.password("ada", PASSWORD, None).await.status, 429);
        assert_eq!(app.password("ada", PASSWORD, Some("made up")).await.status, 429);
        let again = ada.sign_in(&app, Some(&known)).await;
        assert_ne!(known, again);
        // The token alone opens nothing.
        let mut nobody = app.nobody();
        nobody.shown = crate::support::Shown::Cookie(again);
        assert_eq!(nobody.get("/api/v1/sessions").await.status, 401);
    }

    async fn a_hundred_guesses_stop_the_password_and_nobody_can_tell_from_the_answer(app) {
        let mut desk = app.desk().await;
        let mut ada = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let known = ada.sign_in(&app, None).await;
        for _ in 0..100 {
            app.clock.advance(Duration::from_hours(1));
            assert_eq!(app.password("ada", "a guess", None).await.status, 401);
        }
        app.clock.advance(Duration::from_hours(1));
        let told = |mut body: Value| {
            body.as_object_mut().unwrap().remove("request_id");
            body
        };
        let stopped = told(app.password("ada", PASSWORD, None).await.body);
        assert_eq!(stopped, told(app.password("nobody-of-that-name", PASSWORD, None).await.body));
        assert!(stopped["detail"].as_str().unwrap().contains("ask your administrator for a new link"));
        // Where she has signed in before she still gets in, is told, and sets a new one that works everywhere.
        ada.sign_in(&app, Some(&known)).await;
    }

    async fn of_twenty_requests_at_once_with_the_same_code_one_is_let_in(app) {
        let mut desk = app.desk().await;
        let ada = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let ben = app.known_staff(&mut desk, "ben", &["agent"]).await;
        app.next_codes();
        let Code::Now(code) = Codes::new(&ada.totp_secret).unwrap().next(app.clock.now()) else {
            panic!("a code that was not used is at hand");
        };
        for (login, path, code) in [
            ("ada", "/api/v1/session/totp", &code),
            ("ben", "/api/v1/session/recovery-code", &ben.recovery_codes[0]),
        ] {
            let answers = twenty_show(&app, login, path, code).await;
            assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{login}: {answers:?}");
            // The others hear that the code was used, or that they come too fast; nothing breaks.
            assert!(answers.iter().all(|status| [200, 422, 429].contains(status)), "{login}: {answers:?}");
        }
    }

    async fn a_new_password_is_set_over_http_and_is_in_the_history(app) {
        let mut desk = app.desk().await;
        let mut ada = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let change = |present: &str, new: &str| ada.raw.request(Method::PUT, "/api/v1/password").json(&json!({ "present": present, "new": new }));
        let wrong = ada.raw.send(change("a guess", NEW)).await;
        assert_eq!((wrong.status, wrong.body["fields"][0]["field"].as_str()), (422, Some("present")));
        app.clock.advance(Duration::from_mins(1));
        let weak = ada.raw.send(change(PASSWORD, "ada-of-the-desk")).await;
        assert_eq!((weak.status, weak.body["fields"][0]["field"].as_str()), (422, Some("new")));
        let changed = ada.raw.send(change(PASSWORD, NEW)).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!(ada.raw.get("/api/v1/session/history").await.status, 401, "the old token is none any more");
        ada.raw.shown = crate::support::Shown::Cookie(changed.cookie.unwrap());
        assert_eq!(app.password("ada", PASSWORD, None).await.status, 401);
        let history = ada.raw.get("/api/v1/session/history?limit=3").await.body;
        let newest: Vec<_> = history["items"].as_array().unwrap().iter().map(|one| (one["action"].as_str().unwrap(), one["refused"] == true)).collect();
        assert_eq!(newest, [("session.password", true), ("password.changed", false), ("password.changed", true)]);
        assert_eq!(history["items"][0]["network"], "127.0.0.1");
        app.clock.advance(Duration::from_mins(11));
        let change = ada.raw.request(Method::PUT, "/api/v1/password").json(&json!({ "present": NEW, "new": PASSWORD }));
        assert_eq!(ada.raw.send(change).await.code(), "step-up-required");
    }

    async fn who_was_disabled_comes_back_by_a_new_link_only(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["administrator"]).await;
        let ada = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let id = ada.raw.get("/api/v1/session").await.body["me"]["id"].as_str().unwrap().to_owned();
        officer.step_up(&app).await;
        let enable = format!("/api/v1/staff/{id}/enable");
        let body = json!({ "roles": ["agent"], "teams": [desk.team] });
        assert_eq!(officer.raw.post(&enable, &body).await.code(), "conflict");
        assert_eq!(officer.raw.post(&format!("/api/v1/staff/{id}/disable"), &json!({})).await.status, 200);
        assert_eq!(ada.raw.post(&enable, &body).await.status, 401);
        let back = officer.raw.post(&enable, &body).await;
        assert_eq!((back.status, back.body["staff"]["state"].as_str()), (200, Some("invited")));
        assert_eq!(back.body["staff"]["factors"], json!([]));
        assert_eq!(app.password("ada", PASSWORD, None).await.status, 401);
        let link = back.body["invitation_url"].as_str().unwrap();
        let token = link.rsplit_once('/').unwrap().1;
        let early = app.nobody().post("/api/v1/invitations/open", &json!({ "token": token })).await;
        assert_eq!((early.code(), early.body["retry_after"].as_u64()), ("conflict", Some(48 * 3600)));
        assert!(back.body["works_from"].is_string());
        app.clock.advance(Duration::from_hours(48));
        app.enrolling(link).await;
    }
}
