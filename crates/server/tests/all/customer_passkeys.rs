//! Passkeys of customers' own, from the widget to the agent's screen.

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};
use wd_client::{CustomerClient, StaffClient};
use wd_customer_proof::{
    HOLD,
    testing::{Frame, SoftPasskey},
};
use wd_kernel::{Clock as _, ConversationId, Duration};

use crate::support::{Answer, KnownStaff, PASSWORD, TestApp};

const PASSKEYS: &str = "/api/v1/widget/passkeys";
const SITE: &str = "https://www.example.org";

/// The company's site: it vouches for customers.
struct Site {
    key: Vec<u8>,
}

impl Site {
    async fn new(app: &TestApp, officer: &mut KnownStaff) -> Self {
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref()).unwrap();
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let pem = STANDARD.encode(public.as_ref());
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n",
            &pem[..64],
            &pem[64..]
        );
        let change = json!({
            "typing": true, "presence": true, "widget_origins": [SITE],
            "identity_keys": [{ "kid": "site", "alg": "ES256", "pem": pem }],
        });
        officer.step_up(app).await;
        let settings = officer
            .raw
            .ask(Method::PUT, "/api/v1/organisation/settings", Some(&change))
            .await;
        assert_eq!(settings.status, 200, "{settings:?}");
        Self {
            key: key.as_ref().to_vec(),
        }
    }

    fn vouches_for(&self, app: &TestApp, sub: &str) -> String {
        let now = app.clock.now().seconds();
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("site".into());
        let claims = json!({
            "sub": sub, "aud": origin(app), "iat": now, "exp": now + 300, "jti": format!("{sub}-{now}"), "name": "Mia Keller",
        });
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_der(&self.key)).unwrap()
    }
}

fn origin(app: &TestApp) -> String {
    app.app.public_url.origin().ascii_serialization()
}

/// A passkey that is used in the widget, in a frame on the company's site.
fn passkey(app: &TestApp, id: u8) -> SoftPasskey {
    let mut passkey = SoftPasskey::new(id).framed(Frame::On(SITE.into()));
    passkey.origin = origin(app);
    passkey
}

/// A customer at the widget, with the name of their device.
struct Widget {
    client: CustomerClient,
    device: String,
}

impl Widget {
    async fn of(client: CustomerClient) -> Self {
        let devices = client.get("/api/v1/widget/devices").await.unwrap();
        let device = devices["items"][0]["id"].as_str().unwrap().to_owned();
        Self { client, device }
    }

    async fn ask(&self, app: &TestApp, method: Method, path: &str, body: Option<Value>) -> Answer {
        let raw = app.as_customer(&self.client);
        let request = raw.request(method, path).header("wardesk-device", &self.device);
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        raw.send(request).await
    }

    async fn add(&self, app: &TestApp, passkey: &mut SoftPasskey) -> Answer {
        let asked = self
            .ask(app, Method::POST, &format!("{PASSKEYS}/options"), Some(json!({})))
            .await;
        assert_eq!(asked.status, 200, "{asked:?}");
        let answer = passkey.create(&asked.body["options"]);
        let body = json!({ "ceremony": asked.body["ceremony"], "name": "Phone", "answer": answer });
        self.ask(app, Method::POST, PASSKEYS, Some(body)).await
    }

    /// Answers the request in a conversation with this passkey.
    async fn prove(&self, app: &TestApp, proof: &str, passkey: &SoftPasskey) -> Answer {
        let asked = self
            .ask(app, Method::POST, &format!("{proof}/passkey/options"), Some(json!({})))
            .await;
        assert_eq!(asked.status, 200, "{asked:?}");
        let answer = passkey.get(&asked.body["options"]);
        let body = json!({ "ceremony": asked.body["ceremony"], "answer": answer });
        self.ask(app, Method::POST, &format!("{proof}/passkey"), Some(body))
            .await
    }
}

/// The customer writes, and Ada takes it: the secret of her one-time codes, and the conversation.
async fn taken(app: &TestApp, link: &str, widget: &mut Widget) -> (String, ConversationId) {
    let (mut agent, secret, _) = app.accept(link).await;
    agent.enrol("browser", 10).await.unwrap();
    let id = widget.client.open("it is me").await.unwrap();
    agent.take(id).await.unwrap();
    (secret, id)
}

/// Ada, who signs in again, asks for a passkey: the paths of both halves of the interface.
async fn asked(app: &TestApp, (secret, id): (String, ConversationId)) -> (StaffClient, String, String) {
    let agent = StaffClient::sign_in(app.server(), app.around(), "ada", PASSWORD, &secret);
    let mut agent = agent.await.unwrap();
    let of_staff = format!("/api/v1/conversations/{id}");
    let body = json!({ "channel": "passkey" });
    let answer = agent.post(&format!("{of_staff}/proof-requests"), &body).await.unwrap();
    assert_eq!(answer["requests"][0]["state"], "asked");
    (agent, of_staff, format!("/api/v1/widget/conversations/{id}/proof"))
}

