//! One's own sessions: begin, list, end.

use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::token_hash;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, SecretString, SessionId, StaffActor, StaffId, Timestamp};
use wd_web::network;

use super::{authenticate::acting, history::said};
use crate::{
    Aaguid, Client, FactorStrength, Identity, SessionKind,
    events::{SessionEnded, SessionStarted},
    model::{MOST_SESSIONS, STEP_UP_FOR, lives_until},
    store::{
        browser, known_device,
        session::{self, SessionRow},
        staff,
    },
};

/// What ending another session than the asking one needs, as problems name it.
const END: &str = "session.end";

/// The entry that a session leaves when it begins.
const STARTED: &str = "session.started";
/// The detail that says from where.
const NETWORK: &str = "network";

/// A session in the list of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// Which one.
    pub id: SessionId,
    /// Its beginning.
    pub created_at: Timestamp,
    /// The latest request, to the minute.
    pub last_seen_at: Timestamp,
    /// What the browser calls itself.
    pub user_agent: String,
    /// From which network it began: an IPv4 address, or 64 bits of an IPv6 address.
    pub network: Option<String>,
    /// In which country (ISO 3166-1 alpha-2), if that is known.
    pub country: Option<String>,
    /// The one this request came with.
    pub current: bool,
}

/// Why a session could not be listed or ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Not signed in.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such session of this person.
    #[error("no such session")]
    NotFound,
    /// Not a cursor of this list.
    #[error("not a cursor of this list")]
    Cursor,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// How a session began, for the audit log.
pub(crate) struct Beginning<'a> {
    pub staff: StaffId,
    pub kind: SessionKind,
    pub by: &'static str,
    pub place: Place<'a>,
    pub known_device: Option<&'a [u8]>,
    /// What the factor withstands that was shown; `Any` as long as none was.
    pub shown: FactorStrength,
    /// Its make, if it was attested.
    pub make: Option<Aaguid>,
}

/// Where somebody signs in, for the person's own history. It is personal, so the audit log can erase it.
pub(crate) struct Place<'a> {
    pub user_agent: &'a str,
    pub network: Option<String>,
}

impl<'a> Place<'a> {
    pub fn of(client: &'a Client) -> Self {
        Self {
            user_agent: &client.user_agent,
            network: Some(network(client.address)),
        }
    }

    /// The entry, with the place.
    pub fn tell(&self, entry: Entry) -> Entry {
        let entry = entry.personal("user_agent", self.user_agent);
        match &self.network {
            Some(network) => entry.personal(NETWORK, network.as_str()),
            None => entry,
        }
    }
}

impl Identity {
    /// Begins a session. A full one begins with a factor, which counts as fresh.
    pub(crate) async fn start_session(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        beginning: Beginning<'_>,
    ) -> Result<(SecretString, SessionRow), DbError> {
        let now = ctx.now();
        let Beginning {
            staff,
            kind,
            by,
            place,
            known_device,
            shown,
            make,
        } = beginning;
        let token = SecretString::new(ctx.token());
        let row = SessionRow {
            id: ctx.id(),
            staff,
            kind,
            created_at: now,
            last_seen_at: now,
            expires_at: lives_until(kind, now),
            user_agent: place.user_agent.to_owned(),
            known_device: known_device.map(<[u8]>::to_vec),
            stepped_up_until: (kind == SessionKind::Full).then(|| now + STEP_UP_FOR),
            shown,
            shown_make: make,
        };
        session::insert(tx, &row, token_hash(token.expose())).await?;
        let ctx = acting(ctx, &row);
        if kind == SessionKind::Full {
            staff::signed_in(tx, staff, now).await?;
            self.end_beyond(tx, &ctx, &row).await?;
        }
        tx.emit(
            &ctx,
            &SessionStarted {
                session: row.id,
                staff,
                kind,
            },
        )
        .await?;
        let entry = place
            .tell(Entry::done(STARTED))
            .target(row.id)
            .detail("kind", kind.as_str())
            .detail("by", by);
        tx.audit(&ctx, entry).await?;
        Ok((token, row))
    }

    /// Ends what is too much: a person has [`MOST_SESSIONS`], and those used longest ago give way to a new one.
    async fn end_beyond(&self, tx: &mut Tx, ctx: &Ctx, new: &SessionRow) -> Result<(), DbError> {
        let ended = session::end_beyond(tx, new.staff, new.id, MOST_SESSIONS - 1).await?;
        tell_ended(tx, ctx, new.staff, &ended).await?;
        for session in &ended {
            let entry = Entry::done("session.ended").target(*session).detail("by", "too-many");
            tx.audit(ctx, entry).await?;
        }
        Ok(())
    }

    /// Ends a session that another one takes the place of, or that its owner leaves.
    pub(crate) async fn end_session(&self, tx: &mut Tx, ctx: &Ctx, row: &SessionRow) -> Result<bool, DbError> {
        let ended = session::end(tx, row.staff, row.id).await?;
        if ended {
            tell_ended(tx, ctx, row.staff, &[row.id]).await?;
        }
        Ok(ended)
    }

