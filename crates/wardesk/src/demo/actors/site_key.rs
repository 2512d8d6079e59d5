//! The shop's own key: with it the website of Northwind Parcels vouches for who its customers are.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use wd_crypto::jws::{JwsError, SigningKey, key_id};
use wd_kernel::b64u;

use crate::demo::{Scene, installation::Installation, people::Person};

/// What stands before a raw Ed25519 public key in a SubjectPublicKeyInfo (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const LIFE: i64 = 300;

/// Signs identity tokens.
pub(in crate::demo) struct SiteKey(SigningKey);

impl SiteKey {
    pub(in crate::demo) fn new(installation: &Installation) -> Result<Self, JwsError> {
        SigningKey::from_seed(&installation.derive("site key")).map(Self)
    }

    /// The public half, for the organisation's settings.
    pub(in crate::demo) fn published(&self) -> Value {
        json!({ "kid": key_id(&self.0.public()), "alg": "EdDSA", "pem": pem(self.0.public()) })
    }

    /// A token that says who a customer is (RFC 7519).
    pub(super) fn vouch(&self, scene: &Scene, person: &Person) -> Result<String, JwsError> {
        let now = scene.around.clock.now().seconds();
        let mut jti = [0; 16];
        scene.around.entropy.fill(&mut jti);
        let audience = scene.app.public_url.origin().ascii_serialization();
        let claims = json!({
            "sub": person.external_id, "aud": audience, "iat": now, "exp": now + LIFE,
            "jti": b64u::encode(jti), "name": person.name, "email": person.mail,
        });
        self.0.sign("JWT", &claims)
    }
}

fn pem(public: [u8; 32]) -> String {
    let der = [SPKI.as_slice(), &public].concat();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(der)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_key_is_written_as_in_rfc_8410() {
        let raw = hex::decode("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1").unwrap();
        assert_eq!(
            pem(raw.try_into().unwrap()),
            "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"
        );
    }
}
