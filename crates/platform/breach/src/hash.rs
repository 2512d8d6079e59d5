//! Hashes of passwords as the published lists have them.

use std::fmt;

use md4::Md4;
use sha1::{Digest as _, Sha1};

use crate::hex;

/// Which hash a corpus is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// SHA-1 (FIPS 180-4) of the password's bytes: 160 bits.
    Sha1,
    /// NTLM: MD4 (RFC 1320) of the password in UTF-16, little endian: 128 bits.
    Ntlm,
}

impl Kind {
    /// Hexadecimal digits of a whole hash.
    pub const fn digits(self) -> usize {
        match self {
            Self::Sha1 => 40,
            Self::Ntlm => 32,
        }
    }

    /// Bytes of a hash beyond the first eight.
    pub(crate) const fn tail(self) -> usize {
        match self {
            Self::Sha1 => 12,
            Self::Ntlm => 8,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha1 => "SHA-1",
            Self::Ntlm => "NTLM",
        })
    }
}

/// A whole hash. Ordered as its hexadecimal digits are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash {
    prefix: u64,
    /// The rest; what a shorter hash does not have is zero.
    rest: [u32; 3],
}

impl Hash {
    /// From the bytes of a SHA-1.
    pub fn sha1(bytes: &[u8; 20]) -> Self {
        Self::of_bytes(bytes)
    }

    /// From the bytes of an NTLM hash.
    pub fn ntlm(bytes: &[u8; 16]) -> Self {
        Self::of_bytes(bytes)
    }

    /// Of a password. `None`: it is not UTF-8 and has no NTLM hash.
    pub fn of_password(kind: Kind, password: &[u8]) -> Option<Self> {
        match kind {
            Kind::Sha1 => Some(Self::of_bytes(&Sha1::digest(password))),
            Kind::Ntlm => {
                let mut state = Md4::new();
                for unit in str::from_utf8(password).ok()?.encode_utf16() {
                    state.update(unit.to_le_bytes());
                }
                Some(Self::of_bytes(&state.finalize()))
            }
        }
    }

    /// From hexadecimal digits of either case; `None` when they are not exactly those of such a hash.
    pub fn parse(kind: Kind, digits: &[u8]) -> Option<Self> {
        match kind {
            Kind::Sha1 => Self::of_sha1_digits(digits.try_into().ok()?),
            Kind::Ntlm => Self::of_ntlm_digits(digits.try_into().ok()?),
        }
    }

    /// The first 64 bits: what a corpus without counts keeps.
    pub const fn prefix(&self) -> u64 {
        self.prefix
    }

    pub(crate) const fn new(prefix: u64, rest: [u32; 3]) -> Self {
        Self { prefix, rest }
    }

    pub(crate) const fn with_prefix(self, prefix: u64) -> Self {
        Self::new(prefix, self.rest)
    }

    #[inline]
    pub(crate) fn of_sha1_digits(digits: &[u8; 40]) -> Option<Self> {
        Self::of_digits(digits.as_chunks().0)
    }

    #[inline]
    pub(crate) fn of_ntlm_digits(digits: &[u8; 32]) -> Option<Self> {
        Self::of_digits(digits.as_chunks().0)
    }

    #[inline]
    fn of_digits(digits: &[[u8; 8]]) -> Option<Self> {
        let mut words = [0; 5];
        for (word, eight) in words.iter_mut().zip(digits) {
            *word = hex::eight(*eight)?;
        }
        Some(Self::of_words(words))
    }

    #[inline]
    fn of_words(words: [u32; 5]) -> Self {
        let [high, low, rest @ ..] = words;
        Self::new((u64::from(high) << 32) | u64::from(low), rest)
    }

    /// Whatever bytes: a hash that is longer is cut, one that is shorter ends in zeros.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let mut whole = [0; 20];
        for (byte, from) in whole.iter_mut().zip(bytes) {
            *byte = *from;
        }
        Self::of_words(words(&whole))
    }

    /// The bytes; those a shorter hash does not have are zero.
    pub fn to_bytes(&self) -> [u8; 20] {
        let mut bytes = [0; 20];
        let (head, tail) = bytes.split_at_mut(8);
        head.copy_from_slice(&self.prefix.to_be_bytes());
        for (chunk, word) in tail.chunks_exact_mut(4).zip(self.rest) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    /// The bytes beyond the first eight.
    pub(crate) fn tail(&self) -> [u8; 12] {
        let mut tail = [0; 12];
        for (chunk, word) in tail.chunks_exact_mut(4).zip(self.rest) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
        tail
    }

    /// Upper-case hexadecimal digits behind the first five, as a range file has them, into `text`.
    /// The digits after the first five, in capitals, as the published interface shows them.
    pub fn suffix(&self, kind: Kind) -> String {
        let mut text = Vec::with_capacity(kind.digits());
        self.suffix_into(kind, &mut text);
        String::from_utf8(text).unwrap_or_default()
    }

    pub(crate) fn suffix_into(&self, kind: Kind, text: &mut Vec<u8>) {
        let head = hex::upper::<16>(self.prefix.into());
        text.extend_from_slice(head.split_at(5).1);
        let rest = self.rest.iter().take(kind.tail() / 4);
        for word in rest {
            text.extend_from_slice(&hex::upper::<8>((*word).into()));
        }
    }
}

/// What was asked for is nobody's business.
impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash(…)")
    }
}

fn words(bytes: &[u8; 20]) -> [u32; 5] {
    let mut words = [0; 5];
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*chunk);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: Kind, hash: &Hash) -> String {
        let mut text = hex::upper::<5>((hash.prefix() >> 44).into()).to_vec();
        hash.suffix_into(kind, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn passwords_have_the_hashes_that_everybody_knows() {
        let sha1 = Hash::of_password(Kind::Sha1, b"password").unwrap();
        assert_eq!(text(Kind::Sha1, &sha1), "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
        let ntlm = Hash::of_password(Kind::Ntlm, b"password").unwrap();
        assert_eq!(text(Kind::Ntlm, &ntlm), "8846F7EAEE8FB117AD06BDD830B7586C");
        let empty = Hash::of_password(Kind::Ntlm, b"").unwrap();
        assert_eq!(text(Kind::Ntlm, &empty), "31D6CFE0D16AE931B73C59D7E0C089C0");
        assert!(Hash::of_password(Kind::Ntlm, b"\xff").is_none());
    }

    #[test]
    fn digits_and_bytes_of_a_hash_are_the_same_hash() {
        for (kind, digits) in [
            (Kind::Sha1, "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"),
            (Kind::Ntlm, "8846f7eaee8fb117ad06bdd830b7586c"),
        ] {
            let hash = Hash::parse(kind, digits.as_bytes()).unwrap();
            assert!(hash == Hash::of_bytes(&hash.to_bytes()));
            assert!(hash == Hash::of_password(kind, b"password").unwrap());
            assert!(Hash::parse(kind, &digits.as_bytes()[1..]).is_none());
            assert_eq!(text(kind, &hash), digits.to_uppercase());
        }
    }

    #[test]
    fn what_was_asked_for_is_not_printed() {
        let hash = Hash::of_password(Kind::Sha1, b"password").unwrap();
        assert_eq!(format!("{hash:?}"), "Hash(…)");
    }
}
