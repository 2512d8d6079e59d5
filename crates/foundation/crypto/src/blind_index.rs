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
}
