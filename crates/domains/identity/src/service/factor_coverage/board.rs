//! The board: everybody once, who is at most risk first, and the figures of each role, today and on the days before.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

use serde::Serialize;
use utoipa::ToSchema;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, FactorWaveId, Scope, StaffId, Timestamp};

use super::census::{Census, Member};
use crate::{
    FactorKind, FactorPolicyError, FactorStrength, Identity, KnownMakes, RiskReason,
    model::Risk,
    permissions::FactorPolicyRead,
    service::password_policy::DAY,
    store::{
        factor_coverage::{self, CoverageDayRow, CoverageOf},
        wave,
    },
};

/// Most people are shown by name; the rest is found by role or by name.
const MOST_SHOWN: usize = 500;
/// How many days are shown.
const DAYS_SHOWN: i64 = 365;
/// How the table of days names everybody.
const EVERYBODY: CoverageOf<'static> = CoverageOf::Role("");

/// Whom to show.
#[derive(Debug, Clone, Default)]
pub struct CoverageQuery {
    /// Only who holds this role; the days are of the role too.
    pub role: Option<String>,
    /// Only who belongs to this open wave; without a role the days are of the wave.
    pub wave: Option<FactorWaveId>,
    /// Only who has not all that is asked.
    pub left: bool,
    /// Only whose name or login has this in it, in capitals or not.
    pub search: Option<String>,
}

/// Who has which factors, and how that went over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Everybody together.
    pub total: Figures,
    /// Each role, in order of the titles. Who holds two counts in both.
    pub roles: Vec<RoleCoverage>,
    /// The people who were asked for, who is at most risk first; at most 500.
    pub people: Vec<CoveredPerson>,
    /// How many people were asked for.
    pub matching: usize,
    /// The days of the last year and today, the oldest first: of the role that was asked for, else of the wave, else of
    /// everybody.
    pub days: Vec<CoverageDay>,
}

/// How many people are how far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CoverageFigures)]
pub struct Figures {
    /// How many can sign in.
    pub people: i64,
    /// How many have a second factor here; recovery codes alone are none.
    pub enrolled: i64,
    /// How many have one that a false page cannot use.
    pub phishing_resistant: i64,
    /// How many have all that is asked of them, now or later.
    pub satisfied: i64,
}

/// How far those are who hold a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoleCoverage {
    /// The name of the role.
    pub role: String,
    /// What people call it.
    pub title: String,
    /// How many are how far.
    pub figures: Figures,
}

/// How it stood on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoverageDay {
    /// The beginning of the day (UTC).
    pub at: Timestamp,
    /// How many were how far.
    pub figures: Figures,
}

/// Somebody on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoveredPerson {
    /// Who.
    pub id: StaffId,
    /// The name to sign in with.
    pub login: String,
    /// The shown name.
    pub name: String,
    /// The names of their roles.
    pub roles: Vec<String>,
    /// The kinds of factors that work.
    pub factors: Vec<FactorKind>,
    /// The makes of the passkeys that are attested, by name, each once.
    pub makes: Vec<String>,
    /// What they must have once all that was decided holds.
    pub asked: FactorStrength,
    /// Whether they have it.
    pub satisfied: bool,
    /// From when on they can do nothing else before they have it; `null`: nothing is due.
    pub due_at: Option<Timestamp>,
    /// The open waves they belong to, the oldest first.
    pub waves: Vec<FactorWaveId>,
    /// Whether there is a mail address to remind them at.
    pub reachable: bool,
    /// When an open wave reminded them last.
    pub reminded_at: Option<Timestamp>,
    /// The latest sign-in.
    pub last_sign_in_at: Option<Timestamp>,
    /// How much the account is at risk, from 0 to 100.
    pub score: u32,
    /// Why, what counts most first.
    pub reasons: Vec<RiskReason>,
}

impl Figures {
    fn of<'a>(people: impl Iterator<Item = &'a Member>) -> Self {
        let mut figures = Self::default();
        for person in people {
            let had = person.had();
            figures.people += 1;
            figures.enrolled += i64::from(had.is_some());
            figures.phishing_resistant += i64::from(had == Some(FactorStrength::PhishingResistant));
            figures.satisfied += i64::from(person.is_satisfied());
        }
        figures
    }
}

impl Census {
    fn figures(&self, role: Option<&str>) -> Figures {
        let of_role = |person: &&Member| role.is_none_or(|role| person.roles.iter().any(|held| held == role));
        Figures::of(self.people.iter().filter(of_role))
    }

    fn figures_of_wave(&self, wave: FactorWaveId) -> Figures {
        Figures::of(self.people.iter().filter(|person| person.waves.contains(&wave)))
    }
}

impl CoverageQuery {
    fn takes(&self, person: &Member) -> bool {
        let sought = self.search.as_deref().map(|text| text.trim().to_lowercase());
        let has = |text: &str| {
            sought
                .as_ref()
                .is_none_or(|sought| text.to_lowercase().contains(sought))
        };
        (!self.left || !person.is_satisfied())
            && self.wave.is_none_or(|wave| person.waves.contains(&wave))
            && self.role.as_ref().is_none_or(|role| person.roles.contains(role))
            && (has(&person.row.name) || has(&person.row.login))
    }
}

