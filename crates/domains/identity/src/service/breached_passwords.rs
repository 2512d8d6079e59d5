//! Passwords in known breaches: found at sign-in, and the people whose passwords the newest corpus has not seen.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;
use tracing::error;
use utoipa::ToSchema;
use wd_audit_log::{AuditFilter, AuditTx as _, Entry};
use wd_breach::{Prefix, Row};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, Duration, PageQuery, Scope, SecretString, StaffId, Timestamp};

use super::{password_policy::DAY, passwords::bytes, touched::touched};
use crate::{
    Client, CorpusNow, Identity, Touch,
    breaches::{NoRange, Sighting, Unreadable},
    events::PasswordBreached,
    permissions::{BreachedPasswordsAsk, BreachedPasswordsRead, StaffRead},
    store::{
        breach::{self, DayRow, UnseenRow},
        staff::{self, StaffRow},
    },
};

/// Most people are shown by name.
const MOST_SHOWN: i64 = 100;
/// What the audit log calls it when a password was found.
const FOUND: &str = "password.breached";
/// What it calls it when a scan has found it.
const SCAN: &str = "scan";
/// How many days are shown.
const DAYS_SHOWN: i64 = 365;
/// Most people sign in within a week of themselves; who has not is asked to.
const ASK_AFTER: Duration = Duration::from_hours(7 * 24);
/// Nobody is asked twice in a day.
const ASK_AGAIN_AFTER: Duration = Duration::from_hours(24);

/// How passwords stand against the corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachReport {
    /// The corpus; `None`: there is none.
    pub corpus: Option<CorpusNow>,
    /// Since when it is in use.
    pub since: Option<Timestamp>,
    /// How many can sign in with a password.
    pub passwords: i64,
    /// How many of these passwords it has seen.
    pub checked: i64,
    /// How many are known to be in a breach.
    pub breached: i64,
    /// How many passwords it has not seen, of those that are in no known breach.
    pub unseen_total: i64,
    /// How many of their owners have a mail address, and can be asked.
    pub unseen_reachable: i64,
    /// Whose passwords these are, whoever signed in longest ago first; at most 100. `None` for who may not see who works
    /// here.
    pub unseen: Option<Vec<UnseenPassword>>,
    /// Whose passwords were found in a breach, the latest first; at most 100. `None` for who may not see who works here.
    pub found: Option<Vec<FoundPassword>>,
    /// How it stood on the days of the last year.
    pub days: Vec<BreachDay>,
}

/// Somebody whose password the newest corpus has not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnseenPassword {
    /// Who.
    pub staff: StaffId,
    /// The name to sign in with.
    pub login: String,
    /// The shown name.
    pub name: String,
    /// The latest sign-in, in whatever way.
    pub last_sign_in_at: Option<Timestamp>,
    /// When an older corpus has seen it.
    pub checked_at: Option<Timestamp>,
    /// When they were asked to sign in with it.
    pub asked_at: Option<Timestamp>,
    /// Whether there is a mail address to ask them at.
    pub reachable: bool,
}

/// Somebody whose password was found in a breach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FoundPassword {
    /// Who.
    pub staff: StaffId,
    /// The name to sign in with.
    pub login: String,
    /// The shown name.
    pub name: String,
    /// When it was found, the last time.
    pub at: Timestamp,
    /// Whether a scan found it, and not a sign-in.
    pub by_scan: bool,
    /// Whether they have changed it since.
    pub changed: bool,
}

/// How it stood on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct BreachDay {
    /// The beginning of the day (UTC).
    pub at: Timestamp,
    /// How many could sign in with a password.
    pub passwords: i64,
    /// How many of these passwords the corpus of that day had seen.
    pub checked: i64,
    /// How many were known to be in a breach.
    pub breached: i64,
}

/// How a password was found in a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SeenBy {
    /// Somebody signed in with it.
    SignIn,
    /// A scan by blind index met it.
    Scan,
}

/// Why nothing was shown or done.
#[derive(Debug, thiserror::Error)]
pub enum BreachError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no corpus, or not one that can do this.
    #[error("there is no corpus for this")]
    NoCorpus,
    /// Not five hexadecimal digits.
    #[error("not five hexadecimal digits")]
    Prefix,
    /// Too many questions; seconds until the next one.
    #[error("too many questions, {0} seconds to wait")]
    RateLimited(u64),
    /// The corpus cannot be read.
    #[error("the corpus cannot be read")]
    Unreadable,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl From<Unreadable> for BreachError {
    fn from(_: Unreadable) -> Self {
        Self::Unreadable
    }
}

