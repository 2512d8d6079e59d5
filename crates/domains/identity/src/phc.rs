//! A password hash as text: the PHC string format (`$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`).

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::hash_cost::HashCost;

/// A hash with its salt and its cost.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct StoredHash {
    #[zeroize(skip)]
    pub cost: HashCost,
    pub salt: Vec<u8>,
    pub hash: Vec<u8>,
}

impl StoredHash {
    /// Takes the place of a hash where there is none.
    pub fn of_nobody(cost: HashCost) -> Self {
        Self {
            cost,
            salt: vec![0; 16],
            hash: vec![0; 32],
        }
    }

    /// The PHC string.
    pub fn to_phc(&self) -> String {
        format!(
            "$argon2id$v=19$m={},t={},p=1${}${}",
            self.cost.memory_kib,
            self.cost.passes,
            STANDARD_NO_PAD.encode(&self.salt),
            STANDARD_NO_PAD.encode(&self.hash)
        )
    }

    /// From a PHC string of argon2id, version 19, with one lane and a cost within the limits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$m=")?.split('$');
        let (cost, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let (memory_kib, passes) = cost.strip_suffix(",p=1")?.split_once(",t=")?;
        let stored = Self {
            cost: HashCost::of_stored(memory_kib.parse().ok()?, passes.parse().ok()?)?,
            salt: STANDARD_NO_PAD.decode(salt).ok()?,
            hash: STANDARD_NO_PAD.decode(hash).ok()?,
        };
        (stored.hash.len() == 32 && parts.next().is_none()).then_some(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_survives_its_text() {
        let stored = StoredHash {
            cost: HashCost::new(64 * 1024, 3).unwrap(),
            salt: vec![7; 16],
            hash: vec![9; 32],
        };
        let again = StoredHash::parse(&stored.to_phc()).unwrap();
        assert_eq!(
            (again.cost, &again.salt, &again.hash),
            (stored.cost, &stored.salt, &stored.hash)
        );
    }

    #[test]
    fn a_hash_made_before_costs_were_chosen_is_read() {
        let of_before = format!(
            "$argon2id$v=19$m=19456,t=2,p=1${}${}",
            STANDARD_NO_PAD.encode([1; 16]),
            STANDARD_NO_PAD.encode([2; 32])
        );
        let stored = StoredHash::parse(&of_before).unwrap();
        assert_eq!(stored.cost, HashCost::LEAST);
        assert_eq!(stored.to_phc(), of_before);
    }

    #[test]
    fn a_hash_that_asks_for_too_much_or_too_little_work_is_not_one() {
        let hash = STANDARD_NO_PAD.encode([2; 32]);
        for cost in [
            "m=65537,t=2",
            "m=19456,t=17",
            "m=8,t=2",
            "m=19456,t=1",
            "m=99999999999,t=2",
        ] {
            assert!(StoredHash::parse(&format!("$argon2id$v=19${cost},p=1$AAAA${hash}")).is_none());
        }
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
