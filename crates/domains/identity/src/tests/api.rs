//! Through the router: status, cookie, body.

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use wd_db::both_databases;

use super::{Desk, PASSWORD, SCHEMA, desk};

pub(super) struct Answer {
    pub status: u16,
    pub body: Value,
    cookie: Option<String>,
    retry_after: Option<String>,
}

/// Sends a request as a browser with this cookie would.
pub(super) async fn send(desk: &Desk, method: &str, path: &str, cookie: Option<&str>, body: Value) -> Answer {
    let ctx = match cookie.and_then(|pair| pair.split_once('=')) {
        Some((_, token)) => desk.acting(&super::secret(token)).await,
        None => desk.nobody(),
    };
    let router: Router = crate::router(desk.identity.clone()).split_for_parts().0;
    let mut request = Request::builder().method(method).uri(path);
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = router.layer(Extension(ctx)).oneshot(request).await.unwrap();
    let header = |name| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let (cookie, retry_after) = (header(header::SET_COOKIE), header(header::RETRY_AFTER));
    let status = response.status().as_u16();
    let content = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    Answer {
        status,
        body: serde_json::from_slice(&content).unwrap_or(Value::Null),
        cookie,
        retry_after,
    }
}

/// The part of `Set-Cookie` that a browser sends back.
fn pair(answer: &Answer) -> String {
    answer.cookie.as_deref().unwrap().split(';').next().unwrap().to_owned()
}

