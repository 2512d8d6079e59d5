//! Reading and changing how long the sessions of a role last.

use std::collections::{HashMap, HashSet};

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, Reach, Scope, StaffId, Timestamp};

use super::of_roles;
use crate::{
    Concerned, Consequence, Identity,
    events::SessionPolicyChanged,
    model::{BadSessionLimits, Privilege, SessionDeviation, SessionLimits},
    permissions::{FactorPolicyChange as MayChange, FactorPolicyRead as MayRead},
    service::sessions::tell_ended,
    store::{
        session::{self, SessionRow},
        session_policy::{self, SessionDeviationRow, SessionPolicyRow},
        staff::{self, StaffRow},
    },
};

/// Most characters of a reason.
const LONGEST_REASON: usize = 1000;

/// How long the sessions of a role last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSessions {
    /// The name of the role.
    pub role: String,
    /// What people call it.
    pub title: String,
    /// Counts the changes; 0: nobody has changed the default.
    pub version: i64,
    /// How long.
    pub limits: SessionLimits,
    /// The decision to go against NIST, while it holds.
    pub decision: Option<SessionDecision>,
    /// Whom it concerns.
    pub reach: SessionReach,
}

/// Why limits go against NIST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDecision {
    /// What was typed.
    pub reason: String,
    /// The shown name of who decided; `None` is Wardesk itself, or somebody unknown.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Whom limits concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionReach {
    /// How many people who can sign in hold the role.
    pub people: usize,
    /// In how many sessions they are signed in.
    pub sessions: usize,
    /// How many of those end at once.
    pub ending: usize,
    /// Whether a browser may be remembered: not where the role has administrative rights.
    pub may_remember: bool,
}

/// Whom limits would concern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPreview {
    /// How many.
    pub reach: SessionReach,
    /// Who would be signed out at once, or sooner than now; `None` for who may not see who works here.
    pub concerned: Option<Concerned>,
}

/// How long the sessions of a role are to last.
#[derive(Debug, Clone)]
pub struct SessionPolicyChange {
    /// The version that was read.
    pub version: i64,
    /// How long.
    pub limits: SessionLimits,
    /// Why it goes against NIST, 1 to 1000 characters; needed only then.
    pub reason: Option<String>,
}

