//! Sealing to a public key: HPKE base mode (RFC 9180), DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.
//! On the wire `enc ‖ ct`.

use openmls_rust_crypto::RustCrypto;
use openmls_traits::{crypto::OpenMlsCrypto, types::HpkeCiphertext};
use wd_kernel::Entropy;
use zeroize::{Zeroize, Zeroizing};

use super::{EngineError, PublicKey, Refusal, suite::HPKE};

const ENC: usize = 32;

/// An X25519 key pair to which others seal. The private half is wiped when dropped and never printed.
#[derive(Clone)]
pub struct SealingKey {
    private: Zeroizing<[u8; 32]>,
    public: PublicKey,
}

impl SealingKey {
    /// A new pair from random bytes.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EngineError> {
        let mut ikm = Zeroizing::new([0; 32]);
        entropy.fill(ikm.as_mut_slice());
        let pair = RustCrypto::default()
            .derive_hpke_keypair(HPKE, ikm.as_slice())
            .map_err(|_| EngineError::Crypto("derive a key pair"))?;
        let private = <[u8; 32]>::try_from(&*pair.private).map_err(|_| EngineError::Crypto("derive a key pair"))?;
        let public = pair
            .public
            .try_into()
            .map_err(|_| EngineError::Crypto("derive a key pair"))?;
        Ok(Self {
            private: Zeroizing::new(private),
            public: PublicKey(public),
        })
    }

    /// From its halves; refused unless they belong together.
    pub fn from_halves(private: &[u8], public: PublicKey) -> Result<Self, EngineError> {
        let private = Zeroizing::new(<[u8; 32]>::try_from(private).map_err(|_| Refusal::Form)?);
        let pair = Self { private, public };
        let probe = seal(&public, b"", b"", b"halves")?;
        pair.open(b"", b"", &probe)?;
        Ok(pair)
    }

    /// The public half.
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// The private half, to share it sealed or to save it.
    pub fn private(&self) -> &[u8; 32] {
        &self.private
    }

    /// Opens what was sealed to this key for this purpose.
    pub fn open(&self, info: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let (enc, ct) = sealed.split_at_checked(ENC).ok_or(Refusal::Form)?;
        let input = HpkeCiphertext {
            kem_output: enc.to_vec().into(),
            ciphertext: ct.to_vec().into(),
        };
        RustCrypto::default()
            .hpke_open(HPKE, &input, self.private.as_slice(), info, aad)
            .map(Zeroizing::new)
            .map_err(|_| Refusal::Undecryptable)
    }

    /// Opens a key of 32 bytes.
    pub(crate) fn open_key(&self, info: &[u8], aad: &str, sealed: &[u8]) -> Result<[u8; 32], Refusal> {
        let clear = self.open(info, aad.as_bytes(), sealed)?;
        <[u8; 32]>::try_from(clear.as_slice()).map_err(|_| Refusal::Form)
    }
}

/// Seals to a public key for a purpose.
pub fn seal(to: &PublicKey, info: &[u8], aad: &[u8], clear: &[u8]) -> Result<Vec<u8>, EngineError> {
    let sealed = RustCrypto::default()
        .hpke_seal(HPKE, &to.0, info, aad, clear)
        .map_err(|_| EngineError::Crypto("seal to a public key"))?;
    Ok([sealed.kem_output.as_slice(), sealed.ciphertext.as_slice()].concat())
}

impl Drop for SealingKey {
    fn drop(&mut self) {
        self.private.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wd_kernel::SeededEntropy;

    #[test]
    fn halves_of_two_pairs_do_not_make_one() {
        let (a, b) = (
            SealingKey::generate(&SeededEntropy::new(1)).unwrap(),
            SealingKey::generate(&SeededEntropy::new(2)).unwrap(),
        );
        assert!(SealingKey::from_halves(a.private(), a.public()).is_ok());
        assert!(SealingKey::from_halves(a.private(), b.public()).is_err());
    }

    #[test]
    fn what_was_sealed_for_another_purpose_does_not_open() {
        let pair = SealingKey::generate(&SeededEntropy::new(1)).unwrap();
        let sealed = seal(&pair.public(), b"letters", b"a", b"clear").unwrap();
        assert_eq!(pair.open(b"notes", b"a", &sealed).unwrap_err(), Refusal::Undecryptable);
        assert_eq!(
            pair.open(b"letters", b"b", &sealed).unwrap_err(),
            Refusal::Undecryptable
        );
        assert_eq!(pair.open(b"letters", b"a", &sealed[..20]).unwrap_err(), Refusal::Form);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn what_was_sealed_opens(clear: Vec<u8>, seed: u64) {
            let pair = SealingKey::generate(&SeededEntropy::new(seed)).unwrap();
            let sealed = seal(&pair.public(), b"i", b"a", &clear).unwrap();
            prop_assert_eq!(pair.open(b"i", b"a", &sealed).unwrap().to_vec(), clear);
        }
    }
}
