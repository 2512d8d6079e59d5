//! What passwords must be, per role; and whom a change would ask for a new password.

use std::collections::{HashMap, HashSet};

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, Scope, StaffId, Timestamp};

use crate::{
    ChangeReason, Concerned, Consequence, Deviation, Identity, PasswordPolicy,
    events::PasswordPolicyChanged,
    model::BadPolicy,
    permissions::{PasswordPolicyChange, PasswordPolicyRead},
    store::{
        password_policy::{self, DeviationRow},
        session_policy,
        staff::{self, StaffRow},
    },
};

/// A day in seconds.
pub(super) const DAY: i64 = 86_400;
/// Most characters of a reason.
const LONGEST_REASON: usize = 1000;

/// The policy of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePolicy {
    /// The name of the role.
    pub role: String,
    /// What people call it.
    pub title: String,
    /// Counts the changes; 0: nobody has changed the default.
    pub version: i64,
    /// What passwords must be.
    pub policy: PasswordPolicy,
    /// The decision to go against NIST, while it holds.
    pub decision: Option<Decision>,
    /// Whom it concerns.
    pub reach: PolicyReach,
}

/// Why a policy goes against NIST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What was typed.
    pub reason: String,
    /// The shown name of who decided; `None` is Wardesk itself, or somebody unknown.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Whom a policy concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyReach {
    /// How many people who can sign in hold the role.
    pub people: usize,
    /// How many of them must change the password when they sign in with it.
    pub must_change: usize,
}

/// Whom a policy would concern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyPreview {
    /// How many.
    pub reach: PolicyReach,
    /// Who would have to change the password; `None` for who may not see who works here.
    pub concerned: Option<Concerned>,
}

/// Why a policy was not shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such role.
    #[error("no such role")]
    NotFound,
    /// A field is out of its bounds.
    #[error(transparent)]
    Field(#[from] BadPolicy),
    /// It goes against NIST, and nobody says why, or at too great length.
    #[error("a policy that goes against NIST needs a reason of 1 to 1000 characters")]
    Reason,
    /// Somebody has changed it meanwhile.
    #[error("the policy has another version")]
    Stale,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// The people and their roles, to count whom a policy concerns.
struct People {
    of_role: HashMap<StaffId, HashSet<String>>,
    active: Vec<StaffRow>,
    /// Whose password may sign in alone.
    alone: HashSet<StaffId>,
}

impl People {
    /// Who holds the role, with all of their roles, in order of the login.
    fn holders<'a>(&'a self, role: &'a str) -> impl Iterator<Item = (&'a StaffRow, &'a HashSet<String>)> {
        let roles_of = move |row: &'a StaffRow| Some((row, self.of_role.get(&row.id)?));
        let holds = move |(_, roles): &(&StaffRow, &HashSet<String>)| roles.contains(role);
        self.active.iter().filter_map(roles_of).filter(holds)
    }

    /// Who of them must change the password.
    fn changing<'a>(&'a self, policies: &Policies, role: &'a str, now: Timestamp) -> Vec<&'a StaffRow> {
        let must_change = |(row, roles): &(&StaffRow, &HashSet<String>)| {
            let policy = in_force(policies.of(*roles), self.alone.contains(&row.id));
            change_of(row, &policy, now).is_some()
        };
        self.holders(role).filter(must_change).map(|(row, _)| row).collect()
    }

    fn reach(&self, policies: &Policies, role: &str, now: Timestamp) -> PolicyReach {
        PolicyReach {
            people: self.holders(role).count(),
            must_change: self.changing(policies, role, now).len(),
        }
    }
}

/// The policies that were set, by role.
struct Policies(HashMap<String, (i64, PasswordPolicy)>);

impl Policies {
    fn of<'a>(&self, roles: impl IntoIterator<Item = &'a String>) -> PasswordPolicy {
        PasswordPolicy::strictest(roles.into_iter().map(|role| self.of_role(role).1))
    }

    fn of_role(&self, role: &str) -> (i64, PasswordPolicy) {
        self.0.get(role).copied().unwrap_or_default()
    }
}

