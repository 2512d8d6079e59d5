//! Everybody with all that is asked of them, in a fixed number of questions to the database, however many people.

use std::collections::{HashMap, HashSet};

use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, FactorWaveId, StaffId, Timestamp};

use crate::{
    FactorKind, Identity,
    model::{
        Demand, Exposure, FactorPolicy, FactorStrength, Grade, OF_LATE, Risk, RiskReason, first_due, own_strength,
        worth_of,
    },
    service::waves::with_members,
    store::{
        factor,
        factor_coverage::{self, PersonRow},
        factor_policy, mail_address, sign_in_risk, wave,
    },
};

/// Everybody who can sign in.
pub(in crate::service) struct Census {
    /// In order of the login.
    pub people: Vec<Member>,
    /// All roles: name and title, in order of the title.
    pub roles: Vec<(String, String)>,
    /// What the rights of each role are worth.
    pub worth: HashMap<String, Vec<RiskReason>>,
}

/// Somebody who can sign in.
pub(in crate::service) struct Member {
    pub row: PersonRow,
    /// In order of their titles.
    pub roles: Vec<String>,
    pub teams: usize,
    /// The kinds of factors that work, in order of their words.
    pub kinds: Vec<FactorKind>,
    /// What the factors are worth that work, without recovery codes.
    pub grades: Vec<Grade>,
    /// What is asked of them, now or later.
    pub policies: Vec<FactorPolicy>,
    /// The open waves they belong to, the oldest first.
    pub waves: Vec<FactorWaveId>,
    /// Whether there is a mail address to remind them at.
    pub reachable: bool,
    /// Whether something spoke against a sign-in of theirs of late, and whether that was unusual; `None`: nothing did.
    pub doubted: Option<bool>,
}

impl Member {
    /// The strongest factor; `None`: none here.
    pub fn had(&self) -> Option<FactorStrength> {
        own_strength(&self.kinds)
    }

    /// What they must have once all that was decided holds.
    pub fn asked(&self) -> FactorStrength {
        Demand::strictest(&self.policies).to_have()
    }

    /// Whether they have all that is asked of them, now or later.
    pub fn is_satisfied(&self) -> bool {
        let demand = Demand::strictest(&self.policies);
        self.grades.iter().any(|grade| demand.is_met_by(*grade))
    }

    /// From when on they can do nothing else before they have it; `None`: they have it, or nothing more is asked.
    pub fn due_at(&self) -> Option<Timestamp> {
        first_due(&self.policies, |demand| demand.is_met_by_one_of(&self.grades))
    }

    /// How much this account is at risk.
    pub fn risk(&self, worth: &HashMap<String, Vec<RiskReason>>, now: Timestamp) -> Risk {
        let exposure = Exposure {
            rights: self
                .roles
                .iter()
                .filter_map(|role| worth.get(role))
                .flatten()
                .copied()
                .collect(),
            roles: self.roles.len(),
            teams: self.teams,
            had: self.had(),
            breached: self.row.password_breached_at.is_some(),
            unusual: self.doubted == Some(true),
            new_place: self.doubted.is_some(),
            last_sign_in_at: self.row.last_sign_in_at,
        };
        Risk::of(&exposure, now)
    }
}

impl Identity {
    /// Counts everybody.
    pub(in crate::service) async fn census(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Census, DbError> {
        let roles = self.rights.roles(tx).await?;
        let policies: HashMap<String, FactorPolicy> = factor_policy::all(tx)
            .await?
            .into_iter()
            .map(|row| (row.role.clone(), row.policy()))
            .collect();
        let held: HashSet<(StaffId, String)> = self.rights.assignments(tx).await?.into_iter().collect();
        let mut teams: HashMap<StaffId, usize> = HashMap::new();
        for (member, _) in self.rights.memberships(tx).await? {
            *teams.entry(member).or_default() += 1;
        }
        let mut kinds: HashMap<StaffId, Vec<FactorKind>> = HashMap::new();
        let mut grades: HashMap<StaffId, Vec<Grade>> = HashMap::new();
        for row in factor::usable(tx).await? {
            kinds.entry(row.staff).or_default().push(row.kind);
            if row.kind != FactorKind::Recovery {
                let grade = self.grade(row.kind, row.make, row.make_root.as_deref());
                grades.entry(row.staff).or_default().push(grade);
            }
        }
        let open = wave::open(tx).await?;
        let waves = with_members(tx, open).await?;
        let reachable: HashSet<StaffId> = mail_address::proved(tx).await?.into_iter().collect();
        let doubted = sign_in_risk::exposed(tx, ctx.now() - OF_LATE).await?;
        let doubted: HashMap<StaffId, bool> = doubted.into_iter().collect();
        let rows = factor_coverage::people(tx).await?;
        let mut people = Vec::with_capacity(rows.len());
        for row in rows {
            let holds = |(role, _): &&(String, String)| held.contains(&(row.id, role.clone()));
            let own: Vec<String> = roles.iter().filter(holds).map(|(role, _)| role.clone()).collect();
            let mut kinds = kinds.remove(&row.id).unwrap_or_default();
            kinds.sort_by_key(|kind| kind.as_str());
            kinds.dedup();
            let in_waves: Vec<_> = waves.iter().filter(|wave| wave.has(row.id, &own)).collect();
            let by_role = own.iter().filter_map(|role| policies.get(role)).cloned();
            people.push(Member {
                policies: by_role
                    .chain(in_waves.iter().map(|wave| wave.row.terms().policy()))
                    .collect(),
                waves: in_waves.iter().map(|wave| wave.row.id).collect(),
                reachable: reachable.contains(&row.id),
                doubted: doubted.get(&row.id).copied(),
                teams: teams.get(&row.id).copied().unwrap_or_default(),
                roles: own,
                grades: grades.remove(&row.id).unwrap_or_default(),
                kinds,
                row,
            });
        }
        let mut worth: HashMap<String, Vec<RiskReason>> = HashMap::new();
        for (role, right) in self.rights.grants(tx).await? {
            worth.entry(role).or_default().extend(worth_of(&right));
        }
        Ok(Census { people, roles, worth })
    }
}
