//! Whatever is refused is a problem (RFC 9457), whichever part refuses it.

use reqwest::{Method, header};
use serde_json::json;

on_both_databases! {
    async fn every_refusal_is_a_problem_whoever_refuses(app) {
        let nobody = app.nobody();
        let (customer, _) = app.raw_visitor().await;
        let json = |request: reqwest::RequestBuilder| request.header(header::CONTENT_TYPE, "application/json");
        let sign_in = || json(nobody.request(Method::POST, "/api/v1/session/password"));
        let table = [
            ("an unknown path", nobody.request(Method::GET, "/api/v1/nothing"), 404, "not-found"),
            ("an unknown page", nobody.request(Method::GET, "/nothing"), 404, "not-found"),
            ("an unknown file of the console", nobody.request(Method::GET, "/console/nothing.js"), 404, "not-found"),
            ("counters that are not kept", nobody.request(Method::GET, "/metrics"), 404, "not-found"),
            ("a method of an open path", nobody.request(Method::PUT, "/.well-known/change-password"), 405, "method-not-allowed"),
            ("a method of the widget", customer.request(Method::PATCH, "/api/v1/widget/conversations"), 405, "method-not-allowed"),
            ("a body that is too large", sign_in().body(vec![b' '; 512 * 1024 + 1]), 413, "too-large"),
            ("a body that is not JSON", sign_in().body("{"), 400, "bad-request"),
            ("a body that is not UTF-8", sign_in().body(&b"{\"login\":\"\xff\"}"[..]), 400, "bad-request"),
            ("a body of another type", nobody.request(Method::POST, "/api/v1/session/password").body("{}"), 415, "unsupported-media-type"),
            ("a body with other fields", sign_in().json(&json!({ "unknown": 1 })), 422, "invalid-fields"),
            ("a path that is not UTF-8", customer.request(Method::GET, "/api/v1/widget/conversations/%ff/log?after=0"), 404, "not-found"),
            ("a query that is not UTF-8", customer.request(Method::GET, &format!("/api/v1/widget/conversations/cnv_{:032x}/log?after=%ff", 7)), 422, "invalid-fields"),
            ("headers that are too large", nobody.request(Method::GET, "/api/v1/session").header("x-large", "x".repeat(40_000)), 413, "too-large"),
            ("an address that is too long", nobody.request(Method::GET, &format!("/api/v1/session?{}", "x".repeat(10_000))), 413, "too-large"),
            ("a socket that is none", nobody.request(Method::GET, "/api/v1/widget/socket"), 400, "bad-request"),
            ("another site", sign_in().header(header::ORIGIN, "https://evil.example"), 403, "csrf"),
            ("nobody", nobody.request(Method::GET, "/api/v1/staff"), 401, "unauthenticated"),
        ];
        for (what, request, status, code) in table {
            let response = request.send().await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{what}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json", "{what}");
            let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
            let problem: serde_json::Value = response.json().await.unwrap();
            assert_eq!((problem["code"].as_str(), problem["status"].as_u64()), (Some(code), Some(status.into())), "{what}");
            assert_eq!(problem["request_id"], id.as_str(), "{what}");
        }
    }

    async fn password_managers_find_where_passwords_and_passkeys_are_changed(app) {
        let stays = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let change = stays.get(format!("{}/.well-known/change-password", app.base)).send().await.unwrap();
        assert_eq!(change.status().as_u16(), 302);
        assert_eq!(change.headers()[header::LOCATION], "/console/#/security");
        let found = stays.get(format!("{}/.well-known/passkey-endpoints", app.base)).send().await.unwrap();
        assert_eq!((found.status().as_u16(), &found.headers()[header::CONTENT_TYPE]), (200, &header::HeaderValue::from_static("application/json")));
        let page = format!("{}/console/#/security", app.app.public_url.origin().ascii_serialization());
        assert_eq!(found.json::<serde_json::Value>().await.unwrap(), json!({ "enroll": page, "manage": page }));
    }
}
