//! Cryptographic building blocks. Pure: keys and randomness are arguments. All primitives come from aws-lc-rs.
//!
//! - [`envelope`]: sealed values at rest (AES-256-GCM with a key commitment).
//! - [`hkdf_sha256`], [`hmac_sha256`], [`sha256`].
//! - [`BlindIndex`]: equality search over sealed values.
//! - [`Canonical`]: unambiguous bytes to hash and sign.
//! - [`jws`]: signed statements (RFC 7515, EdDSA by RFC 8037).

mod blind_index;
mod canonical;
pub mod envelope;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod jws;
mod primitives;

pub use blind_index::{BlindIndex, NumberIndex};
pub use canonical::Canonical;
pub use envelope::{Aad, EnvelopeError, Key, KeyRef};
pub use primitives::{Sha256, equal, hkdf_sha256, hmac_sha256, sha256, token_hash};
