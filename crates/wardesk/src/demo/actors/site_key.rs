//! The shop's own key: with it the website of Northwind Parcels vouches for who its customers are.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use wd_crypto::jws::{JwsError, SigningKey, key_id};
use wd_kernel::b64u;

use wd_client::{ClientError, Surroundings, engine::Refusal};

use crate::demo::{
    Scene,
    installation::Installation,
    people::{PEOPLE, Person},
};

/// What stands before a raw Ed25519 public key in a SubjectPublicKeyInfo (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const LIFE: i64 = 300;

/// Signs identity tokens.
pub(in crate::demo) struct SiteKey {
    key: SigningKey,
    audience: String,
    around: Surroundings,
}

impl SiteKey {
    pub(in crate::demo) fn new(scene: &Scene, installation: &Installation) -> Result<Self, JwsError> {
        Ok(Self {
            key: SigningKey::from_seed(&installation.derive("site key"))?,
            audience: scene.app.public_url.origin().ascii_serialization(),
            around: scene.around.clone(),
        })
    }

    /// The public half, for the organisation's settings.
    pub(in crate::demo) fn published(&self) -> Value {
        let public = self.key.public();
        json!({ "kid": key_id(&public), "alg": "EdDSA", "pem": pem(public) })
    }

    /// A token that says who a customer of the records is (RFC 7519).
    pub(super) fn vouch(&self, external_id: &str) -> Result<String, ClientError> {
        let person = PEOPLE.iter().find(|person| person.external_id == external_id);
        let Person { name, mail, .. } = person.ok_or(ClientError::UnknownConversation)?;
        let now = self.around.clock.now().seconds();
        let mut jti = [0; 16];
        self.around.entropy.fill(&mut jti);
        let claims = json!({
            "sub": external_id, "aud": self.audience, "iat": now, "exp": now + LIFE,
            "jti": b64u::encode(jti), "name": name, "email": mail,
        });
        Ok(self.key.sign("JWT", &claims).map_err(|_| Refusal::Statement)?)
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
