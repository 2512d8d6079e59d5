use aws_lc_rs::hmac;

use crate::{hkdf_sha256, hmac_sha256};

/// Equality search over sealed values: an HMAC of the normalised value under a key of its own per column, cut to
/// 8 bytes. Equal values give equal indexes (that is what it leaks, and all it leaks); callers decrypt and compare again.
pub struct BlindIndex {
    key: [u8; 32],
}

impl BlindIndex {
    /// The index of one column, from the organisation's index key.
    pub fn new(index_key: &[u8], table: &str, column: &str) -> Self {
        Self {
            key: hkdf_sha256(
                index_key,
                b"wardesk-blind-index-v1",
                format!("{table}|{column}").as_bytes(),
            ),
        }
    }

    /// The index of a value that the caller has normalised.
    pub fn of(&self, normalised: &str) -> Vec<u8> {
        hmac_sha256(&self.key, normalised.as_bytes())
            .into_iter()
            .take(8)
            .collect()
    }

    /// The same for numbers.
    pub fn of_numbers(&self) -> NumberIndex {
        NumberIndex(hmac::Key::new(hmac::HMAC_SHA256, &self.key))
    }
}

/// A blind index of numbers of 64 bits, for who asks for a thousand million of them: the key is expanded once. An index
/// is the HMAC of the eight bytes, the highest first, cut to 16 bytes: over so many numbers none is met by chance.
pub struct NumberIndex(hmac::Key);

impl NumberIndex {
    /// The index of a number.
    pub fn of(&self, number: u64) -> [u8; 16] {
        let tag = hmac::sign(&self.0, &number.to_be_bytes());
        let mut index = [0; 16];
        for (to, from) in index.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        index
    }
}

impl Drop for BlindIndex {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_meet_within_a_column_and_nowhere_else() {
        let mail = BlindIndex::new(&[7; 32], "customer", "mail");
        let phone = BlindIndex::new(&[7; 32], "customer", "phone");
        assert_eq!(mail.of("ada@example.org"), mail.of("ada@example.org"));
        assert_ne!(mail.of("ada@example.org"), mail.of("bob@example.org"));
        assert_ne!(mail.of("same"), phone.of("same"));
    }

    #[test]
    fn the_index_of_a_number_is_the_hmac_of_its_bytes_under_the_key_of_the_column() {
        let index = BlindIndex::new(&[7; 32], "password_index", "sha1");
        let numbers = index.of_numbers();
        for number in [0, 1, 0x5baa_61e4_c9b9_3f3f, u64::MAX] {
            let plain = hmac_sha256(&index.key, &number.to_be_bytes());
            assert_eq!(numbers.of(number), plain[..16]);
        }
        let other = BlindIndex::new(&[7; 32], "password_index", "other");
        assert_ne!(numbers.of(1), other.of_numbers().of(1));
    }
}
