//! The team vault: folder keys and sealed entries, as values.
//!
//! A folder key reaches a device only by HPKE, and its commitment is signed by the device that made it. Each version of
//! an entry has a key of its own under the folder key. What is sealed is bound to its folder, entry and version.

use openmls_rust_crypto::RustCrypto;
use openmls_traits::{crypto::OpenMlsCrypto, types::AeadType};
use serde::{Serialize, de::DeserializeOwned};
use wd_crypto::{hkdf_sha256, jws, sha256};
use wd_kernel::{DeviceId, Entropy, VaultEntryId, VaultFolderId, b64u};
use zeroize::Zeroizing;

use super::{DeviceKeys, DeviceStatement, EngineError, Kind, PublicKey, Refusal, SealingKey, hpke};

const COMMIT: &[u8] = b"wardesk-team-vault-commit-v1\0";
const SIGNED: &[u8] = b"wardesk-team-vault-key-v1\0";
const SHARE: &[u8] = b"wardesk-team-vault-share-v1";
const NAME: &[u8] = b"wardesk-team-vault-name-v1";
const PREVIOUS: &[u8] = b"wardesk-team-vault-previous-v1";
const WRAP: &[u8] = b"wardesk-team-vault-wrap-v1";
const LIST: &[u8] = b"wardesk-team-vault-list-v1";
const SECRET: &[u8] = b"wardesk-team-vault-secret-v1";
const NONCE: usize = 12;
/// Texts are filled up to a multiple of this many bytes, so that their length says little.
const STEP: usize = 256;

/// A version of a folder's key. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct FolderKey {
    folder: VaultFolderId,
    version: i64,
    key: Zeroizing<[u8; 32]>,
}

/// A version of an entry, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEntry {
    /// The entry's key under the folder key.
    pub wrapped: Vec<u8>,
    /// What the list shows.
    pub list: Vec<u8>,
    /// The secret part.
    pub secret: Vec<u8>,
}

impl FolderKey {
    /// A new random key.
    pub fn generate(folder: VaultFolderId, version: i64, entropy: &dyn Entropy) -> Self {
        Self {
            folder,
            version,
            key: random(entropy),
        }
    }

    /// SHA-256 that binds the signature to the key without telling it.
    pub fn commitment(&self) -> PublicKey {
        PublicKey(sha256([COMMIT, self.key.as_slice()].concat()))
    }

    /// The maker's signature over folder, version, commitment and time (seconds).
    pub fn sign(&self, maker: &DeviceKeys, at: i64) -> Vec<u8> {
        maker.sign(&signed(self.folder, self.version, &self.commitment(), at))
    }

    /// Seals the key to a member's device. Check the statement first.
    pub fn share(&self, with: &DeviceStatement) -> Result<Vec<u8>, EngineError> {
        if with.kind != Kind::Staff {
            return Err(Refusal::Statement.into());
        }
        let aad = format!("{}|{}|{}", self.folder, self.version, with.device);
        hpke::seal(&with.hpke_key, SHARE, aad.as_bytes(), self.key.as_slice())
    }

    /// Opens a share; refused unless a staff device signed the commitment to this very key. `maker` is the checked
    /// statement of the device that made it.
    pub fn open_share(
        (folder, version): (VaultFolderId, i64),
        (device, own): (DeviceId, &SealingKey),
        sealed: &[u8],
        maker: &DeviceStatement,
        (commitment, at, signature): (&PublicKey, i64, &[u8]),
    ) -> Result<Self, Refusal> {
        if maker.kind != Kind::Staff {
            return Err(Refusal::Statement);
        }
        jws::verify_raw(&maker.mls_key.0, &signed(folder, version, commitment, at), signature)
            .map_err(|_| Refusal::Signature)?;
        let key = own.open_key(SHARE, &format!("{folder}|{version}|{device}"), sealed)?;
        let key = Self {
            folder,
            version,
            key: Zeroizing::new(key),
        };
        if key.commitment() == *commitment {
            Ok(key)
        } else {
            Err(Refusal::Form)
        }
    }

    /// Seals the folder's name.
    pub fn seal_name(&self, name: &str, entropy: &dyn Entropy) -> Result<Vec<u8>, EngineError> {
        let aad = format!("{}|{}", self.folder, self.version);
        seal(&self.key, NAME, &aad, &padded(&name)?, entropy)
    }

