//! A passkey in software: an ES256 key, "none" attestation (WebAuthn Level 3 §6, §8.7).

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use wd_crypto::sha256;
use wd_kernel::b64u;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const MAY_BE_SYNCED: u8 = 0x08;
const SYNCED: u8 = 0x10;
const ATTESTED: u8 = 0x40;

pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    id: [u8; 16],
    user: Vec<u8>,
    pub counter: u32,
    pub verifies: bool,
    /// Whether a service copies it to other devices.
    pub synced: bool,
    pub origin: &'static str,
}

impl Authenticator {
    pub fn new(id: u8) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).unwrap();
        Self {
            key,
            id: [id; 16],
            user: vec![],
            counter: 0,
            verifies: true,
            synced: false,
            origin: "http://localhost:8080",
        }
    }

    /// `navigator.credentials.create`, as `toJSON()` shows it.
    pub fn create(&mut self, options: &Value) -> Value {
        self.user = b64u::decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let mut data = self.data(ATTESTED);
        data.extend([0; 16]);
        data.extend([0, 16]);
        data.extend(self.id);
        data.extend(self.cose_key());
        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData");
        object.extend(bytes(&data));
        let client = self.client("webauthn.create", options);
        json!({
            "id": b64u::encode(self.id), "rawId": b64u::encode(self.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {"credProps": {"rk": true}},
            "response": {"clientDataJSON": b64u::encode(client), "attestationObject": b64u::encode(object), "transports": ["internal"]},
        })
    }

    /// `navigator.credentials.get`, as `toJSON()` shows it.
    pub fn get(&self, options: &Value) -> Value {
        let data = self.data(0);
        let client = self.client("webauthn.get", options);
        let mut signed = data.clone();
        signed.extend(sha256(&client));
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": b64u::encode(self.id), "rawId": b64u::encode(self.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64u::encode(client), "authenticatorData": b64u::encode(data),
                "signature": b64u::encode(signature.as_ref()), "userHandle": b64u::encode(&self.user),
            },
        })
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = sha256("localhost").to_vec();
        data.push(
            flags
                | PRESENT
                | if self.verifies { VERIFIED } else { 0 }
                | if self.synced { MAY_BE_SYNCED | SYNCED } else { 0 },
        );
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        let client =
            json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false});
        serde_json::to_vec(&client).unwrap()
    }

    /// {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21];
        key.extend(bytes(&point[1..33]));
        key.push(0x22);
        key.extend(bytes(&point[33..65]));
        key
    }
}

/// A CBOR byte string shorter than 64 KiB.
fn bytes(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let mut out = if content.len() < 256 {
        vec![0x58, length[1]]
    } else {
        vec![0x59, length[0], length[1]]
    };
    out.extend(content);
    out
}
