//! What happened to one's own account.

use serde_json::Value;
use wd_audit_log::AuditEntry;
use wd_kernel::{AuditId, Ctx, Page, PageQuery, Timestamp};

use crate::{Identity, RiskDecision, SessionError};

/// What a person sees of the audit log about themselves. Acts in the desk are not among them.
const SHOWN: [&str; 41] = [
    "browser.copied",
    "browser.forgotten",
    "browser.remembered",
    "factor.added",
    "factor.code-sent",
    "factor.disabled",
    "factor.removed",
    "factor.renamed",
    "invitation.accepted",
    "mail-address.claimed",
    "mail-address.forgotten",
    "mail-address.proved",
    "password.breached",
    "password.changed",
    "password.disabled",
    "provider-account.bound",
    "provider-account.unbound",
    "re-proofing.approved",
    "re-proofing.finished",
    "re-proofing.ready",
    "re-proofing.refused",
    "re-proofing.requested",
    "re-proofing.used",
    "re-proofing.verified",
    "re-proofing.withdrawn",
    "recovery-code.used",
    "recovery-codes.made",
    "session.ended",
    "session.factor",
    "session.password",
    "session.provider",
    "session.started",
    "session.stepped-up",
    "sign-in.confirmed",
    "sign-in.disowned",
    "sign-in.weighed",
    "staff.activated",
    "staff.disabled",
    "staff.enabled",
    "staff.link-reissued",
    "staff.sessions-ended",
];

/// Something that happened to one's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryView {
    /// The entry of the audit log.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// What, as the audit log calls it.
    pub action: String,
    /// Whether it was tried and refused.
    pub refused: bool,
    /// Whether it was done in a session of one's own.
    pub own: bool,
    /// With which kind of factor or session, where that says more; of an unusual sign-in, what speaks against it.
    pub kind: Option<String>,
    /// What was decided about an unusual sign-in.
    pub decision: Option<RiskDecision>,
    /// By what way.
    pub by: Option<String>,
    /// What the browser called itself.
    pub user_agent: Option<String>,
    /// From which network: an IPv4 address, or 64 bits of an IPv6 address.
    pub network: Option<String>,
}

impl Identity {
    /// A page of it, the newest first.
    pub async fn own_history(&self, ctx: &Ctx, page: &PageQuery) -> Result<Page<HistoryView>, SessionError> {
        let me = ctx.staff()?.id.to_string();
        if page.after.as_deref().is_some_and(|after| after.parse::<i64>().is_err()) {
            return Err(SessionError::Cursor);
        }
        let mut tx = self.db.snapshot().await?;
        let entries = wd_audit_log::about(&mut tx, &me, &SHOWN, page).await?;
        Ok(entries.map(|entry| view(entry, &me)))
    }
}

/// A detail of an entry. What was erased has left its commitment behind.
pub(super) fn said(entry: &AuditEntry, name: &str) -> Option<String> {
    let value = entry.details.get(name).and_then(Value::as_str)?;
    (!value.is_empty() && !value.starts_with("sha256:")).then(|| value.to_owned())
}

fn view(entry: AuditEntry, me: &str) -> HistoryView {
    let text = |name: &str| said(&entry, name);
    // By what it was signed in, the entry of the session says.
    let is_weighed = entry.action == "sign-in.weighed";
    let weighed = is_weighed.then(|| text("signals").unwrap_or_default());
    let (kind, by) = match weighed {
        Some(signals) => (Some(signals.replace(' ', ", ")), None),
        None => (text("kind"), text("by")),
    };
    let decision = entry.details.get("decision").filter(|_| is_weighed).cloned();
    HistoryView {
        id: entry.id,
        at: entry.at,
        refused: entry.outcome == "refused",
        own: entry.actor.id == me,
        kind,
        decision: decision.and_then(|decision| serde_json::from_value(decision).ok()),
        by,
        user_agent: text("user_agent"),
        network: text("network"),
        action: entry.action,
    }
}