    /// Opens the folder's name.
    pub fn open_name(&self, sealed: &[u8]) -> Result<String, Refusal> {
        let aad = format!("{}|{}", self.folder, self.version);
        read(&open(&self.key, NAME, &aad, sealed)?)
    }

    /// Seals the key before under this one.
    pub fn seal_previous(&self, previous: &Self, entropy: &dyn Entropy) -> Result<Vec<u8>, EngineError> {
        let aad = format!("{}|{}", self.folder, self.version);
        seal(&self.key, PREVIOUS, &aad, previous.key.as_slice(), entropy)
    }

    /// Opens the key before.
    pub fn open_previous(&self, sealed: &[u8]) -> Result<Self, Refusal> {
        let aad = format!("{}|{}", self.folder, self.version);
        Ok(Self {
            folder: self.folder,
            version: self.version - 1,
            key: key_of(&open(&self.key, PREVIOUS, &aad, sealed)?)?,
        })
    }

    /// Seals a version of an entry under a fresh key.
    pub fn seal_entry(
        &self,
        entry: VaultEntryId,
        version: i64,
        (list, secret): (&impl Serialize, &impl Serialize),
        entropy: &dyn Entropy,
    ) -> Result<SealedEntry, EngineError> {
        let own = random(entropy);
        let aad = format!("{}|{entry}|{version}", self.folder);
        let wrapped = format!("{aad}|{}", self.version);
        Ok(SealedEntry {
            wrapped: seal(&self.key, WRAP, &wrapped, own.as_slice(), entropy)?,
            list: seal(&own, LIST, &aad, &padded(list)?, entropy)?,
            secret: seal(&own, SECRET, &aad, &padded(secret)?, entropy)?,
        })
    }

    /// Opens what the list shows of a version.
    pub fn open_list<T: DeserializeOwned>(
        &self,
        entry: VaultEntryId,
        version: i64,
        (wrapped, list): (&[u8], &[u8]),
    ) -> Result<T, Refusal> {
        let own = self.unwrap(entry, version, wrapped)?;
        read(&open(&own, LIST, &format!("{}|{entry}|{version}", self.folder), list)?)
    }

    /// Opens the secret part of a version.
    pub fn open_secret<T: DeserializeOwned>(
        &self,
        entry: VaultEntryId,
        version: i64,
        (wrapped, secret): (&[u8], &[u8]),
    ) -> Result<T, Refusal> {
        let own = self.unwrap(entry, version, wrapped)?;
        read(&open(
            &own,
            SECRET,
            &format!("{}|{entry}|{version}", self.folder),
            secret,
        )?)
    }

