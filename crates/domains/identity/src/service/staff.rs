//! Who works here; and taking somebody's access away.

use std::collections::{HashMap, HashSet};

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, Id as _, Page, PageQuery, Scope, StaffId, Timestamp};

use super::{sessions::SessionError, touched::touched};
use crate::{
    FactorKind, Identity, ReProofingReason, StaffState, Touch,
    events::StaffDisabled,
    model::Login,
    permissions::{StaffDisable, StaffRead},
    store::{
        blind_scan, factor, invitation,
        staff::{self, StaffRow},
    },
};

/// A staff member, as administrators see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffView {
    /// Who.
    pub id: StaffId,
    /// The name to sign in with.
    pub login: String,
    /// The shown name.
    pub name: String,
    /// Where they stand.
    pub state: StaffState,
    /// The kinds of factors they have.
    pub factors: Vec<FactorKind>,
    /// Whether they have proved a mail address; not which.
    pub reachable: bool,
    /// The latest full sign-in.
    pub last_sign_in_at: Option<Timestamp>,
}

/// Why staff could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such person.
    #[error("no such staff member")]
    NotFound,
    /// Not a cursor of this list.
    #[error("not a cursor of this list")]
    Cursor,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// Why somebody was not disabled.
#[derive(Debug, thiserror::Error)]
pub enum DisableError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such person.
    #[error("no such staff member")]
    NotFound,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl From<SessionError> for DisableError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Denied(denied) => Self::Denied(denied),
            SessionError::NotFound | SessionError::Cursor => Self::NotFound,
            SessionError::Db(fault) => Self::Db(fault),
        }
    }
}

impl Identity {
    /// A page of staff, the longest here first.
    pub async fn staff_in(&self, tx: &mut Tx, ctx: &Ctx, query: &PageQuery) -> Result<Page<StaffView>, StaffError> {
        ctx.require::<StaffRead>(Scope::ORGANISATION)?;
        let limit = query.limit();
        let first = StaffId::from_uuid(uuid::Uuid::nil());
        let after = query
            .after
            .as_deref()
            .map_or(Ok(first), str::parse)
            .map_err(|_| StaffError::Cursor)?;
        let rows = staff::after(tx, after, limit + 1).await?;
        let mut kinds = kinds(tx).await?;
        let reachable = self.reachable_in(tx).await?;
        Ok(Page::cut(rows, limit, |row| row.id.to_string()).map(|row| view(row, &mut kinds, &reachable)))
    }

    /// One staff member.
    pub async fn staff_member_in(&self, tx: &mut Tx, ctx: &Ctx, id: StaffId) -> Result<StaffView, StaffError> {
        ctx.require::<StaffRead>(Scope::ORGANISATION)?;
        let row = staff::by_id(tx, id).await?.ok_or(StaffError::NotFound)?;
        let reachable = self.reachable_in(tx).await?;
        Ok(view(row, &mut kinds(tx).await?, &reachable))
    }

    /// Everybody who can sign in: id and shown name, in order of the login. Callers decide who may see it.
    pub async fn active_names_in(&self, tx: &mut Tx) -> Result<Vec<(StaffId, String)>, DbError> {
        Ok(staff::active(tx)
            .await?
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect())
    }

    /// Where somebody stands and what they are called; nothing for an unknown id. Callers decide who may see it.
    pub async fn standing_in(&self, tx: &mut Tx, id: StaffId) -> Result<Option<(StaffState, String)>, DbError> {
        Ok(staff::by_id(tx, id).await?.map(|row| (row.state, row.name)))
    }

    /// The same, and keeps others from changing this person until the transaction ends: for who looks first and changes
    /// then, in other tables too.
    pub async fn hold_in(&self, tx: &mut Tx, id: StaffId) -> Result<Option<(StaffState, String)>, DbError> {
        Ok(staff::hold(tx, id).await?.map(|row| (row.state, row.name)))
    }

    /// The name somebody signs in with; nothing for an unknown id. Callers decide who may see it.
    pub async fn login_in(&self, tx: &mut Tx, id: StaffId) -> Result<Option<String>, DbError> {
        Ok(staff::by_id(tx, id).await?.map(|row| row.login))
    }

    /// The staff member with this login. Callers decide who may see it.
    pub async fn find_login_in(&self, tx: &mut Tx, login: &str) -> Result<Option<(StaffId, StaffState)>, DbError> {
        let Ok(login) = Login::parse(login) else {
            return Ok(None);
        };
        Ok(staff::by_login(tx, login.as_str())
            .await?
            .map(|row| (row.id, row.state)))
    }