both_databases! { SCHEMA;
    async fn a_browser_joins_signs_out_and_in_again(test) {
        let desk = desk(&test.db).await;
        let invited = desk.identity.invite(&desk.admin(), "grace", "Grace Hopper").await.unwrap();
        let link = invited.token.expose();

        let opened = send(&desk, "POST", "/api/v1/invitations/open", None, json!({"token": link})).await;
        assert_eq!(opened.body, json!({"login": "grace", "name": "Grace Hopper", "organisation": "Analytical Engines"}));

        let accepted = send(&desk, "POST", "/api/v1/invitations/accept", None, json!({"token": link, "password": PASSWORD})).await;
        assert_eq!(accepted.body, json!({"state": "enrol", "factors": [], "disabled": [], "change": null, "me": null, "stepped_up_until": null, "enrolment_due": null, "life": null, "remember_days": 0}));
        let set = accepted.cookie.as_deref().unwrap();
        for part in ["__Host-wardesk=", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(set.contains(part), "{part}");
        }
        let enrol = pair(&accepted);

        let made = send(&desk, "POST", "/api/v1/factors/totp", Some(&enrol), json!({})).await;
        let key = totp_rs::Secret::try_from_base32(made.body["secret"].as_str().unwrap()).unwrap();
        let code = desk.code(key.as_bytes());
        let confirm = json!({"id": made.body["id"], "code": code.expose()});
        let confirmed = send(&desk, "POST", "/api/v1/factors/totp/confirm", Some(&enrol), confirm).await;
        assert_eq!(confirmed.body["session"]["state"], "signed-in");
        assert_eq!(confirmed.body["recovery_codes"].as_array().unwrap().len(), 10);
        let full = pair(&confirmed);
        assert_ne!(full, enrol);

        let sessions = send(&desk, "GET", "/api/v1/sessions", Some(&full), json!(null)).await;
        assert_eq!(sessions.body["items"][0]["current"], true);

        let out = send(&desk, "DELETE", "/api/v1/session", Some(&full), json!(null)).await;
        assert_eq!(out.status, 204);
        assert!(out.cookie.unwrap().contains("Max-Age=0"));
        let state = send(&desk, "GET", "/api/v1/session", Some(&full), json!(null)).await;
        assert_eq!(state.body["state"], "signed-out");

        desk.wait(30);
        let first = send(&desk, "POST", "/api/v1/session/password", None, json!({"login": "grace", "password": PASSWORD})).await;
        assert_eq!(first.body["state"], "second-factor");
        assert_eq!(first.body["factors"], json!(["totp", "recovery"]));
        let code = desk.code(key.as_bytes());
        let second = send(&desk, "POST", "/api/v1/session/totp", Some(&pair(&first)), json!({"code": code.expose()})).await;
        assert_eq!(second.body["state"], "signed-in");
        assert_eq!(second.body["me"]["roles"], json!(["agent"]));
    }

    async fn refusals_are_problems(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let full = format!("__Host-wardesk={}", person.token.expose());

        let wrong = json!({"login": "grace", "password": "wrong"});
        let refused = send(&desk, "POST", "/api/v1/session/password", None, wrong.clone()).await;
        assert_eq!((refused.status, &refused.body["code"]), (401, &json!("unauthenticated")));
        assert_eq!(refused.cookie, None);
        let wait = send(&desk, "POST", "/api/v1/session/password", None, wrong).await;
        assert_eq!((wait.status, &wait.body["retry_after"], wait.retry_after.as_deref()), (429, &json!(1), Some("1")));

        let code = send(&desk, "POST", "/api/v1/step-up/totp", Some(&full), json!({"code": "000000"})).await;
        assert_eq!((code.status, &code.body["fields"][0]["field"]), (422, &json!("code")));

        let link = send(&desk, "POST", "/api/v1/invitations/open", None, json!({"token": "made up"})).await;
        assert_eq!((link.status, &link.body["code"]), (404, &json!("not-found")));

        let listed = send(&desk, "GET", "/api/v1/factors", Some(&full), json!(null)).await;
        let id = listed.body["items"][0]["id"].as_str().unwrap();
        let last = send(&desk, "DELETE", &format!("/api/v1/factors/{id}"), Some(&full), json!(null)).await;
        assert_eq!((last.status, &last.body["code"]), (409, &json!("conflict")));

        desk.wait(600);
        let stale = send(&desk, "POST", "/api/v1/factors/recovery-codes", Some(&full), json!({})).await;
        assert_eq!((stale.status, &stale.body["code"], &stale.body["permission"]), (403, &json!("step-up-required"), &json!("factor.change")));

        let pending = send(&desk, "POST", "/api/v1/session/password", None, json!({"login": "grace", "password": PASSWORD})).await;
        let half = send(&desk, "GET", "/api/v1/factors", Some(&pair(&pending)), json!(null)).await;
        assert_eq!((half.status, &half.body["code"]), (401, &json!("second-factor-required")));
        let none = send(&desk, "GET", "/api/v1/sessions", None, json!(null)).await;
        assert_eq!((none.status, &none.body["code"]), (401, &json!("unauthenticated")));
    }

    async fn a_password_is_judged_with_reasons_for_who_has_a_link_or_is_signed_in(test) {
        let desk = desk(&test.db).await;
        let invited = desk.identity.invite(&desk.admin(), "grace", "Grace Hopper").await.unwrap();
        let check = async |cookie: Option<&str>, body: Value| send(&desk, "POST", "/api/v1/password/check", cookie, body).await;
        let link = invited.token.expose();
        let weak = check(None, json!({"password": "gracehopper", "invitation": link})).await;
        assert_eq!(weak.body["acceptable"], false);
        assert!(weak.body["reasons"].as_array().unwrap().len() > 1);
        let good = check(None, json!({"password": PASSWORD, "invitation": link})).await;
        assert_eq!((&good.body["acceptable"], &good.body["reasons"]), (&json!(true), &json!([])));
        let long = check(None, json!({"password": "x".repeat(513), "invitation": link})).await;
        assert_eq!((&long.body["acceptable"], &long.body["reasons"][0]), (&json!(false), &json!("The password is longer than 512 bytes.")));

        assert_eq!(check(None, json!({"password": PASSWORD})).await.status, 401);
        assert_eq!(check(None, json!({"password": PASSWORD, "invitation": "made up"})).await.status, 404);
        let ada = desk.person("ada").await;
        let own = check(Some(&format!("__Host-wardesk={}", ada.token.expose())), json!({"password": "ada-grace-hopper"})).await;
        assert_eq!((own.status, &own.body["acceptable"]), (200, &json!(false)));
    }

    async fn a_number_is_added_and_signs_in_and_refusals_say_what_to_do(test) {
        let desk = super::sms::texting(&test.db).await;
        let (_, token) = desk.joining("grace").await;
        let enrol = format!("__Host-wardesk={}", token.expose());
        let factors = send(&desk, "GET", "/api/v1/factors", Some(&enrol), json!(null)).await;
        assert_eq!(factors.body["text_messages"], "open");
        let bad = send(&desk, "POST", "/api/v1/factors/sms", Some(&enrol), json!({"number": "0151 23456789"})).await;
        assert_eq!((bad.status, &bad.body["fields"][0]["field"]), (422, &json!("number")));
        let begun = send(&desk, "POST", "/api/v1/factors/sms", Some(&enrol), json!({"number": super::sms::NUMBER})).await;
        assert_eq!((&begun.body["sent"]["number"], &begun.body["sent"]["again_in"]), (&json!("+49 … 89"), &json!(30)));
        let soon = send(&desk, "POST", "/api/v1/factors/sms", Some(&enrol), json!({"number": super::sms::NUMBER})).await;
        assert_eq!((soon.status, soon.retry_after.as_deref()), (429, Some("30")));
        let confirm = json!({"id": begun.body["id"], "code": desk.texted().await.expose()});
        let added = send(&desk, "POST", "/api/v1/factors/sms/confirm", Some(&enrol), confirm).await;
        assert_eq!(added.body["session"]["state"], "signed-in");
        let listed = send(&desk, "GET", "/api/v1/factors", Some(&pair(&added)), json!(null)).await;
        assert_eq!((&listed.body["items"][0]["kind"], &listed.body["items"][0]["number"]), (&json!("sms"), &json!("+49 … 89")));

        desk.wait(30);
        let first = send(&desk, "POST", "/api/v1/session/password", None, json!({"login": "grace", "password": PASSWORD})).await;
        assert_eq!(first.body["factors"], json!(["sms", "recovery"]));
        let pending = pair(&first);
        let sent = send(&desk, "POST", "/api/v1/session/sms/send", Some(&pending), json!({})).await;
        assert_eq!(sent.body["number"], "+49 … 89");
        let code = json!({"code": desk.texted().await.expose()});
        let entered = send(&desk, "POST", "/api/v1/session/sms", Some(&pending), code).await;
        assert_eq!((&entered.body["state"], &entered.body["stepped_up_until"]), (&json!("signed-in"), &json!(null)));

        let none = send(&desk, "POST", "/api/v1/session/sms/send", None, json!({})).await;
        assert_eq!((none.status, &none.body["code"]), (401, &json!("unauthenticated")));
        desk.person("ada").await;
        let first = send(&desk, "POST", "/api/v1/session/password", None, json!({"login": "ada", "password": PASSWORD})).await;
        let without = send(&desk, "POST", "/api/v1/session/sms/send", Some(&pair(&first)), json!({})).await;
        assert_eq!((without.status, &without.body["code"]), (409, &json!("conflict")));
    }

    async fn an_unknown_field_is_refused(test) {
        let desk = desk(&test.db).await;
        let body = json!({"login": "grace", "password": "x", "remember": true});
        assert_eq!(send(&desk, "POST", "/api/v1/session/password", None, body).await.status, 422);
    }
}
