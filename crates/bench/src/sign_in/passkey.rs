//! Signing in by passkey alone, beside the bare check of its signature.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
    },
};
use futures::future::try_join_all;
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};
use wd_client::StaffClient;
use wd_crypto::sha256;
use wd_kernel::b64u;

use crate::{
    desk::house,
    measure::{count, now, seconds},
};

/// User present and verified.
const THERE: u8 = 0x05;
/// With the key of a new passkey (WebAuthn Level 3, section 6.1).
const ATTESTED: u8 = 0x40;

/// Fewer than an address may ask for within a minute.
const QUESTIONS_OF_AN_ADDRESS: usize = 500;

/// The question for a passkey, and the ticket that goes back with the answer.
#[derive(Deserialize)]
struct Question {
    ceremony: String,
    options: Value,
}

/// A passkey in software: ES256, no statement of its make.
pub struct Passkey {
    key: EcdsaKeyPair,
    id: [u8; 16],
    user: Vec<u8>,
    origin: String,
}

impl Passkey {
    /// Gives somebody who has just signed in one.
    pub async fn of(person: &mut StaffClient, number: usize, origin: &str) -> anyhow::Result<Self> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())?;
        let mut id = [1; 16];
        id[8..].copy_from_slice(&u64::try_from(number)?.to_be_bytes());
        let question = person.post("/api/v1/factors/passkey/options", &json!({})).await?;
        let Question { ceremony, options } = serde_json::from_value(question)?;
        let user = options.pointer("/user/id").and_then(Value::as_str);
        let passkey = Self {
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref())?,
            id,
            user: b64u::decode(user.context("nobody is to have the passkey")?).context("no base64url")?,
            origin: origin.to_owned(),
        };
        let answer = json!({ "ceremony": ceremony, "name": "Bench", "credential": passkey.made(&options)? });
        person.post("/api/v1/factors/passkey", &answer).await?;
        Ok(passkey)
    }

    /// `navigator.credentials.create`, as `toJSON()` shows it.
    fn made(&self, options: &Value) -> anyhow::Result<Value> {
        let mut data = data(THERE | ATTESTED);
        // AAGUID, length of the id, id, key.
        data.extend([0; 16]);
        data.extend([0, 16]);
        data.extend(self.id);
        data.extend(self.cose_key());
        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len())?);
        object.extend(&data);
        let client = self.client("webauthn.create", options);
        Ok(json!({
            "id": b64u::encode(self.id), "rawId": b64u::encode(self.id), "type": "public-key", "clientExtensionResults": {},
            "response": { "clientDataJSON": b64u::encode(client), "attestationObject": b64u::encode(object), "transports": ["internal"] },
        }))
    }

    /// `navigator.credentials.get`, as `toJSON()` shows it.
    fn shown(&self, options: &Value) -> anyhow::Result<Value> {
        let data = data(THERE);
        let client = self.client("webauthn.get", options);
        let signed = [data.as_slice(), &sha256(&client)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed)?;
        Ok(json!({
            "id": b64u::encode(self.id), "rawId": b64u::encode(self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64u::encode(client), "authenticatorData": b64u::encode(data),
                "signature": b64u::encode(signature.as_ref()), "userHandle": b64u::encode(&self.user),
            },
        }))
    }

    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        let client =
            json!({ "type": kind, "challenge": options.get("challenge"), "origin": self.origin, "crossOrigin": false });
        client.to_string().into_bytes()
    }

    /// {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
    fn cose_key(&self) -> Vec<u8> {
        // 0x04, x, y (SEC 1, section 2.3.3).
        let (_, point) = self.key.public_key().as_ref().split_at(1);
        let (x, y) = point.split_at(32);
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", x, b"\x22\x58\x20", y].concat()
    }
}

/// Of a relying party at localhost, without a counter (WebAuthn Level 3, section 6.1).
fn data(flags: u8) -> Vec<u8> {
    let mut data = sha256("localhost").to_vec();
    data.push(flags);
    data.extend([0; 4]);
    data
}

/// Everybody signs in with the passkey again and again: how many times, and in how many seconds.
pub async fn sign_ins(base: &str, passkeys: &[Passkey], spell: Duration) -> anyhow::Result<(f64, f64)> {
    let began = now();
    let people = passkeys.iter().enumerate().map(|(number, passkey)| async move {
        let mut client = Client::new();
        let mut right = 0_usize;
        while began.elapsed() < spell {
            if right.is_multiple_of(QUESTIONS_OF_AN_ADDRESS) {
                let moved = right / QUESTIONS_OF_AN_ADDRESS * passkeys.len();
                let address = std::net::IpAddr::from(house(number + moved)?);
                client = Client::builder().local_address(address).build()?;
            }
            let question = asked(&client, &format!("{base}/api/v1/session/passkey/options"), &json!({})).await?;
            let Question { ceremony, options } = serde_json::from_value(question)?;
            let answer = json!({ "ceremony": ceremony, "credential": passkey.shown(&options)? });
            let state = asked(&client, &format!("{base}/api/v1/session/passkey"), &answer).await?;
            let signed_in = state.get("state").is_some_and(|state| state == "signed-in");
            ensure!(signed_in, "a passkey was answered {state}");
            right += 1;
        }
        anyhow::Ok(right)
    });
    let number = try_join_all(people).await?.into_iter().sum();
    Ok((count(number), seconds(began.elapsed())))
}

async fn asked(client: &Client, url: &str, body: &Value) -> anyhow::Result<Value> {
    let answer = client
        .post(url)
        .json(body)
        .send()
        .await
        .context("asking with a passkey")?;
    let status = answer.status();
    let body: Value = answer.json().await?;
    ensure!(status.is_success(), "a passkey was answered {status}: {body}");
    Ok(body)
}

/// Checks of such a signature a second, on as many threads as there are cores.
pub fn bare_checks(spell: Duration) -> anyhow::Result<f64> {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())?;
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref())?;
    let message = [7; 69];
    let signature = key.sign(&SystemRandom::new(), &message)?;
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.public_key().as_ref());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let began = now();
    let number: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    let mut number = 0_usize;
                    while began.elapsed() < spell {
                        number +=
                            usize::from(std::hint::black_box(public.verify(&message, signature.as_ref())).is_ok());
                    }
                    number
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
    });
    Ok(count(number) / seconds(began.elapsed()))
}
