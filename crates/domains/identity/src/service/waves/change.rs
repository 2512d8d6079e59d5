//! Making, changing and ending waves.

use std::collections::HashSet;

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, FactorWaveId, Scope, StaffId, Timestamp};

use super::{
    list::{WaveView, shown},
    members::{Wave, with_members},
};
use crate::{
    Concerned, Consequence, FactorKind, FactorStrength, Identity, WaveStep,
    events::FactorWaveMoved,
    model::{BadWave, WaveTerms, wave_name},
    permissions::{FactorPolicyChange, FactorPolicyRead},
    store::{
        factor,
        wave::{self, WaveRow},
    },
};

/// Most people who are named one by one; more are chosen by role.
const MOST_NAMED: usize = 1_000;
/// How many people the audit log has by name, of those who were added to a wave or taken out.
const MOST_SHOWN: usize = 50;

/// What a wave is to be.
#[derive(Debug, Clone)]
pub struct WaveChange {
    /// What people call it; no other open wave is called so.
    pub name: String,
    /// What its members must have.
    pub asks: FactorStrength,
    /// The names of roles whose holders belong to it.
    pub roles: Vec<String>,
    /// People who belong to it whatever their roles; at most 1,000.
    pub people: Vec<StaffId>,
    /// From when on they are told; `None`: now, or as before.
    pub starts_at: Option<Timestamp>,
    /// How many days after that they can do nothing else without it.
    pub grace_days: i64,
    /// Whether they are reminded by mail.
    pub reminds: bool,
}

/// Whom a wave would concern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WavePreview {
    /// How many who can sign in would belong to it.
    pub members: usize,
    /// How many of them do not have what it asks.
    pub left: usize,
    /// Whether the one who asks is left.
    pub yourself: bool,
    /// Who is left; `None` for who may not see who works here.
    pub concerned: Option<Concerned>,
}

