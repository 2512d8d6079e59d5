//! For tests: a passkey in software, an ES256 key with "none" attestation (WebAuthn Level 3, sections 6 and 8.7), used in
//! the frame of the widget.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test cannot go on without its passkey"
)]

use std::sync::Arc;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use wd_crypto::sha256;
use wd_kernel::b64u;
use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

/// Where the widget of tests comes from.
pub const ORIGIN: &str = "http://localhost:8080";

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// The relying party at [`ORIGIN`].
pub fn relying_party() -> Arc<Webauthn> {
    let origin = Url::parse(ORIGIN).expect("a constant");
    let builder = WebauthnBuilder::new("localhost", &origin).expect("a constant");
    Arc::new(builder.rp_name("Analytical Engines").build().expect("a constant"))
}

/// A passkey in software.
pub struct SoftPasskey {
    key: EcdsaKeyPair,
    id: [u8; 16],
    user: Vec<u8>,
    /// What it counts next. A passkey that counts is copied when it does not grow.
    pub counter: u32,
    /// Whether it verifies its user.
    pub verifies: bool,
    /// The origin of the page that asks.
    pub origin: String,
    /// What the browser says of the page around the frame: nothing, that there is one, or which.
    pub frame: Frame,
}

/// What a browser says of the page around the one that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// There is none.
    None,
    /// There is one, of another origin.
    Somewhere,
    /// There is this one.
    On(String),
}

impl SoftPasskey {
    /// A new one; `id` makes its credential.
    pub fn new(id: u8) -> Self {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).expect("a new key");
        Self {
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).expect("the new key"),
            id: [id; 16],
            user: vec![],
            counter: 0,
            verifies: true,
            origin: ORIGIN.into(),
            frame: Frame::Somewhere,
        }
    }

    /// The same, on such a page.
    #[must_use]
    pub fn framed(mut self, frame: Frame) -> Self {
        self.frame = frame;
        self
    }

    /// `navigator.credentials.create`, as `toJSON()` shows it.
    pub fn create(&mut self, options: &Value) -> Value {
        let user = options["user"]["id"].as_str().expect("a user");
        self.user = b64u::decode(user).expect("base64url");
        let mut data = self.data(ATTESTED);
        data.extend([0; 16]);
        data.extend([0, 16]);
        data.extend(self.id);
        data.extend(self.cose_key());
        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData".to_vec();
        object.extend(bytes(&data));
        json!({
            "id": b64u::encode(self.id), "rawId": b64u::encode(self.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {"credProps": {"rk": true}},
            "response": {
                "clientDataJSON": b64u::encode(self.client("webauthn.create", options)),
                "attestationObject": b64u::encode(object), "transports": ["internal"],
            },
        })
    }

    /// `navigator.credentials.get`, as `toJSON()` shows it.
    pub fn get(&self, options: &Value) -> Value {
        let data = self.data(0);
        let client = self.client("webauthn.get", options);
        let signed = [data.as_slice(), &sha256(&client)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        json!({
            "id": b64u::encode(self.id), "rawId": b64u::encode(self.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64u::encode(client), "authenticatorData": b64u::encode(data),
                "signature": b64u::encode(signature.as_ref()), "userHandle": b64u::encode(&self.user),
            },
        })
    }

    /// The name of its credential, as options name it.
    pub fn credential(&self) -> String {
        b64u::encode(self.id)
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = sha256("localhost").to_vec();
        data.push(flags | PRESENT | if self.verifies { VERIFIED } else { 0 });
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        let mut client = json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin,
            "crossOrigin": self.frame != Frame::None,
        });
        if let Frame::On(page) = &self.frame {
            client["topOrigin"] = json!(page);
        }
        client.to_string().into_bytes()
    }

    /// {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
    fn cose_key(&self) -> Vec<u8> {
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21];
        key.extend(bytes(x));
        key.push(0x22);
        key.extend(bytes(y));
        key
    }
}

/// A CBOR byte string shorter than 256 bytes.
fn bytes(content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("shorter than 256 bytes");
    [&[0x58, length], content].concat()
}
