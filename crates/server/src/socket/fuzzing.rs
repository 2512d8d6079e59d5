//! What must hold for any bytes. Run by the fuzzer, and with the committed seeds by the tests.

use super::frame::{Incoming, PresenceAt, Typing};

/// Name and body of a target.
pub type Target = (&'static str, fn(&[u8]));

/// The targets of this crate.
pub const TARGETS: &[Target] = &[("frames", frames)];

/// A frame of a client is one of three, and one that asks for something says nothing else; what comes over the bus reads as it was written.
fn frames(bytes: &[u8]) {
    if let Ok(frame) = serde_json::from_slice::<Incoming>(bytes) {
        let said = serde_json::from_slice::<serde_json::Value>(bytes).unwrap_or_default();
        let fields = said.as_object().map_or(0, serde_json::Map::len);
        assert!(matches!(frame, Incoming::Ping) || fields == 2);
    }
    if let Ok(typing) = serde_json::from_slice::<Typing>(bytes) {
        let written = serde_json::to_vec(&typing).unwrap_or_default();
        let again = serde_json::from_slice::<Typing>(&written).ok();
        assert!(again.is_some_and(|again| (again.conversation, again.staff) == (typing.conversation, typing.staff)));
    }
    let _ = serde_json::from_slice::<PresenceAt>(bytes);
}

#[cfg(test)]
#[path = "../../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    #[test]
    fn what_must_hold_for_any_bytes_holds_for_the_seeds() {
        super::replay::every_seed(super::TARGETS);
    }
}
