//! What the organisation decides about each signal.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::DbError;
use wd_kernel::{Ctx, Denied, Duration, Scope};

use super::decided;
use crate::{
    Identity, RiskDecision, RiskSignal,
    events::RiskPolicyChanged,
    model::{RISK_SIGNALS, usual_decision},
    permissions::{FactorPolicyChange, FactorPolicyRead},
    store::sign_in_risk,
};

/// Over which time is counted how often a signal was seen.
const COUNTED: Duration = Duration::from_hours(30 * 24);

/// What is decided about each signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskPolicyView {
    /// Goes back with a change.
    pub version: i64,
    /// Whether there is a GeoIP database; without it countries and journeys say nothing.
    pub locates: bool,
    /// All signals.
    pub signals: Vec<SignalView>,
}

/// A signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalView {
    /// Which one.
    pub signal: RiskSignal,
    /// What it leads to.
    pub decision: RiskDecision,
    /// What it leads to where nothing else was decided.
    pub usual: RiskDecision,
    /// The strictest that may be decided.
    pub strictest: RiskDecision,
    /// In how many sign-ins of the last 30 days it was seen.
    pub seen: i64,
}

/// Why the policy was not shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum RiskPolicyError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Somebody else changed it meanwhile.
    #[error("somebody else changed it meanwhile")]
    Stale,
    /// This would keep owners out of their own accounts.
    #[error("this would keep owners out of their own accounts")]
    TooStrict(RiskSignal),
    /// A signal twice, or no decision at all.
    #[error("a signal is there twice, or none at all")]
    Empty,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// New browsers and networks are what everybody comes with now and then; strangers can make failures; and who has a
/// breached password must be able to change it.
const fn strictest(signal: RiskSignal) -> RiskDecision {
    match signal {
        RiskSignal::NewBrowser | RiskSignal::NewNetwork | RiskSignal::Failures | RiskSignal::BreachedPassword => {
            RiskDecision::StepUp
        }
        _ => RiskDecision::Refuse,
    }
}

impl Identity {
    /// What is decided about each signal, and how often each was seen.
    pub async fn risk_policy(&self, ctx: &Ctx) -> Result<RiskPolicyView, RiskPolicyError> {
        ctx.require::<FactorPolicyRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        let policy = sign_in_risk::decisions(&mut tx).await?;
        let seen = sign_in_risk::signals_since(&mut tx, ctx.now() - COUNTED).await?;
        let signals = RISK_SIGNALS.into_iter().map(|signal| SignalView {
            signal,
            decision: decided(&policy, signal),
            usual: usual_decision(signal),
            strictest: strictest(signal),
            seen: seen
                .iter()
                .filter(|(column, _)| sign_in_risk::read(column).contains(&signal))
                .map(|(_, times)| times)
                .sum(),
        });
        Ok(RiskPolicyView {
            version: sign_in_risk::version(&mut tx).await?,
            locates: self.geography.is_some(),
            signals: signals.collect(),
        })
    }

    /// Decides about signals; what is not named stays.
    pub async fn set_risk_policy(
        &self,
        ctx: &Ctx,
        version: i64,
        decisions: &[(RiskSignal, RiskDecision)],
    ) -> Result<RiskPolicyView, RiskPolicyError> {
        ctx.require::<FactorPolicyChange>(Scope::ORGANISATION)?;
        // They are shown what it is then.
        ctx.require::<FactorPolicyRead>(Scope::ORGANISATION)?;
        let mut named: Vec<RiskSignal> = decisions.iter().map(|(signal, _)| *signal).collect();
        named.sort_unstable();
        named.dedup();
        if named.is_empty() || named.len() != decisions.len() {
            return Err(RiskPolicyError::Empty);
        }
        if let Some((signal, _)) = decisions
            .iter()
            .find(|(signal, decision)| *decision > strictest(*signal))
        {
            return Err(RiskPolicyError::TooStrict(*signal));
        }
        let mut tx = self.db.begin().await?;
        if !sign_in_risk::raise_version(&mut tx, version).await? {
            return Err(RiskPolicyError::Stale);
        }
        let before = sign_in_risk::decisions(&mut tx).await?;
        let mut lowered = Vec::new();
        let mut entry = Entry::done("sign-in-risk.policy-changed");
        for (signal, decision) in decisions.iter().copied() {
            let old = decided(&before, signal);
            if decision == old {
                continue;
            }
            if decision < old {
                lowered.push(signal);
            }
            sign_in_risk::set_decision(&mut tx, signal, decision).await?;
            entry = entry.detail(signal.as_str(), decision.as_str());
        }
        tx.audit(ctx, entry).await?;
        let by = ctx.actor.staff().map(|actor| actor.id);
        tx.emit(ctx, &RiskPolicyChanged { lowered, by }).await?;
        tx.commit().await?;
        self.risk_policy(ctx).await
    }
}
