//! Keeping the index of a password, while it is switched on: written when the clear text is there for a moment.

use tracing::error;
use wd_breach::{Hash, Kind};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Id as _, SecretString, StaffId};
use wd_vault::VaultError;

use crate::{
    Identity,
    index_scan::{Index, Wanted},
    service::passwords::bytes,
    store::blind_scan,
};

const TABLE: &str = "password_index";

impl Identity {
    /// Writes the index of a password that was just set, or just found right. Call it with the person held.
    pub(crate) async fn keep_index<E: From<VaultError> + From<DbError>>(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        password: &SecretString,
    ) -> Result<(), E> {
        if blind_scan::option(tx).await?.enabled == 0 {
            return Ok(());
        }
        let Some(hash) = Hash::of_password(Kind::Sha1, bytes(password).expose()) else {
            return Ok(blind_scan::forget_index(tx, staff).await?);
        };
        let index = self.vault.blind_index(TABLE, "sha1").of_numbers().of(hash.prefix());
        let kept = blind_scan::index_of(tx, staff).await?;
        if kept.and_then(|sealed| self.open_index(staff, &sealed)) == Some(index) {
            return Ok(());
        }
        // Whoever switches it off at this moment waits, or was first.
        let Some(generation) = blind_scan::hold_on(tx).await? else {
            return Ok(());
        };
        let sealed = self
            .vault
            .seal(ctx.entropy(), TABLE, "sealed", staff.uuid().as_bytes(), &index)?;
        Ok(blind_scan::put_index(tx, staff, &sealed, generation).await?)
    }

    /// The index, out of its seal. One that was moved to another person, or changed, does not open.
    pub(crate) fn open_index(&self, staff: StaffId, sealed: &[u8]) -> Option<Index> {
        match self.vault.unseal(TABLE, "sealed", staff.uuid().as_bytes(), sealed) {
            Ok(clear) => clear.expose().try_into().ok(),
            Err(fault) => {
                error!(error = %fault, %staff, "the blind index of a password cannot be opened");
                None
            }
        }
    }

    /// What a scan looks for.
    pub(crate) fn wanted(&self, indexes: impl Iterator<Item = Index>) -> Wanted {
        Wanted {
            key: self.vault.blind_index(TABLE, "sha1").of_numbers(),
            indexes: indexes.collect(),
        }
    }
}
