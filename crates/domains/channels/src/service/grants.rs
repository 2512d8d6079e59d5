use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Tx;
use wd_kernel::{Actor, ConversationId, Ctx, CustomerId, DeviceId, Duration, Id as _};

use super::{Channels, rate};
use crate::{Act, ChannelsError, GRANT_TYPE, Grant, Role, Subject};

/// How long a grant counts.
pub(crate) const GRANT_VALIDITY: Duration = Duration::from_secs(600);

/// A leave to be given. That it may be given is the caller's to check.
#[derive(Debug, Clone)]
pub struct NewGrant<'a> {
    /// In which conversation.
    pub conversation: ConversationId,
    /// What may be done.
    pub act: Act,
    /// Who enters or leaves.
    pub subject: Subject,
    /// With which devices.
    pub devices: &'a [DeviceId],
    /// As what.
    pub role: Role,
    /// Why.
    pub reason: &'a str,
    /// Whether the earlier history may be read.
    pub history: bool,
}

impl Channels {
    /// A customer asks for leave so often and no more.
    pub async fn spend_grant_in(&self, tx: &mut Tx, ctx: &Ctx, customer: CustomerId) -> Result<(), ChannelsError> {
        rate::GRANTS.spend(tx, ctx, customer.uuid()).await
    }

    /// Signs a grant; it counts for ten minutes.
    pub async fn issue_grant_in(&self, tx: &mut Tx, ctx: &Ctx, new: NewGrant<'_>) -> Result<String, ChannelsError> {
        let by = match &ctx.actor {
            Actor::Staff(staff) => staff.id.to_string(),
            _ => "system".to_owned(),
        };
        let grant = Grant {
            iss: self.vault.organisation().to_owned(),
            sub: new.subject.to_string(),
            kind: new.subject.kind(),
            act: new.act,
            conversation: new.conversation,
            devices: new.devices.to_vec(),
            role: new.role,
            reason: new.reason.chars().take(500).collect(),
            by,
            history: new.history,
            iat: ctx.now().seconds(),
            exp: (ctx.now() + GRANT_VALIDITY).seconds(),
        };
        let jws = self.signer(tx).await?.sign(GRANT_TYPE, &grant)?;
        let act = match new.act {
            Act::Join => "join",
            Act::Add => "add",
            Act::Remove => "remove",
        };
        let entry = Entry::done("conversation.granted")
            .target(new.conversation)
            .detail("act", act)
            .detail("for", new.subject.to_string());
        tx.audit(ctx, entry.detail("history", new.history)).await?;
        Ok(jws)
    }
}
