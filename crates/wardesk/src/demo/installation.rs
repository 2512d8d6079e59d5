//! What a demo remembers about itself: `demo.json`, which is also the mark of its folder.

use std::{fs, io::Write as _, path::Path};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use wd_crypto::{Key, hkdf_sha256};
use wd_kernel::Entropy;

/// The file's name.
pub(super) const MARKER: &str = "demo.json";
const MADE_BY: &str = "wardesk demo";
const NOTE: &str = "A demonstration. Passwords and authenticator secrets stand here in clear, so that the demo page can \
                    show them. Never put real data into this folder.";

/// The demo's own memory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Installation {
    made_by: String,
    note: String,
    /// Whether the set-up came to its end.
    pub(super) complete: bool,
    /// 32 random bytes, hex: seals what the scripted people keep; canary words are derived from it, so that they stand
    /// in no file.
    key: String,
    /// Everybody who can sign in.
    pub(super) accounts: Vec<Account>,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) login: String,
    pub(super) name: String,
    pub(super) password: String,
    /// Base32.
    pub(super) totp_secret: String,
}

impl Installation {
    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Self {
            made_by: MADE_BY.into(),
            note: NOTE.into(),
            complete: false,
            key: hex::encode(key),
            accounts: Vec::new(),
        }
    }

    /// Reads the marker. None when there is no such file; an error when it is somebody else's.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        let path = folder.join(MARKER);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
        };
        serde_json::from_slice::<Self>(&text)
            .ok()
            .filter(|found| found.made_by == MADE_BY && hex::decode(&found.key).is_ok_and(|key| key.len() == 32))
            .map(Some)
            .with_context(|| format!("{} was not written by wardesk demo", path.display()))
    }

    /// Writes the marker: whole or not at all, and only for this user's eyes.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        write_private(&folder.join(MARKER), &serde_json::to_vec_pretty(self)?)
    }

    pub(super) fn account(&self, login: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.login == login)
    }

    /// 32 bytes for one purpose.
    pub(super) fn derive(&self, purpose: &str) -> [u8; 32] {
        let key = hex::decode(&self.key).unwrap_or_default();
        hkdf_sha256(&key, b"wardesk-demo", purpose.as_bytes())
    }

    /// Seals what scripted people keep.
    pub(super) fn sealing_key(&self) -> Key {
        Key::from_bytes(self.derive("scripted"))
    }

    /// A word that occurs in one message and nowhere else: `KINGFISHER-5F0A9C`.
    pub(super) fn canary(&self, bird: &str) -> String {
        let [a, b, c, ..] = self.derive(bird);
        format!("{bird}-{a:02X}{b:02X}{c:02X}")
    }
}

/// Writes beside the target, flushes, and moves it into place.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let half = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(&half)
        .with_context(|| format!("{} cannot be written", half.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&half, path).with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use wd_kernel::SeededEntropy;

    use super::*;

    #[test]
    fn a_canary_is_the_same_at_every_start_and_stands_in_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let made = Installation::new(&SeededEntropy::new(7));
        made.write(folder.path()).unwrap();
        let read = Installation::read(folder.path()).unwrap().unwrap();
        let canary = made.canary("KINGFISHER");
        assert_eq!(read.canary("KINGFISHER"), canary);
        let text = fs::read_to_string(folder.path().join(MARKER)).unwrap();
        assert!(!text.contains(&canary));
        assert!(!text.contains("KINGFISHER"));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_marker() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        Installation::new(&SeededEntropy::new(7)).write(folder.path()).unwrap();
        let mode = fs::metadata(folder.path().join(MARKER)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_foreign_file_of_that_name_is_not_taken_for_ours() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MARKER), b"{\"name\":\"somebody's npm package\"}").unwrap();
        assert!(Installation::read(folder.path()).is_err());
    }
}
