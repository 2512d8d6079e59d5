//! The first key provider: a file that holds the key-encryption key, sealed under a passphrase (argon2id) or a key
//! of 32 random bytes kept elsewhere.

use std::{fs, io::Write as _, path::Path};

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use wd_crypto::{Aad, Key, KeyRef, envelope};
use wd_kernel::{Entropy, Id as _, KeyId, SecretBytes, SecretString, b64u};
use zeroize::Zeroize as _;

use crate::VaultError;

/// What opens the file.
#[derive(Debug)]
pub enum Unlock {
    /// A passphrase of a person, stretched with argon2id (64 MiB, t = 3, p = 1).
    Passphrase(SecretString),
    /// 32 or more random bytes from a file or the environment.
    Key(SecretBytes),
}

/// The opened key-encryption key.
pub struct KeyFile {
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) kek: Key,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnDisk {
    format: u32,
    id: String,
    version: i64,
    /// `argon2id` or `hkdf`.
    kdf: String,
    salt: String,
    sealed: String,
}

const FORMAT: u32 = 1;

impl KeyFile {
    /// Opens the file, or makes it with a new key when it is not there. The file is readable by its owner only.
    pub fn open_or_create(path: &Path, unlock: &Unlock, entropy: &dyn Entropy) -> Result<Self, VaultError> {
        match fs::read(path) {
            Ok(bytes) => Self::open(&bytes, unlock),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::create(path, unlock, entropy),
            Err(error) => Err(VaultError::Io(error)),
        }
    }

    fn open(bytes: &[u8], unlock: &Unlock) -> Result<Self, VaultError> {
        let file: OnDisk = serde_json::from_slice(bytes).map_err(|_| VaultError::KeyFile("it is not a key file"))?;
        if file.format != FORMAT {
            return Err(VaultError::KeyFile("its format is not known to this program"));
        }
        let salt: [u8; 16] = b64u::decode_array(&file.salt).ok_or(VaultError::KeyFile("its salt is damaged"))?;
        let sealed = b64u::decode(&file.sealed).ok_or(VaultError::KeyFile("its key is damaged"))?;
        let wrapping = wrapping_key(&file.kdf, unlock, &salt)?;
        let clear = envelope::open(&wrapping, &place(&file.id, file.version), &sealed)
            .map_err(|_| VaultError::WrongPassphrase)?;
        let kek: [u8; 32] = clear
            .try_into()
            .map_err(|_| VaultError::KeyFile("its key has the wrong length"))?;
        Ok(Self {
            id: file.id,
            version: file.version,
            kek: Key::from_bytes(kek),
        })
    }

    fn create(path: &Path, unlock: &Unlock, entropy: &dyn Entropy) -> Result<Self, VaultError> {
        let (mut name, mut salt) = ([0; 8], [0; 16]);
        entropy.fill(&mut name);
        entropy.fill(&mut salt);
        let kek = Key::generate(entropy);
        let (id, version) = (format!("file-{}", b64u::encode(name)), 1);
        let kdf = match unlock {
            Unlock::Passphrase(_) => "argon2id",
            Unlock::Key(_) => "hkdf",
        };
        let key_ref = KeyRef {
            id: KeyId::from_uuid(uuid::Uuid::nil()),
            version: 1,
        };
        let sealed = envelope::seal(
            &wrapping_key(kdf, unlock, &salt)?,
            key_ref,
            &place(&id, version),
            kek.expose(),
            entropy,
        )?;
        let file = OnDisk {
            format: FORMAT,
            id: id.clone(),
            version,
            kdf: kdf.into(),
            salt: b64u::encode(salt),
            sealed: b64u::encode(sealed),
        };
        write_once(
            path,
            &serde_json::to_vec_pretty(&file).map_err(|_| VaultError::KeyFile("it cannot be written"))?,
        )
        .map_err(VaultError::Io)?;
        Ok(Self { id, version, kek })
    }
}

fn wrapping_key(kdf: &str, unlock: &Unlock, salt: &[u8; 16]) -> Result<Key, VaultError> {
    match (kdf, unlock) {
        ("argon2id", Unlock::Passphrase(passphrase)) => {
            let params =
                Params::new(64 * 1024, 3, 1, Some(32)).map_err(|_| VaultError::KeyFile("its parameters are wrong"))?;
            let mut out = [0; 32];
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                .hash_password_into(passphrase.expose().as_bytes(), salt, &mut out)
                .map_err(|_| VaultError::WrongPassphrase)?;
            let key = Key::from_bytes(out);
            out.zeroize();
            Ok(key)
        }
        ("hkdf", Unlock::Key(key)) if key.expose().len() >= 32 => Ok(Key::from_bytes(wd_crypto::hkdf_sha256(
            key.expose(),
            salt,
            b"wardesk-key-file-v1",
        ))),
        ("hkdf", Unlock::Key(_)) => Err(VaultError::KeyFile("the key that opens it is shorter than 32 bytes")),
        _ => Err(VaultError::WrongPassphrase),
    }
}

fn place(id: &str, version: i64) -> Aad {
    Aad::field(id, "key-file", "kek", &version.to_be_bytes())
}

/// Writes beside the target, flushes to the disk, then links it into place: never a half-written key, never over an old one.
fn write_once(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder)?;
    let half = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::hard_link(&half, path)?;
    fs::remove_file(&half)?;
    fs::File::open(folder)?.sync_all()
}
