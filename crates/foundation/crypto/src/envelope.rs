//! Sealed values at rest.
//!
//! ```text
//! magic "WD" · format 0x01 · suite 0x01 (AES-256-GCM) · key id (16) · key version (4, big-endian)
//! · key commitment (16) · nonce (12) · ciphertext · tag (16)
//! ```
//! The associated data binds organisation, table, column and row, so a value cannot be moved to another place.
//! The commitment (HKDF of the key and nonce) makes a ciphertext open under one key only.

use aws_lc_rs::aead::{AES_256_GCM, Aad as GcmAad, LessSafeKey, Nonce, UnboundKey};
use wd_kernel::{Entropy, Id, KeyId};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{Canonical, equal, hkdf_sha256};

const MAGIC: &[u8; 2] = b"WD";
const FORMAT: u8 = 1;
const AES_256_GCM_SUITE: u8 = 1;
const HEADER: usize = 2 + 1 + 1 + 16 + 4;
const COMMITMENT: usize = 16;
const NONCE: usize = 12;
const TAG: usize = 16;
/// How many bytes an envelope is longer than what it holds.
pub const OVERHEAD: usize = HEADER + COMMITMENT + NONCE + TAG;

/// A 256-bit data key. Wiped when dropped; not printable, not comparable, not serialisable.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

impl Key {
    /// From its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new random key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// The key of one field, derived from this one: HKDF with info `table|column`.
    #[must_use]
    pub fn field(&self, table: &str, column: &str) -> Self {
        Self(hkdf_sha256(
            &self.0,
            b"wardesk-field-v1",
            format!("{table}|{column}").as_bytes(),
        ))
    }

    /// The bytes, to wrap them under another key or derive from them.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Which key sealed an envelope: found in its header without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRef {
    /// The key.
    pub id: KeyId,
    /// Its version.
    pub version: u32,
}

/// The place a sealed value belongs to.
#[derive(Debug, Clone)]
pub struct Aad(Vec<u8>);

impl Aad {
    /// A column of a row. `row` is the id's 16 bytes.
    pub fn field(organisation: &str, table: &str, column: &str, row: &[u8]) -> Self {
        Self(
            Canonical::new("wardesk-field-v1")
                .text(organisation)
                .text(table)
                .text(column)
                .part(row)
                .into_bytes(),
        )
    }
}

/// Why an envelope does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Too short, or another magic, format or suite.
    #[error("not an envelope of a known format")]
    Format,
    /// Sealed with another key than the one given.
    #[error("sealed with another key")]
    WrongKey,
    /// Changed, or moved from another place.
    #[error("changed or moved")]
    Forged,
    /// More than the cipher can take in one piece.
    #[error("too large to seal")]
    TooLarge,
}

/// Seals a value for a place.
pub fn seal(
    key: &Key,
    key_ref: KeyRef,
    aad: &Aad,
    clear: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, EnvelopeError> {
    let mut nonce = [0; NONCE];
    entropy.fill(&mut nonce);
    let mut out = Vec::with_capacity(clear.len() + OVERHEAD);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[FORMAT, AES_256_GCM_SUITE]);
    out.extend_from_slice(key_ref.id.uuid().as_bytes());
    out.extend_from_slice(&key_ref.version.to_be_bytes());
    let bound = bind(&out, aad);
    out.extend_from_slice(&commitment(key, &nonce));
    out.extend_from_slice(&nonce);
    let start = out.len();
    out.extend_from_slice(clear);
    let tag = {
        let body = out.get_mut(start..).unwrap_or_default();
        cipher(key)?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), GcmAad::from(&bound), body)
            .map_err(|_| EnvelopeError::TooLarge)?
    };
    out.extend_from_slice(tag.as_ref());
    Ok(out)
}

/// Opens a value at its place.
pub fn open(key: &Key, aad: &Aad, envelope: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    key_ref(envelope)?;
    let (header, rest) = envelope.split_at_checked(HEADER).ok_or(EnvelopeError::Format)?;
    let (committed, rest) = rest.split_at_checked(COMMITMENT).ok_or(EnvelopeError::Format)?;
    let (nonce, body) = rest.split_at_checked(NONCE).ok_or(EnvelopeError::Format)?;
    if body.len() < TAG {
        return Err(EnvelopeError::Format);
    }
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| EnvelopeError::Format)?;
    if !equal(committed, &commitment(key, &nonce)) {
        return Err(EnvelopeError::WrongKey);
    }
    let mut body = body.to_vec();
    let clear = cipher(key)?
        .open_in_place(
            Nonce::assume_unique_for_key(nonce),
            GcmAad::from(bind(header, aad)),
            &mut body,
        )
        .map_err(|_| EnvelopeError::Forged)?
        .len();
    body.truncate(clear);
    Ok(body)
}

