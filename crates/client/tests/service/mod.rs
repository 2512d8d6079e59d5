//! A small server on a loopback port: it keeps the rules of the interface that clients lean on (one commit an epoch,
//! letters before and messages after taking, no sending while a removal is open, repeated ids get the first answer)
//! and signs statements and grants. It reads commits with openmls' `PublicGroup`, as any server has to.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test whose server cannot answer has failed"
)]

mod conversations;
mod keys;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes as Body,
    extract::{State, WebSocketUpgrade, ws::Message},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use wd_client::{
    Server, Surroundings,
    engine::{Act, DEVICE_TYPE, DeviceStatement, GRANT_TYPE, Grant, Kind, PublicKey, fingerprint},
};
use wd_crypto::jws::{SigningKey, key_id};
use wd_kernel::{Clock, ConversationId, DeviceId, HandClock, Id, SeededEntropy, TeamId, Timestamp};

pub use conversations::Talk;

pub const TOTP_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
pub const PASSWORD: &str = "correct horse battery staple";

pub fn team() -> TeamId {
    id(77)
}

pub fn id<I: Id>(n: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(n))
}

pub struct Device {
    pub statement: DeviceStatement,
    pub jws: String,
    pub packages: Vec<Value>,
}

pub struct World {
    pub key: SigningKey,
    pub clock: Arc<HandClock>,
    pub devices: BTreeMap<DeviceId, Device>,
    pub talks: BTreeMap<ConversationId, Talk>,
    pub team_keys: Vec<Value>,
    pub shares: BTreeMap<(u64, DeviceId), Value>,
    /// Who a cookie or token belongs to: `stf_…` or `cus_…`.
    pub sessions: BTreeMap<String, String>,
    pub used_codes: BTreeSet<String>,
    pub stepped_up: BTreeSet<String>,
    /// The next answers to requests whose path ends so: a status and code instead of the truth.
    pub faults: Vec<(&'static str, u16, &'static str)>,
    pub pushed: broadcast::Sender<String>,
    customers: u128,
}

pub type Shared = Arc<Mutex<World>>;

pub struct Service {
    pub world: Shared,
    pub base: String,
    pub clock: Arc<HandClock>,
    _runs: tokio::task::JoinHandle<()>,
}

impl Service {
    pub async fn start(now: Timestamp) -> Self {
        let clock = Arc::new(HandClock::at(now));
        let world = Arc::new(Mutex::new(World {
            key: SigningKey::from_seed(&[8; 32]).unwrap(),
            clock: clock.clone(),
            devices: BTreeMap::new(),
            talks: BTreeMap::new(),
            team_keys: Vec::new(),
            shares: BTreeMap::new(),
            sessions: BTreeMap::new(),
            used_codes: BTreeSet::new(),
            stepped_up: BTreeSet::new(),
            faults: Vec::new(),
            pushed: broadcast::channel(64).0,
            customers: 0,
        }));
        let router = Router::new()
            .route("/api/v1/widget/socket", get(widget_socket))
            .fallback(handle)
            .with_state(world.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let runs = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            world,
            base,
            clock,
            _runs: runs,
        }
    }

    pub fn server(&self) -> Server {
        Server::at(&self.base).unwrap()
    }

    pub fn around(&self, seed: u64) -> Surroundings {
        Surroundings {
            clock: self.clock.clone(),
            entropy: Arc::new(SeededEntropy::new(seed)),
        }
    }

    /// The next request whose path ends so is refused with this.
    pub fn fault(&self, path: &'static str, status: u16, code: &'static str) {
        self.world.lock().unwrap().faults.push((path, status, code));
    }
}

/// An answer: a status and a JSON body.
pub type Answer = (u16, Value);

pub fn ok(body: Value) -> Answer {
    (200, body)
}

pub fn problem(status: u16, code: &str) -> Answer {
    (
        status,
        json!({ "type": format!("https://wardesk.dev/problems/{code}"), "title": code, "status": status, "code": code }),
    )
}