/// Why limits were not shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum SessionPolicyError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such role.
    #[error("no such role")]
    NotFound,
    /// A limit is out of its bounds.
    #[error(transparent)]
    Field(#[from] BadSessionLimits),
    /// Who has administrative rights is remembered nowhere.
    #[error("the role has administrative rights, and browsers of who holds it are not remembered")]
    Administrative,
    /// It goes against NIST, and nobody says why, or at too great length.
    #[error("limits that go against NIST need a reason of 1 to 1000 characters")]
    Reason,
    /// Somebody has changed it meanwhile.
    #[error("somebody changed the limits meanwhile")]
    Stale,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// Who is signed in where, to count whom limits concern.
struct SignedInPeople {
    of_role: HashMap<StaffId, HashSet<String>>,
    /// In order of the login.
    active: Vec<StaffRow>,
    sessions: Vec<SessionRow>,
    /// The roles with administrative rights.
    administrative: HashSet<String>,
}

impl SignedInPeople {
    fn reach(&self, now: &[SessionPolicyRow], then: &[SessionPolicyRow], role: &str, at: Timestamp) -> SessionReach {
        let holds_role = |staff: &StaffId| self.of_role.get(staff).is_some_and(|roles| roles.contains(role));
        let people = self.active.iter().filter(|row| holds_role(&row.id)).count();
        let (mut sessions, mut ending) = (0, 0);
        for session in &self.sessions {
            let Some(roles) = self.of_role.get(&session.staff).filter(|roles| roles.contains(role)) else {
                continue;
            };
            if session.holds(&of_roles(now, roles), at) {
                sessions += 1;
                ending += usize::from(!session.holds(&of_roles(then, roles), at));
            }
        }
        SessionReach {
            people,
            sessions,
            ending,
            may_remember: !self.administrative.contains(role),
        }
    }

    /// Who holds the role and is signed out at once, or sooner: whom it hits at once first, and then by login.
    fn concerned(
        &self,
        now: &[SessionPolicyRow],
        then: &[SessionPolicyRow],
        role: &str,
        at: Timestamp,
    ) -> Vec<(StaffId, String, Consequence)> {
        let mut signed_in: HashMap<StaffId, Vec<&SessionRow>> = HashMap::new();
        for session in &self.sessions {
            signed_in.entry(session.staff).or_default().push(session);
        }
        let (mut at_once, mut sooner) = (Vec::new(), Vec::new());
        for row in &self.active {
            let Some(roles) = self.of_role.get(&row.id).filter(|roles| roles.contains(role)) else {
                continue;
            };
            let (before, after) = (of_roles(now, roles), of_roles(then, roles));
            let ends = |session: &&SessionRow| session.holds(&before, at) && !session.holds(&after, at);
            if signed_in.get(&row.id).is_some_and(|own| own.iter().any(ends)) {
                at_once.push((row.id, row.name.clone(), Consequence::SignedOut));
            } else if after.idle_minutes < before.idle_minutes || after.longest_minutes < before.longest_minutes {
                sooner.push((row.id, row.name.clone(), Consequence::SignedOutSooner));
            }
        }
        at_once.append(&mut sooner);
        at_once
    }
}

impl Identity {
    /// How long the sessions of each role last.
    pub async fn session_policies(&self, ctx: &Ctx) -> Result<Vec<RoleSessions>, SessionPolicyError> {
        ctx.require::<MayRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        Ok(self.role_sessions(&mut tx, ctx).await?)
    }

    /// Whom limits would concern if they were the role's; nothing is changed.
    pub async fn preview_session_policy(
        &self,
        ctx: &Ctx,
        role: &str,
        limits: SessionLimits,
    ) -> Result<SessionPreview, SessionPolicyError> {
        ctx.require::<MayRead>(Scope::ORGANISATION)?;
        let limits = limits.checked()?;
        let mut tx = self.db.snapshot().await?;
        self.known_role(&mut tx, role).await?;
        let rows = session_policy::all(&mut tx).await?;
        let people = self.signed_in_people(&mut tx, ctx).await?;
        let then = with(&rows, role_row(role, 0, &limits));
        Ok(SessionPreview {
            reach: people.reach(&rows, &then, role, ctx.now()),
            concerned: Concerned::named_to(ctx, people.concerned(&rows, &then, role, ctx.now())),
        })
    }

    /// Changes how long the sessions of a role last. Sessions that are too old or unused for too long by it end at once.
    pub async fn change_session_policy(
        &self,
        ctx: &Ctx,
        role: &str,
        change: SessionPolicyChange,
    ) -> Result<RoleSessions, SessionPolicyError> {
        ctx.require::<MayChange>(Scope::ORGANISATION)?;
        let limits = change.limits.checked()?;
        let mut tx = self.db.begin().await?;
        self.known_role(&mut tx, role).await?;
        if limits.remember_days > 0 && self.administrative_roles(&mut tx).await?.contains(role) {
            return Err(SessionPolicyError::Administrative);
        }
        let deviations = limits.deviations();
        let reason = change.reason.as_deref().map(str::trim).unwrap_or_default();
        let length = reason.chars().count();
        if length > LONGEST_REASON || (!deviations.is_empty() && length == 0) {
            return Err(SessionPolicyError::Reason);
        }
        let before = session_policy::all(&mut tx).await?;
        let before = before.iter().find(|row| row.role == role);
        let before = before.map_or(SessionLimits::DEFAULT, SessionPolicyRow::limits);
        let row = role_row(role, change.version + 1, &limits);
        if !session_policy::put(&mut tx, change.version, &row).await? {
            return Err(SessionPolicyError::Stale);
        }
        let by = ctx.actor.staff().map(|actor| actor.id);
        if !deviations.is_empty() {
            let decision = SessionDeviationRow {
                role: role.to_owned(),
                version: row.version,
                deviations: codes(&deviations),
                reason: reason.to_owned(),
                decided_by: by,
                decided_at: ctx.now(),
            };
            session_policy::record(&mut tx, &decision).await?;
        }
        let ended = self.end_overdue_of(&mut tx, ctx, role).await?;
        let event = SessionPolicyChanged {
            role: role.to_owned(),
            version: row.version,
            lowered: limits.allow_more_than(&before),
            by,
        };
        tx.emit(ctx, &event).await?;
        let entry = Entry::done("session-policy.changed")
            .detail("role", role)
            .detail("before", told(&before))
            .detail("after", told(&limits))
            .detail("deviations", codes(&deviations))
            .detail("reason", reason)
            .detail("sessions", ended);
        tx.audit(ctx, entry).await?;
        let shown = self.role_sessions(&mut tx, ctx).await?;
        tx.commit().await?;
        shown
            .into_iter()
            .find(|shown| shown.role == role)
            .ok_or(SessionPolicyError::NotFound)
    }

    /// Ends the sessions of who holds the role that its limits do not let go on; how many.
    async fn end_overdue_of(&self, tx: &mut Tx, ctx: &Ctx, role: &str) -> Result<i64, DbError> {
        let held = self.rights.assignments(tx).await?;
        let mut holders: Vec<StaffId> = held
            .into_iter()
            .filter(|(_, held)| held == role)
            .map(|(holder, _)| holder)
            .collect();
        holders.sort_unstable();
        let mut ended = 0;
        for holder in holders {
            // Who is signing in right now is waited for, or sees the new limits.
            staff::hold(tx, holder).await?;
            self.trim_remembered(tx, ctx, holder).await?;
            let limits = self.session_limits_of(tx, holder).await?;
            for row in session::of_staff(tx, holder, ctx.now()).await? {
                if !row.holds(&limits, ctx.now()) && session::end(tx, holder, row.id).await? {
                    tell_ended(tx, ctx, holder, &[row.id]).await?;
                    ended += 1;
                }
            }
        }
        Ok(ended)
    }

    async fn role_sessions(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Vec<RoleSessions>, DbError> {
        let rows = session_policy::all(tx).await?;
        let decisions = session_policy::deviations(tx).await?;
        let people = self.signed_in_people(tx, ctx).await?;
        let mut shown = Vec::new();
        for (role, title) in self.rights.roles(tx).await? {
            let row = rows.iter().find(|row| row.role == role);
            let version = row.map_or(0, |row| row.version);
            let decided = decisions.iter().find(|row| row.role == role && row.version == version);
            let decision = match decided {
                Some(row) => Some(SessionDecision {
                    reason: row.reason.clone(),
                    by: match row.decided_by {
                        Some(by) => staff::by_id(tx, by).await?.map(|row| row.name),
                        None => None,
                    },
                    at: row.decided_at,
                }),
                None => None,
            };
            shown.push(RoleSessions {
                title,
                version,
                limits: row.map_or(SessionLimits::DEFAULT, SessionPolicyRow::limits),
                decision,
                reach: people.reach(&rows, &rows, &role, ctx.now()),
                role,
            });
        }
        Ok(shown)
    }

    async fn signed_in_people(&self, tx: &mut Tx, ctx: &Ctx) -> Result<SignedInPeople, DbError> {
        let mut of_role: HashMap<StaffId, HashSet<String>> = HashMap::new();
        for (staff, role) in self.rights.assignments(tx).await? {
            of_role.entry(staff).or_default().insert(role);
        }
        let active = staff::active(tx).await?;
        let sessions = session::full(tx, ctx.now()).await?;
        Ok(SignedInPeople {
            of_role,
            active,
            sessions,
            administrative: self.administrative_roles(tx).await?,
        })
    }

    async fn administrative_roles(&self, tx: &mut Tx) -> Result<HashSet<String>, DbError> {
        let mut privileges: HashMap<String, Privilege> = HashMap::new();
        for (role, right) in self.rights.grants(tx).await? {
            privileges.entry(role).or_default().add(right, Reach::Organisation);
        }
        let administrative = privileges.into_iter().filter(|(_, held)| held.is_administrative());
        Ok(administrative.map(|(role, _)| role).collect())
    }

    async fn known_role(&self, tx: &mut Tx, role: &str) -> Result<(), SessionPolicyError> {
        let known = self.rights.roles(tx).await?;
        if known.iter().any(|(name, _)| name == role) {
            Ok(())
        } else {
            Err(SessionPolicyError::NotFound)
        }
    }
}

fn role_row(role: &str, version: i64, limits: &SessionLimits) -> SessionPolicyRow {
    SessionPolicyRow {
        role: role.to_owned(),
        version,
        idle_minutes: limits.idle_minutes,
        longest_minutes: limits.longest_minutes,
        remember_days: limits.remember_days,
    }
}

/// These, with that one in the place of the role's.
fn with(rows: &[SessionPolicyRow], one: SessionPolicyRow) -> Vec<SessionPolicyRow> {
    let mut rows = rows.to_vec();
    rows.retain(|row| row.role != one.role);
    rows.push(one);
    rows
}

/// Limits in the audit log.
fn told(limits: &SessionLimits) -> String {
    let SessionLimits {
        idle_minutes,
        longest_minutes,
        remember_days,
    } = limits;
    format!(
        "{idle_minutes} minutes without use, {longest_minutes} minutes in all, browsers remembered for {remember_days} days"
    )
}

fn codes(deviations: &[SessionDeviation]) -> String {
    let codes: Vec<&str> = deviations.iter().map(|code| code.as_str()).collect();
    codes.join(" ")
}
