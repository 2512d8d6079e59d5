//! A client's state as bytes that can be kept: JSON, sealed under a key that the caller keeps elsewhere.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use wd_crypto::{Aad, Key, KeyRef, envelope};
use wd_kernel::{Entropy, Id, KeyId};
use zeroize::Zeroizing;

use crate::ClientError;

/// Secret text inside a state, wiped when dropped.
#[derive(Default)]
pub(crate) struct Secret(pub(crate) Zeroizing<String>);

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// The envelope names a key; the caller's has no name.
fn key_ref() -> KeyRef {
    KeyRef {
        id: KeyId::from_uuid(uuid::Uuid::nil()),
        version: 1,
    }
}

fn place(role: &str) -> Aad {
    Aad::field("", "wd-client", role, b"")
}

pub(crate) fn seal(
    role: &str,
    state: &impl Serialize,
    key: &Key,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, ClientError> {
    let json = Zeroizing::new(serde_json::to_vec(state).map_err(|_| ClientError::State)?);
    envelope::seal(key, key_ref(), &place(role), &json, entropy).map_err(|_| ClientError::State)
}

pub(crate) fn open<T: DeserializeOwned>(role: &str, sealed: &[u8], key: &Key) -> Result<T, ClientError> {
    let json = envelope::open(key, &place(role), sealed)
        .map(Zeroizing::new)
        .map_err(|_| ClientError::State)?;
    serde_json::from_slice(&json).map_err(|_| ClientError::State)
}
