//! The vocabulary every crate of Wardesk shares. Pure: no I/O, no async, no clock and no randomness of its own.
//!
//! - [`id`]: one list of id kinds, a type each, `stf_…` on the wire.
//! - [`Timestamp`], [`Clock`], [`Entropy`]: time and chance are arguments.
//! - [`Actor`], [`Ctx`], [`Permission`], [`Permit`]: who acts, and what they hold.
//! - [`Problem`]: the closed list of answers that are not success (RFC 9457).
//! - [`Event`]: what happened, for those who react to it.

mod actor;
mod bytes;
mod ctx;
mod event;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod id;
mod page;
mod permission;
mod problem;
mod secret;
mod time;

pub use actor::{Actor, DirectoryActor, StaffActor};
pub use bytes::{Bytes, PublicKey, Signature};
pub use ctx::{Clock, Ctx, Entropy, HandClock, SeededEntropy, World};
pub use event::{Event, EventEnvelope};
pub use id::*;
pub use page::{Page, PageQuery};
pub use permission::{Decide, Denied, Permission, Permit, Reach, Scope};
pub use problem::{FieldProblem, Problem, ProblemCode};
pub use secret::{SecretBytes, SecretString};
pub use time::{Duration, Timestamp};

/// Binary on the wire: base64url without padding (RFC 4648 §5).
pub mod b64u {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    /// Encodes bytes.
    pub fn encode(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Decodes text; `None` when it is not base64url without padding.
    pub fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(text).ok()
    }

    /// Decodes text of a known length.
    pub fn decode_array<const N: usize>(text: impl AsRef<[u8]>) -> Option<[u8; N]> {
        decode(text)?.try_into().ok()
    }
}
