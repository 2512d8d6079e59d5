//! The browsers in which one is known: list, forget.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{BrowserId, Ctx, Denied, Permission as _, Scope, StaffId, Timestamp};

use super::{
    remembered::is_remembered,
    sessions::{SessionError, tell_ended},
    touched::touched,
};
use crate::{
    DisableError, Identity, Touch,
    permissions::{StaffDisable, StaffRead},
    store::{browser, known_device, sign_in_risk, staff},
};

/// What forgetting another browser than the asking one needs, as problems name it.
const FORGET: &str = "browser.forget";

/// A browser in which somebody is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserView {
    /// Which one.
    pub id: BrowserId,
    /// What it calls itself.
    pub user_agent: String,
    /// Since when it is known.
    pub created_at: Timestamp,
    /// The latest full sign-in there.
    pub used_at: Timestamp,
    /// Until when the password alone is enough there; `None`: it is not.
    pub remembered_until: Option<Timestamp>,
    /// From which network the latest session there began: an IPv4 address, or 64 bits of an IPv6 address.
    pub network: Option<String>,
    /// From which country (ISO 3166-1 alpha-2), if that is known.
    pub country: Option<String>,
    /// The one in which the asking session began.
    pub current: bool,
}

impl Identity {
    /// The browsers in which one is known, the one used latest first.
    pub async fn browsers(&self, ctx: &Ctx) -> Result<Vec<BrowserView>, SessionError> {
        let me = ctx.staff()?;
        let mut tx = self.db.snapshot().await?;
        let current = browser::of_session(&mut tx, me.id, me.session).await?;
        Ok(self.browsers_in(&mut tx, ctx, me.id, current).await?)
    }

    /// Forgets one of them. For another one than that which asks a fresh factor is needed, so that who holds a stolen
    /// session cannot make its owner a stranger everywhere.
    pub async fn forget_browser(&self, ctx: &Ctx, id: BrowserId) -> Result<(), SessionError> {
        let me = ctx.staff()?;
        let mut tx = self.db.begin().await?;
        if browser::of_session(&mut tx, me.id, me.session).await? != Some(id) {
            ctx.fresh_factor(FORGET)?;
        }
        staff::hold(&mut tx, me.id).await?;
        if !browser::forget(&mut tx, me.id, id).await? {
            return Err(SessionError::NotFound);
        }
        let entry = Entry::done("browser.forgotten")
            .target(me.id)
            .detail("browser", id.to_string());
        tx.audit(ctx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets all of them, the asking one too.
    pub async fn forget_browsers(&self, ctx: &Ctx) -> Result<(), SessionError> {
        let me = ctx.staff()?;
        ctx.fresh_factor(FORGET)?;
        let mut tx = self.db.begin().await?;
        staff::hold(&mut tx, me.id).await?;
        known_device::forget_all(&mut tx, me.id).await?;
        let entry = Entry::done("browser.forgotten").target(me.id).detail("browser", "all");
        tx.audit(ctx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets one browser of somebody and ends the sessions in it, how many; for who may sign them out everywhere. Their
    /// other browsers and sessions stay.
    pub async fn forget_browser_of(&self, ctx: &Ctx, id: StaffId, which: BrowserId) -> Result<usize, DisableError> {
        ctx.require::<StaffDisable>(Scope::ORGANISATION)?;
        let mut tx = self.db.begin().await?;
        staff::hold(&mut tx, id).await?.ok_or(DisableError::NotFound)?;
        let ended = browser::end_every_session(&mut tx, id, which).await?;
        if !browser::forget(&mut tx, id, which).await? {
            return Err(DisableError::NotFound);
        }
        tell_ended(&mut tx, ctx, id, &ended).await?;
        touched(&mut tx, ctx, id, Touch::BrowserForgotten).await?;
        let entry = Entry::done("browser.forgotten")
            .target(id)
            .detail("browser", which.to_string())
            .detail("sessions", i64::try_from(ended.len()).unwrap_or(i64::MAX));
        tx.audit(ctx, entry).await?;
        tx.commit().await?;
        Ok(ended.len())
    }

    /// The browsers in which somebody is known, for who may sign them out there.
    pub async fn browsers_of(&self, ctx: &Ctx, id: StaffId) -> Result<Vec<BrowserView>, DisableError> {
        ctx.require::<StaffRead>(Scope::ORGANISATION)?;
        if !ctx.holds::<StaffDisable>(Scope::ORGANISATION) {
            return Err(Denied::Forbidden(StaffDisable::NAME).into());
        }
        let mut tx = self.db.snapshot().await?;
        staff::by_id(&mut tx, id).await?.ok_or(DisableError::NotFound)?;
        Ok(self.browsers_in(&mut tx, ctx, id, None).await?)
    }

    async fn browsers_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        current: Option<BrowserId>,
    ) -> Result<Vec<BrowserView>, DbError> {
        let days = self.remember_days_of(tx, ctx, staff).await?;
        let mut views = Vec::new();
        for row in browser::of_staff(tx, staff).await? {
            let remembered = is_remembered(&row, days, ctx.now())
                && !sign_in_risk::is_in_doubt(tx, staff, None, Some(row.id)).await?;
            let (network, country) = match row.last_session {
                Some(session) => self.place_of(tx, session).await?,
                None => (None, None),
            };
            views.push(BrowserView {
                network,
                country,
                remembered_until: row.remembered_until.filter(|_| remembered),
                current: current == Some(row.id),
                id: row.id,
                user_agent: row.user_agent,
                created_at: row.created_at,
                used_at: row.used_at,
            });
        }
        Ok(views)
    }
}
