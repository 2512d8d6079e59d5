//! What must hold for any bytes. Run by the fuzzer, and with the committed seeds by the tests.

use wd_crypto::jws::{SigningKey, key_id};
use wd_kernel::{Timestamp, b64u};

use crate::{
    model::{CustomerFields, Search, SearchKind},
    service::{IdentityKey, LONGEST_IDENTITY, check_identity, rows},
};

/// Name and body of a target.
pub type Target = (&'static str, fn(&[u8]));

/// The targets of this crate.
pub const TARGETS: &[Target] = &[
    ("searches", searches),
    ("imports", imports),
    ("identity-tokens", identity_tokens),
];

/// What was brought into its stored form stays as it is: so what is stored is found.
fn searches(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    for kind in [SearchKind::Mail, SearchKind::Phone, SearchKind::ExternalId] {
        if let Ok(search) = Search::new(kind, text) {
            // In small letters an address may be too long to be typed so.
            if let Ok(again) = Search::new(kind, search.value()) {
                assert_eq!(again, search);
            }
            let fields = CustomerFields {
                mail: (kind == SearchKind::Mail).then(|| text.to_owned()),
                phone: (kind == SearchKind::Phone).then(|| text.to_owned()),
                external_id: (kind == SearchKind::ExternalId).then(|| text.to_owned()),
                ..CustomerFields::default()
            };
            // What can be looked for can be stored, and the one finds the other.
            let stored = fields.check();
            assert_eq!(stored.ok().and_then(|stored| Search::of(kind, &stored)), Some(search));
        }
    }
}

/// Rows that are taken are in their stored form, and no line becomes two customers.
fn imports(bytes: &[u8]) {
    let Ok(rows) = rows(bytes) else { return };
    let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    assert!(rows.len() <= lines + 1);
    for fields in rows.into_iter().flatten() {
        assert!(fields.name.is_some());
        assert_eq!(fields.clone().check().as_ref(), Ok(&fields));
    }
}

/// Only what the site's key signed, for us and for a short time, names a customer. The bytes come once as a token and
/// once as the claims of a token that is signed.
fn identity_tokens(bytes: &[u8]) {
    const AUDIENCE: &str = "https://desk.example.org";
    let now = Timestamp::from_seconds(1_800_000_000);
    let Ok(signer) = SigningKey::from_seed(&[3; 32]) else {
        return;
    };
    let public = [
        &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..],
        &signer.public(),
    ]
    .concat();
    let keys = [IdentityKey {
        kid: key_id(&signer.public()),
        alg: "EdDSA".into(),
        pem: format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            base64(&public)
        ),
    }];
    if let Ok(text) = str::from_utf8(bytes) {
        assert!(check_identity(text, &keys, AUDIENCE, now).is_err(), "nobody signed it");
    }
    let header = format!(
        "{{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"{}\"}}",
        keys.iter().map(|key| key.kid.as_str()).collect::<String>()
    );
    let input = format!("{}.{}", b64u::encode(header), b64u::encode(bytes));
    let token = format!("{input}.{}", b64u::encode(signer.sign_raw(input.as_bytes())));
    // What nobody asks for may be no JSON at all in places, such as text that is not UTF-8; then there is nothing to compare.
    if check_identity(&token, &keys, AUDIENCE, now).is_ok()
        && let Ok(claims) = serde_json::from_slice::<serde_json::Value>(bytes)
    {
        let number = |name: &str| claims.get(name).and_then(serde_json::Value::as_i64).unwrap_or_default();
        assert_eq!(claims.get("aud").and_then(serde_json::Value::as_str), Some(AUDIENCE));
        assert!(number("exp").saturating_sub(number("iat")) <= LONGEST_IDENTITY);
        assert!(number("exp") > now.seconds() - 60 && number("iat") < now.seconds() + 60);
        assert!(
            claims
                .get("sub")
                .and_then(serde_json::Value::as_str)
                .is_some_and(|sub| !sub.trim().is_empty())
        );
    }
}

/// Standard base64 of 44 bytes: with padding.
fn base64(bytes: &[u8]) -> String {
    let text: String = b64u::encode(bytes)
        .chars()
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    let padding = "=".repeat((4 - text.len() % 4) % 4);
    text + &padding
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
