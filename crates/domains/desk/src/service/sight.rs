//! Who sees a case: one rule, whether it is asked inside a transaction or of facts that were read before.

use std::collections::HashMap;

use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, CustomerId, Scope, StaffId};

use super::Desk;
use crate::{
    DeskError,
    permissions::ConversationRead,
    store::{colleague, sight},
};

/// What decides who sees a case, as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// Whose conversation it is.
    pub customer: CustomerId,
    /// The team it belongs to and who works on it.
    pub scope: Scope,
    /// Who else was let in.
    pub colleagues: Vec<StaffId>,
}

impl Sight {
    /// Whether the actor sees the case.
    pub fn is_open_to(&self, ctx: &Ctx) -> bool {
        match by_case(ctx, self.customer, self.scope) {
            Answer::Yes => true,
            Answer::No => false,
            Answer::IfColleague(staff) => self.colleagues.contains(&staff),
        }
    }
}

/// What the case alone says.
pub(crate) enum Answer {
    Yes,
    No,
    /// Only a colleague who was let into this one conversation, whatever team it belongs to.
    IfColleague(StaffId),
}

/// The rule.
pub(crate) fn by_case(ctx: &Ctx, customer: CustomerId, scope: Scope) -> Answer {
    if let Some(own) = ctx.actor.customer() {
        return if own == customer { Answer::Yes } else { Answer::No };
    }
    if ctx.holds::<ConversationRead>(scope) {
        return Answer::Yes;
    }
    match ctx.actor.staff() {
        Some(staff) if ctx.holds::<ConversationRead>(Scope::own(staff.id)) => Answer::IfColleague(staff.id),
        _ => Answer::No,
    }
}

impl Desk {
    /// What decides who sees each of many cases. What does not exist is left out.
    pub async fn sights_of_many_in(
        &self,
        tx: &mut Tx,
        ids: &[ConversationId],
    ) -> Result<HashMap<ConversationId, Sight>, DeskError> {
        let mut sights: HashMap<_, _> = sight::of_many(tx, ids)
            .await?
            .into_iter()
            .map(|row| {
                let sight = Sight {
                    customer: row.customer,
                    scope: Scope::case(row.team, row.assignee),
                    colleagues: Vec::new(),
                };
                (row.id, sight)
            })
            .collect();
        for (conversation, staff) in colleague::of_many(tx, ids).await? {
            if let Some(sight) = sights.get_mut(&conversation) {
                sight.colleagues.push(staff);
            }
        }
        Ok(sights)
    }
}