impl Identity {
    /// Who has which factors, who is left, and how that went over time.
    pub async fn factor_coverage(&self, ctx: &Ctx, query: &CoverageQuery) -> Result<Coverage, FactorPolicyError> {
        ctx.require::<FactorPolicyRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        let census = self.census(&mut tx, ctx).await?;
        let role = query.role.as_deref();
        if role.is_some_and(|role| !census.roles.iter().any(|(name, _)| name == role)) {
            return Err(FactorPolicyError::NotFound);
        }
        let today = today(ctx);
        let (of, now) = match (role, query.wave) {
            (Some(role), _) => (CoverageOf::Role(role), census.figures(Some(role))),
            (None, Some(wave)) => (CoverageOf::Wave(wave), census.figures_of_wave(wave)),
            (None, None) => (EVERYBODY, census.figures(None)),
        };
        let days = factor_coverage::days(&mut tx, of, today - DAYS_SHOWN).await?;
        let mut days: Vec<_> = days
            .into_iter()
            .filter(|row| row.day < today)
            .map(CoverageDay::from)
            .collect();
        days.push(CoverageDay {
            at: Timestamp::from_seconds(today * DAY),
            figures: now,
        });
        let mut reminded: HashMap<StaffId, Timestamp> = HashMap::new();
        for (_, staff, at) in wave::last_reminders(&mut tx).await? {
            let last = reminded.entry(staff).or_insert(at);
            *last = at.max(*last);
        }
        let taken = census.people.iter().filter(|person| query.takes(person));
        let mut ranked: Vec<(Risk, &Member)> = taken.map(|one| (one.risk(&census.worth, ctx.now()), one)).collect();
        // The order of logins stays among those of one score.
        ranked.sort_by_key(|(risk, _)| Reverse(risk.score));
        Ok(Coverage {
            total: census.figures(None),
            roles: census
                .roles
                .iter()
                .map(|(role, title)| RoleCoverage {
                    role: role.clone(),
                    title: title.clone(),
                    figures: census.figures(Some(role)),
                })
                .collect(),
            matching: ranked.len(),
            people: ranked
                .into_iter()
                .take(MOST_SHOWN)
                .map(|(risk, person)| shown(risk, person, &reminded, &self.makes))
                .collect(),
            days,
        })
    }

    /// Writes down how far people are today. Run it a few times a day.
    pub async fn note_factor_coverage(&self, ctx: &Ctx) -> Result<(), DbError> {
        let mut tx = self.db.begin().await?;
        let census = self.census(&mut tx, ctx).await?;
        note(&mut tx, today(ctx), EVERYBODY, census.figures(None)).await?;
        for (role, _) in &census.roles {
            note(&mut tx, today(ctx), CoverageOf::Role(role), census.figures(Some(role))).await?;
        }
        for open in wave::open(&mut tx).await? {
            let figures = census.figures_of_wave(open.id);
            note(&mut tx, today(ctx), CoverageOf::Wave(open.id), figures).await?;
        }
        tx.commit().await
    }
}

async fn note(tx: &mut Tx, day: i64, of: CoverageOf<'_>, figures: Figures) -> Result<(), DbError> {
    let row = CoverageDayRow {
        day,
        people: figures.people,
        enrolled: figures.enrolled,
        phishing_resistant: figures.phishing_resistant,
        satisfied: figures.satisfied,
    };
    factor_coverage::set_day(tx, of, &row).await
}

fn shown(risk: Risk, person: &Member, reminded: &HashMap<StaffId, Timestamp>, known: &KnownMakes) -> CoveredPerson {
    let makes = person.grades.iter().filter_map(|grade| known.name(grade.make?));
    let makes: BTreeSet<&str> = makes.collect();
    CoveredPerson {
        makes: makes.into_iter().map(str::to_owned).collect(),
        id: person.row.id,
        login: person.row.login.clone(),
        name: person.row.name.clone(),
        roles: person.roles.clone(),
        factors: person.kinds.clone(),
        asked: person.asked(),
        satisfied: person.is_satisfied(),
        due_at: person.due_at(),
        waves: person.waves.clone(),
        reachable: person.reachable,
        reminded_at: reminded.get(&person.row.id).copied(),
        last_sign_in_at: person.row.last_sign_in_at,
        score: risk.score,
        reasons: risk.reasons,
    }
}

impl From<CoverageDayRow> for CoverageDay {
    fn from(row: CoverageDayRow) -> Self {
        Self {
            at: Timestamp::from_seconds(row.day * DAY),
            figures: Figures {
                people: row.people,
                enrolled: row.enrolled,
                phishing_resistant: row.phishing_resistant,
                satisfied: row.satisfied,
            },
        }
    }
}

fn today(ctx: &Ctx) -> i64 {
    ctx.now().seconds().div_euclid(DAY)
}
