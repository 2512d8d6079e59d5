//! How much work a password hash is: measured once for the installation, and raised when a machine can bear more.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::DbError;
use wd_kernel::{Ctx, Duration, SecretString, StaffId, Timestamp};
use wd_vault::VaultError;

use crate::{
    HashCost, Identity, Overloaded,
    store::{
        password_hashing::{self, HashingRow},
        staff,
    },
};

/// How passwords are hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordHashing {
    /// The cost of each new hash.
    pub cost: HashCost,
    /// How long a hash took where it was measured.
    pub took: Duration,
    /// When it was measured.
    pub measured_at: Timestamp,
    /// How many people have a password.
    pub passwords: usize,
    /// How many of these passwords have a cheaper hash.
    pub cheaper: usize,
}

/// Why the cost of hashes is not known.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// A hash could not be opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The processor had no time.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Identity {
    /// Takes over the cost that was chosen for this installation; the first time this machine is measured. Run it before
    /// the first request.
    pub async fn fit_hashing(&self, ctx: &Ctx) -> Result<PasswordHashing, HashingError> {
        let mut tx = self.db.snapshot().await?;
        let known = password_hashing::get(&mut tx).await?;
        drop(tx);
        match known {
            Some(row) => self.take_over(row).await,
            None => self.raise_hashing(ctx).await,
        }
    }

    /// Measures this machine, and raises the cost for the whole installation if it can bear more. It never falls.
    pub async fn raise_hashing(&self, ctx: &Ctx) -> Result<PasswordHashing, HashingError> {
        let least = self.hasher.measure(ctx, HashCost::LEAST).await?;
        let cost = HashCost::for_machine(micros(least));
        let row = HashingRow {
            memory_kib: cost.memory_kib.into(),
            passes: cost.passes.into(),
            took_micros: micros(self.hasher.measure(ctx, cost).await?),
            measured_at: ctx.now(),
        };
        let mut tx = self.db.begin().await?;
        if password_hashing::raise(&mut tx, row).await? {
            let entry = Entry::done("password-hashing.raised")
                .detail("memory_kib", row.memory_kib)
                .detail("passes", row.passes);
            tx.audit(ctx, entry).await?;
        }
        let kept = password_hashing::get(&mut tx).await?.unwrap_or(row);
        tx.commit().await?;
        self.take_over(kept).await
    }

    async fn take_over(&self, row: HashingRow) -> Result<PasswordHashing, HashingError> {
        let stored = u32::try_from(row.memory_kib).ok().zip(u32::try_from(row.passes).ok());
        let cost = stored
            .and_then(|(memory_kib, passes)| HashCost::new(memory_kib, passes))
            .unwrap_or(HashCost::LEAST);
        self.hasher.set_cost(cost);
        let mut tx = self.db.snapshot().await?;
        let people = staff::active(&mut tx).await?;
        drop(tx);
        let (mut passwords, mut cheaper) = (0, 0);
        for person in &people {
            if let Some(stored) = self.unseal_hash(person)? {
                passwords += 1;
                cheaper += usize::from(stored.cost.work() < cost.work());
            }
        }
        Ok(PasswordHashing {
            cost,
            took: Duration::from_micros(row.took_micros.try_into().unwrap_or(0)),
            measured_at: row.measured_at,
            passwords,
            cheaper,
        })
    }

    /// A sealed hash of today's cost for a password that was just found right, if its own is cheaper. When the processor
    /// has no time it stays as it is until the next sign-in.
    pub(crate) async fn hash_anew(
        &self,
        ctx: &Ctx,
        staff: StaffId,
        password: &SecretString,
        cost: Option<HashCost>,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        let today = self.hasher.cost();
        if cost.is_none_or(|cost| cost.work() >= today.work()) {
            return Ok(None);
        }
        match self.hash_password(ctx, password).await {
            Ok(hash) => self.seal_hash(ctx, staff, &hash).map(Some),
            Err(Overloaded) => Ok(None),
        }
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