impl Identity {
    /// The policy of each role.
    pub async fn password_policies(&self, ctx: &Ctx) -> Result<Vec<RolePolicy>, PolicyError> {
        ctx.require::<PasswordPolicyRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        self.role_policies(&mut tx, ctx).await
    }

    /// Whom a policy would concern if it were the role's.
    pub async fn preview_password_policy(
        &self,
        ctx: &Ctx,
        role: &str,
        policy: PasswordPolicy,
    ) -> Result<PolicyPreview, PolicyError> {
        ctx.require::<PasswordPolicyRead>(Scope::ORGANISATION)?;
        let policy = policy.checked()?;
        let mut tx = self.db.snapshot().await?;
        self.title_of(&mut tx, role).await?;
        let mut policies = policies(&mut tx).await?;
        policies.0.insert(role.to_owned(), (0, policy));
        let people = self.people(&mut tx, ctx).await?;
        let changing = people.changing(&policies, role, ctx.now());
        let reach = PolicyReach {
            people: people.holders(role).count(),
            must_change: changing.len(),
        };
        let named = changing
            .into_iter()
            .map(|row| (row.id, row.name.clone(), Consequence::MustChangePassword));
        Ok(PolicyPreview {
            reach,
            concerned: Concerned::named_to(ctx, named),
        })
    }

    /// Makes this the policy of a role. Passwords that are there stay; whoever set one under less must change it after
    /// the next sign-in with it.
    pub async fn set_password_policy(
        &self,
        ctx: &Ctx,
        role: &str,
        version: i64,
        policy: PasswordPolicy,
        reason: Option<&str>,
    ) -> Result<RolePolicy, PolicyError> {
        ctx.require::<PasswordPolicyChange>(Scope::ORGANISATION)?;
        let policy = policy.checked()?;
        let mut tx = self.db.begin().await?;
        self.title_of(&mut tx, role).await?;
        let deviations = policy.deviations();
        let reason = reason.map(str::trim).unwrap_or_default();
        let length = reason.chars().count();
        if length > LONGEST_REASON || (!deviations.is_empty() && length == 0) {
            return Err(PolicyError::Reason);
        }
        let (_, before) = policies(&mut tx).await?.of_role(role);
        if !password_policy::set(&mut tx, role, version, &json(&policy)).await? {
            return Err(PolicyError::Stale);
        }
        let by = ctx.actor.staff().map(|actor| actor.id);
        let version = version + 1;
        if !deviations.is_empty() {
            let row = DeviationRow {
                role: role.to_owned(),
                version,
                deviations: codes(&deviations),
                reason: reason.to_owned(),
                decided_by: by,
                decided_at: ctx.now(),
            };
            password_policy::record(&mut tx, &row).await?;
        }
        let event = PasswordPolicyChanged {
            role: role.to_owned(),
            version,
            lowered: PasswordPolicy::strictest([before, policy]) != policy,
            by,
        };
        tx.emit(ctx, &event).await?;
        let entry = Entry::done("password-policy.changed")
            .detail("role", role)
            .detail("version", version)
            .detail("before", json(&before))
            .detail("after", json(&policy))
            .detail("deviations", codes(&deviations))
            // Later versions replace it where it is shown; whoever looks back reads it here.
            .detail("reason", reason);
        tx.audit(ctx, entry).await?;
        let all = self.role_policies(&mut tx, ctx).await?;
        let changed = all.into_iter().find(|one| one.role == role);
        tx.commit().await?;
        changed.ok_or(PolicyError::NotFound)
    }

    /// What this person's password must be: the strictest of their roles, and longer where it may sign in alone.
    pub(crate) async fn password_policy_of(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
    ) -> Result<PasswordPolicy, DbError> {
        let (roles, _) = self.rights.standing_of(tx, staff).await?;
        let policy = policies(tx).await?.of(&roles);
        Ok(in_force(policy, self.remember_days_of(tx, ctx, staff).await? > 0))
    }