    /// Ends everything a person is signed in with, and forgets their browsers.
    pub(crate) async fn end_all_sessions(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<usize, DbError> {
        known_device::forget_all(tx, staff).await?;
        self.end_sessions(tx, ctx, staff).await
    }

    /// Ends everything a person is signed in with.
    pub(crate) async fn end_sessions(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<usize, DbError> {
        let ended = session::end_all(tx, staff).await?;
        tell_ended(tx, ctx, staff, &ended).await?;
        Ok(ended.len())
    }

    /// Ends the session of this token. Without one there is nothing to end.
    pub async fn sign_out(&self, ctx: &Ctx, token: Option<&SecretString>) -> Result<(), DbError> {
        let mut tx = self.db.begin().await?;
        if let Some(row) = self.session_of(&mut tx, ctx, token).await? {
            let ctx = acting(ctx, &row);
            self.end_session(&mut tx, &ctx, &row).await?;
            tx.audit(
                &ctx,
                Entry::done("session.ended").target(row.id).detail("by", "sign-out"),
            )
            .await?;
        }
        tx.commit().await
    }

    /// One's own sessions, the newest first.
    pub async fn sessions(&self, ctx: &Ctx) -> Result<Vec<SessionView>, SessionError> {
        let me = ctx.staff()?;
        let mut tx = self.db.snapshot().await?;
        let limits = self.session_limits_of(&mut tx, me.id).await?;
        let rows = session::of_staff(&mut tx, me.id, ctx.now()).await?;
        let mut views = Vec::new();
        for row in rows.into_iter().filter(|row| row.holds(&limits, ctx.now())) {
            let (network, country) = self.place_of(&mut tx, row.id).await?;
            views.push(SessionView {
                current: row.id == me.session,
                id: row.id,
                created_at: row.created_at,
                last_seen_at: row.last_seen_at,
                user_agent: row.user_agent,
                country,
                network,
            });
        }
        Ok(views)
    }

    /// From which network and country a session began, as the audit log says.
    pub(super) async fn place_of(
        &self,
        tx: &mut Tx,
        session: SessionId,
    ) -> Result<(Option<String>, Option<String>), DbError> {
        let began = wd_audit_log::latest(tx, &session.to_string(), STARTED).await?;
        let network = began.and_then(|began| said(&began, NETWORK));
        let country = network.as_deref().and_then(|network| self.country_of(network));
        Ok((network, country))
    }

    /// Ends all of one's own sessions but the asking one, and forgets the browsers that they began in; how many.
    pub async fn end_other_sessions(&self, ctx: &Ctx) -> Result<usize, SessionError> {
        let me = ctx.staff()?;
        ctx.fresh_factor(END)?;
        let mut tx = self.db.begin().await?;
        holding_own(&mut tx, ctx, me).await?;
        let here = browser::of_session(&mut tx, me.id, me.session).await?;
        for other in session::of_staff(&mut tx, me.id, ctx.now()).await? {
            let browser = browser::of_session(&mut tx, me.id, other.id).await?;
            if let Some(browser) = browser.filter(|browser| here != Some(*browser)) {
                browser::forget(&mut tx, me.id, browser).await?;
            }
        }
        let ended = session::end_others(&mut tx, me.id, me.session).await?;
        tell_ended(&mut tx, ctx, me.id, &ended).await?;
        for session in &ended {
            tx.audit(ctx, Entry::done("session.ended").target(*session).detail("by", "owner"))
                .await?;
        }
        tx.commit().await?;
        Ok(ended.len())
    }

    /// Ends one of one's own sessions. For another one than that which asks a fresh factor is needed, so that who holds a
    /// stolen session cannot throw its owner out; and its browser is not known any more.
    pub async fn end_own_session(&self, ctx: &Ctx, id: SessionId) -> Result<(), SessionError> {
        let me = ctx.staff()?;
        let mut tx = self.db.begin().await?;
        holding_own(&mut tx, ctx, me).await?;
        if id != me.session {
            ctx.fresh_factor(END)?;
            known_device::forget_of_session(&mut tx, me.id, id).await?;
        }
        if !session::end(&mut tx, me.id, id).await? {
            return Err(SessionError::NotFound);
        }
        tell_ended(&mut tx, ctx, me.id, &[id]).await?;
        tx.audit(ctx, Entry::done("session.ended").target(id).detail("by", "owner"))
            .await?;
        Ok(tx.commit().await?)
    }
}

/// Tells everybody who listens that these sessions of a person have ended.
pub(crate) async fn tell_ended(tx: &mut Tx, ctx: &Ctx, staff: StaffId, ended: &[SessionId]) -> Result<(), DbError> {
    for session in ended {
        let event = SessionEnded {
            session: *session,
            staff,
        };
        tx.emit(ctx, &event).await?;
    }
    Ok(())
}

/// Waits for whoever signs in or ends sessions as this person right now. The asking session may have ended meanwhile.
async fn holding_own(tx: &mut Tx, ctx: &Ctx, me: &StaffActor) -> Result<(), SessionError> {
    staff::hold(tx, me.id).await?;
    match session::full_by_id(tx, me.session, ctx.now()).await? {
        Some(_) => Ok(()),
        None => Err(Denied::Unauthenticated.into()),
    }
}
