//! A device: its keys, its statement, and the private halves of its key packages.

use openmls::prelude::{BasicCredential, CredentialWithKey, SignaturePublicKey};
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::{
    signatures::{Signer, SignerError},
    types::SignatureScheme,
};
use serde::{Deserialize, Serialize};
use wd_crypto::jws::SigningKey;
use wd_kernel::{DeviceId, Entropy, Timestamp};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Bytes, DeviceStatement, EngineError, PublicKey, Refusal, SealingKey, Trust, storage};

const PROOF: &[u8] = b"wardesk-device-v1\0";

/// The keys of a device: Ed25519 for MLS and records, X25519 for HPKE.
#[derive(Clone)]
pub struct DeviceKeys {
    seed: Zeroizing<[u8; 32]>,
    mls_key: PublicKey,
    hpke: SealingKey,
}

impl DeviceKeys {
    /// New keys.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EngineError> {
        let mut seed = Zeroizing::new([0; 32]);
        entropy.fill(seed.as_mut_slice());
        Self::from_parts(&seed, SealingKey::generate(entropy)?)
    }

    /// From an Ed25519 seed (the private key of RFC 8032) and an X25519 pair.
    pub fn from_parts(seed: &[u8; 32], hpke: SealingKey) -> Result<Self, EngineError> {
        let mls_key = PublicKey(signing(seed)?.public());
        Ok(Self {
            seed: Zeroizing::new(*seed),
            mls_key,
            hpke,
        })
    }

    /// The signature key.
    pub const fn mls_key(&self) -> PublicKey {
        self.mls_key
    }

    /// The pair others seal to.
    pub const fn hpke(&self) -> &SealingKey {
        &self.hpke
    }

    /// Signs bytes as they are.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        // The seed was accepted when the keys were made; an empty signature never verifies.
        signing(&self.seed).map(|key| key.sign_raw(message)).unwrap_or_default()
    }

    /// What shows the server that both keys belong to this device.
    pub fn proof(&self) -> Bytes {
        self.sign(&[PROOF, &self.mls_key.0, &self.hpke.public().0].concat())
            .into()
    }
}

impl Signer for DeviceKeys {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        signing(&self.seed)
            .map(|key| key.sign_raw(payload))
            .map_err(|_| SignerError::SigningError)
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

/// An enrolled device.
pub struct Device {
    keys: DeviceKeys,
    statement: DeviceStatement,
    jws: String,
    pub(super) packages: OpenMlsRustCrypto,
}

impl Device {
    /// The keys together with the organisation's word about them, which is checked.
    pub fn enrolled(keys: DeviceKeys, statement: &str, trust: &Trust, now: Timestamp) -> Result<Self, EngineError> {
        let checked = own_statement(&keys, statement, trust, now)?;
        Ok(Self {
            keys,
            statement: checked,
            jws: statement.to_owned(),
            packages: OpenMlsRustCrypto::default(),
        })
    }

    /// Takes a renewed statement of the same device. Groups learn it with this device's next commit.
    pub fn renew(&mut self, statement: &str, trust: &Trust, now: Timestamp) -> Result<(), EngineError> {
        let checked = own_statement(&self.keys, statement, trust, now)?;
        if (checked.device, &checked.sub) != (self.statement.device, &self.statement.sub) {
            return Err(Refusal::Statement.into());
        }
        self.statement = checked;
        statement.clone_into(&mut self.jws);
        Ok(())
    }

    /// The id.
    pub const fn id(&self) -> DeviceId {
        self.statement.device
    }

    /// The keys.
    pub const fn keys(&self) -> &DeviceKeys {
        &self.keys
    }

    /// The statement.
    pub const fn statement(&self) -> &DeviceStatement {
        &self.statement
    }

    /// The statement as the organisation signed it.
    pub fn statement_jws(&self) -> &str {
        &self.jws
    }

    pub(super) fn credential(&self) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(self.jws.clone().into_bytes()).into(),
            signature_key: SignaturePublicKey::from(self.keys.mls_key.0.to_vec()),
        }
    }

    /// Everything, secrets included, to be sealed and kept.
    pub fn save(&self) -> SavedDevice {
        SavedDevice {
            seed: self.keys.seed.to_vec().into(),
            hpke_private: self.keys.hpke.private().to_vec().into(),
            hpke_public: self.keys.hpke.public(),
            statement: self.jws.clone(),
            packages: storage::dump(&self.packages),
        }
    }

    /// The device as it was saved. A statement that ran out meanwhile still loads: renew it.
    pub fn load(saved: &SavedDevice, trust: &Trust) -> Result<Self, EngineError> {
        let seed = Zeroizing::new(<[u8; 32]>::try_from(saved.seed.0.as_slice()).map_err(|_| EngineError::State)?);
        let keys = DeviceKeys::from_parts(
            &seed,
            SealingKey::from_halves(&saved.hpke_private.0, saved.hpke_public)?,
        )?;
        let statement = trust.device_of_any_time(&saved.statement)?;
        Ok(Self {
            keys,
            statement,
            jws: saved.statement.clone(),
            packages: storage::restore(&saved.packages),
        })
    }
}

/// A saved device. Holds secrets: seal it before it goes anywhere.
#[derive(Serialize, Deserialize)]
pub struct SavedDevice {
    seed: Bytes,
    hpke_private: Bytes,
    hpke_public: PublicKey,
    statement: String,
    packages: storage::Dump,
}

impl Drop for SavedDevice {
    fn drop(&mut self) {
        self.seed.0.zeroize();
        self.hpke_private.0.zeroize();
    }
}

impl ZeroizeOnDrop for SavedDevice {}

fn own_statement(keys: &DeviceKeys, text: &str, trust: &Trust, now: Timestamp) -> Result<DeviceStatement, EngineError> {
    let statement = trust.device(text, now)?;
    if (statement.mls_key, statement.hpke_key) != (keys.mls_key, keys.hpke.public()) {
        return Err(Refusal::Statement.into());
    }
    Ok(statement)
}

fn signing(seed: &[u8; 32]) -> Result<SigningKey, EngineError> {
    SigningKey::from_seed(seed).map_err(|_| EngineError::Crypto("read an Ed25519 seed"))
}
