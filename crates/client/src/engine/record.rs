//! Records: encrypted, signed texts under a history key or a note key (letters, archive copies, notes).

use openmls_rust_crypto::RustCrypto;
use openmls_traits::{crypto::OpenMlsCrypto, types::AeadType};
use serde::{Deserialize, Serialize};
use wd_crypto::{Sha256, jws, sha256};
use wd_kernel::{ConversationId, DeviceId, Entropy, Timestamp, b64u};
use zeroize::Zeroizing;

use super::{Bytes, DeviceKeys, EngineError, PublicKey, Refusal};

/// The longest text, in bytes of UTF-8.
pub const MAX_TEXT: usize = 65_536;
const SIGNED: &[u8] = b"wardesk-record-v1\0";

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordType {
    /// What a customer writes while no staff is in the group.
    Letter,
    /// The copy beside a message, for those who join later.
    Archive,
    /// A note among staff.
    Note,
}

/// A record on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The header's JSON.
    pub header: Bytes,
    /// 12 bytes.
    pub nonce: Bytes,
    /// AES-256-GCM of the text, with the header as associated data.
    pub ciphertext: Bytes,
    /// Ed25519 by the device, over header, nonce and ciphertext.
    pub signature: Bytes,
}

/// What a record says about itself, in the clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordHeader {
    /// Always 1.
    pub v: u8,
    /// What it is.
    pub typ: RecordType,
    /// Where it belongs.
    pub conversation: ConversationId,
    /// The sender's id for it: 16 random bytes, `b64u`.
    pub id: String,
    /// Which device wrote it.
    pub device: DeviceId,
    /// The epoch of the history key, or the number of the note key.
    pub key: u64,
    /// Milliseconds since the epoch by the sender's clock.
    pub at: i64,
}

#[derive(Serialize, Deserialize)]
struct Plain {
    kind: String,
    body: String,
}

/// A 256-bit key of records: a history key or a note key. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct RecordKey(Zeroizing<[u8; 32]>);

impl RecordKey {
    /// From its bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new random one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// The bytes, to seal them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A new id for something this client sends.
pub fn client_id(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    b64u::encode(bytes)
}

impl RecordHeader {
    /// A header of the present version.
    pub fn new(
        typ: RecordType,
        conversation: ConversationId,
        id: &str,
        device: DeviceId,
        key: u64,
        at: Timestamp,
    ) -> Self {
        Self {
            v: 1,
            typ,
            conversation,
            id: id.to_owned(),
            device,
            key,
            at: at.millis(),
        }
    }
}

impl Record {
    /// Encrypts and signs a text.
    pub fn seal(
        header: &RecordHeader,
        body: &str,
        key: &RecordKey,
        keys: &DeviceKeys,
        entropy: &dyn Entropy,
    ) -> Result<Self, EngineError> {
        if body.len() > MAX_TEXT {
            return Err(EngineError::TooLong);
        }
        let json = |_| EngineError::Crypto("write a record's JSON");
        let header = serde_json::to_vec(header).map_err(json)?;
        let plain = Plain {
            kind: "text".into(),
            body: body.into(),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&plain).map_err(json)?);
        let mut nonce = [0; 12];
        entropy.fill(&mut nonce);
        let ciphertext = RustCrypto::default()
            .aead_encrypt(AeadType::Aes256Gcm, key.expose(), &plain, &nonce, &header)
            .map_err(|_| EngineError::Crypto("encrypt a record"))?;
        let signature = keys.sign(&[SIGNED, &header, &nonce, &ciphertext].concat());
        Ok(Self {
            header: header.into(),
            nonce: nonce.to_vec().into(),
            ciphertext: ciphertext.into(),
            signature: signature.into(),
        })
    }

    /// The header, unchecked.
    pub fn header(&self) -> Result<RecordHeader, Refusal> {
        let header: RecordHeader = serde_json::from_slice(&self.header.0).map_err(|_| Refusal::Form)?;
        if header.v == 1 { Ok(header) } else { Err(Refusal::Form) }
    }

    /// Checks that the header says what the carrying item says, and the signature of its device. Needs no key.
    pub fn check(
        &self,
        signer: &PublicKey,
        typ: RecordType,
        conversation: ConversationId,
        id: &str,
        device: DeviceId,
    ) -> Result<RecordHeader, Refusal> {
        let header = self.header()?;
        if (header.typ, header.conversation, header.id.as_str(), header.device) != (typ, conversation, id, device) {
            return Err(Refusal::Form);
        }
        let message = [SIGNED, &self.header.0, &self.nonce.0, &self.ciphertext.0].concat();
        jws::verify_raw(&signer.0, &message, &self.signature.0).map_err(|_| Refusal::Signature)?;
        Ok(header)
    }

