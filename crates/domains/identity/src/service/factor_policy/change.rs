//! Reading and changing what roles ask.

use std::collections::{BTreeSet, HashMap, HashSet};

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, Scope, StaffId, Timestamp};

use crate::{
    Aaguid, FactorKind, Identity, KnownMake,
    events::FactorPolicyChanged,
    model::{Demand, FactorPolicy, FactorStrength, Grade, Makes},
    permissions::{FactorPolicyChange as MayChange, FactorPolicyRead},
    store::{
        factor,
        factor_policy::{self, FactorPolicyRow, ListedMakes},
        staff,
    },
};

/// What a role asks, and how far its people are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleFactors {
    /// The name of the role.
    pub role: String,
    /// What people call it.
    pub title: String,
    /// Counts the changes; 0: nobody has changed it.
    pub version: i64,
    /// What it asks.
    pub sign_in: FactorStrength,
    /// What it asks for dangerous acts.
    pub step_up: FactorStrength,
    /// Which makes count, where an attested one is asked for; `None`: every one that is known here.
    pub makes: Option<Vec<Aaguid>>,
    /// From when on; `None`: nothing was ever decided.
    pub due_at: Option<Timestamp>,
    /// How many who can sign in hold the role.
    pub people: usize,
    /// Who of them has no factor that works and does for what is asked, or is phishing-resistant, where less is asked; by
    /// login.
    pub left: Vec<LeftBehind>,
}

/// Somebody without a phishing-resistant factor, or without a make that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBehind {
    /// Who.
    pub id: StaffId,
    /// The shown name.
    pub name: String,
    /// The kinds of factors that work.
    pub factors: Vec<FactorKind>,
}

/// What a role is to ask.
#[derive(Debug, Clone)]
pub struct FactorPolicyChange {
    /// The version that was read.
    pub version: i64,
    /// What signing in must be done with.
    pub sign_in: FactorStrength,
    /// What dangerous acts must be confirmed with.
    pub step_up: FactorStrength,
    /// Which makes count, where an attested one is asked for; `None`: every one that is known here.
    pub makes: Option<BTreeSet<Aaguid>>,
    /// From when on; `None`: at once.
    pub due_at: Option<Timestamp>,
}

