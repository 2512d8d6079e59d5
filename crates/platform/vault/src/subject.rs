use std::{collections::HashMap, hash::Hash};

use uuid::Uuid;
use wd_crypto::{Aad, Key, KeyRef, envelope};
use wd_db::{Tx, in_chunks, sql};
use wd_kernel::{Ctx, Entropy, Id, KeyId, SecretBytes};

use crate::{Vault, VaultError};

const KEYS_OF_MANY: &str = "SELECT owner, key, version, wrapped FROM vault_subject_key
         WHERE owner IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)";

/// The key of one customer (or other owner), unwrapped for the moment it is used.
pub struct SubjectKey {
    organisation: String,
    key: KeyRef,
    secret: Key,
}

impl Vault {
    /// Makes the key of a new owner.
    pub async fn create_subject_key<I: Id>(&self, tx: &mut Tx, ctx: &Ctx, owner: I) -> Result<SubjectKey, VaultError> {
        let id: KeyId = ctx.id();
        let secret = Key::generate(ctx.entropy());
        let parent = self.wrapping_key();
        let wrapped = envelope::seal(
            &parent,
            self.0.key,
            &self.place(owner, id),
            secret.expose(),
            ctx.entropy(),
        )?;
        sql!(
            tx,
            execute,
            "INSERT INTO vault_subject_key (owner, key, version, parent, wrapped) VALUES ($1, $2, 1, $3, $4)",
            owner.uuid(),
            id,
            self.0.key.id,
            wrapped
        )
        .await?;
        Ok(SubjectKey {
            organisation: self.0.organisation.clone(),
            key: KeyRef { id, version: 1 },
            secret,
        })
    }

    /// The key of an owner; [`VaultError::NoKey`] when it was destroyed.
    pub async fn subject_key<I: Id>(&self, tx: &mut Tx, owner: I) -> Result<SubjectKey, VaultError> {
        type KeyRow = (KeyId, i64, Vec<u8>);
        let (id, version, wrapped) = sql!(
            tx,
            fetch_optional as KeyRow,
            "SELECT key, version, wrapped FROM vault_subject_key WHERE owner = $1",
            owner.uuid()
        )
        .await?
        .ok_or(VaultError::NoKey)?;
        self.unwrap_key(owner, id, version, &wrapped)
    }

    /// The keys of many owners at once; those whose key was destroyed are left out.
    pub async fn subject_keys<I: Id + Eq + Hash>(
        &self,
        tx: &mut Tx,
        owners: &[I],
    ) -> Result<HashMap<I, SubjectKey>, VaultError> {
        type KeyRow = (Uuid, KeyId, i64, Vec<u8>);
        let mut keys = HashMap::with_capacity(owners.len());
        for binds in in_chunks(owners) {
            for (owner, id, version, wrapped) in tx.fetch_all::<KeyRow>(KEYS_OF_MANY, binds).await? {
                let owner = I::from_uuid(owner);
                keys.insert(owner, self.unwrap_key(owner, id, version, &wrapped)?);
            }
        }
        Ok(keys)
    }

    fn unwrap_key<I: Id>(&self, owner: I, id: KeyId, version: i64, wrapped: &[u8]) -> Result<SubjectKey, VaultError> {
        let secret: [u8; 32] = envelope::open(&self.wrapping_key(), &self.place(owner, id), wrapped)?
            .try_into()
            .map_err(|_| VaultError::NoKey)?;
        let version = u32::try_from(version).map_err(|_| VaultError::NoKey)?;
        Ok(SubjectKey {
            organisation: self.0.organisation.clone(),
            key: KeyRef { id, version },
            secret: Key::from_bytes(secret),
        })
    }

    /// Destroys the key of an owner, and with it everything sealed under it.
    pub async fn shred_subject_key<I: Id>(&self, tx: &mut Tx, owner: I) -> Result<(), VaultError> {
        sql!(
            tx,
            execute,
            "DELETE FROM vault_subject_key WHERE owner = $1",
            owner.uuid()
        )
        .await?;
        Ok(())
    }

    fn wrapping_key(&self) -> Key {
        self.0.secret.field("vault_subject_key", "wrapped")
    }

    fn place<I: Id>(&self, owner: I, key: KeyId) -> Aad {
        let row = [owner.uuid().as_bytes().as_slice(), key.uuid().as_bytes()].concat();
        Aad::field(&self.0.organisation, "vault_subject_key", "wrapped", &row)
    }
}

impl SubjectKey {
    /// Seals a field of the owner. `row` is the bytes of the row's id.
    pub fn seal(
        &self,
        entropy: &dyn Entropy,
        table: &str,
        column: &str,
        row: &[u8],
        clear: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        Ok(envelope::seal(
            &self.secret.field(table, column),
            self.key,
            &self.aad(table, column, row),
            clear,
            entropy,
        )?)
    }

    /// Opens a field of the owner.
    pub fn open(&self, table: &str, column: &str, row: &[u8], sealed: &[u8]) -> Result<SecretBytes, VaultError> {
        Ok(SecretBytes::new(envelope::open(
            &self.secret.field(table, column),
            &self.aad(table, column, row),
            sealed,
        )?))
    }

    fn aad(&self, table: &str, column: &str, row: &[u8]) -> Aad {
        Aad::field(&self.organisation, table, column, row)
    }
}
