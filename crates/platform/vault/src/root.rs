use std::sync::Arc;

use wd_crypto::{Aad, BlindIndex, Key, KeyRef, envelope, hkdf_sha256};
use wd_db::{Db, Seal, Tx, sql};
use wd_kernel::{Entropy, Id as _, KeyId, SecretBytes, b64u};

use crate::{KeyFile, VaultError};

/// The opened vault. Clones share the keys.
#[derive(Clone)]
pub struct Vault(pub(crate) Arc<Root>);

pub(crate) struct Root {
    pub(crate) organisation: String,
    pub(crate) key: KeyRef,
    pub(crate) secret: Key,
    index: Key,
}

impl Vault {
    /// Opens the organisation's key with the key file, or makes it in an empty database.
    pub async fn open(db: &Db, file: &KeyFile, entropy: &dyn Entropy) -> Result<Self, VaultError> {
        let mut tx = db.begin().await?;
        if let Some(vault) = load(&mut tx, file).await? {
            db.seal_with(Arc::new(vault.clone()));
            return Ok(vault);
        }
        let (mut name, mut key) = ([0; 12], [0; 16]);
        entropy.fill(&mut name);
        entropy.fill(&mut key);
        let organisation = format!("org_{}", b64u::encode(name));
        let key = KeyId::from_uuid(uuid::Builder::from_random_bytes(key).into_uuid());
        let secret = Key::generate(entropy);
        let kek = KeyRef { id: key, version: 1 };
        let wrapped = envelope::seal(&file.kek, kek, &place(&organisation, key), secret.expose(), entropy)?;
        sql!(
            tx,
            execute,
            "INSERT INTO vault_root (one, organisation, key, kek, kek_version, wrapped) VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (one) DO NOTHING",
            organisation,
            key,
            file.id,
            file.version,
            wrapped
        )
        .await?;
        // Another node may have been first: what is stored counts.
        let vault = load(&mut tx, file).await?.ok_or(VaultError::NoKey)?;
        tx.commit().await?;
        db.seal_with(Arc::new(vault.clone()));
        Ok(vault)
    }

    /// The organisation's name for machines: bound into every envelope, and the `iss` of statements.
    pub fn organisation(&self) -> &str {
        &self.0.organisation
    }

    /// Seals a field that belongs to the organisation or its staff. `row` is the bytes of the row's id.
    pub fn seal(
        &self,
        entropy: &dyn Entropy,
        table: &str,
        column: &str,
        row: &[u8],
        clear: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let aad = Aad::field(&self.0.organisation, table, column, row);
        Ok(envelope::seal(
            &self.0.secret.field(table, column),
            self.0.key,
            &aad,
            clear,
            entropy,
        )?)
    }

    /// Opens such a field.
    pub fn unseal(&self, table: &str, column: &str, row: &[u8], sealed: &[u8]) -> Result<SecretBytes, VaultError> {
        let aad = Aad::field(&self.0.organisation, table, column, row);
        Ok(SecretBytes::new(envelope::open(
            &self.0.secret.field(table, column),
            &aad,
            sealed,
        )?))
    }

    /// The blind index of a column.
    pub fn blind_index(&self, table: &str, column: &str) -> BlindIndex {
        BlindIndex::new(self.0.index.expose(), table, column)
    }
}

/// For crates below the vault, the audit log above all.
impl Seal for Vault {
    fn seal(&self, entropy: &dyn Entropy, table: &str, column: &str, row: &[u8], clear: &[u8]) -> Option<Vec<u8>> {
        Self::seal(self, entropy, table, column, row, clear).ok()
    }

    fn open(&self, table: &str, column: &str, row: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.unseal(table, column, row, sealed)
            .ok()
            .map(|clear| clear.expose().to_vec())
    }
}

async fn load(tx: &mut Tx, file: &KeyFile) -> Result<Option<Vault>, VaultError> {
    type RootRow = (String, KeyId, String, i64, Vec<u8>);
    let row = sql!(
        tx,
        fetch_optional as RootRow,
        "SELECT organisation, key, kek, kek_version, wrapped FROM vault_root WHERE one = 1"
    )
    .await?;
    let Some((organisation, key, kek, kek_version, wrapped)) = row else {
        return Ok(None);
    };
    if kek != file.id || kek_version != file.version {
        return Err(VaultError::OtherKek);
    }
    let secret: [u8; 32] = envelope::open(&file.kek, &place(&organisation, key), &wrapped)?
        .try_into()
        .map_err(|_| VaultError::OtherKek)?;
    let secret = Key::from_bytes(secret);
    let index = Key::from_bytes(hkdf_sha256(
        secret.expose(),
        b"wardesk-index-v1",
        organisation.as_bytes(),
    ));
    Ok(Some(Vault(Arc::new(Root {
        organisation,
        key: KeyRef { id: key, version: 1 },
        secret,
        index,
    }))))
}

fn place(organisation: &str, key: KeyId) -> Aad {
    Aad::field(organisation, "vault_root", "wrapped", key.uuid().as_bytes())
}