    /// Decrypts the text.
    pub fn open(&self, key: &RecordKey) -> Result<String, Refusal> {
        if self.nonce.0.len() != 12 {
            return Err(Refusal::Form);
        }
        let plain = RustCrypto::default()
            .aead_decrypt(
                AeadType::Aes256Gcm,
                key.expose(),
                &self.ciphertext.0,
                &self.nonce.0,
                &self.header.0,
            )
            .map_err(|_| Refusal::Undecryptable)?;
        let plain: Plain = serde_json::from_slice(&Zeroizing::new(plain)).map_err(|_| Refusal::Form)?;
        if plain.kind == "text" && plain.body.len() <= MAX_TEXT {
            Ok(plain.body)
        } else {
            Err(Refusal::Form)
        }
    }

    /// SHA-256 over `HEADER ‖ nonce ‖ ciphertext ‖ signature`.
    pub fn hash(&self) -> Sha256 {
        sha256(
            [
                self.header.0.as_slice(),
                &self.nonce.0,
                &self.ciphertext.0,
                &self.signature.0,
            ]
            .concat(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wd_kernel::{Id, SeededEntropy};

    fn keys() -> DeviceKeys {
        DeviceKeys::generate(&SeededEntropy::new(3)).unwrap()
    }

    fn header(n: u128) -> RecordHeader {
        let (conversation, device) = (
            ConversationId::from_uuid(uuid::Uuid::from_u128(n)),
            DeviceId::from_uuid(uuid::Uuid::from_u128(2)),
        );
        RecordHeader::new(
            RecordType::Letter,
            conversation,
            "AAAAAAAAAAAAAAAAAAAAAA",
            device,
            4,
            Timestamp::from_seconds(1000),
        )
    }

    fn check(record: &Record, header: &RecordHeader, keys: &DeviceKeys) -> Result<RecordHeader, Refusal> {
        record.check(
            &keys.mls_key(),
            header.typ,
            header.conversation,
            &header.id,
            header.device,
        )
    }

    #[test]
    fn a_text_of_exactly_the_limit_fits_and_one_byte_more_does_not() {
        let key = RecordKey::new([1; 32]);
        let seal = |text: &str| Record::seal(&header(1), text, &key, &keys(), &SeededEntropy::new(1));
        assert_eq!(seal(&"x".repeat(MAX_TEXT)).unwrap().open(&key).unwrap().len(), MAX_TEXT);
        assert!(matches!(seal(&"x".repeat(MAX_TEXT + 1)), Err(EngineError::TooLong)));
    }

    #[test]
    fn a_record_moved_to_another_conversation_is_refused() {
        let record = Record::seal(
            &header(1),
            "hello",
            &RecordKey::new([1; 32]),
            &keys(),
            &SeededEntropy::new(1),
        )
        .unwrap();
        assert!(check(&record, &header(1), &keys()).is_ok());
        assert_eq!(check(&record, &header(2), &keys()), Err(Refusal::Form));
    }

    #[test]
    fn a_record_signed_by_another_device_is_refused() {
        let record = Record::seal(
            &header(1),
            "hello",
            &RecordKey::new([1; 32]),
            &keys(),
            &SeededEntropy::new(1),
        )
        .unwrap();
        let other = DeviceKeys::generate(&SeededEntropy::new(9)).unwrap();
        assert_eq!(check(&record, &header(1), &other), Err(Refusal::Signature));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_was_sealed_opens_and_survives_the_wire(body in ".{0,400}", seed: u64) {
            let key = RecordKey::generate(&SeededEntropy::new(seed));
            let record = Record::seal(&header(1), &body, &key, &keys(), &SeededEntropy::new(seed)).unwrap();
            let record: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
            prop_assert!(check(&record, &header(1), &keys()).is_ok());
            prop_assert_eq!(record.open(&key).unwrap(), body);
        }

        #[test]
        fn any_flipped_bit_is_refused(body in ".{0,40}", part in 0_usize..4, at: prop::sample::Index, bit in 0_u8..8) {
            let key = RecordKey::new([1; 32]);
            let mut record = Record::seal(&header(1), &body, &key, &keys(), &SeededEntropy::new(1)).unwrap();
            let hash = record.hash();
            let bytes = match part {
                0 => &mut record.header.0,
                1 => &mut record.nonce.0,
                2 => &mut record.ciphertext.0,
                _ => &mut record.signature.0,
            };
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(check(&record, &header(1), &keys()).is_err());
            prop_assert_ne!(record.hash(), hash);
        }
    }
}
