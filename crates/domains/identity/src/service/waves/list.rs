//! The waves there are, how far their members are, and those that the ranking by risk proposes.

use std::{cmp::Reverse, collections::HashSet};

use serde::Serialize;
use utoipa::ToSchema;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, FactorWaveId, Scope, StaffId, Timestamp};

use super::{
    change::WaveError,
    members::{Wave, with_members},
};
use crate::{
    FactorStrength, Identity,
    model::{Risk, RiskReason, WaveState, words},
    permissions::FactorPolicyRead,
    service::factor_coverage::{Census, Member},
    store::wave,
};

/// How many are shown who should come first.
const MOST_FIRST: usize = 5;

words! {
    /// Why people belong together in a proposed wave.
    WaveTier {
        /// They may change who gets in, and how.
        Security = "security",
        /// They may see or move what customers trust the company with, or let others set up new factors.
        Customers = "customers",
        /// Everybody else.
        Rest = "rest",
    }
}

/// All waves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waves {
    /// Those that were made last first, ended ones too.
    pub items: Vec<WaveView>,
    /// What could come next, in this order; only where somebody is left whom nothing asks for a passkey.
    pub proposals: Vec<ProposedWave>,
}

/// A wave, and how far its members are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FactorWave)]
pub struct WaveView {
    /// Which one.
    pub id: FactorWaveId,
    /// Counts the changes; it goes back with a change.
    pub version: i64,
    /// What people call it.
    pub name: String,
    /// What its members must have.
    pub asks: FactorStrength,
    /// The names of roles whose holders belong to it.
    pub roles: Vec<String>,
    /// People who belong to it whatever their roles.
    pub people: Vec<Named>,
    /// From when on they are told.
    pub starts_at: Timestamp,
    /// How many days after that they can do nothing else without it.
    pub grace_days: i64,
    /// When that is.
    pub due_at: Timestamp,
    /// Whether they are reminded by mail.
    pub reminds: bool,
    /// Where it stands.
    pub state: WaveState,
    /// When somebody ended it.
    pub ended_at: Option<Timestamp>,
    /// How many who can sign in belong to it.
    pub members: usize,
    /// How many of them do not have what it asks.
    pub left: usize,
    /// When a reminder was queued last.
    pub reminded_at: Option<Timestamp>,
}

/// Somebody by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = NamedPerson)]
pub struct Named {
    /// Who.
    pub id: StaffId,
    /// The shown name.
    pub name: String,
}

/// A wave that could come next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProposedFactorWave)]
pub struct ProposedWave {
    /// Why these roles.
    pub tier: WaveTier,
    /// The names of the roles it would be made of.
    pub roles: Vec<String>,
    /// How many who can sign in hold one of them.
    pub members: usize,
    /// How many of them have no passkey, and nothing asks them for one yet.
    pub left: usize,
    /// Who of them should come first: the most exposed, then those at most risk, then by login; at most 5.
    pub first: Vec<ProposedPerson>,
}

/// Somebody who should come first in a proposed wave, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProposedPerson {
    /// Who.
    pub id: StaffId,
    /// The shown name.
    pub name: String,
    /// How much the account is at risk, from 0 to 100.
    pub score: u32,
    /// Why they stand here: what exposes the account first, then what it is worth.
    pub reasons: Vec<RiskReason>,
}

impl Identity {
    /// All waves, how far their members are, and what could come next.
    pub async fn factor_waves(&self, ctx: &Ctx) -> Result<Waves, WaveError> {
        ctx.require::<FactorPolicyRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        let census = self.census(&mut tx, ctx).await?;
        let rows = wave::all(&mut tx).await?;
        let waves = with_members(&mut tx, rows).await?;
        let reminders = wave::last_reminders(&mut tx).await?;
        let mut items = Vec::with_capacity(waves.len());
        for wave in waves {
            let of_wave = reminders.iter().filter(|(id, ..)| *id == wave.row.id);
            let reminded_at = of_wave.map(|(.., at)| *at).max();
            items.push(shown(wave, &census, ctx.now(), reminded_at));
        }
        Ok(Waves {
            items,
            proposals: proposals(&census, ctx.now()),
        })
    }