/// Why a wave was not shown, made or changed.
#[derive(Debug, thiserror::Error)]
pub enum WaveError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such wave.
    #[error("no such wave")]
    NotFound,
    /// Somebody changed it meanwhile, or ended it.
    #[error("somebody changed the wave meanwhile")]
    Stale,
    /// Somebody has ended it.
    #[error("the wave has ended")]
    Ended,
    /// A field is out of its bounds.
    #[error(transparent)]
    Field(#[from] BadWave),
    /// Another open wave has the name.
    #[error("another wave has the name")]
    Taken,
    /// It would have begun in the past.
    #[error("the wave would have begun in the past")]
    Past,
    /// A role that there is not.
    #[error("no such role")]
    UnknownRole,
    /// Somebody there is not.
    #[error("no such person")]
    UnknownPerson,
    /// Nobody belongs to it.
    #[error("a wave needs a role or a person")]
    NoMembers,
    /// More than 1,000 people are named.
    #[error("too many people are named")]
    TooMany,
    /// The actor is asked by this wave and has not done it: they cannot take it off themselves.
    #[error("the wave asks the actor")]
    Own,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Identity {
    /// Makes a wave.
    pub async fn create_factor_wave(&self, ctx: &Ctx, wanted: WaveChange) -> Result<WaveView, WaveError> {
        ctx.require::<FactorPolicyChange>(Scope::ORGANISATION)?;
        let mut tx = self.db.begin().await?;
        wave::hold_all(&mut tx).await?;
        let made = self.wave_of(&mut tx, ctx, wanted, None).await?;
        if !wave::insert(&mut tx, &made.row, ctx.now()).await? {
            return Err(WaveError::Taken);
        }
        self.put_members(&mut tx, ctx, &made).await?;
        self.written(&mut tx, ctx, None, &made, WaveStep::Made).await?;
        let view = self.wave_view(&mut tx, ctx, made.row).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// Changes a wave over the version that was read. Who is left by it cannot make it ask for less.
    pub async fn change_factor_wave(
        &self,
        ctx: &Ctx,
        id: FactorWaveId,
        version: i64,
        wanted: WaveChange,
    ) -> Result<WaveView, WaveError> {
        ctx.require::<FactorPolicyChange>(Scope::ORGANISATION)?;
        let mut tx = self.db.begin().await?;
        wave::hold_all(&mut tx).await?;
        let before = open_wave(&mut tx, id, version).await?;
        let after = self.wave_of(&mut tx, ctx, wanted, Some(&before)).await?;
        let lowered = after.row.terms().ask_less_than(&before.row.terms()) || !after.has_all_of(&before);
        if lowered {
            self.is_not_left(&mut tx, ctx, &before).await?;
        }
        if wave::is_named(&mut tx, &after.row.name, id).await? {
            return Err(WaveError::Taken);
        }
        if !wave::update(&mut tx, &after.row).await? {
            return Err(WaveError::Stale);
        }
        self.put_members(&mut tx, ctx, &after).await?;
        let step = if lowered { WaveStep::Lowered } else { WaveStep::Changed };
        self.written(&mut tx, ctx, Some(&before), &after, step).await?;
        let view = self.wave_view(&mut tx, ctx, after.row).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// Ends a wave: nobody is asked by it any more. Who is left by it cannot do that.
    pub async fn end_factor_wave(&self, ctx: &Ctx, id: FactorWaveId, version: i64) -> Result<WaveView, WaveError> {
        ctx.require::<FactorPolicyChange>(Scope::ORGANISATION)?;
        let mut tx = self.db.begin().await?;
        wave::hold_all(&mut tx).await?;
        let before = open_wave(&mut tx, id, version).await?;
        self.is_not_left(&mut tx, ctx, &before).await?;
        let mut after = before.clone();
        after.row.version += 1;
        after.row.ended_at = Some(ctx.now());
        if !wave::update(&mut tx, &after.row).await? {
            return Err(WaveError::Stale);
        }
        self.written(&mut tx, ctx, Some(&before), &after, WaveStep::Ended)
            .await?;
        let view = self.wave_view(&mut tx, ctx, after.row).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// Whom a wave would concern. `id` is the wave that would be changed.
    pub async fn preview_factor_wave(
        &self,
        ctx: &Ctx,
        wanted: WaveChange,
        id: Option<FactorWaveId>,
    ) -> Result<WavePreview, WaveError> {
        ctx.require::<FactorPolicyRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        let before = match id {
            Some(id) => Some(wave::find(&mut tx, id).await?.ok_or(WaveError::NotFound)?),
            None => None,
        };
        let before = with_members(&mut tx, before.into_iter().collect()).await?.pop();
        let made = self.wave_of(&mut tx, ctx, wanted, before.as_ref()).await?;
        let census = self.census(&mut tx, ctx).await?;
        let members: Vec<_> = census
            .people
            .iter()
            .filter(|one| made.has(one.row.id, &one.roles))
            .collect();
        let left: Vec<_> = members.iter().filter(|one| one.had() < Some(made.row.asks)).collect();
        let me = ctx.actor.staff().map(|actor| actor.id);
        let named = left
            .iter()
            .map(|one| (one.row.id, one.row.name.clone(), Consequence::MustEnrol));
        Ok(WavePreview {
            members: members.len(),
            left: left.len(),
            yourself: left.iter().any(|one| Some(one.row.id) == me),
            concerned: Concerned::named_to(ctx, named),
        })
    }

    async fn wave_view(&self, tx: &mut Tx, ctx: &Ctx, row: WaveRow) -> Result<WaveView, WaveError> {
        let census = self.census(tx, ctx).await?;
        let reminders = wave::last_reminders(tx).await?;
        let of_wave = reminders.into_iter().filter(|(id, ..)| *id == row.id);
        let reminded_at = of_wave.map(|(.., at)| at).max();
        let wave = with_members(tx, vec![row]).await?.pop().ok_or(WaveError::NotFound)?;
        Ok(shown(wave, &census, ctx.now(), reminded_at))
    }

    /// The wave that is wanted, if it may be one.
    async fn wave_of(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        wanted: WaveChange,
        before: Option<&Wave>,
    ) -> Result<Wave, WaveError> {
        let name = wave_name(&wanted.name)?;
        let kept = before.map(|wave| wave.row.starts_at);
        // Time goes on between two looks at the clock, and now must not be in the past.
        let now = ctx.now();
        let starts_at = wanted.starts_at.or(kept).unwrap_or(now);
        if starts_at < now && kept != Some(starts_at) {
            return Err(WaveError::Past);
        }
        let terms = WaveTerms {
            asks: wanted.asks,
            starts_at,
            grace_days: wanted.grace_days,
        };
        let terms = terms.checked()?;
        let (roles, people) = (unique(wanted.roles), unique(wanted.people));
        if roles.is_empty() && people.is_empty() {
            return Err(WaveError::NoMembers);
        }
        if people.len() > MOST_NAMED {
            return Err(WaveError::TooMany);
        }
        let known = self.rights.roles(tx).await?;
        if !roles.iter().all(|role| known.iter().any(|(name, _)| name == role)) {
            return Err(WaveError::UnknownRole);
        }
        if !people.is_empty() {
            let known: HashSet<StaffId> = wave::staff(tx).await?.into_iter().collect();
            if !people.iter().all(|id| known.contains(id)) {
                return Err(WaveError::UnknownPerson);
            }
        }
        let row = WaveRow {
            id: before.map_or_else(|| ctx.id(), |wave| wave.row.id),
            version: before.map_or(0, |wave| wave.row.version) + 1,
            name,
            asks: terms.asks,
            starts_at: terms.starts_at,
            grace_days: terms.grace_days,
            reminds: wanted.reminds,
            ended_at: None,
        };
        let people = people.into_iter().map(|id| (id, String::new())).collect();
        Ok(Wave::new(row, roles, people))
    }

    /// Who belongs to the wave, and when their sessions end that began with less.
    async fn put_members(&self, tx: &mut Tx, ctx: &Ctx, wave: &Wave) -> Result<(), DbError> {
        let named: Vec<StaffId> = wave.people.iter().map(|(id, _)| *id).collect();
        wave::set_members(tx, wave.row.id, &wave.roles, &named).await?;
        let held = self.rights.assignments(tx).await?;
        let by_role = held
            .into_iter()
            .filter(|(_, role)| wave.roles.contains(role))
            .map(|(id, _)| id);
        let mut members = unique(named.into_iter().chain(by_role).collect());
        members.sort_unstable();
        if wave.row.asks == FactorStrength::Any {
            // Whatever they began with: only who has nothing of their own here must sign in anew.
            let kinds = factor::kinds(tx).await?.into_iter();
            let own: HashSet<StaffId> = kinds
                .filter(|(_, kind)| *kind != FactorKind::Recovery)
                .map(|(id, _)| id)
                .collect();
            members.retain(|id| !own.contains(id));
        }
        wave::end_by(tx, &members, wave.row.terms().due_at().max(ctx.now())).await
    }

    /// Nobody takes off themselves what they were asked for and have not done.
    async fn is_not_left(&self, tx: &mut Tx, ctx: &Ctx, wave: &Wave) -> Result<(), WaveError> {
        let Some(actor) = ctx.actor.staff() else { return Ok(()) };
        let (roles, _) = self.rights.standing_of(tx, actor.id).await?;
        if !wave.has(actor.id, &roles) {
            return Ok(());
        }
        let has = self.own_strength_of(tx, actor.id).await?;
        if has < Some(wave.row.asks) {
            Err(WaveError::Own)
        } else {
            Ok(())
        }
    }

    async fn written(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        before: Option<&Wave>,
        after: &Wave,
        step: WaveStep,
    ) -> Result<(), DbError> {
        let event = FactorWaveMoved {
            wave: after.row.id,
            version: after.row.version,
            step,
            by: ctx.actor.staff().map(|actor| actor.id),
        };
        tx.emit(ctx, &event).await?;
        let entry = Entry::done(match step {
            WaveStep::Made => "factor-wave.made",
            WaveStep::Changed | WaveStep::Lowered => "factor-wave.changed",
            WaveStep::Ended => "factor-wave.ended",
        });
        let entry = entry
            .target(after.row.id)
            .detail("before", before.map_or_else(|| "nothing".to_owned(), told))
            .detail("after", told(after));
        let gone = before.map_or_else(String::new, |before| only_in(before, after));
        let entry = entry.detail(
            "added",
            before.map_or_else(String::new, |before| only_in(after, before)),
        );
        tx.audit(ctx, entry.detail("removed", gone)).await.map(drop)
    }
}

async fn open_wave(tx: &mut Tx, id: FactorWaveId, version: i64) -> Result<Wave, WaveError> {
    let row = wave::find(tx, id).await?.ok_or(WaveError::NotFound)?;
    if row.ended_at.is_some() {
        return Err(WaveError::Ended);
    }
    if row.version != version {
        return Err(WaveError::Stale);
    }
    with_members(tx, vec![row]).await?.pop().ok_or(WaveError::NotFound)
}

/// Each once, in the order in which they came.
fn unique<T: Clone + Eq + std::hash::Hash>(all: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    all.into_iter().filter(|one| seen.insert(one.clone())).collect()
}

/// A wave in the audit log.
fn told(wave: &Wave) -> String {
    let terms = wave.row.terms();
    format!(
        "“{}” asks {} of roles [{}] and {} people by name, from {}, held from {}, {}{}",
        wave.row.name,
        terms.asks.as_str(),
        wave.roles.join(", "),
        wave.people.len(),
        terms.starts_at,
        terms.due_at(),
        if wave.row.reminds {
            "with reminders"
        } else {
            "without reminders"
        },
        if wave.row.ended_at.is_some() { ", ended" } else { "" },
    )
}

/// Whom one wave names and the other does not, at most fifty of them.
fn only_in(one: &Wave, other: &Wave) -> String {
    let none: &[String] = &[];
    let names = one
        .people
        .iter()
        .filter(|(id, _)| !other.has(*id, none))
        .map(|(id, _)| id.to_string());
    let all: Vec<String> = names.collect();
    let more = all.len().saturating_sub(MOST_SHOWN);
    let shown: Vec<String> = all.into_iter().take(MOST_SHOWN).collect();
    let tail = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{tail}", shown.join(", "))
}
