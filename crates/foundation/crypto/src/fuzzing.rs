//! What must hold for any bytes. Run by the fuzzer, and with the committed seeds by the tests.

use serde_json::Value;
use wd_kernel::{Id as _, KeyId, SeededEntropy};

use crate::{
    Aad, Key, KeyRef, envelope,
    jws::{self, SigningKey},
};

/// Name and body of a target.
pub type Target = (&'static str, fn(&[u8]));

/// The targets of this crate.
pub const TARGETS: &[Target] = &[("statements", statements), ("envelopes", envelopes)];

const TYPE: &str = "wardesk-device+jws";

/// Only what a key signed verifies, and exactly that comes out.
fn statements(bytes: &[u8]) {
    let Ok(key) = SigningKey::from_seed(&[5; 32]) else {
        return;
    };
    let Ok(text) = str::from_utf8(bytes) else { return };
    let trusted = [[9; 32], key.public()];
    let verified = jws::verify::<Value>(text, TYPE, &trusted);
    // Signatures of Ed25519 are a function of key and message: what verifies is what would be signed again, unless its
    // header is written in another way, which none of the seeds that are signed does.
    if let Ok(payload) = verified {
        assert_eq!(key.sign(TYPE, &payload).as_deref(), Ok(text));
    }
    let Ok(signed) = key.sign(TYPE, &text) else { return };
    assert_eq!(jws::verify::<String>(&signed, TYPE, &trusted).as_deref(), Ok(text));
    assert!(jws::verify::<String>(&signed, "another+jws", &trusted).is_err());
    assert!(jws::verify::<String>(&signed, TYPE, &[[9; 32]]).is_err());
}

/// Only what was sealed opens, at its place and with its key; a change anywhere is seen.
fn envelopes(bytes: &[u8]) {
    let (key, place) = (Key::from_bytes([7; 32]), Aad::field("org", "table", "column", &[0; 16]));
    let _ = envelope::key_ref(bytes);
    assert!(
        envelope::open(&key, &place, bytes).is_err(),
        "what nobody sealed opened"
    );

    let named = KeyRef {
        id: KeyId::from_uuid(uuid::Uuid::from_u128(1)),
        version: 3,
    };
    let Ok(mut sealed) = envelope::seal(&key, named, &place, bytes, &SeededEntropy::new(1)) else {
        return;
    };
    assert_eq!(envelope::key_ref(&sealed), Ok(named));
    assert_eq!(envelope::open(&key, &place, &sealed).as_deref(), Ok(bytes));
    let elsewhere = Aad::field("org", "table", "column", &[1; 16]);
    assert!(envelope::open(&key, &elsewhere, &sealed).is_err());
    assert!(envelope::open(&Key::from_bytes([8; 32]), &place, &sealed).is_err());
    let length = sealed.len().max(1);
    if let Some((at, flip)) = change(bytes)
        && let Some(byte) = sealed.get_mut(at % length)
    {
        *byte ^= flip;
        assert!(
            envelope::open(&key, &place, &sealed).is_err(),
            "a changed byte was not seen"
        );
    }
}

/// Which byte to change, and how: the first three bytes say.
fn change(bytes: &[u8]) -> Option<(usize, u8)> {
    let (&[high, low, flip], _) = bytes.split_first_chunk::<3>()?;
    (flip != 0).then_some((usize::from(u16::from_be_bytes([high, low])), flip))
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
