//! Signing in through a provider: what lets somebody in, and every way in which it must not.

use std::collections::HashMap;

use reqwest::{Method, Url, header};
use serde_json::{Value, json};
use wd_client::{Code, Codes};
use wd_kernel::{Clock as _, Duration};

use crate::outgoing::relayed;
use crate::support::{
    Desk, KnownStaff, Raw, Shown, TestApp,
    provider::{Key, Provider},
};

/// Makes an ID token out of claims.
type Forge<'a> = Box<dyn Fn(&Value) -> String + 'a>;

/// A provider whose administrator is set up, and Ada, who bound her account there.
struct Scene {
    key: Key,
    provider: Provider,
    olga: KnownStaff,
    ada: KnownStaff,
}

/// An attempt that began: what the provider's page was asked, and what the browser took along.
struct Begun {
    asked: HashMap<String, String>,
    cookie: String,
}

impl Begun {
    /// What the provider sends the browser back with.
    fn answer(&self, provider: &Provider) -> Value {
        json!({ "state": self.asked["state"], "code": "the-code", "iss": provider.issuer })
    }
}

fn settings(provider: &Provider) -> Value {
    json!({
        "enabled": true, "name": "Example", "issuer": provider.issuer, "client_id": "wardesk", "scopes": ["profile"],
        "second_factor_acr": ["strong"], "second_factor_amr": ["hwk"], "groups_claim": null,
        "create": false, "groups": [{ "group": "Leads", "role": "team-lead", "team": null }],
    })
}

async fn scene(app: &TestApp, desk: &mut Desk) -> Scene {
    let key = Key::new("first");
    let provider = Provider::start(&key).await;
    let mut olga = app.known_staff(desk, "olga", &["administrator"]).await;
    let mut ada = app.known_staff(desk, "ada", &["agent"]).await;
    olga.step_up(app).await;
    change(&olga, &settings(&provider)).await;
    ada.step_up(app).await;
    let begun = begin(&ada.raw, "/api/v1/provider-account/begin").await;
    let token = key.sign(&claims(app, &provider, &begun));
    let bound = finish(&ada.raw, &provider, &begun, token, &begun.answer(&provider)).await;
    assert_eq!((bound.0, bound.1["purpose"].as_str()), (200, Some("bind")), "{bound:?}");
    Scene {
        key,
        provider,
        olga,
        ada,
    }
}

