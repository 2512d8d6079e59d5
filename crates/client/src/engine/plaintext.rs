//! The plaintext of an MLS application message.

use serde::{Deserialize, Serialize};
use wd_crypto::Sha256;

use super::{Bytes, EngineError, Refusal};

#[derive(Serialize, Deserialize)]
pub(super) struct Plaintext {
    v: u8,
    pub(super) id: String,
    kind: String,
    pub(super) body: String,
    /// Hash of the archive copy.
    pub(super) archive: Bytes,
}

impl Plaintext {
    pub(super) fn new(id: &str, body: &str, archive: &Sha256) -> Self {
        Self {
            v: 1,
            id: id.into(),
            kind: "text".into(),
            body: body.into(),
            archive: archive.to_vec().into(),
        }
    }

    pub(super) fn write(&self) -> Result<Vec<u8>, EngineError> {
        serde_json::to_vec(self).map_err(|_| EngineError::Crypto("write a message's JSON"))
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let plaintext: Self = serde_json::from_slice(bytes).map_err(|_| Refusal::Form)?;
        if plaintext.v == 1 && plaintext.kind == "text" {
            Ok(plaintext)
        } else {
            Err(Refusal::Form)
        }
    }
}