impl Identity {
    /// How passwords stand against the corpus.
    pub async fn breach_report(&self, ctx: &Ctx) -> Result<BreachReport, BreachError> {
        ctx.require::<BreachedPasswordsRead>(Scope::ORGANISATION)?;
        let corpus = match &self.breaches {
            Some(corpus) => Some(corpus.now(ctx.now()).await?),
            None => None,
        };
        let digest = corpus.map_or([0; 32], |corpus| corpus.info.digest);
        let mut tx = self.db.snapshot().await?;
        let (passwords, checked, breached) = breach::counts(&mut tx, &digest).await?;
        let (unseen_total, unseen_reachable) = match corpus {
            Some(_) => breach::count_unseen(&mut tx, &digest).await?,
            None => (0, 0),
        };
        let (mut unseen, mut found) = (None, None);
        if ctx.holds::<StaffRead>(Scope::ORGANISATION) {
            let rows = match corpus {
                Some(_) => breach::unseen(&mut tx, &digest, MOST_SHOWN).await?,
                None => Vec::new(),
            };
            unseen = Some(rows.into_iter().map(UnseenPassword::from).collect());
            found = Some(found_lately(&mut tx).await?);
        }
        let days = breach::days(&mut tx, today(ctx) - DAYS_SHOWN).await?;
        Ok(BreachReport {
            corpus,
            since: breach::first_used(&mut tx, &digest).await?,
            passwords,
            checked,
            breached,
            unseen_total,
            unseen_reachable,
            unseen,
            found,
            days: days.into_iter().map(BreachDay::from).collect(),
        })
    }

    /// Asks by mail whose passwords the newest corpus has not seen; at most once a day. How many were asked.
    pub async fn ask_for_sign_in(&self, ctx: &Ctx) -> Result<usize, BreachError> {
        ctx.require::<BreachedPasswordsAsk>(Scope::ORGANISATION)?;
        let corpus = self.breaches.as_ref().ok_or(BreachError::NoCorpus)?;
        let now = corpus.now(ctx.now()).await?;
        let mut tx = self.db.begin().await?;
        let asked = self.ask(&mut tx, ctx, &now.info.digest, false).await?;
        tx.commit().await?;
        Ok(asked)
    }

    /// The part of the corpus whose SHA-1 begins with these five hexadecimal digits, so that somebody's own program can
    /// look for a password without saying which.
    pub async fn breach_range(&self, ctx: &Ctx, prefix: &str, client: &Client) -> Result<Vec<Row>, BreachError> {
        ctx.staff()?;
        let prefix = Prefix::parse(prefix.as_bytes()).ok_or(BreachError::Prefix)?;
        let corpus = self.breaches.as_ref().ok_or(BreachError::NoCorpus)?;
        self.ranges
            .count(client.address, ctx.now())
            .map_err(BreachError::RateLimited)?;
        let chance = ctx.clone();
        let rows = corpus.range(ctx.now(), prefix, move |buffer| chance.entropy().fill(buffer));
        rows.await.map_err(|why| match why {
            NoRange::Kind => BreachError::NoCorpus,
            NoRange::Unreadable(_) => BreachError::Unreadable,
        })
    }

    /// Writes down how it stands today, and a week after a corpus came into use asks those whose passwords it has not
    /// seen. Run it a few times a day.
    pub async fn scan_for_breaches(&self, ctx: &Ctx) -> Result<(), DbError> {
        let Some(corpus) = &self.breaches else { return Ok(()) };
        let Ok(CorpusNow { info, .. }) = corpus.now(ctx.now()).await else {
            return Ok(());
        };
        let mut tx = self.db.begin().await?;
        let entries = i64::try_from(info.entries).unwrap_or(i64::MAX);
        let since = breach::used(&mut tx, &info.digest, entries, info.made_at, ctx.now()).await?;
        let (passwords, checked, breached) = breach::counts(&mut tx, &info.digest).await?;
        let day = DayRow {
            day: today(ctx),
            passwords,
            checked,
            breached,
        };
        breach::set_day(&mut tx, day).await?;
        if ctx.now().since(since) >= ASK_AFTER {
            self.ask(&mut tx, ctx, &info.digest, true).await?;
        }
        tx.commit().await
    }

