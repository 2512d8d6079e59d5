use std::collections::BTreeMap;

use serde_json::Value;
use wd_crypto::{Canonical, sha256};
use wd_db::{DbError, Tx, sql};
use wd_kernel::{AuditId, Ctx, Id, b64u};

/// What is to be written down. Begin with [`Entry::done`] or [`Entry::refused`].
#[derive(Debug, Clone)]
pub struct Entry {
    action: &'static str,
    outcome: &'static str,
    target: Option<(&'static str, String)>,
    details: BTreeMap<&'static str, Value>,
    personal: Vec<(&'static str, String)>,
}

impl Entry {
    /// Something that happened: `staff.disabled`.
    pub const fn done(action: &'static str) -> Self {
        Self {
            action,
            outcome: "done",
            target: None,
            details: BTreeMap::new(),
            personal: Vec::new(),
        }
    }

    /// Something that was tried and refused.
    pub fn refused(action: &'static str) -> Self {
        Self {
            outcome: "refused",
            ..Self::done(action)
        }
    }

    /// What it happened to.
    #[must_use]
    pub fn target<I: Id>(mut self, id: I) -> Self {
        self.target = Some((I::PREFIX, id.to_string()));
        self
    }

    /// A fact that is neither secret nor personal.
    #[must_use]
    pub fn detail(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.details.insert(name, value.into());
        self
    }

    /// A personal value: the log commits to it, and it can be erased.
    #[must_use]
    pub fn personal(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.personal.push((name, value.into()));
        self
    }
}

/// The table of values that can be erased.
pub(crate) const PERSONAL: &str = "audit_personal";

/// Appending to the log inside a transaction.
pub trait AuditTx {
    /// Writes the entry; it exists if, and only if, the transaction commits.
    fn audit(&mut self, ctx: &Ctx, entry: Entry) -> impl Future<Output = Result<AuditId, DbError>> + Send;
}

impl AuditTx for Tx {
    async fn audit(&mut self, ctx: &Ctx, mut entry: Entry) -> Result<AuditId, DbError> {
        let id: AuditId = ctx.id();
        let at = ctx.now();
        let (actor_kind, actor) = ctx.actor.name();
        let mut salted = Vec::with_capacity(entry.personal.len());
        for (name, value) in std::mem::take(&mut entry.personal) {
            let salt = ctx.random::<16>();
            entry.details.insert(name, Value::String(commitment(&salt, &value)));
            salted.push((name, salt, value));
        }
        let details = serde_json::to_string(&entry.details).map_err(DbError::Event)?;
        let (target_kind, target) = entry.target.map_or((None, None), |(kind, id)| (Some(kind), Some(id)));
        let canonical = Canonical::new("wardesk-audit-v1")
            .text(&id.to_string())
            .number(at.micros())
            .text(actor_kind)
            .text(&actor)
            .text(&ctx.request.to_string())
            .text(entry.action)
            .optional(target.as_ref().map(String::as_bytes))
            .text(entry.outcome)
            .text(&details)
            .into_bytes();
        let hash = sha256(&canonical);
        sql!(
            self,
            execute,
            "INSERT INTO audit_entry (id, at, actor_kind, actor, request, action, target_kind, target, outcome, details, canonical, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            id,
            at,
            actor_kind,
            actor,
            ctx.request,
            entry.action,
            target_kind,
            target,
            entry.outcome,
            details,
            canonical,
            hash
        )
        .await?;
        for (name, salt, value) in salted {
            // Without the vault there is nothing to seal with, and then nothing personal is written.
            let sealed = self
                .sealer()
                .and_then(|sealer| sealer.seal(ctx.entropy(), PERSONAL, name, id.uuid().as_bytes(), value.as_bytes()))
                .ok_or_else(|| DbError::Schema("a personal value cannot be sealed".into()))?;
            sql!(
                self,
                execute,
                "INSERT INTO audit_personal (entry, name, salt, value) VALUES ($1, $2, $3, $4)",
                id,
                name,
                salt,
                sealed
            )
            .await?;
        }
        Ok(id)
    }
}

/// What the canonical bytes say of a personal value.
pub(crate) fn commitment(salt: &[u8], value: &str) -> String {
    format!(
        "sha256:{}",
        b64u::encode(Canonical::new("wardesk-personal-v1").part(salt).text(value).hash())
    )
}
