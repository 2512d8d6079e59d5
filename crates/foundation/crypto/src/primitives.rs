use aws_lc_rs::{constant_time, digest, hkdf, hmac};

/// The 32 bytes of a SHA-256 digest.
pub type Sha256 = [u8; 32];

/// SHA-256 (FIPS 180-4).
pub fn sha256(bytes: impl AsRef<[u8]>) -> Sha256 {
    to_array(digest::digest(&digest::SHA256, bytes.as_ref()).as_ref())
}

/// What the database keeps of a token of 256 random bits. A plain hash suffices because the token cannot be guessed.
pub fn token_hash(token: &str) -> Sha256 {
    sha256(token.as_bytes())
}

/// HMAC-SHA-256 (RFC 2104).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Sha256 {
    to_array(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref())
}

/// HKDF-SHA-256 (RFC 5869), 32 bytes out.
///
/// # Panics
/// Never for this fixed length; better to stop than to go on with a key of zeros.
pub fn hkdf_sha256(secret: &[u8], salt: &[u8], info: &[u8]) -> Sha256 {
    let mut out = [0; 32];
    let info = [info];
    let filled = hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&info, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut out));
    // Only lengths above 255 blocks can fail, and this one is fixed; a zero key must still never be used.
    assert!(filled.is_ok(), "HKDF refused a 32-byte output");
    out
}

/// Compares in constant time.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

fn to_array(digest: &[u8]) -> Sha256 {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_answers_the_fips_vector() {
        assert_eq!(
            hex::encode(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn hmac_answers_rfc_4231_case_2() {
        assert_eq!(
            hex::encode(hmac_sha256(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn hkdf_answers_rfc_5869_case_1() {
        let salt = hex::decode("000102030405060708090a0b0c").unwrap();
        let info = hex::decode("f0f1f2f3f4f5f6f7f8f9").unwrap();
        assert_eq!(
            hex::encode(hkdf_sha256(&[0x0b; 22], &salt, &info)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
        );
    }
}