async fn handle(State(world): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let who = subject(&world.lock().unwrap(), &headers);
    let path: Vec<_> = uri
        .path()
        .trim_start_matches("/api/v1/")
        .trim_start_matches('/')
        .split('/')
        .collect();
    let mut world = world.lock().unwrap();
    let fault = world.faults.iter().position(|(end, ..)| uri.path().ends_with(end));
    let (status, answer) = match fault {
        Some(at) => {
            let (_, status, code) = world.faults.remove(at);
            problem(status, code)
        }
        None => world.answer(&method, &path, uri.query().unwrap_or_default(), &who, &body),
    };
    let status = StatusCode::from_u16(status).unwrap();
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response();
    if let Some(cookie) = answer.get("cookie").and_then(Value::as_str) {
        let cookie = format!("__Host-wardesk={cookie}; Path=/; Secure; HttpOnly; SameSite=Strict");
        response
            .headers_mut()
            .insert(header::SET_COOKIE, cookie.parse().unwrap());
    }
    response
}

fn subject(world: &World, headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let token = text(header::AUTHORIZATION).strip_prefix("Bearer ");
    let session = token
        .or_else(|| text(header::COOKIE).strip_prefix("__Host-wardesk="))
        .unwrap_or_default();
    world.sessions.get(session).cloned().unwrap_or_default()
}

async fn widget_socket(State(world): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    let mut pushed = world.lock().unwrap().pushed.subscribe();
    upgrade.on_upgrade(async move |mut socket| {
        let Some(Ok(Message::Text(hello))) = socket.recv().await else {
            return;
        };
        let hello: Value = serde_json::from_str(&hello).unwrap();
        let known = world
            .lock()
            .unwrap()
            .sessions
            .contains_key(hello["token"].as_str().unwrap_or_default());
        let first = if known { "ready" } else { "ended" };
        socket
            .send(Message::text(json!({ "type": first }).to_string()))
            .await
            .unwrap();
        while let Ok(frame) = pushed.recv().await {
            if frame == "drop" || socket.send(Message::text(frame)).await.is_err() {
                return;
            }
        }
    })
}

impl World {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn answer(&mut self, method: &Method, path: &[&str], query: &str, who: &str, body: &Value) -> Answer {
        let post = method == Method::POST;
        match path {
            [".well-known", _] => {
                let public = self.key.public();
                let keys =
                    json!([{ "kid": key_id(&public), "public_key": PublicKey(public), "signed_by_previous": null }]);
                ok(json!({ "name": "Example", "fingerprint": fingerprint(&public), "keys": keys }))
            }
            ["session", "password"] if body["password"] == PASSWORD => {
                let (cookie, login) = (format!("half-{}", body["login"]), body["login"].as_str().unwrap());
                self.sessions.insert(cookie.clone(), format!("stf_{login:0>32}"));
                ok(json!({ "state": "second-factor", "me": null, "cookie": cookie }))
            }
            ["session", "password"] => problem(401, "unauthenticated"),
            ["session", "totp"] => self.code(who, body, |world, who| {
                let cookie = format!("whole-{who}");
                world.sessions.insert(cookie.clone(), who.to_owned());
                ok(json!({ "state": "signed-in", "me": me(who), "cookie": cookie }))
            }),
            ["step-up", "totp"] => self.code(who, body, |world, who| {
                world.stepped_up.insert(who.to_owned());
                ok(json!({ "state": "signed-in", "me": me(who) }))
            }),
            ["invitations", "accept"] => {
                self.sessions.insert("invited".into(), format!("stf_{:0>32}", "9"));
                ok(json!({ "state": "enrol", "me": null, "cookie": "invited" }))
            }
            ["factors", "totp"] => ok(json!({ "id": "fac_1", "secret": TOTP_SECRET, "uri": "", "qr_svg": "" })),
            ["factors", "totp", "confirm"] => self.code(who, body, |_, who| {
                ok(json!({ "session": { "state": "signed-in", "me": me(who) }, "recovery_codes": ["a", "b"] }))
            }),
            ["widget", "organisation"] => ok(json!({ "name": "Example", "team": team(), "typing": true })),
            ["widget", "visitors" | "identities"] => {
                self.customers += 1;
                let (token, customer) = (
                    format!("token-{}", self.customers),
                    format!("cus_{:032x}", self.customers),
                );
                self.sessions.insert(token.clone(), customer.clone());
                ok(json!({ "token": token, "customer": customer, "name": null }))
            }
            _ if who.is_empty() => problem(401, "unauthenticated"),
            ["devices"] if !self.stepped_up.contains(who) => problem(403, "step-up-required"),
            ["devices"] | ["widget", "devices"] => self.device(who, body),
            ["devices", device, "key-packages"] => self.packages(device, body),
            ["devices", device, "statement"] | ["widget", "devices", device, "statement"] => {
                let statement = self.devices[&device.parse().unwrap()].statement.clone();
                self.device(
                    who,
                    &json!({ "mls_key": statement.mls_key, "hpke_key": statement.hpke_key }),
                )
            }
            ["teams", team, rest @ ..] => self.team(team, rest, post, query, body),
            ["widget", "team-key"] => match self.team_keys.last() {
                Some(key) => ok(key.clone()),
                None => problem(404, "not-found"),
            },
            ["widget", "conversations"] if post => self.open(who, body),
            ["conversations"] => {
                ok(json!({ "items": self.talks.values().map(Talk::row).collect::<Vec<_>>(), "next": null }))
            }
            ["widget", "conversations", id, rest @ ..] | ["conversations", id, rest @ ..] => {
                self.conversation(id, rest, post, query, who, body)
            }
            _ => problem(404, "not-found"),
        }
    }

