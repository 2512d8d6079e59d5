use crate::{Sha256, sha256};

/// Builds unambiguous bytes: every part is preceded by its length as eight big-endian bytes, the whole by a label
/// that separates purposes. Two different sequences of parts never give the same bytes.
#[derive(Debug, Clone)]
pub struct Canonical(Vec<u8>);

impl Canonical {
    /// Begins with a label such as `wardesk-audit-v1`.
    pub fn new(label: &str) -> Self {
        Self(Vec::new()).part(label.as_bytes())
    }

    /// Adds bytes.
    #[must_use]
    pub fn part(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.part(text.as_bytes())
    }

    /// Adds a number.
    #[must_use]
    pub fn number(self, n: i64) -> Self {
        self.part(&n.to_be_bytes())
    }

    /// Adds a value that may be absent; absence differs from emptiness.
    #[must_use]
    pub fn optional(self, bytes: Option<&[u8]>) -> Self {
        match bytes {
            None => self.part(&[0]),
            Some(bytes) => self.part(&[1]).part(bytes),
        }
    }

    /// The bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// SHA-256 of the bytes.
    pub fn hash(&self) -> Sha256 {
        sha256(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn moving_a_byte_between_parts_changes_the_bytes() {
        assert_ne!(
            Canonical::new("l").text("ab").text("c").into_bytes(),
            Canonical::new("l").text("a").text("bc").into_bytes()
        );
    }

    #[test]
    fn absence_differs_from_emptiness() {
        assert_ne!(
            Canonical::new("l").optional(None).into_bytes(),
            Canonical::new("l").optional(Some(b"")).into_bytes()
        );
    }

    proptest! {
        #[test]
        fn different_parts_never_collide(a: Vec<Vec<u8>>, b: Vec<Vec<u8>>) {
            let bytes = |parts: &[Vec<u8>]| parts.iter().fold(Canonical::new("l"), |c, p| c.part(p)).into_bytes();
            prop_assert_eq!(a == b, bytes(&a) == bytes(&b));
        }
    }
}
