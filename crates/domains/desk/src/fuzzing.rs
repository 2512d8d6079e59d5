//! What must hold for any bytes. Run by the fuzzer, and with the committed seeds by the tests.

use crate::service::cursor_again;

/// Name and body of a target.
pub type Target = (&'static str, fn(&[u8]));

/// The targets of this crate.
pub const TARGETS: &[Target] = &[("cursors", cursors)];

/// A cursor that is taken names a place, and the place's own cursor names the same one.
fn cursors(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Some(again) = cursor_again(text) {
        assert_eq!(cursor_again(&again), Some(again));
    }
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