    /// A code is six digits, used once.
    fn code(&mut self, who: &str, body: &Value, then: impl FnOnce(&mut Self, &str) -> Answer) -> Answer {
        let code = body["code"].as_str().unwrap_or_default();
        if code.len() != 6 || !self.used_codes.insert(format!("{who}{code}")) {
            return problem(401, "unauthenticated");
        }
        then(self, who)
    }

    fn device(&mut self, who: &str, body: &Value) -> Answer {
        let key = |name: &str| serde_json::from_value::<PublicKey>(body[name].clone()).unwrap();
        let (mls_key, hpke_key) = (key("mls_key"), key("hpke_key"));
        let known = self.devices.values().find(|device| device.statement.mls_key == mls_key);
        let device = known.map_or_else(|| id(1000 + self.devices.len() as u128), |known| known.statement.device);
        let kind = if who.starts_with("stf_") {
            Kind::Staff
        } else {
            Kind::Customer
        };
        let teams = if kind == Kind::Staff { vec![team()] } else { vec![] };
        let (iat, sub) = (self.now().seconds(), who.to_owned());
        let name = Some(format!(
            "Person {}",
            who.trim_start_matches(|c: char| !c.is_ascii_digit())
                .trim_start_matches('0')
        ));
        let iss = "Example".to_owned();
        let statement = DeviceStatement {
            iss,
            sub,
            kind,
            name,
            device,
            mls_key,
            hpke_key,
            teams,
            iat,
            exp: iat + 86_400,
        };
        let jws = self.key.sign(DEVICE_TYPE, &statement).unwrap();
        self.devices.insert(
            device,
            Device {
                statement,
                jws: jws.clone(),
                packages: vec![],
            },
        );
        ok(json!({ "id": device, "statement": jws, "unlock_secret": "" }))
    }

    pub fn grant(&self, act: Act, conversation: ConversationId, devices: &[DeviceId]) -> String {
        let first = &self.devices[&devices[0]].statement;
        let iat = self.now().seconds();
        let grant = Grant {
            iss: "Example".into(),
            sub: first.sub.clone(),
            kind: first.kind,
            act,
            conversation,
            devices: devices.to_vec(),
            role: "agent".into(),
            reason: String::new(),
            by: "system".into(),
            history: true,
            iat,
            exp: iat + 600,
        };
        self.key.sign(GRANT_TYPE, &grant).unwrap()
    }
}

fn me(who: &str) -> Value {
    json!({ "id": who, "login": who, "name": who, "roles": ["agent"], "teams": [{ "id": team(), "name": "Team" }], "permissions": [] })
}
