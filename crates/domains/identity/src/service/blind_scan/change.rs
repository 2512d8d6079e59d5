//! Switching it on and off, and how it stands.

use wd_audit_log::{AuditTx as _, Entry};
use wd_breach::Kind;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, Scope, Timestamp};

use crate::{
    Identity,
    events::BlindScanSwitched,
    permissions::{BreachedPasswordsBlindScan as MayChange, BreachedPasswordsRead as MayRead},
    store::{
        blind_scan::{self, DecisionRow, RunRow},
        breach, staff,
    },
};

/// Most characters of a reason.
const LONGEST_REASON: usize = 1000;

/// Whether passwords are tested without sign-in, and how far that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindScan {
    /// Whether they are.
    pub enabled: bool,
    /// Counts the changes; 0: nobody has changed it, and it is off.
    pub version: i64,
    /// Whether the corpus of this node can be scanned: it is of SHA-1.
    pub possible: bool,
    /// Who decided it.
    pub decision: Option<BlindScanDecision>,
    /// How many can sign in with a password.
    pub passwords: i64,
    /// For how many of these an index is kept.
    pub indexed: i64,
    /// The scan that began last.
    pub run: Option<BlindScanRun>,
}

/// Why it was switched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindScanDecision {
    /// What was typed, if it was switched on.
    pub reason: Option<String>,
    /// The shown name of who decided; `None` is Wardesk itself, or somebody unknown.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A scan of a corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlindScanRun {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None`: it has not.
    pub finished_at: Option<Timestamp>,
    /// How many entries the corpus has.
    pub entries: i64,
    /// How many of these were read.
    pub entries_done: i64,
    /// How many were read in a second, of the time that was spent on it; `None`: that is not known yet.
    pub entries_per_second: Option<i64>,
    /// How many passwords are tested.
    pub tested: i64,
    /// How many of these were found.
    pub found: i64,
}

/// Whether it is to be done.
#[derive(Debug, Clone)]
pub struct BlindScanChange {
    /// The version that was read.
    pub version: i64,
    /// Whether passwords are to be tested without sign-in.
    pub enabled: bool,
    /// Why, 1 to 1000 characters; needed to switch it on.
    pub reason: Option<String>,
}

/// Why it was not shown or switched.
#[derive(Debug, thiserror::Error)]
pub enum BlindScanError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no corpus, or not one of SHA-1.
    #[error("there is no corpus that can be scanned")]
    NoCorpus,
    /// Nobody says why, or at too great length.
    #[error("switching it on needs a reason of 1 to 1000 characters")]
    Reason,
    /// Somebody has switched it meanwhile.
    #[error("somebody switched it meanwhile")]
    Stale,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Identity {
    /// Whether passwords are tested without sign-in, and how far that is.
    pub async fn blind_scan(&self, ctx: &Ctx) -> Result<BlindScan, BlindScanError> {
        ctx.require::<MayRead>(Scope::ORGANISATION)?;
        let possible = self.can_scan(ctx).await;
        let mut tx = self.db.snapshot().await?;
        Ok(blind_scan_in(&mut tx, possible).await?)
    }

    /// Switches it. Switched off, the indexes of all are deleted at once.
    pub async fn switch_blind_scan(&self, ctx: &Ctx, change: BlindScanChange) -> Result<BlindScan, BlindScanError> {
        ctx.require::<MayChange>(Scope::ORGANISATION)?;
        // They are shown how it stands then.
        ctx.require::<MayRead>(Scope::ORGANISATION)?;
        let reason = change.reason.as_deref().map(str::trim).unwrap_or_default();
        let length = reason.chars().count();
        if length > LONGEST_REASON || (change.enabled && length == 0) {
            return Err(BlindScanError::Reason);
        }
        let possible = self.can_scan(ctx).await;
        if change.enabled && !possible {
            return Err(BlindScanError::NoCorpus);
        }
        let mut tx = self.db.begin().await?;
        if !blind_scan::switch(&mut tx, change.version, change.enabled).await? {
            return Err(BlindScanError::Stale);
        }
        let deleted = if change.enabled {
            0
        } else {
            blind_scan::forget_all(&mut tx).await?
        };
        let by = ctx.actor.staff().map(|actor| actor.id);
        let version = change.version + 1;
        let row = DecisionRow {
            version,
            enabled: change.enabled.into(),
            reason: (length > 0).then(|| reason.to_owned()),
            decided_by: by,
            decided_at: ctx.now(),
        };
        blind_scan::record(&mut tx, &row).await?;
        let enabled = change.enabled;
        tx.emit(ctx, &BlindScanSwitched { version, enabled, by }).await?;
        let entry = Entry::done("breached-passwords.blind-scan-switched")
            .detail("enabled", enabled)
            .detail("version", version)
            .detail("reason", reason)
            .detail("indexes_deleted", i64::try_from(deleted).unwrap_or(i64::MAX));
        tx.audit(ctx, entry).await?;
        let shown = blind_scan_in(&mut tx, possible).await?;
        tx.commit().await?;
        Ok(shown)
    }

    async fn can_scan(&self, ctx: &Ctx) -> bool {
        let Some(corpus) = &self.breaches else { return false };
        corpus
            .now(ctx.now())
            .await
            .is_ok_and(|corpus| corpus.info.kind == Kind::Sha1)
    }
}

async fn blind_scan_in(tx: &mut Tx, possible: bool) -> Result<BlindScan, DbError> {
    let option = blind_scan::option(tx).await?;
    let decision = match blind_scan::decision(tx, option.version).await? {
        Some(row) => Some(BlindScanDecision {
            reason: row.reason,
            by: match row.decided_by {
                Some(by) => staff::by_id(tx, by).await?.map(|row| row.name),
                None => None,
            },
            at: row.decided_at,
        }),
        None => None,
    };
    let (passwords, _, _) = breach::counts(tx, &[]).await?;
    Ok(BlindScan {
        enabled: option.enabled == 1,
        version: option.version,
        possible,
        decision,
        passwords,
        indexed: blind_scan::indexed(tx).await?,
        run: blind_scan::latest_run(tx).await?.map(BlindScanRun::from),
    })
}

impl From<RunRow> for BlindScanRun {
    fn from(row: RunRow) -> Self {
        let per_second = i128::from(row.entries_done) * 1_000_000;
        let rate = per_second.checked_div(row.busy_micros.into()).filter(|rate| *rate > 0);
        Self {
            started_at: row.started_at,
            finished_at: row.finished_at,
            entries: row.entries,
            entries_done: row.entries_done,
            entries_per_second: rate.and_then(|rate| rate.try_into().ok()),
            tested: row.tested,
            found: row.found,
        }
    }
}
