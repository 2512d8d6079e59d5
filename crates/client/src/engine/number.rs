//! What people compare: the conversation number and the organisation's fingerprint.

use openmls_rust_crypto::RustCrypto;
use openmls_traits::{crypto::OpenMlsCrypto, types::HashType};
use wd_crypto::sha256;

use super::EngineError;

/// Slow on purpose: who looks for two groups with the same number pays this for every try.
const ROUNDS: usize = 5_200;

/// The conversation number of an epoch: twelve groups of five digits, with spaces.
pub fn conversation_number(epoch_authenticator: &[u8]) -> Result<String, EngineError> {
    let sha512 = |bytes: &[u8]| {
        RustCrypto::default()
            .hash(HashType::Sha2_512, bytes)
            .map_err(|_| EngineError::Crypto("hash with SHA-512"))
    };
    let mut digest = sha512(&[epoch_authenticator, b"wardesk-number-v1"].concat())?;
    for _ in 0..ROUNDS {
        digest = sha512(&digest)?;
    }
    let group = |bytes: &[u8]| bytes.iter().fold(0_u64, |value, byte| value * 256 + u64::from(*byte)) % 100_000;
    let groups: Vec<_> = digest
        .chunks_exact(5)
        .take(12)
        .map(|bytes| format!("{:05}", group(bytes)))
        .collect();
    Ok(groups.join(" "))
}

/// The organisation's fingerprint: ten groups of four upper-case hex digits, with spaces.
pub fn fingerprint(organisation_key: &[u8; 32]) -> String {
    let hash = sha256(organisation_key);
    let group = |pair: &[u8]| {
        pair.iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02X}"))
    };
    hash.chunks_exact(2).take(10).map(group).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_sixty_digits_in_twelve_groups() {
        let number = conversation_number(&[1; 32]).unwrap();
        assert_eq!(number.split(' ').map(str::len).collect::<Vec<_>>(), [5; 12]);
        assert_ne!(number, conversation_number(&[2; 32]).unwrap());
    }

    #[test]
    fn a_fingerprint_is_the_beginning_of_the_hash() {
        let text = fingerprint(&[0; 32]);
        assert_eq!(text, "6668 7AAD F862 BD77 6C8F C18B 8E9F 8E20 0897 1485");
    }
}
