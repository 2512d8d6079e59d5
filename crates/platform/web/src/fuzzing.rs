//! What must hold for any bytes. Run by the fuzzer, and with the committed seeds by the tests.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;

use crate::{OurOrigin, SESSION_COOKIE, SessionCookie, extract::escapes_nul};

/// Name and body of a target.
pub type Target = (&'static str, fn(&[u8]));

/// The targets of this crate.
pub const TARGETS: &[Target] = &[("headers", headers), ("bodies", bodies)];

/// Where people open Wardesk.
const OURS: &str = "https://desk.example";

/// Lines of `name: value`. The session is what the cookie says, and who names another origin is not from here.
fn headers(bytes: &[u8]) {
    let mut map = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n').take(50) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or_default().trim_ascii();
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    if let Some(token) = SessionCookie::read(&map).0 {
        let pair = format!("{SESSION_COOKIE}={}", token.expose());
        let said = map
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        assert!(said.into_iter().any(|line| line.contains(&pair)));
        assert!(!token.expose().contains(';'));
    }
    if OurOrigin::new(OURS).is_of(&map) {
        for origin in map.get_all(header::ORIGIN) {
            assert!(origin.as_bytes().eq_ignore_ascii_case(OURS.as_bytes()));
        }
        for site in map.get_all("sec-fetch-site") {
            assert!(matches!(site.as_bytes(), b"same-origin" | b"none"));
        }
    }
}

/// JSON is refused for a NUL exactly when some text in it has one.
fn bodies(bytes: &[u8]) {
    let refused = escapes_nul(bytes);
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        // Of a key that comes twice only the last value is seen here; the raw text is judged all the same.
        assert!(refused || !has_nul(&value), "a NUL came through");
        if let Ok(again) = serde_json::to_vec(&value) {
            assert_eq!(escapes_nul(&again), has_nul(&value));
        }
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
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
