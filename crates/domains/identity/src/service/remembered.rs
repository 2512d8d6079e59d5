//! Browsers in which the password alone is enough for some days, after both factors were shown there once.
//!
//! Each use gives the browser another token. One that was replaced, and whose successor was seen, comes back only from a
//! copy: then the browser is forgotten and all sessions that began in it end, whoever has the copy.

use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::token_hash;
use wd_db::{DbError, Tx};
use wd_kernel::{BrowserId, Ctx, Duration, StaffId, Timestamp};

use super::{
    sessions::{Place, tell_ended},
    sign_in::{Doubts, Entered, Entering, Passed, SignedIn},
    sign_in_risk::{SignInRiskError, Weighing},
    touched::touched,
};
use crate::{
    Client, FactorKind, FactorStrength, Identity, SignInState, Touch,
    events::BrowserCopied,
    model::REMEMBERED,
    store::{
        browser::{self, BrowserRow},
        factor, session, sign_in_risk,
        staff::{self, StaffRow},
    },
};

impl Identity {
    /// Whether the right password alone is enough in this browser, here and now. Hold the person before.
    pub(crate) async fn skips_factor(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: &StaffRow,
        device: Option<[u8; 32]>,
        old: Option<&session::SessionRow>,
        doubts: &Doubts<'_>,
    ) -> Result<bool, SignInRiskError> {
        let Some(device) = device else { return Ok(false) };
        let Some(browser) = browser::by_token(tx, row.id, device, ctx.now()).await? else {
            return Ok(false);
        };
        let days = self.remember_days_of(tx, ctx, row.id).await?;
        if days == 0 {
            // What ended does not come back.
            self.remember_no_browser(tx, row.id).await?;
            return Ok(false);
        }
        let skips = is_remembered(&browser, days, ctx.now())
            && !sign_in_risk::is_in_doubt(tx, row.id, None, Some(browser.id)).await?
            && row.password_disabled_at.is_none()
            && self.has_lasting_factor(tx, ctx, row.id).await?
            && self.must_change_password(tx, ctx, row.id).await?.is_none();
        if !skips {
            return Ok(false);
        }
        let asked = Weighing {
            staff: row.id,
            client: doubts.client,
            known_device: Some(&device),
            pending: old.filter(|old| old.staff == row.id).map(|old| old.id),
            besides: doubts.signals,
        };
        // Nothing may speak against it: a journey costs a code, and a copied cookie is worth nothing far from its owner.
        Ok(self.weigh(tx, ctx, asked).await?.signals.is_empty())
    }

