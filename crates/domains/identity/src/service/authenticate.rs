//! Who a request comes from.

use std::sync::Arc;

use tracing::warn;
use wd_crypto::token_hash;
use wd_db::{DbError, Tx};
use wd_kernel::{Actor, Ctx, Duration, SecretString, SessionId, StaffActor, StaffId, Timestamp};

use crate::{
    Identity, SessionKind,
    store::session::{self, SessionRow},
};

/// Being seen is written down at most this often.
const SEEN_EVERY: Duration = Duration::from_mins(1);

/// Whether a request is use of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Somebody did something: the session goes on.
    Person,
    /// The console asked by itself: it is answered, and the session is as unused as before.
    Background,
}

/// The session a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthenticatedSession {
    /// Who.
    pub staff: StaffId,
    /// The session.
    pub session: SessionId,
    /// What it is good for. Only `full` gives rights.
    pub kind: SessionKind,
    /// Until when the second factor counts as fresh.
    pub stepped_up_until: Option<Timestamp>,
}

impl Identity {
    /// The session of a token, if it holds.
    pub async fn authenticate(&self, ctx: &Ctx, token: &SecretString) -> Result<Option<AuthenticatedSession>, DbError> {
        let mut tx = self.db.look().await?;
        let found = self.session_of(&mut tx, ctx, Some(token)).await?;
        drop(tx);
        let Some(row) = found else { return Ok(None) };
        self.seen(ctx, &row).await?;
        Ok(Some(AuthenticatedSession {
            staff: row.staff,
            session: row.id,
            kind: row.kind,
            stepped_up_until: row.stepped_up_until,
        }))
    }

    /// The actor of a token with roles and teams: nobody, unless the session is full.
    pub async fn actor(&self, ctx: &Ctx, token: &SecretString) -> Result<Actor, DbError> {
        Ok(self.actor_and_kind(ctx, token, Use::Person).await?.0)
    }

    /// The same, and of which kind the session is, if there is one: one without rights has no actor and may still take
    /// the next step.
    pub async fn actor_and_kind(
        &self,
        ctx: &Ctx,
        token: &SecretString,
        by: Use,
    ) -> Result<(Actor, Option<SessionKind>), DbError> {
        let mut tx = self.db.look().await?;
        let Some(row) = self.session_of(&mut tx, ctx, Some(token)).await? else {
            return Ok((Actor::Nobody, None));
        };
        if row.kind != SessionKind::Full {
            return Ok((Actor::Nobody, Some(row.kind)));
        }
        let actor = self.actor_of(&mut tx, &row).await?;
        drop(tx);
        if by == Use::Person {
            self.seen(ctx, &row).await?;
        }
        Ok((actor, Some(row.kind)))
    }

    /// The actor of a session that was authenticated before, as it is now; tokens change at each step-up, sessions do
    /// not. Nobody, if it has ended. Asking does not keep it alive.
    pub async fn actor_of_session(&self, ctx: &Ctx, id: SessionId) -> Result<Actor, DbError> {
        let mut tx = self.db.look().await?;
        let found = session::full_by_id(&mut tx, id, ctx.now()).await?;
        let Some(row) = self.still_holds(&mut tx, ctx, found).await? else {
            return Ok(Actor::Nobody);
        };
        self.actor_of(&mut tx, &row).await
    }

    async fn actor_of(&self, tx: &mut Tx, row: &SessionRow) -> Result<Actor, DbError> {
        let (roles, teams) = self.rights.standing_of(tx, row.staff).await?;
        Ok(Actor::Staff(Arc::new(StaffActor {
            id: row.staff,
            session: row.id,
            roles,
            teams,
            stepped_up_until: row.stepped_up_until,
        })))
    }

    async fn seen(&self, ctx: &Ctx, row: &SessionRow) -> Result<(), DbError> {
        if ctx.now().since(row.last_seen_at) < SEEN_EVERY {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        let seen = match session::touch(&mut tx, row.id, ctx.now()).await {
            Ok(()) => tx.commit().await,
            Err(error) => Err(error),
        };
        match seen {
            // Who is signed in goes on reading, and can sign out, when nothing can be stored. A session that is not
            // kept alive ends earlier, which is the safe side.
            Err(error @ (DbError::Full | DbError::Busy | DbError::Group(_))) => {
                warn!(%error, "a session was not kept alive");
                Ok(())
            }
            other => other,
        }
    }

    pub(crate) async fn session_of(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<Option<SessionRow>, DbError> {
        let Some(token) = token else { return Ok(None) };
        let found = session::by_token(tx, token_hash(token.expose()), ctx.now()).await?;
        self.still_holds(tx, ctx, found).await
    }
}

/// The context in which the owner of a session acts, before and after it gives rights.
pub(crate) fn acting(ctx: &Ctx, session: &SessionRow) -> Ctx {
    if ctx.actor.staff().is_some_and(|actor| actor.session == session.id) {
        return ctx.clone();
    }
    ctx.acting_as(Actor::Staff(Arc::new(StaffActor {
        id: session.staff,
        session: session.id,
        roles: Vec::new(),
        teams: Vec::new(),
        stepped_up_until: session.stepped_up_until,
    })))
}
