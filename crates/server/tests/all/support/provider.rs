//! An OpenID provider that says whatever a test wants it to, signed by the key it published or by another one.

use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::{
    Form, Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use wd_kernel::b64u;

/// A key pair for ES256.
pub struct Key {
    pair: EcdsaKeyPair,
    kid: String,
}

impl Key {
    pub fn new(kid: &str) -> Self {
        Self {
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            kid: kid.to_owned(),
        }
    }

    pub fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
            "x": b64u::encode(&point[1..33]), "y": b64u::encode(&point[33..]) })
    }

    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.kid.clone());
        let der = self.pair.to_pkcs8v1().unwrap();
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(der.as_ref())).unwrap()
    }
}

/// What it does next.
pub struct Plan {
    pub keys: Vec<Value>,
    pub id_token: String,
    pub challenge: String,
    pub names_itself: bool,
    pub keys_asked: u32,
    pub codes_asked: u32,
    pub redirects: bool,
    issuer: String,
}

#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    pub plan: Arc<Mutex<Plan>>,
}

impl Provider {
    /// Listens on loopback until the test ends.
    pub async fn start(key: &Key) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let plan = Arc::new(Mutex::new(Plan {
            keys: vec![key.public()],
            id_token: String::new(),
            challenge: String::new(),
            names_itself: true,
            keys_asked: 0,
            codes_asked: 0,
            redirects: false,
            issuer: issuer.clone(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(plan.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { issuer, plan }
    }

    pub fn change<T>(&self, change: impl FnOnce(&mut Plan) -> T) -> T {
        change(&mut self.plan.lock().unwrap())
    }
}

type Shared = State<Arc<Mutex<Plan>>>;

async fn describe(State(plan): Shared) -> Json<Value> {
    let plan = plan.lock().unwrap();
    let issuer = &plan.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": plan.names_itself,
    }))
}

async fn keys(State(plan): Shared) -> Json<Value> {
    let mut plan = plan.lock().unwrap();
    plan.keys_asked += 1;
    Json(json!({ "keys": plan.keys }))
}

/// A real provider checks the code verifier; so does this one.
async fn token(
    State(plan): Shared,
    Form(form): Form<Vec<(String, String)>>,
) -> (StatusCode, [(&'static str, String); 1], Json<Value>) {
    let mut plan = plan.lock().unwrap();
    plan.codes_asked += 1;
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
    let challenge = b64u::encode(aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA256,
        field("code_verifier").as_bytes(),
    ));
    let fits =
        challenge == plan.challenge && field("code") == "the-code" && field("redirect_uri").ends_with("/console/");
    let elsewhere = [("location", format!("{}/keys", plan.issuer))];
    if plan.redirects {
        return (StatusCode::FOUND, elsewhere, Json(json!({})));
    }
    if !fits {
        return (
            StatusCode::BAD_REQUEST,
            elsewhere,
            Json(json!({ "error": "invalid_grant" })),
        );
    }
    (
        StatusCode::OK,
        elsewhere,
        Json(json!({ "id_token": plan.id_token, "access_token": "an access token" })),
    )
}
