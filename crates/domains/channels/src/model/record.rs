use serde::{Deserialize, Serialize};
use wd_crypto::{jws, sha256};
use wd_kernel::{ConversationId, DeviceId, b64u};

use super::{Bytes, PublicKey};
use crate::ChannelsError;

/// 64 KiB of text in which every character is escaped by JSON would be longer; ordinary text fits with room.
const MAX_CIPHERTEXT: usize = 90 * 1024;
const MAX_HEADER: usize = 1024;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordType {
    /// What a customer writes while no staff is in the group.
    Letter,
    /// The copy beside a message, for those who join later.
    Archive,
    /// A note among staff.
    Note,
}

/// An encrypted, signed text under a history key or a note key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The header's JSON.
    pub header: Bytes,
    /// 12 bytes.
    pub nonce: Bytes,
    /// AES-256-GCM of the text, with the header as associated data.
    pub ciphertext: Bytes,
    /// Ed25519 by the device, over header, nonce and ciphertext.
    pub signature: Bytes,
}

/// What a record says about itself, in the clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordHeader {
    /// Always 1.
    pub v: i64,
    /// What it is.
    pub typ: RecordType,
    /// Where it belongs.
    pub conversation: ConversationId,
    /// The sender's id for it.
    pub id: String,
    /// Which device wrote it.
    pub device: DeviceId,
    /// The epoch of the history key, or the number of the note key.
    pub key: i64,
    /// Milliseconds since the epoch by the sender's clock.
    pub at: i64,
}

impl Record {
    /// The header of a record of this type, for this place; its signature is not checked yet.
    pub(crate) fn header(
        &self,
        typ: RecordType,
        conversation: ConversationId,
        client_id: &str,
    ) -> Result<RecordHeader, ChannelsError> {
        if self.ciphertext.0.len() > MAX_CIPHERTEXT || self.header.0.len() > MAX_HEADER {
            return Err(ChannelsError::TooLarge);
        }
        let bad = || ChannelsError::invalid("record", "the header does not say what the request says");
        let header: RecordHeader = serde_json::from_slice(&self.header.0).map_err(|_| bad())?;
        let fits = header.v == 1
            && header.typ == typ
            && header.conversation == conversation
            && header.id == client_id
            && header.key >= 0;
        // 16 bytes of tag; a JSON object is never empty.
        let sized = self.nonce.0.len() == 12 && self.ciphertext.0.len() > 16;
        if fits && sized { Ok(header) } else { Err(bad()) }
    }

    /// Checks the signature of its device.
    pub(crate) fn check(&self, signer: PublicKey) -> Result<(), ChannelsError> {
        let signed = [
            b"wardesk-record-v1\0".as_slice(),
            &self.header.0,
            &self.nonce.0,
            &self.ciphertext.0,
        ]
        .concat();
        jws::verify_raw(&signer.0, &signed, &self.signature.0)
            .map_err(|_| ChannelsError::invalid("record", "the signature does not check"))
    }

    /// SHA-256 over header, nonce, ciphertext and signature.
    pub fn hash(&self) -> [u8; 32] {
        sha256(
            [
                self.header.0.as_slice(),
                &self.nonce.0,
                &self.ciphertext.0,
                &self.signature.0,
            ]
            .concat(),
        )
    }
}

/// Checks the form of an id that a client made: 16 bytes in base64url.
pub(crate) fn check_client_id(id: &str) -> Result<(), ChannelsError> {
    match b64u::decode_array::<16>(id) {
        Some(_) => Ok(()),
        None => Err(ChannelsError::invalid(
            "client_id",
            "16 random bytes in base64url without padding",
        )),
    }
}
