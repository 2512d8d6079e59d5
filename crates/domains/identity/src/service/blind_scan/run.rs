//! The scan itself: all entries of a newer corpus in order, a stretch at a time. After each stretch the place is written
//! down, so that whoever goes on after a crash, on this node or another, misses none.

use std::{collections::HashMap, sync::Arc};

use tracing::info;
use wd_audit_log::{AuditTx as _, Entry};
use wd_breach::{Corpus, Info, Kind};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Duration};

use crate::{
    Identity, StaffState,
    breaches::{Found, Sighting},
    index_scan::{self, Index, Stretch},
    service::breached_passwords::SeenBy,
    store::{
        blind_scan::{self, IndexRow, RunRow},
        breach, staff,
    },
};

/// Entries between two looks at the database: some tenths of a second.
const STRETCH: u64 = 1 << 20;
/// A node that has not come back from a stretch after this long is taken for gone.
const LEASE: Duration = Duration::from_secs(120);
/// Whom the newest corpus has still not seen after a scan of it is tested in the next one.
const AGAIN_AFTER: Duration = Duration::from_hours(24);

/// A scan that this node has, for one stretch.
pub(crate) struct Claimed {
    pub run: RunRow,
    pub people: HashMap<Index, Vec<IndexRow>>,
}

impl Identity {
    /// Reads a stretch of the newest corpus for the blind indexes of passwords, if somebody's were not held against it and
    /// the option is on. Whether there is more to do right away.
    pub async fn scan_by_index(&self, ctx: &Ctx) -> Result<bool, DbError> {
        self.scan_stretch(ctx, STRETCH).await
    }

    pub(crate) async fn scan_stretch(&self, ctx: &Ctx, most: u64) -> Result<bool, DbError> {
        let Some(corpus) = self.scannable(ctx).await else {
            return Ok(false);
        };
        let Some(claimed) = self.claim_scan(ctx, &corpus.info()).await? else {
            return Ok(false);
        };
        let began = ctx.now();
        let wanted = self.wanted(claimed.people.keys().copied());
        let from = u64::try_from(claimed.run.next_page).unwrap_or_default();
        match index_scan::read_beside(corpus, from, most, wanted).await {
            Some(stretch) => {
                let took = ctx.now().since(began);
                self.end_stretch(ctx, claimed, stretch, took).await
            }
            // The lease runs out, and it is tried again.
            None => Ok(false),
        }
    }

    /// The corpus, if it is one whose hashes the indexes are of.
    pub(crate) async fn scannable(&self, ctx: &Ctx) -> Option<Arc<Corpus>> {
        let corpus = self.breaches.as_ref()?.newest(ctx.now()).await.ok()?;
        (corpus.info().kind == Kind::Sha1).then_some(corpus)
    }

    /// Takes up the scan of this corpus, or begins one, if there is something to do and no other node does it.
    pub(crate) async fn claim_scan(&self, ctx: &Ctx, info: &Info) -> Result<Option<Claimed>, DbError> {
        let mut look = self.db.snapshot().await?;
        if blind_scan::option(&mut look).await?.enabled == 0 {
            return Ok(None);
        }
        let there = blind_scan::run(&mut look, &info.digest).await?;
        let goes_on = there.as_ref().is_some_and(|run| run.finished_at.is_none());
        let rests = there.is_some_and(|run| run.finished_at.is_some_and(|at| ctx.now().since(at) < AGAIN_AFTER));
        let due = !goes_on
            && !rests
            && blind_scan::is_unseen(&mut look, &info.digest).await?
            && !blind_scan::is_outdated(&mut look, info.made_at).await?;
        drop(look);
        if !goes_on && !due {
            return Ok(None);
        }
        let mut tx = self.db.begin().await?;
        if due && !self.begin_scan(&mut tx, ctx, info).await? {
            return Ok(None);
        }
        let now = ctx.now();
        let Some(run) = blind_scan::claim(&mut tx, &info.digest, now, now + LEASE).await? else {
            return Ok(None);
        };
        let rows = blind_scan::before(&mut tx, run.generation).await?;
        let mut people: HashMap<Index, Vec<IndexRow>> = HashMap::new();
        for row in rows {
            match self.open_index(row.staff, &row.sealed) {
                Some(index) => people.entry(index).or_default().push(row),
                // What cannot be tested must not count as tested; the next sign-in makes a new one.
                None => blind_scan::forget_index(&mut tx, row.staff).await?,
            }
        }
        tx.commit().await?;
        Ok(Some(Claimed { run, people }))
    }

