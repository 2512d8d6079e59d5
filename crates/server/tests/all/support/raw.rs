//! Requests as any program could make them, without a client's good manners.

use reqwest::{Client, Method, RequestBuilder, header};
use serde_json::{Value, json};
use wd_client::{Code, Codes};

use super::{Desk, PASSWORD, TestApp};

const COOKIE: &str = "__Host-wardesk";

/// What a request shows of its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    Nothing,
    Cookie(String),
    Bearer(String),
}

/// An answer: status, headers' worth of cookie, body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub cookie: Option<String>,
    pub body: Value,
}

impl Answer {
    /// The problem's code; empty when there is none.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// A sender of raw requests.
pub struct Raw {
    client: Client,
    base: String,
    pub shown: Shown,
}

impl Raw {
    /// The same sender, showing nothing.
    pub fn nobody(&self) -> Self {
        Self {
            client: self.client.clone(),
            base: self.base.clone(),
            shown: Shown::Nothing,
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.shown {
            Shown::Nothing => request,
            Shown::Cookie(value) => request.header(header::COOKIE, format!("{COOKIE}={value}")),
            Shown::Bearer(token) => request.bearer_auth(token),
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let mut set = response.headers().get_all(header::SET_COOKIE).iter();
        let cookie = set.find_map(|value| {
            let pair = value.to_str().unwrap().split(';').next().unwrap();
            Some(pair.strip_prefix(COOKIE)?.strip_prefix('=')?.to_owned())
        });
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, cookie, body }
    }

    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.json(body),
            None => request.header(header::CONTENT_TYPE, "application/json"),
        };
        self.send(request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Posts what must succeed, and goes on as whom the answer's cookie says.
    pub async fn become_by(&mut self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        if let Some(cookie) = answer.cookie {
            self.shown = Shown::Cookie(cookie);
        }
        answer.body
    }
}

/// A signed-in staff member whose secrets the test knows.
pub struct KnownStaff {
    pub raw: Raw,
    pub login: String,
    pub totp_secret: String,
    pub recovery_codes: Vec<String>,
    codes: Codes,
}

impl KnownStaff {
    /// Shows the second factor again.
    pub async fn step_up(&mut self, app: &TestApp) {
        app.next_codes();
        let code = next_code(app, &mut self.codes);
        self.raw
            .become_by("/api/v1/step-up/totp", &json!({ "code": code }))
            .await;
    }
}

impl KnownStaff {
    /// Signs in anew, whatever became of the session before.
    pub async fn come_back(&mut self, app: &TestApp) {
        let pending = app.password(&self.login, PASSWORD, None).await;
        self.raw.shown = Shown::Cookie(pending.cookie.unwrap());
        app.next_codes();
        let code = next_code(app, &mut self.codes);
        self.raw
            .become_by("/api/v1/session/totp", &json!({ "code": code }))
            .await;
    }

    /// Signs in with password and code in a browser that may be known already; the cookie by which it is known then.
    pub async fn sign_in(&mut self, app: &TestApp, known: Option<&str>) -> String {
        let pending = app.password(&self.login, PASSWORD, known).await;
        assert_eq!(pending.body["state"], "second-factor", "{pending:?}");
        let mut raw = app.nobody();
        raw.shown = Shown::Cookie(pending.cookie.unwrap());
        app.next_codes();
        let body = json!({ "code": next_code(app, &mut self.codes) });
        let request = raw.request(Method::POST, "/api/v1/session/totp").json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        let mut cookies = response.headers().get_all(header::SET_COOKIE).iter();
        let known = cookies.find_map(|value| {
            let (pair, rest) = value.to_str().unwrap().split_once(';').unwrap();
            let token = pair.strip_prefix("__Host-wardesk-device=")?;
            for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
                assert!(rest.contains(part), "{part}");
            }
            Some(token.to_owned())
        });
        known.expect("a full sign-in makes the browser known")
    }
}

impl TestApp {
    /// A try to sign in, from a browser that may be known.
    pub async fn password(&self, login: &str, password: &str, known: Option<&str>) -> Answer {
        let nobody = self.nobody();
        let body = json!({ "login": login, "password": password });
        let request = nobody.request(Method::POST, "/api/v1/session/password").json(&body);
        let request = match known {
            Some(token) => request.header(header::COOKIE, format!("__Host-wardesk-device={token}")),
            None => request,
        };
        nobody.send(request).await
    }

    /// A sender that shows nothing.
    pub fn nobody(&self) -> Raw {
        Raw {
            client: Client::new(),
            base: self.base.clone(),
            shown: Shown::Nothing,
        }
    }

    /// A sender with a customer's token; the token and the customer's id.
    pub async fn raw_visitor(&self) -> (Raw, String) {
        let mut raw = self.nobody();
        let answer = raw.post("/api/v1/widget/visitors", &json!({})).await;
        raw.shown = Shown::Bearer(answer.body["token"].as_str().unwrap().to_owned());
        (raw, answer.body["customer"].as_str().unwrap().to_owned())
    }

    /// Somebody who accepted an invitation and has no second factor yet.
    pub async fn enrolling(&self, link: &str) -> Raw {
        let mut raw = self.nobody();
        let token = link.split_once("#/welcome/").unwrap().1;
        let state = raw
            .become_by(
                "/api/v1/invitations/accept",
                &json!({ "token": token, "password": PASSWORD }),
            )
            .await;
        assert_eq!(state["state"], "enrol");
        raw
    }

    /// Somebody who gave the password and not the second factor.
    pub async fn pending(&self, login: &str) -> Raw {
        let mut raw = self.nobody();
        let state = raw
            .become_by(
                "/api/v1/session/password",
                &json!({ "login": login, "password": PASSWORD }),
            )
            .await;
        assert_eq!(state["state"], "second-factor");
        raw
    }

    /// Somebody with these roles, fully signed in.
    pub async fn known_staff(&self, desk: &mut Desk, login: &str, roles: &[&str]) -> KnownStaff {
        let link = desk.invite(login, roles, &[desk.team]).await;
        let mut raw = self.enrolling(&link).await;
        let factor = raw.become_by("/api/v1/factors/totp", &json!({})).await;
        let totp_secret = factor["secret"].as_str().unwrap().to_owned();
        let mut codes = Codes::new(&totp_secret).unwrap();
        let body = json!({ "id": factor["id"], "code": next_code(self, &mut codes) });
        let confirmed = raw.become_by("/api/v1/factors/totp/confirm", &body).await;
        assert_eq!(confirmed["session"]["state"], "signed-in");
        let recovery_codes = serde_json::from_value(confirmed["recovery_codes"].clone()).unwrap();
        KnownStaff {
            raw,
            login: login.to_owned(),
            totp_secret,
            recovery_codes,
            codes,
        }
    }
}

fn next_code(app: &TestApp, codes: &mut Codes) -> String {
    match codes.next(wd_kernel::Clock::now(app.clock.as_ref())) {
        Code::Now(code) => code,
        Code::Wait(_) => panic!("both codes at hand are used: move the clock"),
    }
}
