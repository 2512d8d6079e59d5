//! A password hash as text: the PHC string format (`$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`).

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use zeroize::{Zeroize, ZeroizeOnDrop};

const PREFIX: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// A hash with its salt.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct StoredHash {
    pub salt: Vec<u8>,
    pub hash: Vec<u8>,
}

impl StoredHash {
    /// Takes the place of a hash where there is none.
    pub fn of_nobody() -> Self {
        Self {
            salt: vec![0; 16],
            hash: vec![0; 32],
        }
    }

    /// The PHC string.
    pub fn to_phc(&self) -> String {
        format!(
            "{PREFIX}{}${}",
            STANDARD_NO_PAD.encode(&self.salt),
            STANDARD_NO_PAD.encode(&self.hash)
        )
    }

    /// From a PHC string with these parameters.
    pub fn parse(text: &str) -> Option<Self> {
        let (salt, hash) = text.strip_prefix(PREFIX)?.split_once('$')?;
        let stored = Self {
            salt: STANDARD_NO_PAD.decode(salt).ok()?,
            hash: STANDARD_NO_PAD.decode(hash).ok()?,
        };
        (stored.hash.len() == 32).then_some(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_survives_its_text() {
        let stored = StoredHash {
            salt: vec![7; 16],
            hash: vec![9; 32],
        };
        let again = StoredHash::parse(&stored.to_phc()).unwrap();
        assert_eq!((&again.salt, &again.hash), (&stored.salt, &stored.hash));
    }

    #[test]
    fn a_hash_of_other_make_or_length_is_not_one() {
        for text in [
            "",
            "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA",
            "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA",
        ] {
            assert!(StoredHash::parse(text).is_none());
        }
    }
}