    /// What the corpus says of a right password; nothing without one, or while it cannot be read.
    pub(crate) async fn sighting(&self, ctx: &Ctx, password: &SecretString) -> Option<Sighting> {
        let corpus = self.breaches.as_ref()?;
        let looked_up = corpus.look_up(ctx.now(), bytes(password)).await;
        looked_up
            .inspect_err(|fault| error!(error = %fault, "somebody signs in with a password that was not checked"))
            .ok()
    }

    /// Remembers what the corpus said of somebody's right password. The first time it is found in a breach, everything
    /// that was opened with it ends.
    pub(crate) async fn note_sighting(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: &StaffRow,
        sighting: &Sighting,
    ) -> Result<(), DbError> {
        let policy = self.password_policy_of(tx, ctx, row.id).await?;
        if !sighting.is_refused(policy.breach_limit) {
            if row.password_checked_with.as_deref() != Some(&sighting.corpus) {
                breach::checked(tx, row.id, &sighting.corpus, ctx.now()).await?;
            }
            return Ok(());
        }
        self.end_breached(tx, ctx, row.id, sighting, SeenBy::SignIn)
            .await
            .map(drop)
    }

    /// Somebody's password is in a breach: everything that was opened with it ends, and it must be changed. False when
    /// that was known.
    pub(crate) async fn end_breached(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        sighting: &Sighting,
        by: SeenBy,
    ) -> Result<bool, DbError> {
        if !breach::breached(tx, staff, &sighting.corpus, ctx.now()).await? {
            return Ok(false);
        }
        let ended = self.end_all_sessions(tx, ctx, staff).await?;
        let (by_scan, touch, word) = match by {
            SeenBy::SignIn => (false, Touch::PasswordBreached, "sign-in"),
            SeenBy::Scan => (true, Touch::PasswordFoundByScan, SCAN),
        };
        tx.emit(ctx, &PasswordBreached { staff, by_scan }).await?;
        touched(tx, ctx, staff, touch).await?;
        let entry = Entry::done(FOUND)
            .target(staff)
            .detail("sessions_ended", ended)
            .detail("found_by", word);
        tx.audit(ctx, entry).await?;
        Ok(true)
    }

    async fn ask(&self, tx: &mut Tx, ctx: &Ctx, corpus: &[u8], once: bool) -> Result<usize, DbError> {
        let asked = breach::ask(tx, corpus, ctx.now(), ctx.now() - ASK_AGAIN_AFTER, once).await?;
        for staff in &asked {
            touched(tx, ctx, *staff, Touch::PasswordCheckAsked).await?;
        }
        if !asked.is_empty() {
            let entry = Entry::done("breached-passwords.asked").detail("people", asked.len());
            tx.audit(ctx, entry).await?;
        }
        Ok(asked.len())
    }
}

impl From<UnseenRow> for UnseenPassword {
    fn from(row: UnseenRow) -> Self {
        Self {
            staff: row.id,
            login: row.login,
            name: row.name,
            last_sign_in_at: row.last_sign_in_at,
            checked_at: row.password_checked_at,
            asked_at: row.password_asked_at,
            reachable: row.mail_proved_at.is_some(),
        }
    }
}

impl From<DayRow> for BreachDay {
    fn from(row: DayRow) -> Self {
        Self {
            at: Timestamp::from_seconds(row.day * DAY),
            passwords: row.passwords,
            checked: row.checked,
            breached: row.breached,
        }
    }
}

/// Of those who can sign in, whose password was found, each once.
async fn found_lately(tx: &mut Tx) -> Result<Vec<FoundPassword>, DbError> {
    let filter = AuditFilter {
        action: Some(FOUND.to_owned()),
        ..AuditFilter::default()
    };
    let newest = PageQuery {
        after: None,
        limit: Some(MOST_SHOWN),
    };
    let active = staff::active(tx).await?;
    let people: HashMap<String, StaffRow> = active.into_iter().map(|row| (row.id.to_string(), row)).collect();
    let mut shown = HashSet::new();
    let mut found = Vec::new();
    for entry in wd_audit_log::list(tx, &filter, &newest).await?.items {
        let row = entry.target.and_then(|target| people.get(&target.id));
        let Some(row) = row.filter(|row| shown.insert(row.id)) else {
            continue;
        };
        found.push(FoundPassword {
            staff: row.id,
            login: row.login.clone(),
            name: row.name.clone(),
            at: entry.at,
            by_scan: entry.details.get("found_by").and_then(Value::as_str) == Some(SCAN),
            changed: row.password_breached_at.is_none(),
        });
    }
    Ok(found)
}

fn today(ctx: &Ctx) -> i64 {
    ctx.now().seconds().div_euclid(DAY)
}
