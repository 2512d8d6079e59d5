//! A passkey in software: an ES256 key, "none" attestation (WebAuthn Level 3 §6, §8.7) or "packed" (§8.2), which a maker of
//! our own vouches for.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use serde_json::{Value, json};
use wd_crypto::sha256;
use wd_kernel::b64u;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const MAY_BE_SYNCED: u8 = 0x08;
const SYNCED: u8 = 0x10;
const ATTESTED: u8 = 0x40;

/// What a new passkey says of its make.
#[derive(Clone, Copy)]
pub(crate) enum Statement<'a> {
    /// Nothing that could be checked.
    None,
    /// It signs with its own key.
    Itself,
    /// It signs with the key of a batch of its maker.
    By(&'a Batch),
}

/// A maker of authenticators: an authority of its own.
pub(crate) struct Maker {
    issuer: Issuer<'static, KeyPair>,
    pub root: String,
}

/// The key and the certificate that all authenticators of a batch share.
pub(crate) struct Batch {
    key: EcdsaKeyPair,
    certificate: Vec<u8>,
}

impl Maker {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let root = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            root,
        }
    }

    /// A batch of this make that is good until the end of a year.
    pub fn batch(&self, make: [u8; 16], year: i32) -> Batch {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        for (kind, text) in [
            (DnType::CountryName, "SE"),
            (DnType::OrganizationName, "Made Up Keys"),
            (DnType::OrganizationalUnitName, "Authenticator Attestation"),
            (DnType::CommonName, "Batch 1"),
        ] {
            params.distinguished_name.push(kind, text);
        }
        params.is_ca = IsCa::ExplicitNoCa;
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 12, 31);
        // id-fido-gen-ce-aaguid: an octet string in the octet string of the extension (§8.2.1).
        let content = [&[0x04, 0x10], make.as_slice()].concat();
        let extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4], content);
        params.custom_extensions = vec![extension];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().to_vec();
        Batch {
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key.serialize_der()).unwrap(),
            certificate,
        }
    }
}

pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    id: [u8; 16],
    user: Vec<u8>,
    pub counter: u32,
    pub verifies: bool,
    /// Whether a service copies it to other devices.
    pub synced: bool,
    /// Whether it may do so one day.
    pub copyable: bool,
    pub origin: &'static str,
    /// The AAGUID that it claims.
    pub make: [u8; 16],
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
            copyable: false,
            origin: "http://localhost:8080",
            make: [0; 16],
        }
    }

    /// One that claims to be of this make.
    pub fn of_make(id: u8, make: [u8; 16]) -> Self {
        Self { make, ..Self::new(id) }
    }

    /// `navigator.credentials.create`, as `toJSON()` shows it.
    pub fn create(&mut self, options: &Value) -> Value {
        self.create_with(options, Statement::None)
    }

    /// The same, with a statement of the make.
    pub fn create_with(&mut self, options: &Value, statement: Statement<'_>) -> Value {
        self.user = b64u::decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let mut data = self.data(ATTESTED);
        data.extend(self.make);
        data.extend([0, 16]);
        data.extend(self.id);
        data.extend(self.cose_key());
        let client = self.client("webauthn.create", options);
        let mut signed = data.clone();
        signed.extend(sha256(&client));
        let sign = |key: &EcdsaKeyPair| key.sign(&SystemRandom::new(), &signed).unwrap();
        // {"fmt": text, "attStmt": map, "authData": bytes}
        let mut object = vec![0xa3, 0x63];
        match statement {
            Statement::None => object.extend(b"fmt\x64none\x67attStmt\xa0"),
            // {"alg": -7, "sig": bytes}
            Statement::Itself => {
                object.extend(b"fmt\x66packed\x67attStmt\xa2\x63alg\x26\x63sig");
                object.extend(bytes(sign(&self.key).as_ref()));
            }
            // {"alg": -7, "sig": bytes, "x5c": [bytes]}
            Statement::By(batch) => {
                object.extend(b"fmt\x66packed\x67attStmt\xa3\x63alg\x26\x63sig");
                object.extend(bytes(sign(&batch.key).as_ref()));
                object.extend(b"\x63x5c\x81");
                object.extend(bytes(&batch.certificate));
            }
        }
        object.extend(b"\x68authData");
        object.extend(bytes(&data));
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
                | if self.copyable { MAY_BE_SYNCED } else { 0 }
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