    /// What people call a wave. Callers decide who may see it.
    pub async fn wave_name_in(&self, tx: &mut Tx, id: FactorWaveId) -> Result<Option<String>, DbError> {
        Ok(wave::find(tx, id).await?.map(|row| row.name))
    }
}

/// A wave as it is shown.
pub(super) fn shown(wave: Wave, census: &Census, now: Timestamp, reminded_at: Option<Timestamp>) -> WaveView {
    let terms = wave.row.terms();
    let members = census
        .people
        .iter()
        .filter(|person| wave.has(person.row.id, &person.roles));
    let (mut count, mut left) = (0, 0);
    for member in members {
        count += 1;
        left += usize::from(member.had() < Some(terms.asks));
    }
    WaveView {
        id: wave.row.id,
        version: wave.row.version,
        asks: terms.asks,
        starts_at: terms.starts_at,
        grace_days: terms.grace_days,
        due_at: terms.due_at(),
        reminds: wave.row.reminds,
        state: wave.row.ended_at.map_or_else(|| terms.state(now), |_| WaveState::Ended),
        ended_at: wave.row.ended_at,
        members: count,
        left,
        reminded_at,
        name: wave.row.name,
        roles: wave.roles,
        people: wave.people.into_iter().map(|(id, name)| Named { id, name }).collect(),
    }
}

fn tier_of(worth: &[RiskReason]) -> WaveTier {
    let any = |wanted: &[RiskReason]| worth.iter().any(|reason| wanted.contains(reason));
    if any(&[RiskReason::Administers, RiskReason::ChangesSecurity]) {
        WaveTier::Security
    } else if any(&[
        RiskReason::RevealsCustomers,
        RiskReason::MovesData,
        RiskReason::Recovers,
    ]) {
        WaveTier::Customers
    } else {
        WaveTier::Rest
    }
}

/// These people in the order in which they should come.
fn ranked(people: &[&Member], census: &Census, now: Timestamp) -> Vec<ProposedPerson> {
    let mut ranked: Vec<(Risk, &Member)> = people.iter().map(|one| (one.risk(&census.worth, now), *one)).collect();
    // The order of logins stays among those who are alike.
    ranked.sort_by_key(|(risk, _)| Reverse((risk.exposure(), risk.score)));
    let shown = ranked.into_iter().take(MOST_FIRST).map(|(risk, person)| {
        let Risk { score, mut reasons } = risk;
        reasons.sort_by_key(|reason| !reason.is_exposure());
        ProposedPerson {
            id: person.row.id,
            name: person.row.name.clone(),
            score,
            reasons,
        }
    });
    shown.collect()
}

/// Who holds roles of two tiers counts in the first one only.
fn proposals(census: &Census, now: Timestamp) -> Vec<ProposedWave> {
    let mut counted: HashSet<StaffId> = HashSet::new();
    let mut proposals = Vec::new();
    for tier in [WaveTier::Security, WaveTier::Customers, WaveTier::Rest] {
        let worth = |role: &String| census.worth.get(role).map_or(&[][..], Vec::as_slice);
        let names = census.roles.iter().map(|(role, _)| role);
        let roles: Vec<String> = names.filter(|role| tier_of(worth(role)) == tier).cloned().collect();
        let holds = |person: &&Member| person.roles.iter().any(|role| roles.contains(role));
        let members: Vec<&Member> = census
            .people
            .iter()
            .filter(holds)
            .filter(|person| counted.insert(person.row.id))
            .collect();
        let open = |person: &&&Member| {
            person.had() < Some(FactorStrength::PhishingResistant) && person.asked() < FactorStrength::PhishingResistant
        };
        let left: Vec<&Member> = members.iter().filter(open).copied().collect();
        if !left.is_empty() {
            proposals.push(ProposedWave {
                tier,
                members: members.len(),
                left: left.len(),
                first: ranked(&left, census, now),
                roles,
            });
        }
    }
    proposals
}