/// Why a policy was not shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum FactorPolicyError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such role.
    #[error("no such role")]
    NotFound,
    /// Somebody changed it meanwhile.
    #[error("somebody changed the policy meanwhile")]
    Stale,
    /// The day is over already.
    #[error("the policy would have begun in the past")]
    Past,
    /// Nothing is known here of makes, so that nobody could have an attested factor.
    #[error("no makes are known here")]
    NoMakes,
    /// The list of makes is empty, or has one that is not known here.
    #[error("not a list of makes that are known here")]
    Makes,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Identity {
    /// The makes that are known here, by name.
    pub fn known_makes(&self, ctx: &Ctx) -> Result<Vec<KnownMake>, FactorPolicyError> {
        ctx.require::<FactorPolicyRead>(Scope::ORGANISATION)?;
        Ok(self.makes.list())
    }

    /// What all roles ask, in order of their titles.
    pub async fn factor_policies(&self, ctx: &Ctx) -> Result<Vec<RoleFactors>, FactorPolicyError> {
        ctx.require::<FactorPolicyRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        Ok(self.role_factors(&mut tx).await?)
    }

    /// Changes what a role asks. Who holds it signs in anew when the change begins to hold, so that no session stays that
    /// began with less.
    pub async fn change_factor_policy(
        &self,
        ctx: &Ctx,
        role: &str,
        change: FactorPolicyChange,
    ) -> Result<RoleFactors, FactorPolicyError> {
        ctx.require::<MayChange>(Scope::ORGANISATION)?;
        let mut tx = self.db.begin().await?;
        let known = self.rights.roles(&mut tx).await?;
        if !known.iter().any(|(name, _)| name == role) {
            return Err(FactorPolicyError::NotFound);
        }
        let before = factor_policy::all(&mut tx).await?;
        let before = before.into_iter().find(|row| row.role == role);
        if before.as_ref().map_or(0, |row| row.version) != change.version {
            return Err(FactorPolicyError::Stale);
        }
        let makes = self.listed_makes(&change)?;
        // Time goes on between two looks at the clock, and now must not be in the past.
        let now = ctx.now();
        let due_at = change.due_at.unwrap_or(now);
        if due_at < now && before.as_ref().is_none_or(|row| row.due_at != due_at) {
            return Err(FactorPolicyError::Past);
        }
        let row = FactorPolicyRow {
            role: role.to_owned(),
            version: change.version + 1,
            sign_in: change.sign_in,
            step_up: change.step_up,
            due_at,
            makes,
        };
        if !factor_policy::put(&mut tx, change.version, &row).await? {
            return Err(FactorPolicyError::Stale);
        }
        if row.policy().to_have() > FactorStrength::Any {
            self.end_sessions_by(&mut tx, ctx, &row.policy(), role).await?;
        }
        let by = ctx.actor.staff().map(|actor| actor.id);
        let event = FactorPolicyChanged {
            role: role.to_owned(),
            version: row.version,
            lowered: row
                .policy()
                .asks_less_than(before.as_ref().map(FactorPolicyRow::policy).as_ref()),
            by,
        };
        tx.emit(ctx, &event).await?;
        let old = before.as_ref().map(FactorPolicyRow::policy);
        let entry = Entry::done("factor-policy.changed")
            .detail("role", role)
            .detail("before", told(old.as_ref()))
            .detail("after", told(Some(&row.policy())));
        tx.audit(ctx, entry).await?;
        let shown = self.role_factors(&mut tx).await?;
        tx.commit().await?;
        shown
            .into_iter()
            .find(|shown| shown.role == role)
            .ok_or(FactorPolicyError::NotFound)
    }

    /// The list of makes to keep: of makes that are known here, and only where attested factors are asked for.
    pub(super) fn listed_makes(&self, change: &FactorPolicyChange) -> Result<Option<ListedMakes>, FactorPolicyError> {
        if change.sign_in.max(change.step_up) < FactorStrength::Attested {
            return Ok(None);
        }
        if self.makes.list().is_empty() {
            return Err(FactorPolicyError::NoMakes);
        }
        let Some(listed) = &change.makes else { return Ok(None) };
        if listed.is_empty() || !self.makes.knows(listed) {
            return Err(FactorPolicyError::Makes);
        }
        Ok(Some(ListedMakes(listed.clone())))
    }

    async fn end_sessions_by(&self, tx: &mut Tx, ctx: &Ctx, policy: &FactorPolicy, role: &str) -> Result<(), DbError> {
        let asked = Demand::strictest([policy]);
        let mut holders: Vec<StaffId> = self
            .rights
            .assignments(tx)
            .await?
            .into_iter()
            .filter(|(_, held)| held == role)
            .map(|(holder, _)| holder)
            .collect();
        holders.sort_unstable();
        for holder in holders {
            // Who is signing in right now is waited for, or sees the new policy.
            staff::hold(tx, holder).await?;
            self.trim_remembered(tx, ctx, holder).await?;
            self.end_lesser_by(tx, holder, &asked, policy.due_at.max(ctx.now()))
                .await?;
        }
        Ok(())
    }

    async fn role_factors(&self, tx: &mut Tx) -> Result<Vec<RoleFactors>, DbError> {
        let rows = factor_policy::all(tx).await?;
        let mut kinds: HashMap<StaffId, Vec<FactorKind>> = HashMap::new();
        let mut grades: HashMap<StaffId, Vec<Grade>> = HashMap::new();
        for row in factor::usable(tx).await? {
            kinds.entry(row.staff).or_default().push(row.kind);
            let grade = self.grade(row.kind, row.make, row.make_root.as_deref());
            grades.entry(row.staff).or_default().push(grade);
        }
        for of_one in kinds.values_mut() {
            of_one.sort_by_key(|kind| kind.as_str());
            of_one.dedup();
        }
        let assignments: HashSet<(StaffId, String)> = self.rights.assignments(tx).await?.into_iter().collect();
        let active = staff::active(tx).await?;
        let mut shown = Vec::new();
        for (role, title) in self.rights.roles(tx).await? {
            let row = rows.iter().find(|row| row.role == role);
            let holders: Vec<_> = active
                .iter()
                .filter(|person| assignments.contains(&(person.id, role.clone())))
                .collect();
            let asked = row.map_or(Demand::LEAST, |row| Demand::strictest([&row.policy()]));
            let strength = asked.to_have().max(FactorStrength::PhishingResistant);
            let does = |grade: &Grade| grade.does(strength, &asked.makes);
            let left = holders
                .iter()
                .filter(|person| !grades.get(&person.id).is_some_and(|had| had.iter().any(does)))
                .map(|person| LeftBehind {
                    id: person.id,
                    name: person.name.clone(),
                    factors: kinds.get(&person.id).cloned().unwrap_or_default(),
                })
                .collect();
            shown.push(RoleFactors {
                title,
                version: row.map_or(0, |row| row.version),
                sign_in: row.map_or(FactorStrength::Any, |row| row.sign_in),
                step_up: row.map_or(FactorStrength::Any, |row| row.step_up),
                makes: row
                    .and_then(|row| row.makes.as_ref())
                    .map(|listed| listed.0.iter().copied().collect()),
                due_at: row.map(|row| row.due_at),
                people: holders.len(),
                left,
                role,
            });
        }
        Ok(shown)
    }
}

/// A policy in the audit log.
fn told(policy: Option<&FactorPolicy>) -> String {
    policy.map_or_else(
        || "sign-in any, step-up any".to_owned(),
        |policy| {
            let makes = match &policy.makes {
                Makes::Every => String::new(),
                Makes::Only(listed) => {
                    let listed: Vec<String> = listed.iter().map(Aaguid::to_string).collect();
                    format!(", makes {}", listed.join(" "))
                }
            };
            format!(
                "sign-in {}, step-up {}{makes}, from {}",
                policy.sign_in.as_str(),
                policy.step_up.as_str(),
                policy.due_at
            )
        },
    )
}
