//! Holding sessions to the limits of their owners' roles. Every look at a session goes through here.

use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, StaffId};

use crate::{
    Identity, SessionKind,
    model::SessionLimits,
    store::{
        session::SessionRow,
        session_policy::{self, SessionPolicyRow},
    },
};

impl Identity {
    /// How long the sessions of this person last: the strictest of their roles.
    pub(crate) async fn session_limits_of(&self, tx: &mut Tx, staff: StaffId) -> Result<SessionLimits, DbError> {
        let rows = session_policy::all(tx).await?;
        self.limits_under(tx, &rows, staff).await
    }

    /// The session, if its owner's limits let it go on. One that gives no rights yet lives an hour at most and has no
    /// other limit.
    pub(crate) async fn still_holds(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: Option<SessionRow>,
    ) -> Result<Option<SessionRow>, DbError> {
        let Some(row) = row else { return Ok(None) };
        let now = ctx.now();
        if row.kind != SessionKind::Full {
            return Ok(Some(row).filter(|row| row.holds(&SessionLimits::DEFAULT, now)));
        }
        let rows = session_policy::all(tx).await?;
        // What holds under the strictest of all holds for everybody: most requests need not ask who has which role.
        let all = rows.iter().map(SessionPolicyRow::limits);
        if row.holds(&SessionLimits::strictest(all.chain([SessionLimits::DEFAULT])), now) {
            return Ok(Some(row));
        }
        let limits = self.limits_under(tx, &rows, row.staff).await?;
        Ok(Some(row).filter(|row| row.holds(&limits, now)))
    }

    async fn limits_under(
        &self,
        tx: &mut Tx,
        rows: &[SessionPolicyRow],
        staff: StaffId,
    ) -> Result<SessionLimits, DbError> {
        if rows.is_empty() {
            return Ok(SessionLimits::DEFAULT);
        }
        let (roles, _) = self.rights.standing_of(tx, staff).await?;
        Ok(of_roles(rows, &roles))
    }
}

/// The strictest limits of these roles. A role without a decision has the default.
pub(crate) fn of_roles<'a>(rows: &[SessionPolicyRow], roles: impl IntoIterator<Item = &'a String>) -> SessionLimits {
    let of_role = |role: &String| {
        let row = rows.iter().find(|row| row.role == *role);
        row.map_or(SessionLimits::DEFAULT, SessionPolicyRow::limits)
    };
    SessionLimits::strictest(roles.into_iter().map(of_role))
}