async fn change(olga: &KnownStaff, settings: &Value) -> Value {
    let version = olga.raw.get("/api/v1/single-sign-on").await.body["version"].clone();
    let body = json!({ "settings": settings, "client_secret": "the client's secret", "version": version });
    let answer = olga.raw.ask(Method::PUT, "/api/v1/single-sign-on", Some(&body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

async fn begin(raw: &Raw, path: &str) -> Begun {
    let response = raw.request(Method::POST, path).json(&json!({})).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "{path}");
    let set = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=600"] {
        assert!(set.contains(part), "{part}");
    }
    let body: Value = response.json().await.unwrap();
    let url: Url = body["url"].as_str().unwrap().parse().unwrap();
    Begun {
        asked: url.query_pairs().into_owned().collect(),
        cookie: set.split(';').next().unwrap().to_owned(),
    }
}

/// A token that is right in every way, with a second factor.
fn claims(app: &TestApp, provider: &Provider, begun: &Begun) -> Value {
    let now = app.clock.now().seconds();
    json!({ "iss": provider.issuer, "sub": "ada-at-example", "aud": "wardesk", "exp": now + 300, "iat": now, "nonce": begun.asked["nonce"],
        "acr": "strong", "auth_time": now, "preferred_username": "new", "name": "New Person" })
}

/// Hands over an answer as the console does; status, body and the session's cookie.
async fn finish(
    raw: &Raw,
    provider: &Provider,
    begun: &Begun,
    token: String,
    answer: &Value,
) -> (u16, Value, Option<String>) {
    provider.change(|plan| {
        plan.id_token = token;
        plan.challenge.clone_from(&begun.asked["code_challenge"]);
    });
    let cookies = match &raw.shown {
        Shown::Cookie(session) => format!("__Host-wardesk={session}; {}", begun.cookie),
        _ => begun.cookie.clone(),
    };
    let plain = raw.nobody();
    let request = plain
        .request(Method::POST, "/api/v1/session/provider")
        .header(header::COOKIE, cookies)
        .json(answer);
    let answer = raw.send(request).await;
    (answer.status, answer.body, answer.cookie)
}

/// One whole try to sign in, with changed claims.
async fn sign_in(app: &TestApp, scene: &Scene, change: impl FnOnce(&mut Value)) -> (u16, Value, Option<String>) {
    let nobody = app.nobody();
    let begun = begin(&nobody, "/api/v1/session/provider/begin").await;
    let mut claims = claims(app, &scene.provider, &begun);
    change(&mut claims);
    let token = scene.key.sign(&claims);
    finish(&nobody, &scene.provider, &begun, token, &begun.answer(&scene.provider)).await
}

/// Unbinding is refused for want of a password, and changes nothing.
async fn is_kept(raw: &Raw) {
    let kept = raw.ask(Method::DELETE, "/api/v1/provider-account", None).await;
    assert_eq!((kept.status, kept.code()), (409, "conflict"), "{kept:?}");
    assert!(
        kept.body["detail"].as_str().unwrap().contains("no password"),
        "{kept:?}"
    );
    assert!(raw.get("/api/v1/provider-account").await.body["bound_at"].is_string());
}

async fn refusals(scene: &Scene) -> usize {
    let page = scene.olga.raw.get("/api/v1/audit?action=session.provider").await;
    page.body["items"].as_array().unwrap().len()
}

on_both_databases! {
    async fn whom_the_provider_proved_with_a_second_factor_is_signed_in(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        assert_eq!(app.nobody().get("/api/v1/session/provider").await.body["name"], "Example");
        let begun = begin(&app.nobody(), "/api/v1/session/provider/begin").await;
        assert_eq!(begun.asked["code_challenge_method"], "S256");
        assert_eq!(begun.asked["response_type"], "code");
        assert_eq!(begun.asked["scope"], "openid profile");
        assert_eq!(begun.asked["acr_values"], "strong");
        let (status, body, cookie) = sign_in(&app, &scene, |_| ()).await;
        assert_eq!((status, body["session"]["state"].as_str(), body["session"]["me"]["login"].as_str()), (200, Some("signed-in"), Some("ada")));
        let mut raw = app.nobody();
        raw.shown = Shown::Cookie(cookie.unwrap());
        assert_eq!(raw.get("/api/v1/sessions").await.status, 200);
        // A sign-in there that is hours old lets in here, and is no fresh factor.
        let (_, body, _) = sign_in(&app, &scene, |claims| claims["auth_time"] = json!(claims["iat"].as_i64().unwrap() - 7200)).await;
        assert_eq!((body["session"]["state"].as_str(), &body["session"]["stepped_up_until"]), (Some("signed-in"), &Value::Null));
    }

    async fn without_a_second_factor_that_counts_ones_own_is_asked_for(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        for weak in [json!({ "acr": "weak" }), json!({ "acr": null }), json!({ "acr": null, "amr": ["pwd"] })] {
            let (status, body, cookie) = sign_in(&app, &scene, |claims| {
                for (name, value) in weak.as_object().unwrap() {
                    claims[name] = value.clone();
                }
            }).await;
            assert_eq!((status, body["session"]["state"].as_str()), (200, Some("second-factor")), "{weak}");
            let mut raw = app.nobody();
            raw.shown = Shown::Cookie(cookie.unwrap());
            assert_eq!(raw.get("/api/v1/sessions").await.status, 401);
        }
        let (_, body, _) = sign_in(&app, &scene, |claims| { claims["acr"] = Value::Null; claims["amr"] = json!(["pwd", "hwk"]); }).await;
        assert_eq!(body["session"]["state"], "signed-in");
    }

    async fn a_token_that_is_wrong_in_one_way_lets_nobody_in(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let now = app.clock.now().seconds();
        let wrong = [
            ("iss", json!("https://evil.example")),
            ("iss", Value::Null),
            ("sub", json!("")),
            ("sub", json!("s".repeat(256))),
            ("aud", json!("another-client")),
            ("aud", json!(["wardesk", "another-client"])),
            ("aud", json!([])),
            ("azp", json!("another-client")),
            ("exp", json!(now - 61)),
            ("exp", Value::Null),
            ("iat", json!(now - 700)),
            ("iat", json!(now + 120)),
            ("iat", Value::Null),
            ("nbf", json!(now + 120)),
            ("nonce", json!("another")),
            ("nonce", Value::Null),
            ("at_hash", json!("another")),
            ("auth_time", json!(now + 3600)),
        ];
        let before = refusals(&scene).await;
        for (name, value) in &wrong {
            let (status, body, cookie) = sign_in(&app, &scene, |claims| claims[*name] = value.clone()).await;
            assert_eq!((status, cookie), (401, None), "{name} {value}: {body}");
            assert!(!body.to_string().contains("evil.example"));
        }
        assert_eq!(refusals(&scene).await, before + wrong.len());
        // The same token without the change is right, also with the hash of its access token.
        let half = &aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"an access token").as_ref()[..16].to_vec();
        let hash = wd_kernel::b64u::encode(half);
        assert_eq!(sign_in(&app, &scene, |claims| { claims["at_hash"] = json!(hash); claims["aud"] = json!(["wardesk"]); claims["azp"] = json!("wardesk"); }).await.0, 200);
    }

    async fn a_token_that_the_provider_did_not_sign_lets_nobody_in(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let public = scene.key.public();
        let part = |value: &Value| wd_kernel::b64u::encode(value.to_string());
        let with_shared_secret = |secret: Vec<u8>| {
            move |claims: &Value| {
                let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
                header.kid = Some("first".into());
                jsonwebtoken::encode(&header, claims, &jsonwebtoken::EncodingKey::from_secret(&secret)).unwrap()
            }
        };
        let forgeries: Vec<(&str, Forge<'_>)> = vec![
            ("none", Box::new(|claims| format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims)))),
            ("None with the key's name", Box::new(|claims| format!("{}.{}.", part(&json!({ "alg": "None", "kid": "first" })), part(claims)))),
            ("HS256 with the public key", Box::new(with_shared_secret(public.to_string().into_bytes()))),
            ("HS256 with the client's secret", Box::new(with_shared_secret(b"the client's secret".to_vec()))),
            ("another key of the same name", Box::new(|claims| Key::new("first").sign(claims))),
            ("another key", Box::new(|claims| Key::new("unknown").sign(claims))),
            ("no signature", Box::new(|claims| format!("{}.{}.", part(&json!({ "alg": "ES256", "kid": "first" })), part(claims)))),
            ("an algorithm of another kind", Box::new(|claims| scene.key.sign(claims).replacen(&part(&json!({ "typ": "JWT", "alg": "ES256", "kid": "first" })), &part(&json!({ "alg": "RS256", "kid": "first" })), 1))),
            ("what must be understood", Box::new(|claims| format!("{}.{}.AA", part(&json!({ "alg": "ES256", "kid": "first", "crit": ["b64"] })), part(claims)))),
            ("no token", Box::new(|_| "no token".to_owned())),
            ("a changed claim", Box::new(|claims| {
                let token = scene.key.sign(claims);
                let mut claims = claims.clone();
                claims["sub"] = json!("somebody-else");
                let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
                parts[1] = part(&claims);
                parts.join(".")
            })),
        ];
        for (name, forge) in &forgeries {
            let nobody = app.nobody();
            let begun = begin(&nobody, "/api/v1/session/provider/begin").await;
            let token = forge(&claims(&app, &scene.provider, &begun));
            let (status, body, cookie) = finish(&nobody, &scene.provider, &begun, token, &begun.answer(&scene.provider)).await;
            assert_eq!((status, cookie), (401, None), "{name}: {body}");
        }
        // A shared secret that the provider publishes as a key is none either.
        scene.provider.change(|plan| plan.keys = vec![json!({ "kty": "oct", "kid": "first", "k": "c2VjcmV0", "alg": "HS256" })]);
        app.clock.advance(Duration::from_hours(2));
        let nobody = app.nobody();
        let begun = begin(&nobody, "/api/v1/session/provider/begin").await;
        let token = with_shared_secret(b"secret".to_vec())(&claims(&app, &scene.provider, &begun));
        assert_eq!(finish(&nobody, &scene.provider, &begun, token, &begun.answer(&scene.provider)).await.0, 401);
    }

    async fn an_answer_counts_once_in_its_browser_and_from_who_was_asked(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let (nobody, provider) = (app.nobody(), &scene.provider);
        let asked = || async { begin(&nobody, "/api/v1/session/provider/begin").await };
        let attempt = |begun: &Begun| scene.key.sign(&claims(&app, provider, begun));
        // Another issuer's answer is never redeemed: the code does not leave for anybody (mix-up).
        let begun = asked().await;
        for iss in [json!("https://evil.example"), Value::Null] {
            let begun = if iss.is_null() { asked().await } else { Begun { asked: begun.asked.clone(), cookie: begun.cookie.clone() } };
            let before = provider.change(|plan| plan.codes_asked);
            let mut answer = begun.answer(provider);
            answer["iss"] = iss;
            assert_eq!(finish(&nobody, provider, &begun, attempt(&begun), &answer).await.0, 401);
            assert_eq!(provider.change(|plan| plan.codes_asked), before);
        }
        // That answer ended the attempt, also for the right one.
        assert_eq!(finish(&nobody, provider, &begun, attempt(&begun), &begun.answer(provider)).await.0, 401);
        // Another state, another browser, no browser.
        let (one, other) = (asked().await, asked().await);
        let mut answer = one.answer(provider);
        answer["state"] = json!("another");
        assert_eq!(finish(&nobody, provider, &one, attempt(&one), &answer).await.0, 401);
        let stolen = Begun { asked: one.asked.clone(), cookie: other.cookie.clone() };
        assert_eq!(finish(&nobody, provider, &stolen, attempt(&one), &one.answer(provider)).await.0, 401);
        let bare = Begun { asked: one.asked.clone(), cookie: "a=b".into() };
        assert_eq!(finish(&nobody, provider, &bare, attempt(&one), &one.answer(provider)).await.0, 401);
        // The right one, once; then it is spent.
        assert_eq!(finish(&nobody, provider, &one, attempt(&one), &one.answer(provider)).await.0, 200);
        assert_eq!(finish(&nobody, provider, &one, attempt(&one), &one.answer(provider)).await.0, 401);
        // Ten minutes are the end.
        let late = asked().await;
        app.clock.advance(Duration::from_mins(10));
        assert_eq!(finish(&nobody, provider, &late, attempt(&late), &late.answer(provider)).await.0, 401);
        // The provider said no.
        let refused = asked().await;
        let answer = json!({ "state": refused.asked["state"], "error": "access_denied", "iss": provider.issuer });
        assert_eq!(finish(&nobody, provider, &refused, attempt(&refused), &answer).await.0, 401);
        // A code that was asked for with another challenge.
        let begun = asked().await;
        let wrong = Begun { asked: HashMap::from([("code_challenge".into(), "another".into()), ("state".into(), begun.asked["state"].clone())]), cookie: begun.cookie.clone() };
        assert_eq!(finish(&nobody, provider, &wrong, attempt(&begun), &wrong.answer(provider)).await.0, 401);
    }

    async fn of_twenty_equal_answers_at_once_one_counts(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let nobody = app.nobody();
        let begun = begin(&nobody, "/api/v1/session/provider/begin").await;
        let token = scene.key.sign(&claims(&app, &scene.provider, &begun));
        let answer = begun.answer(&scene.provider);
        let tries = (0..20).map(|_| finish(&nobody, &scene.provider, &begun, token.clone(), &answer));
        let all = futures::future::join_all(tries).await;
        assert_eq!(all.iter().filter(|(status, ..)| *status == 200).count(), 1);
    }

    async fn an_account_is_nobodys_by_its_name_and_leaves_with_its_owner(app) {
        let mut desk = app.desk().await;
        let mut scene = scene(&app, &mut desk).await;
        // The name and the address of somebody who is here open nothing.
        let (status, body, _) = sign_in(&app, &scene, |claims| {
            claims["sub"] = json!("a-stranger");
            claims["preferred_username"] = json!("olga");
            claims["email"] = json!("olga@example.org");
            claims["email_verified"] = json!(true);
        }).await;
        assert_eq!((status, body["code"].as_str()), (401, Some("unauthenticated")));
        // Another person cannot bind the same account, and binding needs a fresh factor and the same session.
        scene.olga.step_up(&app).await;
        let begun = begin(&scene.olga.raw, "/api/v1/provider-account/begin").await;
        let token = scene.key.sign(&claims(&app, &scene.provider, &begun));
        let in_adas = finish(&scene.ada.raw, &scene.provider, &begun, token.clone(), &begun.answer(&scene.provider)).await;
        assert_eq!(in_adas.0, 401);
        let begun = begin(&scene.olga.raw, "/api/v1/provider-account/begin").await;
        let token = scene.key.sign(&claims(&app, &scene.provider, &begun));
        assert_eq!(finish(&scene.olga.raw, &scene.provider, &begun, token, &begun.answer(&scene.provider)).await.0, 409);
        app.clock.advance(Duration::from_mins(11));
        assert_eq!(scene.ada.raw.post("/api/v1/provider-account/begin", &json!({})).await.code(), "step-up-required");
        // Who leaves has no way in by the provider, not even after coming back.
        let id = scene.ada.raw.get("/api/v1/session").await.body["me"]["id"].as_str().unwrap().to_owned();
        scene.olga.step_up(&app).await;
        assert_eq!(scene.olga.raw.post(&format!("/api/v1/staff/{id}/disable"), &json!({})).await.status, 200);
        assert_eq!(sign_in(&app, &scene, |_| ()).await.0, 401);
        assert_eq!(scene.ada.raw.get("/api/v1/sessions").await.status, 401);
    }

    async fn groups_give_and_take_only_what_the_table_names(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let mut with_groups = settings(&scene.provider);
        with_groups["groups_claim"] = json!("groups");
        change(&scene.olga, &with_groups).await;
        let roles = |answer: (u16, Value, Option<String>)| answer.1["session"]["me"]["roles"].clone();
        assert_eq!(roles(sign_in(&app, &scene, |claims| claims["groups"] = json!(["Leads", "administrator"])).await), json!(["agent", "team-lead"]));
        assert_eq!(roles(sign_in(&app, &scene, |claims| claims["groups"] = json!(["administrator"])).await), json!(["agent"]));
    }

    async fn whom_the_directory_brought_signs_in_at_once_and_nobodys_account_is_taken(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let settings = json!({ "enabled": true, "switches_off_privileged": false, "external_id_is_subject": true, "groups": [] });
        let on = scene.olga.raw.ask(Method::PUT, "/api/v1/provisioning", Some(&json!({ "settings": settings, "version": 0 }))).await;
        assert_eq!(on.status, 200, "{on:?}");
        let made = scene.olga.raw.post("/api/v1/provisioning/tokens", &json!({ "name": "Directory", "days": 1 })).await;
        let mut directory = app.nobody();
        directory.shown = Shown::Bearer(made.body["secret"].as_str().unwrap().to_owned());
        let person = |name: &str, subject: &str| json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "externalId": subject });
        // The subject is Ada's: nobody is brought.
        let taken = directory.post("/scim/v2/Users", &person("eve", "ada-at-example")).await;
        assert_eq!((taken.status, &taken.body["scimType"]), (409, &json!("uniqueness")), "{taken:?}");
        assert!(!scene.olga.raw.get("/api/v1/staff").await.body.to_string().contains("eve"));
        let grace = directory.post("/scim/v2/Users", &person("grace", "grace-at-example")).await;
        assert_eq!(grace.status, 201, "{grace:?}");
        let as_grace = |claims: &mut Value| claims["sub"] = json!("grace-at-example");
        let (status, body, _) = sign_in(&app, &scene, as_grace).await;
        assert_eq!((status, body["session"]["me"]["login"].as_str()), (200, Some("grace")), "{body:?}");
        // Another external id later binds nothing.
        let path = format!("/scim/v2/Users/{}", grace.body["id"].as_str().unwrap());
        assert_eq!(directory.ask(Method::PUT, &path, Some(&person("grace", "other-at-example"))).await.status, 200);
        assert_eq!(sign_in(&app, &scene, |claims| claims["sub"] = json!("other-at-example")).await.0, 401);
        assert_eq!(directory.ask(Method::DELETE, &path, None).await.status, 204);
        assert_eq!(sign_in(&app, &scene, as_grace).await.0, 401);
    }

    async fn who_is_unknown_gets_an_account_only_where_that_is_wanted(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let unknown = |claims: &mut Value| claims["sub"] = json!("new-at-example");
        assert_eq!(sign_in(&app, &scene, unknown).await.0, 401);
        let mut creating = settings(&scene.provider);
        creating["create"] = json!(true);
        change(&scene.olga, &creating).await;
        // A login that is somebody's is not taken over.
        let taken = sign_in(&app, &scene, |claims| { unknown(claims); claims["preferred_username"] = json!("ada"); }).await;
        assert_eq!((taken.0, taken.2), (409, None));
        // Without a second factor there, one must be set up here first.
        let weak = sign_in(&app, &scene, |claims| { claims["sub"] = json!("weak"); claims["preferred_username"] = json!("weak"); claims["acr"] = Value::Null; }).await;
        assert_eq!(weak.1["session"]["state"], "enrol", "{weak:?}");
        let strong = sign_in(&app, &scene, unknown).await;
        assert_eq!((strong.1["session"]["me"]["login"].as_str(), &strong.1["session"]["me"]["roles"]), (Some("new"), &json!([])), "{strong:?}");
        // Who has no factor here shows again at the provider who they are; an old sign-in there does not count.
        let mut raw = app.nobody();
        raw.shown = Shown::Cookie(strong.2.unwrap());
        app.clock.advance(Duration::from_mins(11));
        for (ago, status) in [(120, 401), (0, 200)] {
            let begun = begin(&raw, "/api/v1/step-up/provider").await;
            assert_eq!((begun.asked["max_age"].as_str(), begun.asked["prompt"].as_str()), ("0", "login"));
            let mut claims = claims(&app, &scene.provider, &begun);
            unknown(&mut claims);
            claims["auth_time"] = json!(app.clock.now().seconds() - ago);
            let answer = finish(&raw, &scene.provider, &begun, scene.key.sign(&claims), &begun.answer(&scene.provider)).await;
            assert_eq!(answer.0, status, "{answer:?}");
        }
        // Who has one shows that.
        assert_eq!(scene.ada.raw.post("/api/v1/step-up/provider", &json!({})).await.code(), "conflict");
    }

    async fn who_could_not_come_in_without_the_provider_keeps_the_account_there(app) {
        let mut desk = app.desk().await;
        let mut scene = scene(&app, &mut desk).await;
        let mut creating = settings(&scene.provider);
        creating["create"] = json!(true);
        change(&scene.olga, &creating).await;
        // Made by the first sign-in: neither a password nor a factor is here.
        let (_, _, cookie) = sign_in(&app, &scene, |claims| claims["sub"] = json!("new-at-example")).await;
        let mut new = app.nobody();
        new.shown = Shown::Cookie(cookie.unwrap());
        is_kept(&new).await;
        // With an app and recovery codes a password is missing still.
        let (_, _, cookie) = sign_in(&app, &scene, |claims| {
            claims["sub"] = json!("weak-at-example");
            claims["preferred_username"] = json!("weak");
            claims["acr"] = Value::Null;
        }).await;
        let mut weak = app.nobody();
        weak.shown = Shown::Cookie(cookie.unwrap());
        let factor = weak.become_by("/api/v1/factors/totp", &json!({})).await;
        let mut codes = Codes::new(factor["secret"].as_str().unwrap()).unwrap();
        let Code::Now(code) = codes.next(app.clock.now()) else { panic!("a first code is at hand") };
        let added = weak.become_by("/api/v1/factors/totp/confirm", &json!({ "id": factor["id"], "code": code })).await;
        assert_eq!(added["session"]["state"], "signed-in", "{added:?}");
        is_kept(&weak).await;
        // Who has both lets go of it, with a fresh factor, and comes in by it no more.
        app.clock.advance(Duration::from_mins(11));
        let stale = scene.ada.raw.ask(Method::DELETE, "/api/v1/provider-account", None).await;
        assert_eq!((stale.status, stale.code()), (403, "step-up-required"));
        scene.ada.step_up(&app).await;
        assert_eq!(scene.ada.raw.ask(Method::DELETE, "/api/v1/provider-account", None).await.status, 204);
        assert_eq!(scene.ada.raw.get("/api/v1/provider-account").await.body["bound_at"], Value::Null);
        creating["create"] = json!(false);
        scene.olga.step_up(&app).await;
        change(&scene.olga, &creating).await;
        assert_eq!(sign_in(&app, &scene, |_| ()).await.0, 401);
        let history = scene.ada.raw.get("/api/v1/session/history").await.body;
        for (action, by) in [("provider-account.unbound", Value::Null), ("provider-account.bound", json!("owner"))] {
            let items = history["items"].as_array().unwrap();
            assert!(items.iter().any(|one| one["action"] == action && one["by"] == by && one["own"] == true), "{action}: {history}");
        }
    }

    async fn only_what_the_settings_call_phishing_resistant_does_where_a_role_asks_for_it(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let mut officer = app.known_staff(&mut desk, "otto", &["security-officer"]).await;
        officer.step_up(&app).await;
        let asked = json!({ "version": 0, "sign_in": "phishing-resistant", "step_up": "phishing-resistant", "makes": null, "due_at": null });
        let saved = officer.raw.ask(Method::PUT, "/api/v1/factor-policies/agent", Some(&asked)).await;
        assert_eq!(saved.status, 200, "{saved:?}");
        let state = async |acr: &str| sign_in(&app, &scene, |claims| claims["acr"] = json!(acr)).await.1["session"]["state"].clone();
        assert_eq!([state("phr").await, state("strong").await], ["second-factor", "enrol"], "nothing is at first");
        let mut wanted = settings(&scene.provider);
        wanted["phishing_resistant_acr"] = json!(["phr"]);
        change(&scene.olga, &wanted).await;
        assert_eq!(state("phr").await, "signed-in");
        // Neither a higher level that nobody wrote down, nor a lower one, nor other letters, nor the right word elsewhere.
        assert_eq!([state("phrh").await, state("PHR").await, state("strong").await], ["second-factor", "second-factor", "enrol"]);
        let (_, body, _) = sign_in(&app, &scene, |claims| { claims["acr"] = json!("none"); claims["amr"] = json!(["phr"]); }).await;
        assert_eq!(body["session"]["state"], "second-factor");
        // One of hours ago lets in, and is no fresh factor.
        let (_, body, _) = sign_in(&app, &scene, |claims| {
            claims["acr"] = json!("phr");
            claims["auth_time"] = json!(claims["iat"].as_i64().unwrap() - 7200);
        }).await;
        assert_eq!((body["session"]["state"].as_str(), &body["session"]["stepped_up_until"]), (Some("signed-in"), &Value::Null));
        assert_eq!(begin(&app.nobody(), "/api/v1/session/provider/begin").await.asked["acr_values"], "phr strong");
    }

    async fn security_hears_of_changed_settings_and_not_of_refused_ones(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let mut officer = app.known_staff(&mut desk, "otto", &["security-officer"]).await;
        officer.step_up(&app).await;
        relayed(&app).await;
        let contact = json!({ "typing": true, "presence": true, "widget_origins": [], "identity_keys": [], "security_contact": "security@example.org" });
        assert_eq!(officer.raw.ask(Method::PUT, "/api/v1/organisation/settings", Some(&contact)).await.status, 200);
        let version = scene.olga.raw.get("/api/v1/single-sign-on").await.body["version"].clone();
        let mut weaker = settings(&scene.provider);
        let save = async |settings: &Value, version: &Value| {
            let body = json!({ "settings": settings, "client_secret": null, "version": version });
            scene.olga.raw.ask(Method::PUT, "/api/v1/single-sign-on", Some(&body)).await
        };
        // What is saved as it was is no change, and what is refused changes nothing.
        let same = save(&weaker, &version).await;
        assert_eq!(same.status, 200, "{same:?}");
        weaker["groups"] = json!([{ "group": "Leads", "role": "king", "team": null }]);
        assert_eq!(save(&weaker, &same.body["version"]).await.status, 422);
        weaker["groups"] = json!([]);
        weaker["second_factor_acr"] = json!(["strong", "weak"]);
        assert_eq!(save(&weaker, &same.body["version"]).await.status, 200);
        relayed(&app).await;
        let list = officer.raw.get("/api/v1/outgoing").await.body;
        let kinds: Vec<&str> = list["items"].as_array().unwrap().iter().map(|mail| mail["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["single-sign-on-changed"]);
    }

    async fn new_keys_of_the_provider_are_fetched_and_not_more_than_once_a_minute(app) {
        let mut desk = app.desk().await;
        let mut scene = scene(&app, &mut desk).await;
        let before = scene.provider.change(|plan| plan.keys_asked);
        scene.key = Key::new("second");
        scene.provider.change(|plan| plan.keys.push(scene.key.public()));
        app.clock.advance(Duration::from_mins(1));
        assert_eq!(sign_in(&app, &scene, |_| ()).await.0, 200);
        assert_eq!(scene.provider.change(|plan| plan.keys_asked), before + 1);
        scene.key = Key::new("made up");
        for _ in 0..5 {
            assert_eq!(sign_in(&app, &scene, |_| ()).await.0, 401);
        }
        assert_eq!(scene.provider.change(|plan| plan.keys_asked), before + 1);
    }

    async fn the_secret_goes_to_no_other_issuer_and_no_redirect_is_followed(app) {
        let mut desk = app.desk().await;
        let mut scene = scene(&app, &mut desk).await;
        scene.provider.change(|plan| plan.redirects = true);
        let before = scene.provider.change(|plan| plan.keys_asked);
        assert_eq!(sign_in(&app, &scene, |_| ()).await.0, 503);
        assert_eq!(scene.provider.change(|plan| plan.keys_asked), before);
        scene.olga.step_up(&app).await;
        let view = scene.olga.raw.get("/api/v1/single-sign-on").await.body;
        assert!(!view.to_string().contains("the client's secret"));
        let other = Provider::start(&scene.key).await;
        let body = json!({ "settings": settings(&other), "client_secret": null, "version": view["version"] });
        let moved = scene.olga.raw.ask(Method::PUT, "/api/v1/single-sign-on", Some(&body)).await;
        assert_eq!((moved.status, moved.body["has_secret"].as_bool()), (200, Some(false)));
        assert_eq!(scene.olga.raw.ask(Method::PUT, "/api/v1/single-sign-on", Some(&body)).await.code(), "stale-version");
        // A provider in clear text elsewhere, and roles that are not there, are not taken.
        for (field, value) in [("issuer", json!("http://id.example.org")), ("groups", json!([{ "group": "A", "role": "king", "team": null }]))] {
            let mut wrong = settings(&other);
            wrong[field] = value;
            let body = json!({ "settings": wrong, "client_secret": null, "version": moved.body["version"] });
            let answer = scene.olga.raw.ask(Method::PUT, "/api/v1/single-sign-on", Some(&body)).await;
            assert_eq!((answer.status, answer.body["fields"][0]["field"].as_str()), (422, Some(field)));
        }
    }

    async fn trying_a_provider_says_what_is_wrong(app) {
        let mut desk = app.desk().await;
        let mut scene = scene(&app, &mut desk).await;
        scene.olga.step_up(&app).await;
        let look = |issuer: String| { let raw = &scene.olga.raw; async move { raw.post("/api/v1/single-sign-on/try", &json!({ "issuer": issuer, "scopes": [] })).await.body } };
        assert_eq!(look(scene.provider.issuer.clone()).await["usable"], true);
        let slash = look(format!("{}/", scene.provider.issuer)).await;
        assert!(slash["findings"].to_string().contains("letter by letter"), "{slash}");
        for wrong in ["http://id.example.org".to_owned(), format!("{}/elsewhere", scene.provider.issuer), "http://127.0.0.1:1".to_owned(), "file:///etc/passwd".to_owned()] {
            assert_eq!(look(wrong.clone()).await["usable"], false, "{wrong}");
        }
        assert_eq!(scene.ada.raw.post("/api/v1/single-sign-on/try", &json!({ "issuer": "https://a.example", "scopes": [] })).await.status, 403);
    }
}
