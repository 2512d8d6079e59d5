use serde::Serialize;
use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::{jws, sha256};
use wd_db::Tx;
use wd_kernel::{Ctx, Timestamp};

use super::Channels;
use crate::{
    Bytes, ChannelsError, OrganisationKeyRotated, PublicKey,
    model::Trust,
    store::organisation::{self, OrganisationKeyRow},
};

/// A public key of the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OrganisationKey {
    /// Its name: the first 16 bytes of its SHA-256, hex.
    pub kid: String,
    /// The raw Ed25519 key.
    pub public_key: PublicKey,
    /// Since when it signs.
    pub from: Timestamp,
    /// The key before it vouches for it: Ed25519 over `wardesk-organisation-key-v1`, a zero byte and the key.
    pub signed_by_previous: Option<Bytes>,
}

impl OrganisationKey {
    /// What people compare: the first 20 bytes of the key's SHA-256 in ten groups of four hex digits.
    pub fn fingerprint(&self) -> String {
        let groups: Vec<String> = sha256(self.public_key.0)
            .chunks(2)
            .take(10)
            .map(|pair| {
                pair.iter()
                    .fold(String::new(), |text, byte| text + &format!("{byte:02X}"))
            })
            .collect();
        groups.join(" ")
    }
}

impl Channels {
    /// Makes the organisation key at the first start.
    pub async fn ensure_organisation_key(&self, ctx: &Ctx) -> Result<(), ChannelsError> {
        let mut tx = self.db.begin().await?;
        if organisation::keys(&mut tx).await?.is_empty() {
            self.add_key(&mut tx, ctx, 1, None).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Signs with a new key from now on; the one before it vouches for it and still counts for what it signed.
    pub async fn rotate_organisation_key(&self, ctx: &Ctx) -> Result<OrganisationKey, ChannelsError> {
        ctx.fresh_factor("organisation.key")?;
        let mut tx = self.db.begin().await?;
        let keys = organisation::keys(&mut tx).await?;
        let newest = keys.first().ok_or(ChannelsError::Stored("the organisation key"))?;
        let previous = self.open_key(newest)?;
        let made = self.add_key(&mut tx, ctx, newest.number + 1, Some(&previous)).await?;
        tx.emit(ctx, &OrganisationKeyRotated { kid: made.kid.clone() }).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// The public keys, the newest first.
    pub async fn organisation_keys_in(&self, tx: &mut Tx) -> Result<Vec<OrganisationKey>, ChannelsError> {
        Ok(organisation::keys(tx).await?.into_iter().map(public).collect())
    }

    /// The public keys, the newest first.
    pub async fn organisation_keys(&self) -> Result<Vec<OrganisationKey>, ChannelsError> {
        self.organisation_keys_in(&mut self.db.snapshot().await?).await
    }

    async fn add_key(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        number: i64,
        previous: Option<&jws::SigningKey>,
    ) -> Result<OrganisationKey, ChannelsError> {
        let seed = ctx.random::<32>();
        let public_key = jws::SigningKey::from_seed(&seed)?.public();
        let kid = jws::key_id(&public_key);
        let sealed = self
            .vault
            .seal(ctx.entropy(), "organisation_key", "seed", kid.as_bytes(), &seed)?;
        let signed_by_previous =
            previous.map(|key| key.sign_raw(&[b"wardesk-organisation-key-v1\0".as_slice(), &public_key].concat()));
        let row = OrganisationKeyRow {
            number,
            kid: kid.clone(),
            public_key,
            seed: sealed,
            since: ctx.now(),
            signed_by_previous,
        };
        if !organisation::insert(tx, &row).await? {
            return Err(ChannelsError::Conflict("another node made a key at the same time"));
        }
        tx.audit(ctx, Entry::done("organisation.key").detail("kid", kid))
            .await?;
        Ok(public(row))
    }

    fn open_key(&self, row: &OrganisationKeyRow) -> Result<jws::SigningKey, ChannelsError> {
        let seed = self
            .vault
            .unseal("organisation_key", "seed", row.kid.as_bytes(), &row.seed)?;
        let seed: &[u8; 32] = seed
            .expose()
            .try_into()
            .map_err(|_| ChannelsError::Stored("the organisation key"))?;
        Ok(jws::SigningKey::from_seed(seed)?)
    }

    /// The key that signs now.
    pub(crate) async fn signer(&self, tx: &mut Tx) -> Result<jws::SigningKey, ChannelsError> {
        let keys = organisation::keys(tx).await?;
        self.open_key(keys.first().ok_or(ChannelsError::Stored("the organisation key"))?)
    }

    /// All keys that ever signed.
    pub(crate) async fn trust(&self, tx: &mut Tx) -> Result<Trust, ChannelsError> {
        let keys = organisation::keys(tx)
            .await?
            .into_iter()
            .map(|key| key.public_key)
            .collect();
        Ok(Trust {
            organisation: self.vault.organisation().to_owned(),
            keys,
        })
    }
}

fn public(row: OrganisationKeyRow) -> OrganisationKey {
    OrganisationKey {
        kid: row.kid,
        public_key: PublicKey(row.public_key),
        from: row.since,
        signed_by_previous: row.signed_by_previous.map(Bytes),
    }
}