    async fn begin_scan(&self, tx: &mut Tx, ctx: &Ctx, info: &Info) -> Result<bool, DbError> {
        let Some(generation) = blind_scan::next_generation(tx).await? else {
            return Ok(false);
        };
        let entries = i64::try_from(info.entries).unwrap_or(i64::MAX);
        breach::used(tx, &info.digest, entries, info.made_at, ctx.now()).await?;
        let tested = blind_scan::before(tx, generation).await?.len();
        let run = RunRow {
            corpus: info.digest.to_vec(),
            generation,
            pages: i64::try_from(info.pages).unwrap_or(i64::MAX),
            next_page: 0,
            entries,
            entries_done: 0,
            busy_micros: 0,
            tested: i64::try_from(tested).unwrap_or(i64::MAX),
            found: 0,
            started_at: ctx.now(),
            finished_at: None,
            lease_until: None,
            claims: 0,
        };
        blind_scan::begin(tx, &run).await?;
        Ok(true)
    }

    /// Lets everything follow from what a stretch has found, and writes down how far the scan is. Whether it goes on.
    pub(crate) async fn end_stretch(
        &self,
        ctx: &Ctx,
        claimed: Claimed,
        stretch: Stretch,
        took: std::time::Duration,
    ) -> Result<bool, DbError> {
        let Claimed { mut run, mut people } = claimed;
        let mut tx = self.db.begin().await?;
        let mut hits = Vec::new();
        for (index, times) in stretch.hits {
            // Two entries may share their first 64 bits: the people stay.
            let of_it = people.entry(index).or_default().iter();
            hits.extend(of_it.map(|row| (row.staff, row.password_set_at, index, times)));
        }
        // All who hold several people do it in this order.
        hits.sort_unstable_by_key(|(staff, ..)| *staff);
        for (staff, set_at, index, times) in hits {
            let Some(row) = staff::hold(&mut tx, staff).await? else {
                continue;
            };
            // It may be another password by now, somebody may have left, or it was switched off.
            let kept = blind_scan::index_of(&mut tx, staff).await?;
            let same = kept.and_then(|sealed| self.open_index(staff, &sealed)) == Some(index)
                && row.password_hash.is_some()
                && row.password_set_at == set_at;
            if !same || row.state == StaffState::Disabled {
                continue;
            }
            let sighting = Sighting {
                corpus: run.corpus.clone(),
                found: Found::Yes(times),
            };
            let policy = self.password_policy_of(&mut tx, ctx, staff).await?;
            if sighting.is_refused(policy.breach_limit)
                && self.end_breached(&mut tx, ctx, staff, &sighting, SeenBy::Scan).await?
            {
                run.found += 1;
            }
        }
        run.entries_done = run
            .entries_done
            .saturating_add(stretch.entries.try_into().unwrap_or(i64::MAX));
        run.busy_micros = run
            .busy_micros
            .saturating_add(took.as_micros().try_into().unwrap_or(i64::MAX));
        let next = stretch.next_page.and_then(|page| i64::try_from(page).ok());
        run.next_page = next.unwrap_or(run.pages);
        run.finished_at = next.is_none().then(|| ctx.now());
        if !blind_scan::advance(&mut tx, &run).await? {
            return Ok(false);
        }
        if run.finished_at.is_some() {
            blind_scan::mark_seen(&mut tx, &run, ctx.now()).await?;
            let entry = Entry::done("breached-passwords.scanned")
                .detail("passwords", run.tested)
                .detail("found", run.found);
            tx.audit(ctx, entry).await?;
        }
        tx.commit().await?;
        if run.finished_at.is_some() {
            info!(
                passwords = run.tested,
                found = run.found,
                "the newest corpus was scanned by blind index"
            );
        }
        Ok(run.finished_at.is_none())
    }
}