/// Which key sealed this envelope.
pub fn key_ref(envelope: &[u8]) -> Result<KeyRef, EnvelopeError> {
    let header = envelope.get(..HEADER).ok_or(EnvelopeError::Format)?;
    let (fixed, rest) = header.split_at_checked(4).ok_or(EnvelopeError::Format)?;
    let (id, version) = rest.split_at_checked(16).ok_or(EnvelopeError::Format)?;
    if fixed != [b'W', b'D', FORMAT, AES_256_GCM_SUITE] {
        return Err(EnvelopeError::Format);
    }
    let id: [u8; 16] = id.try_into().map_err(|_| EnvelopeError::Format)?;
    let version: [u8; 4] = version.try_into().map_err(|_| EnvelopeError::Format)?;
    Ok(KeyRef {
        id: KeyId::from_uuid(uuid::Uuid::from_bytes(id)),
        version: u32::from_be_bytes(version),
    })
}

fn bind(header: &[u8], aad: &Aad) -> Vec<u8> {
    Canonical::new("wardesk-envelope-v1")
        .part(header)
        .part(&aad.0)
        .into_bytes()
}

fn commitment(key: &Key, nonce: &[u8; NONCE]) -> [u8; COMMITMENT] {
    let full = hkdf_sha256(&key.0, nonce, b"wardesk-key-commitment-v1");
    let mut out = [0; COMMITMENT];
    out.copy_from_slice(full.split_at(COMMITMENT).0);
    out
}

fn cipher(key: &Key) -> Result<LessSafeKey, EnvelopeError> {
    UnboundKey::new(&AES_256_GCM, &key.0)
        .map(LessSafeKey::new)
        .map_err(|_| EnvelopeError::WrongKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wd_kernel::SeededEntropy;

    fn key_ref_7() -> KeyRef {
        KeyRef {
            id: KeyId::from_uuid(uuid::Uuid::from_u128(7)),
            version: 3,
        }
    }

    fn place(column: &str) -> Aad {
        Aad::field("org", "customer", column, &[1; 16])
    }

    #[test]
    fn the_header_names_the_key_without_opening() {
        let sealed = seal(
            &Key::from_bytes([1; 32]),
            key_ref_7(),
            &place("mail"),
            b"x",
            &SeededEntropy::new(1),
        )
        .unwrap();
        assert_eq!(key_ref(&sealed), Ok(key_ref_7()));
    }

    #[test]
    fn a_value_moved_to_another_column_does_not_open() {
        let key = Key::from_bytes([1; 32]);
        let sealed = seal(
            &key,
            key_ref_7(),
            &place("mail"),
            b"ada@example.org",
            &SeededEntropy::new(1),
        )
        .unwrap();
        assert_eq!(open(&key, &place("phone"), &sealed), Err(EnvelopeError::Forged));
    }

    #[test]
    fn another_key_is_told_apart_from_a_forgery() {
        let sealed = seal(
            &Key::from_bytes([1; 32]),
            key_ref_7(),
            &place("mail"),
            b"x",
            &SeededEntropy::new(1),
        )
        .unwrap();
        assert_eq!(
            open(&Key::from_bytes([2; 32]), &place("mail"), &sealed),
            Err(EnvelopeError::WrongKey)
        );
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens(clear: Vec<u8>, seed: u64) {
            let key = Key::from_bytes([9; 32]);
            let sealed = seal(&key, key_ref_7(), &place("notes"), &clear, &SeededEntropy::new(seed)).unwrap();
            prop_assert_eq!(sealed.len(), clear.len() + OVERHEAD);
            prop_assert_eq!(open(&key, &place("notes"), &sealed).unwrap(), clear);
        }

        #[test]
        fn any_flipped_bit_is_refused(clear: Vec<u8>, at: prop::sample::Index, bit in 0u8..8) {
            let key = Key::from_bytes([9; 32]);
            let mut sealed = seal(&key, key_ref_7(), &place("notes"), &clear, &SeededEntropy::new(4)).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(open(&key, &place("notes"), &sealed).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            prop_assert!(open(&Key::from_bytes([9; 32]), &place("notes"), &bytes).is_err());
        }
    }
}
