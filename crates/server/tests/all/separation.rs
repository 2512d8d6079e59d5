//! Customers, teams, sites and the two halves of the interface do not reach each other.

use reqwest::{Method, header};
use serde_json::json;

use crate::support::Shown;

on_both_databases! {
    async fn what_belongs_to_another_customer_is_not_there(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        let mut other = app.visitor().await;
        other.open("mine").await.unwrap();
        for route in ["log?after=0", "group", "receipts"] {
            let path = format!("/api/v1/widget/conversations/{id}/{route}");
            visitor.get(&path).await.unwrap();
            let error = other.get(&path).await.unwrap_err();
            assert!(error.is(&["not-found"]), "{route}: {error:?}");
        }
        assert!(other.sync(id).await.unwrap_err().is(&["not-found"]));
        assert!(other.read_up_to(id, 1).await.unwrap_err().is(&["not-found", "unknown"]) );
        let (stranger, _) = app.raw_visitor().await;
        let record = json!({ "header": "e30", "nonce": "AAAAAAAAAAAAAAAA", "ciphertext": "AAAA", "signature": "AAAA" });
        for (route, body) in [
            ("letters", json!({ "client_id": "AAAAAAAAAAAAAAAAAAAAAA", "record": record })),
            ("messages", json!({ "client_id": "AAAAAAAAAAAAAAAAAAAAAA", "mls": "AAAA", "record": record })),
            ("commits", json!({ "client_id": "AAAAAAAAAAAAAAAAAAAAAA", "epoch": 1, "commit": "AAAA", "group_info": "AAAA" })),
            ("receipts", json!({ "delivered": 1, "read": 1 })),
            ("grants", json!({ "device": visitor.device().id() })),
        ] {
            let answer = stranger.post(&format!("/api/v1/widget/conversations/{id}/{route}"), &body).await;
            assert_eq!(answer.status, 404, "{route}: {answer:?}");
        }
        // A conversation whose id is taken cannot be opened over, and a device of others cannot be renewed.
        let answer = stranger.post(&format!("/api/v1/widget/devices/{}/statement", visitor.device().id()), &json!({})).await;
        assert_eq!(answer.status, 404, "{answer:?}");
    }

    async fn what_belongs_to_another_team_is_not_there(app) {
        let mut desk = app.desk().await;
        let returns = desk.make_team("Returns").await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        ada.note(id, "a note").await.unwrap();
        let mut ron = desk.somebody(&app, "ron", &["team-lead"], &[returns]).await;
        ron.enrol("browser", 2).await.unwrap();
        for route in ["", "/log?after=0", "/group", "/receipts", "/history-keys", "/note-keys", "/notes?after=0"] {
            let path = format!("/api/v1/conversations/{id}{route}");
            ada.get(&path).await.unwrap();
            let error = ron.get(&path).await.unwrap_err();
            assert!(error.is(&["not-found"]), "{route}: {error:?}");
        }
        for error in [ron.take(id).await.unwrap_err(), ron.join(id, "curious").await.unwrap_err(), ron.release(id).await.unwrap_err(), ron.close(id).await.unwrap_err()] {
            assert!(error.is(&["not-found"]), "{error:?}");
        }
        let listed = ron.get("/api/v1/conversations?view=all").await.unwrap();
        assert_eq!(listed["items"], json!([]));
        assert_eq!(ron.get("/api/v1/conversations/counts").await.unwrap()["all"], 0);
        let keys = ron.get(&format!("/api/v1/teams/{}/keys?device={}", desk.team, ron.device().unwrap().id())).await;
        assert!(keys.unwrap_err().is(&["not-found", "forbidden"]));
        // Nobody can be given a conversation of a team that they are not in.
        let error = ada.assign(id, ron.me().id).await.unwrap_err();
        assert!(error.is(&["invalid-fields", "not-found"]), "{error:?}");
    }

    async fn a_request_from_another_site_is_refused_before_it_does_anything(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["administrator"]).await;
        officer.step_up(&app).await;
        let host = app.base.trim_start_matches("http://").to_owned();
        let make = |name: &str| officer.raw.request(Method::POST, "/api/v1/teams").json(&json!({ "name": name }));
        for (name, request) in [
            ("Evil", make("Evil").header(header::ORIGIN, "https://evil.example")),
            ("Null", make("Null").header(header::ORIGIN, "null")),
            ("Port", make("Port").header(header::ORIGIN, "http://127.0.0.1:1")),
            ("Scheme", make("Scheme").header(header::ORIGIN, format!("https://{host}"))),
            ("Name", make("Name").header(header::ORIGIN, "http://evil.example").header(header::HOST, "evil.example")),
            ("Site", make("Site").header("sec-fetch-site", "cross-site")),
            ("Same", make("Same").header("sec-fetch-site", "same-site")),
        ] {
            let answer = officer.raw.send(request).await;
            assert_eq!((answer.status, answer.code()), (403, "csrf"), "{name}");
        }
        // A form can only send these types; the body would be JSON all the same.
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
            let form = officer.raw.request(Method::POST, "/api/v1/teams").header(header::CONTENT_TYPE, kind).body("{\"name\":\"Form\"}");
            assert_eq!(officer.raw.send(form).await.status, 415, "{kind}");
        }
        let own = make("Own").header(header::ORIGIN, format!("http://{host}")).header("sec-fetch-site", "same-origin");
        assert!(officer.raw.send(own).await.status < 300);
        let teams = officer.raw.get("/api/v1/teams").await.body.to_string();
        assert!(teams.contains("Own") && !["Evil", "Null", "Port", "Scheme", "Name", "Site", "Same", "Form"].iter().any(|name| teams.contains(name)), "{teams}");
    }

    async fn a_token_of_the_widget_opens_nothing_of_the_console_and_the_cookie_nothing_of_the_widget(app) {
        let mut desk = app.desk().await;
        let ada = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let (mut visitor, _) = app.raw_visitor().await;
        assert_eq!(ada.raw.get("/api/v1/conversations").await.status, 200);
        assert_eq!(visitor.get("/api/v1/widget/conversations").await.status, 200);
        for path in ["/api/v1/conversations", "/api/v1/customers", "/api/v1/staff", "/api/v1/devices", "/api/v1/audit"] {
            assert_eq!(visitor.get(path).await.status, 401, "{path}");
        }
        for path in ["/api/v1/widget/conversations", "/api/v1/widget/team-key"] {
            assert_eq!(ada.raw.get(path).await.status, 401, "{path}");
        }
        // Nor does one secret count in the other's place.
        let Shown::Bearer(token) = visitor.shown.clone() else { panic!("a customer shows a token") };
        let Shown::Cookie(cookie) = ada.raw.shown.clone() else { panic!("staff show a cookie") };
        visitor.shown = Shown::Cookie(token);
        assert_eq!(visitor.get("/api/v1/conversations").await.status, 401);
        assert_eq!(visitor.get("/api/v1/widget/conversations").await.status, 401);
        visitor.shown = Shown::Bearer(cookie);
        assert_eq!(visitor.get("/api/v1/conversations").await.status, 401);
        assert_eq!(visitor.get("/api/v1/widget/conversations").await.status, 401);
    }
}