    /// Whether there is a factor that works, besides what is for once.
    async fn has_lasting_factor(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<bool, DbError> {
        let rows = factor::of_staff(tx, staff).await?;
        let lasting = |row: &factor::FactorRow| row.kind != FactorKind::Recovery && row.works(ctx.now());
        Ok(rows.iter().any(lasting))
    }

    /// Signs in where the password alone is enough. Nothing counts as fresh: what is dangerous still needs a factor.
    pub(super) async fn enter_remembered(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        old: Option<&session::SessionRow>,
        staff: StaffId,
        device: Option<[u8; 32]>,
        doubts: Doubts<'_>,
    ) -> Result<Entered, SignInRiskError> {
        let entering = Entering {
            old,
            staff,
            by: REMEMBERED,
            place: Place::of(doubts.client),
            known_device: device.as_ref().map(<[u8; 32]>::as_slice),
        };
        let passed = Passed::by(REMEMBERED, ctx.now());
        self.enter_weighed(tx, ctx, entering, passed, doubts).await
    }

    /// For how many days somebody may be remembered now: what the strictest of their roles allows. Nobody with
    /// administrative rights, and nobody who must sign in with more than any factor.
    pub(crate) async fn remember_days_of(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<i64, DbError> {
        let days = self.session_limits_of(tx, staff).await?.remember_days;
        if days == 0
            || self.factor_demand_in(tx, ctx, staff).await?.to_have() > FactorStrength::Any
            || self.rights.privilege_of(tx, staff).await?.is_administrative()
        {
            return Ok(0);
        }
        Ok(days)
    }

    /// For how many days this browser can be remembered with the factor that it waits for.
    pub(crate) async fn remember_offer(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        pending: &session::SessionRow,
    ) -> Result<i64, DbError> {
        match browser::of(tx, pending).await? {
            Some(browser) if sign_in_risk::is_in_doubt(tx, pending.staff, None, Some(browser)).await? => Ok(0),
            _ => self.remember_days_of(tx, ctx, pending.staff).await,
        }
    }

    /// Remembers the browser of somebody who has just signed in with a second factor, where all their roles allow it;
    /// until when. Not for a recovery code: who needs one has lost something.
    pub async fn remember_browser(&self, ctx: &Ctx, entered: &SignedIn) -> Result<Option<Timestamp>, DbError> {
        let (SignInState::SignedIn, Some(device)) = (entered.state.state, &entered.device) else {
            return Ok(None);
        };
        let mut tx = self.db.begin().await?;
        let Some(session) = self.session_of(&mut tx, ctx, Some(&entered.token)).await? else {
            return Ok(None);
        };
        staff::hold(&mut tx, session.staff).await?;
        if self.session_of(&mut tx, ctx, Some(&entered.token)).await?.is_none() {
            return Ok(None);
        }
        let days = self.remember_days_of(&mut tx, ctx, session.staff).await?;
        let hash = token_hash(device.expose());
        let found = browser::by_token(&mut tx, session.staff, hash, ctx.now()).await?;
        let (Some(browser), true) = (found, days > 0) else {
            return Ok(None);
        };
        // Who was let in from an unusual place may have been handed the code.
        if sign_in_risk::is_in_doubt(&mut tx, session.staff, None, Some(browser.id)).await? {
            return Ok(None);
        }
        let until = ctx.now() + lasting(days);
        browser::remember(&mut tx, browser.id, ctx.now(), until).await?;
        let ctx = super::authenticate::acting(ctx, &session);
        let entry = Entry::done("browser.remembered")
            .target(session.staff)
            .detail("browser", browser.id.to_string())
            .detail("days", days);
        tx.audit(&ctx, entry).await?;
        tx.commit().await?;
        Ok(Some(until))
    }

    /// In no browser of this person is the password enough any more: something about their factors has changed.
    pub(crate) async fn remember_no_browser(&self, tx: &mut Tx, staff: StaffId) -> Result<(), DbError> {
        browser::remember_none(tx, staff).await.map(drop)
    }

    /// Remembers no browser of this person for longer than their roles allow now.
    pub(crate) async fn trim_remembered(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), DbError> {
        match self.remember_days_of(tx, ctx, staff).await? {
            0 => self.remember_no_browser(tx, staff).await,
            days => {
                let micros = i64::try_from(lasting(days).as_micros()).unwrap_or(i64::MAX);
                browser::remember_at_most(tx, staff, micros).await
            }
        }
    }

    /// A token that was replaced and whose successor was seen: there is a copy, and nobody can tell who has it. The
    /// browser is forgotten, and what began in it ends; the sign-in goes on as from an unknown one.
    pub(super) async fn look_for_copy(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        token: [u8; 32],
        client: &Client,
    ) -> Result<(), DbError> {
        if browser::by_spent_token(tx, staff, token, ctx.now()).await?.is_none() {
            return Ok(());
        }
        // Who signs in with another of its tokens right now is waited for; then it is looked at again.
        staff::hold(tx, staff).await?;
        match browser::by_spent_token(tx, staff, token, ctx.now()).await? {
            Some(browser) => self.copied_browser(tx, ctx, staff, browser, client).await,
            None => Ok(()),
        }
    }

    async fn copied_browser(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        browser: BrowserId,
        client: &Client,
    ) -> Result<(), DbError> {
        let ended = browser::end_sessions(tx, browser).await?;
        tell_ended(tx, ctx, staff, &ended).await?;
        browser::forget(tx, staff, browser).await?;
        tx.emit(ctx, &BrowserCopied { browser, staff }).await?;
        touched(tx, ctx, staff, Touch::BrowserCopied).await?;
        let entry = Place::of(client)
            .tell(Entry::done("browser.copied"))
            .target(staff)
            .detail("browser", browser.to_string())
            .detail("sessions", i64::try_from(ended.len()).unwrap_or(i64::MAX));
        tx.audit(ctx, entry).await.map(drop)
    }
}

/// Whether the password is enough in a browser that may be remembered for so many days.
pub(super) fn is_remembered(browser: &BrowserRow, days: i64, now: Timestamp) -> bool {
    let (Some(at), Some(until)) = (browser.remembered_at, browser.remembered_until) else {
        return false;
    };
    now < until && now < at + lasting(days)
}

fn lasting(days: i64) -> Duration {
    Duration::from_hours(24 * u64::try_from(days).unwrap_or(0))
}
