//! A vault for tests.

use wd_db::Db;
use wd_kernel::{SecretBytes, SeededEntropy};

use crate::{KeyFile, Unlock, Vault};

/// Opens a vault on a migrated database, with a key file in a temporary place.
///
/// # Panics
/// When it cannot be made.
#[expect(clippy::expect_used, reason = "a test cannot go on without its vault")]
pub async fn vault(db: &Db) -> Vault {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let entropy = SeededEntropy::new(0x5eed);
    let file = KeyFile::open_or_create(
        &folder.path().join("key.json"),
        &Unlock::Key(SecretBytes::new(vec![1; 32])),
        &entropy,
    )
    .expect("a key file");
    Vault::open(db, &file, &entropy).await.expect("a vault")
}
