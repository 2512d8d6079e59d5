//! The company's directory over SCIM: what it does to people, and everything a directory that was taken over must not be
//! able to do.

mod told;

use reqwest::{Method, header};
use serde_json::{Value, json};
use wd_client::Frame;
use wd_kernel::Duration;

use crate::support::{Answer, Desk, KnownStaff, Raw, Shown, TestApp, frame, until};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// An administrator, and a directory with a token.
struct Scene {
    olga: KnownStaff,
    directory: Raw,
}

async fn scene(app: &TestApp, desk: &mut Desk) -> Scene {
    let mut olga = app.known_staff(desk, "olga", &["administrator"]).await;
    olga.step_up(app).await;
    configure(&olga, &json!({})).await;
    let directory = directory(app, &olga, 30).await;
    Scene { olga, directory }
}

/// Changes the settings: on, agents by a group, and what else is given.
async fn configure(olga: &KnownStaff, change: &Value) -> Answer {
    let mut settings = json!({
        "enabled": true, "switches_off_privileged": false, "external_id_is_subject": false,
        "groups": [{ "group": "Agents", "role": "agent", "team": null }],
    });
    for (name, value) in change.as_object().unwrap() {
        settings[name] = value.clone();
    }
    let version = olga.raw.get("/api/v1/provisioning").await.body["version"].clone();
    let body = json!({ "settings": settings, "version": version });
    olga.raw.ask(Method::PUT, "/api/v1/provisioning", Some(&body)).await
}

async fn directory(app: &TestApp, olga: &KnownStaff, days: u32) -> Raw {
    let body = json!({ "name": "Entra ID", "days": days });
    let made = olga.raw.post("/api/v1/provisioning/tokens", &body).await;
    assert_eq!(made.status, 200, "{made:?}");
    let mut raw = app.nobody();
    raw.shown = Shown::Bearer(made.body["secret"].as_str().unwrap().to_owned());
    raw
}

fn user(name: &str) -> Value {
    json!({ "schemas": [USER], "userName": name, "displayName": format!("{name} of the directory"), "externalId": format!("x-{name}"), "active": true })
}

fn patch(operations: &Value) -> Value {
    json!({ "schemas": [PATCH], "Operations": operations })
}

fn active(value: bool) -> Value {
    patch(&json!([{ "op": "replace", "path": "active", "value": value }]))
}

impl Scene {
    async fn create(&self, name: &str) -> String {
        let made = self.directory.post("/scim/v2/Users", &user(name)).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.body["id"].as_str().unwrap().to_owned()
    }

