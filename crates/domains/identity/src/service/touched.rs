//! Telling people what happens to their accounts.

use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, SessionId, StaffId};

use crate::{Identity, events::AccountTouched, model::Touch, store::session};

/// Says that something happened to an account, in the transaction in which it does. Whoever wants to reach the owner
/// hears it.
pub(crate) async fn touched(tx: &mut Tx, ctx: &Ctx, staff: StaffId, what: Touch) -> Result<(), DbError> {
    let actor = ctx.actor.staff();
    let event = AccountTouched {
        staff,
        what,
        session: actor.filter(|actor| actor.id == staff).map(|actor| actor.session),
        by: actor.filter(|actor| actor.id != staff).map(|actor| actor.id),
    };
    tx.emit(ctx, &event).await
}

impl Identity {
    /// What the browser of a session calls itself, while the session holds. Callers decide who may see it.
    pub async fn browser_in(&self, tx: &mut Tx, id: SessionId) -> Result<Option<String>, DbError> {
        session::user_agent(tx, id).await
    }
}