    /// Takes all access away: sessions end, links stop working, devices are revoked, all at once.
    pub async fn disable_in(&self, tx: &mut Tx, ctx: &Ctx, id: StaffId) -> Result<(), DisableError> {
        ctx.require::<StaffDisable>(Scope::ORGANISATION)?;
        staff::hold(tx, id).await?.ok_or(DisableError::NotFound)?;
        if !staff::set_state(tx, id, StaffState::Disabled).await? {
            return Ok(());
        }
        let ended = self.end_all_sessions(tx, ctx, id).await?;
        invitation::void_all(tx, id, ctx.now()).await?;
        blind_scan::forget_index(tx, id).await?;
        self.drop_re_proofing(tx, ctx, id, ReProofingReason::Disabled).await?;
        self.leavers.left(tx, ctx, id).await?;
        let by = ctx.actor.staff().map(|actor| actor.id);
        tx.emit(ctx, &StaffDisabled { staff: id, by }).await?;
        let ended = i64::try_from(ended).unwrap_or(i64::MAX);
        tx.audit(ctx, Entry::done("staff.disabled").target(id).detail("sessions", ended))
            .await?;
        Ok(())
    }

    /// The same in a transaction of its own.
    pub async fn disable(&self, ctx: &Ctx, id: StaffId) -> Result<(), DisableError> {
        let mut tx = self.db.begin().await?;
        self.disable_in(&mut tx, ctx, id).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all sessions of somebody; how many.
    pub async fn end_sessions_of(&self, ctx: &Ctx, id: StaffId) -> Result<usize, DisableError> {
        ctx.require::<StaffDisable>(Scope::ORGANISATION)?;
        let mut tx = self.db.begin().await?;
        staff::hold(&mut tx, id).await?.ok_or(DisableError::NotFound)?;
        let ended = self.end_all_sessions(&mut tx, ctx, id).await?;
        touched(&mut tx, ctx, id, Touch::SessionsEnded).await?;
        let count = i64::try_from(ended).unwrap_or(i64::MAX);
        tx.audit(
            ctx,
            Entry::done("staff.sessions-ended").target(id).detail("sessions", count),
        )
        .await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends all sessions of everybody, also of those who set up an account, and forgets their browsers; the asking session stays. One person
    /// after the other: what was done when it breaks off stays done, and it can be asked for again.
    pub async fn end_sessions_of_all(&self, ctx: &Ctx) -> Result<EndedOfAll, DisableError> {
        ctx.require::<StaffDisable>(Scope::ORGANISATION)?;
        let mut tx = self.db.begin().await?;
        let people = staff::not_disabled(&mut tx).await?;
        tx.audit(ctx, Entry::done("staff.all-sessions-ended")).await?;
        tx.commit().await?;
        let me = ctx.actor.staff().map(|me| me.id);
        let mut all = EndedOfAll::default();
        for person in people.into_iter().filter(|person| me != Some(*person)) {
            let ended = self.end_sessions_of(ctx, person).await?;
            all.people += usize::from(ended > 0);
            all.sessions += ended;
        }
        if me.is_some() {
            let ended = self.end_other_sessions(ctx).await?;
            all.people += usize::from(ended > 0);
            all.sessions += ended;
        }
        Ok(all)
    }
}

/// What ended when all sessions of everybody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EndedOfAll {
    /// How many people had any.
    pub people: usize,
    /// How many sessions.
    pub sessions: usize,
}

async fn kinds(tx: &mut Tx) -> Result<HashMap<StaffId, Vec<FactorKind>>, DbError> {
    let mut kinds: HashMap<StaffId, Vec<FactorKind>> = HashMap::new();
    for (staff, kind) in factor::kinds(tx).await? {
        kinds.entry(staff).or_default().push(kind);
    }
    for of_one in kinds.values_mut() {
        of_one.sort_by_key(|kind| kind.as_str());
    }
    Ok(kinds)
}

fn view(row: StaffRow, kinds: &mut HashMap<StaffId, Vec<FactorKind>>, reachable: &HashSet<StaffId>) -> StaffView {
    StaffView {
        reachable: reachable.contains(&row.id),
        factors: kinds.remove(&row.id).unwrap_or_default(),
        id: row.id,
        login: row.login,
        name: row.name,
        state: row.state,
        last_sign_in_at: row.last_sign_in_at,
    }
}