    async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.directory.ask(Method::PATCH, path, Some(body)).await
    }

    async fn switch(&self, id: &str, on: bool) -> Answer {
        self.patch(&format!("/scim/v2/Users/{id}"), &active(on)).await
    }

    async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        let made = self.directory.post("/scim/v2/Groups", &body).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.body["id"].as_str().unwrap().to_owned()
    }

    async fn adopt(&self) {
        let answer = self.olga.raw.post("/api/v1/provisioning/adopt", &json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Whom the directory finds under a name.
    async fn find(&self, name: &str) -> Option<Value> {
        let path = format!("/scim/v2/Users?filter=userName%20eq%20%22{name}%22");
        let found = self.directory.get(&path).await;
        assert_eq!(found.status, 200, "{found:?}");
        found.body["Resources"].get(0).cloned()
    }

    async fn staff(&self, login: &str) -> Value {
        let page = self.olga.raw.get("/api/v1/staff").await;
        let mut items = page.body["items"].as_array().unwrap().clone().into_iter();
        items.find(|staff| staff["login"] == login).unwrap()
    }

    async fn roles(&self, login: &str) -> Value {
        self.staff(login).await["roles"].clone()
    }

    async fn set_roles(&mut self, app: &TestApp, id: &str, roles: &Value) {
        self.olga.step_up(app).await;
        let path = format!("/api/v1/staff/{id}/roles");
        let answer = self
            .olga
            .raw
            .ask(Method::PUT, &path, Some(&json!({ "roles": roles })))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// The newest line of the list of requests.
    async fn latest(&self) -> Value {
        self.olga.raw.get("/api/v1/provisioning/requests").await.body["items"][0].clone()
    }
}

fn is(answer: &Answer, status: u16, kind: &str) -> bool {
    let shown = answer.body["scimType"].as_str().unwrap_or_default();
    answer.status == status && shown == kind && answer.body["status"].as_str() == Some(status.to_string().as_str())
}

on_both_databases! {
    async fn a_leavers_session_and_socket_end_with_the_answer(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let mut ada = desk.agent(&app, "ada").await;
        ada.tend_team_keys().await.unwrap();
        scene.adopt().await;
        let mut socket = ada.socket();
        frame(&mut socket, "ready", |frame| (frame == Frame::Ready).then_some(())).await;
        assert_eq!(ada.get("/api/v1/session").await.unwrap()["state"], "signed-in");

        let found = scene.find("ada").await.unwrap();
        // As Entra ID writes it.
        let leaves = patch(&json!([{ "op": "Replace", "path": "active", "value": "False" }]));
        let answer = scene.patch(&format!("/scim/v2/Users/{}", found["id"].as_str().unwrap()), &leaves).await;
        assert_eq!((answer.status, answer.body["active"].as_bool()), (200, Some(false)), "{answer:?}");
        assert_eq!(ada.get("/api/v1/session").await.unwrap()["state"], "signed-out");
        frame(&mut socket, "the end", |frame| (frame == Frame::Ended).then_some(())).await;
        let ada = scene.staff("ada").await;
        assert_eq!((&ada["state"], &ada["roles"], &ada["teams"]), (&json!("disabled"), &json!([]), &json!([])));
        let latest = scene.latest().await;
        assert_eq!((&latest["what"], &latest["token"], &latest["status"]), (&json!("switched off"), &json!("Entra ID"), &json!(200)));
        let audit = scene.olga.raw.get("/api/v1/audit?action=staff.disabled").await;
        assert_eq!(audit.body["items"][0]["actor"]["kind"], "directory", "{audit:?}");
        assert!(audit.body["items"][0]["actor"].to_string().contains("Entra ID"));
    }

    async fn somebody_who_is_brought_sets_up_the_account_by_a_link_and_gets_what_the_groups_give(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let id = scene.create("Grace@Example.org").await;
        assert_eq!(scene.find("grace@EXAMPLE.org").await.unwrap()["userName"], "Grace@Example.org");
        let group = scene.group("Agents", &[&id]).await;
        assert_eq!(scene.roles("grace@example.org").await, json!(["agent"]));
        let waiting = scene.olga.raw.get("/api/v1/provisioning/waiting").await;
        assert_eq!(waiting.body["items"][0]["login"], "grace@example.org");
        let link = scene.olga.raw.post(&format!("/api/v1/provisioning/waiting/{id}/link"), &json!({})).await;
        let (grace, ..) = app.accept(link.body["invitation_url"].as_str().unwrap()).await;
        assert_eq!(json!(grace.me().roles), json!(["agent"]));
        assert_eq!(scene.olga.raw.get("/api/v1/provisioning/waiting").await.body["items"], json!([]));
        let again = scene.olga.raw.post(&format!("/api/v1/provisioning/waiting/{id}/link"), &json!({})).await;
        assert_eq!(again.status, 409, "a link for who is set up would take the account over");

        // The group is seen from both sides, and what it gave goes with it.
        let seen = scene.directory.get(&format!("/scim/v2/Users/{id}")).await;
        assert_eq!(seen.body["groups"][0]["value"], json!(group));
        let gone = patch(&json!([{ "op": "remove", "path": format!("members[value eq \"{id}\"]") }]));
        assert_eq!(scene.patch(&format!("/scim/v2/Groups/{group}"), &gone).await.status, 200);
        assert_eq!(scene.roles("grace@example.org").await, json!([]));
    }

    async fn what_groups_gave_goes_and_what_people_gave_stays(app) {
        let mut desk = app.desk().await;
        let mut scene = scene(&app, &mut desk).await;
        let team = desk.team;
        let by_hand = scene.create("by-hand").await;
        scene.set_roles(&app, &by_hand, &json!(["agent"])).await;
        let by_group = scene.create("by-group").await;
        let group = scene.group("Agents", &[&by_hand, &by_group]).await;
        assert_eq!(scene.roles("by-group").await, json!(["agent"]));
        // The table changes: at once for those who are in the group.
        let table = json!({ "groups": [{ "group": "Agents", "role": "agent", "team": team }] });
        assert_eq!(configure(&scene.olga, &table).await.status, 200);
        assert_eq!(scene.staff("by-group").await["teams"], json!([team]));
        let answer = scene.directory.ask(Method::DELETE, &format!("/scim/v2/Groups/{group}"), None).await;
        assert_eq!(answer.status, 204, "{answer:?}");
        assert_eq!((scene.roles("by-hand").await, scene.roles("by-group").await), (json!(["agent"]), json!([])));
        assert_eq!(scene.staff("by-group").await["teams"], json!([]));

        // Another name of a group is another row of the table.
        let other = scene.group("Others", &[&by_group]).await;
        assert_eq!(scene.roles("by-group").await, json!([]));
        let rename = patch(&json!([{ "op": "replace", "value": { "id": other, "displayName": "Agents" } }]));
        assert_eq!(scene.patch(&format!("/scim/v2/Groups/{other}"), &rename).await.status, 200);
        assert_eq!(scene.roles("by-group").await, json!(["agent"]));
    }

    async fn a_directory_gives_nobody_administrative_rights(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        for role in ["administrator", "security-officer", "auditor", "team-lead"] {
            let table = json!({ "groups": [{ "group": "Agents", "role": role, "team": null }] });
            let answer = configure(&scene.olga, &table).await;
            assert_eq!((answer.status, answer.code()), (422, "invalid-fields"), "{role}: {answer:?}");
        }
        let shown = scene.olga.raw.get("/api/v1/provisioning").await.body;
        let roles: Vec<&str> = shown["roles"].as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
        assert_eq!(roles, ["agent"]);
        // What a directory writes about roles of a person is not looked at.
        let mut evil = user("eve");
        evil["roles"] = json!([{ "value": "administrator" }]);
        evil["groups"] = json!([{ "value": "administrator" }]);
        assert_eq!(scene.directory.post("/scim/v2/Users", &evil).await.status, 201);
        scene.group("administrator", &[scene.find("eve").await.unwrap()["id"].as_str().unwrap()]).await;
        assert_eq!(scene.roles("eve").await, json!([]));
    }

    async fn a_directory_cannot_touch_whoever_has_administrative_rights(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        for role in ["administrator", "security-officer", "team-lead"] {
            app.known_staff(&mut desk, &format!("a-{role}"), &[role]).await;
        }
        scene.adopt().await;
        let group = scene.group("Agents", &[]).await;
        for role in ["administrator", "security-officer", "team-lead"] {
            let login = format!("a-{role}");
            app.clock.advance(Duration::from_secs(1));
            let id = scene.find(&login).await.unwrap()["id"].as_str().unwrap().to_owned();
            let path = format!("/scim/v2/Users/{id}");
            let mut other = user("another-name");
            other["displayName"] = json!("Somebody Else");
            for answer in [
                scene.switch(&id, false).await,
                scene.directory.ask(Method::DELETE, &path, None).await,
                scene.directory.ask(Method::PUT, &path, Some(&other)).await,
                scene.patch(&path, &patch(&json!([{ "op": "replace", "path": "userName", "value": "mine" }]))).await,
                scene.patch(&path, &patch(&json!([{ "op": "replace", "value": { "displayName": "Mine" } }]))).await,
            ] {
                assert!(is(&answer, 403, ""), "{role}: {answer:?}");
                assert_eq!(scene.latest().await["status"], 403);
            }
            // In a group they get nothing more, and the group goes on working for others.
            let add = patch(&json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]));
            assert_eq!(scene.patch(&format!("/scim/v2/Groups/{group}"), &add).await.status, 200);
            let now = scene.staff(&login).await;
            assert_eq!((&now["state"], &now["roles"], now["name"].as_str().unwrap()), (&json!("active"), &json!([role]), format!("{login} of the desk").as_str()));
            // What is so already is no change.
            assert_eq!(scene.switch(&id, true).await.status, 200);
        }
    }

    async fn when_it_is_allowed_leavers_with_administrative_rights_leave_too_but_never_the_last_administrator(app) {
        let mut desk = app.desk().await;
        let mut scene = scene(&app, &mut desk).await;
        app.known_staff(&mut desk, "lea", &["team-lead"]).await;
        scene.adopt().await;
        scene.olga.step_up(&app).await;
        assert_eq!(configure(&scene.olga, &json!({ "switches_off_privileged": true })).await.status, 200);
        let lea = scene.find("lea").await.unwrap()["id"].as_str().unwrap().to_owned();
        // For switching off only: another name that comes with it is not taken.
        let mut leaves = user("lea-renamed");
        leaves["active"] = json!(false);
        let answer = scene.directory.ask(Method::PUT, &format!("/scim/v2/Users/{lea}"), Some(&leaves)).await;
        assert_eq!((answer.status, &answer.body["active"], &answer.body["userName"]), (200, &json!(false), &json!("lea")), "{answer:?}");
        assert_eq!(scene.staff("lea").await["state"], "disabled");
        // The first administrator may go, the one who is left may not.
        let first = scene.find("admin").await.unwrap()["id"].as_str().unwrap().to_owned();
        assert_eq!(scene.switch(&first, false).await.status, 200);
        let olga = scene.find("olga").await.unwrap()["id"].as_str().unwrap().to_owned();
        for answer in [scene.switch(&olga, false).await, scene.directory.ask(Method::DELETE, &format!("/scim/v2/Users/{olga}"), None).await] {
            assert!(is(&answer, 403, "") && answer.body["detail"].as_str().unwrap().contains("last administrator"), "{answer:?}");
        }
        assert_eq!(scene.staff("olga").await["state"], "active");
        assert_eq!(scene.olga.raw.get("/api/v1/staff").await.status, 200, "and the session goes on");
    }

    async fn a_directory_undoes_only_what_it_did_itself(app) {
        let mut desk = app.desk().await;
        let mut scene = scene(&app, &mut desk).await;
        let id = scene.create("ada").await;
        scene.group("Agents", &[&id]).await;
        // Its own switching off it may undo; what groups give comes back.
        assert_eq!(scene.switch(&id, false).await.body["active"], false);
        assert_eq!(scene.roles("ada").await, json!([]));
        assert_eq!(scene.switch(&id, true).await.body["active"], true);
        assert_eq!((scene.staff("ada").await["state"].clone(), scene.roles("ada").await), (json!("invited"), json!(["agent"])));
        // Not that of people, also when it had switched them off once before.
        scene.olga.step_up(&app).await;
        let answer = scene.olga.raw.post(&format!("/api/v1/staff/{id}/disable"), &json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(is(&scene.switch(&id, true).await, 403, ""));
        assert_eq!(scene.switch(&id, false).await.status, 200, "that is so already");
        assert!(is(&scene.switch(&id, true).await, 403, ""));
        let deleted = scene.directory.ask(Method::DELETE, &format!("/scim/v2/Users/{id}"), None).await;
        assert_eq!(deleted.status, 204);
        let again = scene.directory.post("/scim/v2/Users", &user("ada")).await;
        assert!(is(&again, 409, "uniqueness"), "{again:?}");
        assert_eq!(scene.staff("ada").await["state"], "disabled");
    }

    async fn deleting_switches_off_and_gives_up_and_whoever_comes_back_is_the_same_person(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let id = scene.create("ada").await;
        let path = format!("/scim/v2/Users/{id}");
        let group = scene.group("Agents", &[&id]).await;
        assert_eq!(scene.directory.ask(Method::DELETE, &path, None).await.status, 204);
        assert!(is(&scene.directory.get(&path).await, 404, ""));
        assert!(is(&scene.directory.ask(Method::DELETE, &path, None).await, 404, ""));
        assert!(is(&scene.switch(&id, true).await, 404, ""));
        assert_eq!(scene.find("ada").await, None);
        assert_eq!(scene.directory.get(&format!("/scim/v2/Groups/{group}")).await.body.get("members"), None);
        assert_eq!(scene.staff("ada").await["state"], "disabled", "the account stays, for the audit log");
        assert_eq!(scene.create("ada").await, id);
        assert_eq!(scene.roles("ada").await, json!([]), "and is in no group any more");
        assert_eq!(scene.staff("ada").await["state"], "invited");
    }

    async fn passwords_factors_and_mail_addresses_are_neither_taken_nor_shown(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let ada = app.known_staff(&mut desk, "ada", &["agent"]).await;
        scene.adopt().await;
        let found = scene.find("ada").await.unwrap();
        let path = format!("/scim/v2/Users/{}", found["id"].as_str().unwrap());
        let mut evil = user("ada");
        evil["password"] = json!("mine now 47 plum orbit");
        evil["emails"] = json!([{ "value": "eve@evil.example", "primary": true }]);
        evil["x509Certificates"] = json!([{ "value": "AAAA" }]);
        assert_eq!(scene.directory.ask(Method::PUT, &path, Some(&evil)).await.status, 200);
        let set = patch(&json!([{ "op": "replace", "path": "password", "value": "mine now 47 plum orbit" }, { "op": "add", "path": "emails[type eq \"work\"].value", "value": "eve@evil.example" }]));
        let answer = scene.patch(&path, &set).await;
        assert_eq!(answer.status, 200);
        let known = ["schemas", "id", "externalId", "userName", "displayName", "active", "meta", "groups"];
        assert!(answer.body.as_object().unwrap().keys().all(|name| known.contains(&name.as_str())), "{answer:?}");
        assert_eq!(app.password("ada", "mine now 47 plum orbit", None).await.status, 401);
        // The wrong one makes a stranger wait.
        app.clock.advance(Duration::from_secs(2));
        assert_eq!(app.password("ada", crate::support::PASSWORD, None).await.body["state"], "second-factor");
        let own = ada.raw.get("/api/v1/mail-address").await;
        assert!(!own.body.to_string().contains("evil.example"), "{own:?}");
    }

    async fn a_token_that_does_not_work_is_refused_alike_whatever_is_wrong_with_it(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        // Switched off, no token works.
        assert_eq!(configure(&scene.olga, &json!({ "enabled": false })).await.status, 200);
        let off = scene.directory.get("/scim/v2/Users").await;
        assert_eq!(off.status, 401);
        assert_eq!(configure(&scene.olga, &json!({})).await.status, 200);
        let short = directory(&app, &scene.olga, 1).await;
        // The list has the newest first.
        app.clock.advance(Duration::from_secs(1));
        let revoked = directory(&app, &scene.olga, 30).await;
        let fourth = scene.olga.raw.post("/api/v1/provisioning/tokens", &json!({ "name": "one more", "days": 1 })).await;
        assert_eq!((fourth.status, fourth.code()), (409, "conflict"), "a few are enough");
        let tokens = scene.olga.raw.get("/api/v1/provisioning").await.body["tokens"].clone();
        let newest = tokens[0]["id"].as_str().unwrap();
        assert!(!tokens.to_string().contains("secret"));
        assert_eq!(scene.olga.raw.ask(Method::DELETE, &format!("/api/v1/provisioning/tokens/{newest}"), None).await.status, 204);
        app.clock.advance(Duration::from_hours(25));
        let mut unknown = app.nobody();
        unknown.shown = Shown::Bearer("A".repeat(43));
        let mut empty = app.nobody();
        empty.shown = Shown::Bearer(String::new());
        let mut answers = Vec::new();
        for caller in [&app.nobody(), &empty, &unknown, &short, &revoked] {
            for (method, path) in [(Method::GET, "/scim/v2/Users"), (Method::POST, "/scim/v2/Users"), (Method::GET, "/scim/v2/Schemas"), (Method::DELETE, "/scim/v2/Groups/x"), (Method::PATCH, "/scim/v2/nothing")] {
                let response = caller.request(method, path).send().await.unwrap();
                let challenge = response.headers().get(header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned());
                answers.push((response.status().as_u16(), challenge, response.text().await.unwrap()));
            }
        }
        assert_eq!((answers[0].0, answers[0].1.as_deref()), (401, Some("Bearer")));
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
        assert_eq!(serde_json::from_str::<Value>(&answers[0].2).unwrap(), off.body);
        assert_eq!(scene.directory.get("/scim/v2/Users").await.status, 200);
    }

    async fn a_cookie_opens_nothing_of_the_directory_and_its_token_nothing_else(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let (visitor, _) = app.raw_visitor().await;
        for caller in [&scene.olga.raw, &visitor] {
            assert_eq!(caller.get("/scim/v2/Users").await.status, 401);
        }
        for path in ["/api/v1/staff", "/api/v1/provisioning", "/api/v1/audit", "/api/v1/widget/conversations", "/api/v1/customers"] {
            assert_eq!(scene.directory.get(path).await.status, 401, "{path}");
        }
        // Nor does the token count as a cookie, or beside another token.
        let Shown::Bearer(token) = scene.directory.shown.clone() else { panic!("a directory shows a token") };
        let mut cookie = app.nobody();
        cookie.shown = Shown::Cookie(token.clone());
        assert_eq!(cookie.get("/scim/v2/Users").await.status, 401);
        assert_eq!(cookie.get("/api/v1/staff").await.status, 401);
        let twice = scene.directory.request(Method::GET, "/scim/v2/Users").header(header::AUTHORIZATION, format!("Bearer {token}"));
        assert_eq!(scene.directory.send(twice).await.status, 401);
        let basic = app.nobody();
        let basic = basic.request(Method::GET, "/scim/v2/Users").header(header::AUTHORIZATION, format!("Basic {token}"));
        assert_eq!(app.nobody().send(basic).await.status, 401);
    }

    async fn who_tries_tokens_must_wait_and_the_directory_goes_on(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let mut guess = app.nobody();
        guess.shown = Shown::Bearer("A".repeat(43));
        for _ in 0..60 {
            assert_eq!(guess.get("/scim/v2/Users").await.status, 401);
        }
        let answer = guess.get("/scim/v2/Users").await;
        assert!(is(&answer, 429, ""), "{answer:?}");
        assert_eq!(scene.directory.get("/scim/v2/Users").await.status, 200);
    }

    async fn names_are_taken_once_and_what_is_repeated_changes_nothing(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let id = scene.create("ada").await;
        for (name, external) in [("ada", "other"), ("ADA", "other"), ("bob", "x-ada"), ("olga", "other")] {
            let mut same = user(name);
            same["externalId"] = json!(external);
            let answer = scene.directory.post("/scim/v2/Users", &same).await;
            assert!(is(&answer, 409, "uniqueness"), "{name}: {answer:?}");
        }
        let bob = scene.create("bob").await;
        let path = format!("/scim/v2/Users/{bob}");
        for operation in [json!({ "op": "replace", "path": "userName", "value": "ada" }), json!({ "op": "replace", "path": "externalId", "value": "x-ada" })] {
            let answer = scene.patch(&path, &patch(&json!([operation]))).await;
            assert!(is(&answer, 409, "uniqueness"), "{answer:?}");
        }
        let group = scene.group("Agents", &[&id]).await;
        let twice = json!({ "schemas": [GROUP], "displayName": "Agents" });
        assert!(is(&scene.directory.post("/scim/v2/Groups", &twice).await, 409, "uniqueness"));
        let add = patch(&json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]));
        let before = scene.directory.get(&format!("/scim/v2/Groups/{group}")).await.body;
        app.clock.advance(Duration::from_secs(5));
        assert_eq!(scene.patch(&format!("/scim/v2/Groups/{group}"), &add).await.body, before);
        let whole = scene.directory.get(&format!("/scim/v2/Users/{id}")).await.body;
        let same = scene.directory.ask(Method::PUT, &format!("/scim/v2/Users/{id}"), Some(&user("ada"))).await;
        assert_eq!((same.status, &same.body), (200, &whole));
        // A correct new name is a new name to sign in with.
        let renamed = scene.patch(&path, &patch(&json!([{ "op": "replace", "path": "userName", "value": "Robert" }]))).await;
        assert_eq!((renamed.status, &renamed.body["userName"]), (200, &json!("Robert")));
        assert_eq!(scene.staff("robert").await["id"], json!(bob));
    }

    async fn pages_filters_and_selections_are_as_the_standard_says(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        for name in ["a", "b", "c"] {
            app.clock.advance(Duration::from_secs(1));
            scene.create(name).await;
        }
        let page = scene.directory.get("/scim/v2/Users?startIndex=2&count=1&attributes=userName").await.body;
        assert_eq!((&page["totalResults"], &page["startIndex"], &page["itemsPerPage"]), (&json!(3), &json!(2), &json!(1)));
        let one = &page["Resources"][0];
        assert_eq!((&one["userName"], one.get("active"), one.get("id").is_some()), (&json!("b"), None, true));
        assert_eq!(scene.directory.get("/scim/v2/Users?count=0").await.body["totalResults"], 3);
        let id = scene.find("b").await.unwrap()["id"].as_str().unwrap().to_owned();
        for (filter, total) in [("externalId eq \"x-b\"".to_owned(), 1), (format!("id eq \"{id}\" and userName eq \"B\""), 1), (format!("id eq \"{id}\" and userName eq \"a\""), 0), ("userName eq \"nobody\"".to_owned(), 0)] {
            let request = scene.directory.request(Method::GET, "/scim/v2/Users").query(&[("filter", &filter)]);
            assert_eq!(scene.directory.send(request).await.body["totalResults"], total, "{filter}");
        }
        for path in ["/scim/v2/Users?filter=userName%20sw%20%22a%22", "/scim/v2/Users?filter=", "/scim/v2/Groups?filter=userName%20eq%20%22a%22"] {
            assert!(is(&scene.directory.get(path).await, 400, "invalidFilter"), "{path}");
        }
        let group = scene.group("Agents", &[&id]).await;
        let short = scene.directory.get("/scim/v2/Groups?excludedAttributes=members&filter=displayName%20eq%20%22Agents%22").await.body;
        assert_eq!((&short["Resources"][0]["id"], short["Resources"][0].get("members")), (&json!(group), None));
    }

    async fn what_cannot_be_read_is_refused_in_the_form_of_the_standard_and_changes_nothing(app) {
        let mut desk = app.desk().await;
        let scene = scene(&app, &mut desk).await;
        let id = scene.create("ada").await;
        let path = format!("/scim/v2/Users/{id}");
        let nobody = "stf_00000000000000000000000000000001";
        for (method, path, body, status, kind) in [
            (Method::POST, "/scim/v2/Users", json!([]), 400, "invalidSyntax"),
            (Method::POST, "/scim/v2/Users", json!({ "schemas": [USER] }), 400, "invalidValue"),
            (Method::POST, "/scim/v2/Users", json!({ "schemas": [USER], "userName": "a b" }), 400, "invalidValue"),
            (Method::POST, "/scim/v2/Users", json!({ "schemas": [USER], "userName": "a\u{0}b" }), 400, "invalidValue"),
            (Method::PATCH, &path, patch(&json!([{ "op": "replace", "path": "a b", "value": 1 }])), 400, "invalidPath"),
            (Method::PATCH, &path, patch(&json!([{ "op": "replace", "path": "id", "value": nobody }])), 400, "mutability"),
            (Method::PATCH, &path, patch(&json!([{ "op": "remove" }])), 400, "noTarget"),
            (Method::POST, "/scim/v2/Groups", json!({ "schemas": [GROUP], "displayName": "G", "members": [{ "value": nobody }] }), 400, "invalidValue"),
            (Method::POST, "/scim/v2/Groups", json!({ "schemas": [GROUP], "displayName": "G", "members": [{ "value": id, "type": "Group" }] }), 400, "invalidValue"),
            (Method::POST, "/scim/v2/Bulk", json!({}), 501, ""),
            (Method::POST, "/scim/v2/.search", json!({}), 501, ""),
            (Method::GET, "/scim/v2/Me", json!({}), 501, ""),
            (Method::DELETE, "/scim/v2/Users", json!({}), 405, ""),
            (Method::POST, "/scim/v2/Schemas", json!({}), 405, ""),
            (Method::GET, "/scim/v2/Anything", json!({}), 404, ""),
            (Method::GET, "/scim/v2/Users/stf_1", json!({}), 404, ""),
            (Method::PUT, &format!("/scim/v2/Users/{nobody}"), user("x"), 404, ""),
        ] {
            let answer = scene.directory.ask(method.clone(), path, Some(&body)).await;
            assert!(is(&answer, status, kind), "{method} {path} {body}: {answer:?}");
        }
        let request = |kind: &str, body: String| scene.directory.request(Method::POST, "/scim/v2/Users").header(header::CONTENT_TYPE, kind).body(body);
        assert!(is(&scene.directory.send(request("text/plain", user("x").to_string())).await, 415, ""));
        assert!(is(&scene.directory.send(request("application/scim+json", "{".into())).await, 400, "invalidSyntax"));
        assert!(is(&scene.directory.send(request("application/scim+json", "x".repeat(600_000))).await, 413, ""));
        let response = request("application/scim+json; charset=utf-8", user("x").to_string()).send().await.unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()[header::CONTENT_TYPE]), (201, &header::HeaderValue::from_static("application/scim+json")));
        assert_eq!(scene.directory.get("/scim/v2/Groups").await.body["totalResults"], 0);
        assert_eq!(scene.directory.get("/scim/v2/Users").await.body["totalResults"], 2);
    }

    async fn who_may_decide_about_the_directory_is_an_administrator_with_a_fresh_factor(app) {
        let mut desk = app.desk().await;
        let mut olga = app.known_staff(&mut desk, "olga", &["administrator"]).await;
        app.clock.advance(Duration::from_hours(1));
        let token = json!({ "name": "Entra ID", "days": 30 });
        let stale = olga.raw.post("/api/v1/provisioning/tokens", &token).await;
        assert_eq!((stale.status, stale.code()), (403, "step-up-required"));
        olga.step_up(&app).await;
        for (bad, field) in [(json!({ "name": " ", "days": 30 }), "name"), (json!({ "name": "x", "days": 366 }), "days"), (json!({ "name": "x", "days": 0 }), "days")] {
            let answer = olga.raw.post("/api/v1/provisioning/tokens", &bad).await;
            assert_eq!((answer.status, answer.body["fields"][0]["field"].as_str()), (422, Some(field)), "{answer:?}");
        }
        assert_eq!(olga.raw.post("/api/v1/provisioning/tokens", &token).await.status, 200);
        let officer = app.known_staff(&mut desk, "otto", &["security-officer"]).await;
        assert_eq!(officer.raw.get("/api/v1/provisioning").await.status, 200);
        assert_eq!(officer.raw.post("/api/v1/provisioning/tokens", &token).await.status, 403);
    }
}
