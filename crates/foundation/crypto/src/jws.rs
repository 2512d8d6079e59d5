//! Signed statements: JWS compact serialization (RFC 7515) with EdDSA over Ed25519 (RFC 8037).
//! The header's `typ` separates purposes and is always compared.

use aws_lc_rs::{
    encoding::AsBigEndian,
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wd_kernel::b64u;
use zeroize::Zeroize;

use crate::sha256;

/// An Ed25519 key that signs statements.
pub struct SigningKey(Ed25519KeyPair);

/// Why a statement does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Not a compact JWS with a JSON payload of the expected shape.
    #[error("not a readable statement")]
    Format,
    /// Another algorithm, key or type than expected.
    #[error("a statement of another kind or key")]
    Mismatch,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

impl SigningKey {
    /// From a 32-byte seed (the private key of RFC 8032).
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, JwsError> {
        Ed25519KeyPair::from_seed_unchecked(seed)
            .map(Self)
            .map_err(|_| JwsError::Format)
    }

    /// The raw public key.
    pub fn public(&self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(self.0.public_key().as_ref());
        out
    }

    /// The seed, to seal it.
    pub fn seed(&self) -> Result<Vec<u8>, JwsError> {
        let mut seed = self
            .0
            .seed()
            .map_err(|_| JwsError::Format)?
            .as_be_bytes()
            .map_err(|_| JwsError::Format)?
            .as_ref()
            .to_vec();
        let out = seed.clone();
        seed.zeroize();
        Ok(out)
    }

    /// Signs bytes as they are.
    pub fn sign_raw(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }

    /// Signs a statement of a type.
    pub fn sign(&self, typ: &str, payload: &impl Serialize) -> Result<String, JwsError> {
        let header = Header {
            alg: "EdDSA".into(),
            kid: key_id(&self.public()),
            typ: typ.into(),
        };
        let part = |value: serde_json::Result<Vec<u8>>| value.map(b64u::encode).map_err(|_| JwsError::Format);
        let input = format!(
            "{}.{}",
            part(serde_json::to_vec(&header))?,
            part(serde_json::to_vec(payload))?
        );
        let signature = b64u::encode(self.sign_raw(input.as_bytes()));
        Ok(format!("{input}.{signature}"))
    }
}

/// The name of a public key: the first 16 bytes of its SHA-256, hex.
pub fn key_id(public: &[u8]) -> String {
    sha256(public)
        .iter()
        .take(16)
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Checks an Ed25519 signature over bytes.
pub fn verify_raw(public: &[u8], message: &[u8], signature: &[u8]) -> Result<(), JwsError> {
    UnparsedPublicKey::new(&ED25519, public)
        .verify(message, signature)
        .map_err(|_| JwsError::Signature)
}

/// Checks a statement of a type against one of the keys and returns its payload. Times are the caller's to check.
pub fn verify<T: DeserializeOwned>(text: &str, typ: &str, keys: &[[u8; 32]]) -> Result<T, JwsError> {
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(JwsError::Format);
    };
    let head: Header = b64u::decode(header)
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(JwsError::Format)?;
    let key = keys
        .iter()
        .find(|key| key_id(*key) == head.kid)
        .ok_or(JwsError::Mismatch)?;
    if head.alg != "EdDSA" || head.typ != typ {
        return Err(JwsError::Mismatch);
    }
    verify_raw(
        key,
        format!("{header}.{payload}").as_bytes(),
        &b64u::decode(signature).ok_or(JwsError::Format)?,
    )?;
    b64u::decode(payload)
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(JwsError::Format)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_seed(&[5; 32]).unwrap()
    }

    #[test]
    fn the_key_pair_answers_rfc_8032_test_1() {
        let seed = hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let key = SigningKey::from_seed(&seed.try_into().unwrap()).unwrap();
        assert_eq!(
            hex::encode(key.public()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        assert!(hex::encode(key.sign_raw(b"")).starts_with("e5564300c360ac729086e2cc806e828a"));
    }

    #[test]
    fn a_statement_for_another_purpose_is_refused() {
        let text = key().sign("a+jws", &serde_json::json!({"n": 1})).unwrap();
        assert_eq!(
            verify::<serde_json::Value>(&text, "b+jws", &[key().public()]),
            Err(JwsError::Mismatch)
        );
        assert_eq!(
            verify::<serde_json::Value>(&text, "a+jws", &[key().public()]),
            Ok(serde_json::json!({"n": 1}))
        );
    }

    #[test]
    fn a_key_nobody_named_is_refused() {
        let text = key().sign("a+jws", &serde_json::json!({})).unwrap();
        assert_eq!(
            verify::<serde_json::Value>(&text, "a+jws", &[[1; 32]]),
            Err(JwsError::Mismatch)
        );
    }

    #[test]
    fn the_algorithm_none_is_refused() {
        let header = b64u::encode(
            serde_json::json!({"alg": "none", "kid": key_id(&key().public()), "typ": "a+jws"}).to_string(),
        );
        let text = format!("{header}.{}.", b64u::encode("{}"));
        assert_eq!(
            verify::<serde_json::Value>(&text, "a+jws", &[key().public()]),
            Err(JwsError::Mismatch)
        );
    }

    #[test]
    fn a_changed_payload_is_refused() {
        let text = key().sign("a+jws", &serde_json::json!({"n": 1})).unwrap();
        let parts: Vec<_> = text.split('.').collect();
        let forged = format!("{}.{}.{}", parts[0], b64u::encode("{\"n\":2}"), parts[2]);
        assert_eq!(
            verify::<serde_json::Value>(&forged, "a+jws", &[key().public()]),
            Err(JwsError::Signature)
        );
    }
}
