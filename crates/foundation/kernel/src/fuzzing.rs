//! What must hold for any bytes. Run by the fuzzer, and with the committed seeds by the tests.

use crate::{Id, PageQuery, Timestamp, b64u, with_id_kinds};

/// Name and body of a target.
pub type Target = (&'static str, fn(&[u8]));

/// The targets of this crate.
pub const TARGETS: &[Target] = &[
    ("ids", ids),
    ("base64url", base64url),
    ("times", times),
    ("pages", pages),
];

/// An id has one spelling and one kind.
fn ids(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let mut kinds = 0;
    macro_rules! parse_as {
        ($($kind:ident),* $(,)?) => {$(
            if let Ok(id) = text.parse::<crate::$kind>() {
                assert_eq!(id.to_string(), text);
                assert!(text.starts_with(crate::$kind::PREFIX));
                kinds += 1;
            }
            let read = serde_json::from_slice::<crate::$kind>(bytes);
            assert!(read.is_err() || serde_json::from_slice::<&str>(bytes).is_ok() || text.contains('\\'));
        )*};
    }
    with_id_kinds!(parse_as);
    assert!(kinds <= 1, "{kinds} kinds take {text}");
}

/// What decodes encodes to the same text, and what encodes decodes to the same bytes.
fn base64url(bytes: &[u8]) {
    if let Some(decoded) = b64u::decode(bytes) {
        assert_eq!(b64u::encode(decoded).as_bytes(), bytes);
    }
    assert_eq!(b64u::decode(b64u::encode(bytes)).as_deref(), Some(bytes));
    assert_eq!(
        b64u::decode_array::<16>(bytes).is_some(),
        b64u::decode(bytes).is_some_and(|it| it.len() == 16)
    );
}

/// A time that is read is written so that it reads the same.
fn times(bytes: &[u8]) {
    if let Some(at) = str::from_utf8(bytes).ok().and_then(Timestamp::parse) {
        assert_eq!(Timestamp::parse(&at.to_string()), Some(at));
    }
}

/// A page is never larger than a page.
fn pages(bytes: &[u8]) {
    if let Ok(query) = serde_json::from_slice::<PageQuery>(bytes) {
        assert!((1..=200).contains(&query.limit()));
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