    /// Puts an entry's key under this folder key, from the one before.
    pub fn take_over(
        &self,
        previous: &Self,
        (entry, version): (VaultEntryId, i64),
        wrapped: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, EngineError> {
        let own = previous.unwrap(entry, version, wrapped)?;
        let aad = format!("{}|{entry}|{version}|{}", self.folder, self.version);
        seal(&self.key, WRAP, &aad, own.as_slice(), entropy)
    }

    fn unwrap(&self, entry: VaultEntryId, version: i64, wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, Refusal> {
        let aad = format!("{}|{entry}|{version}|{}", self.folder, self.version);
        key_of(&open(&self.key, WRAP, &aad, wrapped)?)
    }
}

fn signed(folder: VaultFolderId, version: i64, commitment: &PublicKey, at: i64) -> Vec<u8> {
    [
        SIGNED,
        format!("{folder}|{version}|{}|{at}", b64u::encode(commitment.0)).as_bytes(),
    ]
    .concat()
}

fn random(entropy: &dyn Entropy) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    entropy.fill(key.as_mut_slice());
    key
}

fn key_of(clear: &[u8]) -> Result<Zeroizing<[u8; 32]>, Refusal> {
    clear.try_into().map(Zeroizing::new).map_err(|_| Refusal::Form)
}

/// JSON with blanks behind it, up to a multiple of [`STEP`] bytes.
fn padded(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, EngineError> {
    let mut json =
        Zeroizing::new(serde_json::to_vec(value).map_err(|_| EngineError::Crypto("write a vault entry's JSON"))?);
    let length = json.len().next_multiple_of(STEP);
    json.resize(length, b' ');
    Ok(json)
}

fn read<T: DeserializeOwned>(clear: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(clear).map_err(|_| Refusal::Form)
}

fn seal(key: &[u8; 32], label: &[u8], aad: &str, clear: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, EngineError> {
    let key = Zeroizing::new(hkdf_sha256(key, b"", label));
    let mut nonce = [0; NONCE];
    entropy.fill(&mut nonce);
    let sealed = RustCrypto::default()
        .aead_encrypt(AeadType::Aes256Gcm, key.as_slice(), clear, &nonce, aad.as_bytes())
        .map_err(|_| EngineError::Crypto("seal for the team vault"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(key: &[u8; 32], label: &[u8], aad: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let key = Zeroizing::new(hkdf_sha256(key, b"", label));
    let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or(Refusal::Form)?;
    RustCrypto::default()
        .aead_decrypt(AeadType::Aes256Gcm, key.as_slice(), sealed, nonce, aad.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| Refusal::Undecryptable)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wd_kernel::{Id as _, SeededEntropy};

    use super::*;

    fn folder() -> VaultFolderId {
        VaultFolderId::from_uuid(uuid::Uuid::from_u128(1))
    }

    fn entry(number: u128) -> VaultEntryId {
        VaultEntryId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn sealed(key: &FolderKey, number: u128, version: i64, chance: &SeededEntropy) -> SealedEntry {
        let parts = (
            &json!({"title": "Parcel portal"}),
            &json!({"password": format!("{number}-{version}")}),
        );
        key.seal_entry(entry(number), version, parts, chance).unwrap()
    }

    #[test]
    fn an_entry_opens_only_in_its_place_and_version() {
        let chance = SeededEntropy::new(5);
        let key = FolderKey::generate(folder(), 1, &chance);
        let (a, b) = (sealed(&key, 1, 2, &chance), sealed(&key, 2, 2, &chance));
        let secret: Value = key.open_secret(entry(1), 2, (&a.wrapped, &a.secret)).unwrap();
        assert_eq!(secret["password"], "1-2");
        let open = |number, version, wrapped: &[u8], secret: &[u8]| {
            key.open_secret::<Value>(entry(number), version, (wrapped, secret))
                .unwrap_err()
        };
        assert_eq!(
            open(1, 2, &b.wrapped, &b.secret),
            Refusal::Undecryptable,
            "two entries swapped"
        );
        assert_eq!(
            open(1, 2, &a.wrapped, &b.secret),
            Refusal::Undecryptable,
            "two secrets swapped"
        );
        assert_eq!(open(1, 2, &a.wrapped, &a.list), Refusal::Undecryptable, "parts swapped");
        assert_eq!(
            open(1, 3, &a.wrapped, &a.secret),
            Refusal::Undecryptable,
            "an old version as a new one"
        );
        assert_eq!(open(1, 2, &a.wrapped, &a.secret[..9]), Refusal::Form);
    }

    #[test]
    fn after_a_re_key_the_old_key_opens_nothing_and_the_new_one_everything() {
        let chance = SeededEntropy::new(6);
        let old = FolderKey::generate(folder(), 1, &chance);
        let before = sealed(&old, 1, 1, &chance);
        let new = FolderKey::generate(folder(), 2, &chance);
        let previous = new.open_previous(&new.seal_previous(&old, &chance).unwrap()).unwrap();
        let wrapped = new
            .take_over(&previous, (entry(1), 1), &before.wrapped, &chance)
            .unwrap();
        let secret: Value = new.open_secret(entry(1), 1, (&wrapped, &before.secret)).unwrap();
        assert_eq!(secret["password"], "1-1");
        let after = sealed(&new, 2, 1, &chance);
        for (number, wrapped, secret) in [(1, &wrapped, &before.secret), (2, &after.wrapped, &after.secret)] {
            let refused = old
                .open_secret::<Value>(entry(number), 1, (wrapped, secret))
                .unwrap_err();
            assert_eq!(refused, Refusal::Undecryptable);
        }
    }

    #[test]
    fn the_length_of_what_is_sealed_says_little() {
        let chance = SeededEntropy::new(7);
        let key = FolderKey::generate(folder(), 1, &chance);
        let long = key.seal_name(&"n".repeat(200), &chance).unwrap();
        let short = key.seal_name("n", &chance).unwrap();
        assert_eq!(long.len(), short.len());
        assert_eq!(key.open_name(&short).unwrap(), "n");
    }
}