on_both_databases! {
    async fn a_customer_keeps_a_passkey_in_the_widget_and_proves_with_it_a_day_later(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["administrator"]).await;
        let site = Site::new(&app, &mut officer).await;
        let link = desk.invite("ada", &["agent"], &[desk.team]).await;

        let visitor = Widget::of(app.visitor().await).await;
        let list = visitor.ask(&app, Method::GET, PASSKEYS, None).await;
        assert_eq!((list.status, &list.body), (200, &json!({ "passkeys": [], "may_add": false })));
        let refused = visitor.ask(&app, Method::POST, &format!("{PASSKEYS}/options"), Some(json!({}))).await;
        assert_eq!((refused.status, refused.code()), (403, "forbidden"));

        let token = site.vouches_for(&app, "C-1");
        let mut widget = Widget::of(CustomerClient::identify(app.server(), app.around(), &token).await.unwrap()).await;
        let mut passkey = passkey(&app, 1);
        let added = widget.add(&app, &mut passkey).await;
        assert_eq!((added.status, &added.body["name"], &added.body["stopped"]), (201, &json!("Phone"), &json!(false)));
        let list = widget.ask(&app, Method::GET, PASSKEYS, None).await;
        assert_eq!((&list.body["passkeys"][0], &list.body["may_add"]), (&added.body, &json!(true)));
        let theirs = format!("{PASSKEYS}/{}", added.body["id"].as_str().unwrap());
        assert_eq!(visitor.ask(&app, Method::DELETE, &theirs, None).await.status, 403);

        let conversation = taken(&app, &link, &mut widget).await;
        app.clock.advance(HOLD);
        assert_eq!(widget.ask(&app, Method::GET, PASSKEYS, None).await.status, 401);
        let token = site.vouches_for(&app, "C-1");
        widget.client.identify_again(&token).await.unwrap();
        let (mut agent, of_staff, proof) = asked(&app, conversation).await;
        let waiting = widget.ask(&app, Method::GET, &proof, None).await;
        assert_eq!((&waiting.body["request"]["channel"], &waiting.body["request"]["address"]), (&json!("passkey"), &Value::Null));
        let proved = widget.prove(&app, &proof, &passkey).await;
        assert_eq!((proved.status, &proved.body["proof"]["strength"]), (200, &json!("strong")), "{proved:?}");
        let seen = agent.get(&format!("{of_staff}/proof")).await.unwrap();
        assert_eq!((&seen["proof"]["channel"], &seen["requests"][0]["state"]), (&json!("passkey"), &json!("proved")));
        app.clock.advance(Duration::from_secs(1));
        let again = agent.post(&format!("{of_staff}/proof-requests"), &json!({ "channel": "passkey" })).await;
        again.unwrap();
        assert_eq!(widget.ask(&app, Method::DELETE, &theirs, None).await.status, 204);
        let gone = widget.ask(&app, Method::POST, &format!("{proof}/passkey/options"), Some(json!({}))).await;
        assert_eq!((gone.status, gone.code()), (409, "conflict"));
    }

    async fn a_passkey_of_staff_proves_no_customer_and_one_of_a_customer_signs_nobody_in(app) {
        let mut desk = app.desk().await;
        let mut officer = app.known_staff(&mut desk, "olga", &["administrator"]).await;
        let site = Site::new(&app, &mut officer).await;
        let link = desk.invite("ada", &["agent"], &[desk.team]).await;
        let mut of_staff = passkey(&app, 1).framed(Frame::None);
        let asked_staff = officer.raw.post("/api/v1/factors/passkey/options", &json!({})).await;
        let credential = of_staff.create(&asked_staff.body["options"]);
        let body = json!({ "ceremony": asked_staff.body["ceremony"], "name": "Laptop", "credential": credential });
        officer.raw.become_by("/api/v1/factors/passkey", &body).await;

        let token = site.vouches_for(&app, "C-1");
        let mut widget = Widget::of(CustomerClient::identify(app.server(), app.around(), &token).await.unwrap()).await;
        let mut own = passkey(&app, 2);
        assert_eq!(widget.add(&app, &mut own).await.status, 201);
        let conversation = taken(&app, &link, &mut widget).await;
        app.clock.advance(HOLD);
        let token = site.vouches_for(&app, "C-1");
        widget.client.identify_again(&token).await.unwrap();
        let (_agent, _, proof) = asked(&app, conversation).await;

        // The question names the customer's own passkey alone, and another one answers it in vain.
        let question = widget.ask(&app, Method::POST, &format!("{proof}/passkey/options"), Some(json!({}))).await;
        let allowed = question.body["options"]["allowCredentials"].as_array().unwrap();
        assert_eq!(allowed.iter().map(|one| one["id"].as_str().unwrap()).collect::<Vec<_>>(), [own.credential()]);
        let refused = widget.prove(&app, &proof, &of_staff).await;
        assert_eq!((refused.status, refused.code()), (422, "invalid-fields"));

        // Nor does the customer's sign anybody in: with no name, and after the password.
        own.frame = Frame::None;
        for (passkey, fine) in [(&of_staff, true), (&own, false)] {
            for raw in [app.nobody(), app.pending("olga").await] {
                let asked = raw.post("/api/v1/session/passkey/options", &json!({})).await;
                assert_eq!(asked.status, 200, "{asked:?}");
                let credential = passkey.get(&asked.body["options"]);
                let body = json!({ "ceremony": asked.body["ceremony"], "credential": credential });
                let answer = raw.post("/api/v1/session/passkey", &body).await;
                assert_eq!((answer.status == 200, answer.cookie.is_some()), (fine, fine), "{answer:?}");
            }
        }
        own.frame = Frame::On(SITE.into());
        assert_eq!(widget.prove(&app, &proof, &own).await.status, 200);
    }
}