    /// Why this person must change the password, if they must.
    pub(crate) async fn must_change_password(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
    ) -> Result<Option<ChangeReason>, DbError> {
        let policy = self.password_policy_of(tx, ctx, staff).await?;
        let row = staff::by_id(tx, staff).await?;
        Ok(row.and_then(|row| change_of(&row, &policy, ctx.now())))
    }

    async fn role_policies(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Vec<RolePolicy>, PolicyError> {
        let policies = policies(tx).await?;
        let people = self.people(tx, ctx).await?;
        let decisions = password_policy::deviations(tx).await?;
        let mut all = Vec::new();
        for (role, title) in self.rights.roles(tx).await? {
            let (version, policy) = policies.of_role(&role);
            let decided = decisions.iter().find(|row| row.role == role && row.version == version);
            let decision = match decided {
                Some(row) => Some(Decision {
                    reason: row.reason.clone(),
                    by: shown_name(tx, row.decided_by).await?,
                    at: row.decided_at,
                }),
                None => None,
            };
            let reach = people.reach(&policies, &role, ctx.now());
            all.push(RolePolicy {
                role,
                title,
                version,
                policy,
                decision,
                reach,
            });
        }
        Ok(all)
    }

    async fn people(&self, tx: &mut Tx, ctx: &Ctx) -> Result<People, DbError> {
        let mut of_role: HashMap<StaffId, HashSet<String>> = HashMap::new();
        for (staff, role) in self.rights.assignments(tx).await? {
            of_role.entry(staff).or_default().insert(role);
        }
        let active = staff::active(tx).await?;
        let mut alone = HashSet::new();
        // Most remember no browsers at all: then nobody has to be asked about.
        if session_policy::all(tx)
            .await?
            .iter()
            .any(|row| row.limits().remember_days > 0)
        {
            for row in &active {
                if self.remember_days_of(tx, ctx, row.id).await? > 0 {
                    alone.insert(row.id);
                }
            }
        }
        Ok(People { of_role, active, alone })
    }

    async fn title_of(&self, tx: &mut Tx, role: &str) -> Result<String, PolicyError> {
        let roles = self.rights.roles(tx).await?;
        let found = roles.into_iter().find(|(name, _)| name == role);
        found.map(|(_, title)| title).ok_or(PolicyError::NotFound)
    }
}

fn in_force(policy: PasswordPolicy, alone: bool) -> PasswordPolicy {
    if alone { policy.alone() } else { policy }
}

/// The policy as it is kept.
pub(crate) fn json(policy: &PasswordPolicy) -> String {
    serde_json::json!(policy).to_string()
}

fn codes(deviations: &[Deviation]) -> String {
    let codes: Vec<&str> = deviations.iter().map(|code| code.as_str()).collect();
    codes.join(" ")
}

/// Why this password must be changed. One of before there were policies was set under what is the default now.
fn change_of(row: &StaffRow, policy: &PasswordPolicy, now: Timestamp) -> Option<ChangeReason> {
    row.password_hash.as_ref()?;
    if row.password_breached_at.is_some() {
        return Some(ChangeReason::Breach);
    }
    if row.password_disowned_at.is_some() {
        return Some(ChangeReason::Disowned);
    }
    let under = row
        .password_set_under
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok());
    let days = row
        .password_set_at
        .map_or(0, |set_at| (now.seconds() - set_at.seconds()).div_euclid(DAY));
    policy.must_change(&under.unwrap_or_default(), u64::try_from(days).unwrap_or(0))
}

async fn policies(tx: &mut Tx) -> Result<Policies, DbError> {
    let mut policies = HashMap::new();
    for row in password_policy::all(tx).await? {
        let policy = serde_json::from_str(&row.policy).map_err(|_| DbError::Column {
            column: "password_policy.policy".to_owned(),
        })?;
        policies.insert(row.role, (row.version, policy));
    }
    Ok(Policies(policies))
}

async fn shown_name(tx: &mut Tx, id: Option<StaffId>) -> Result<Option<String>, DbError> {
    let Some(id) = id else { return Ok(None) };
    Ok(staff::by_id(tx, id).await?.map(|row| row.name))
}
