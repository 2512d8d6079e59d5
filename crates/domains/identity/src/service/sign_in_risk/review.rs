//! "Was this you?": the owner of an account says of a sign-in whose it was.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{BrowserId, Ctx, Denied, SignInReviewId, Timestamp};
use wd_vault::VaultError;

use crate::{
    FactorKind, Identity, RiskAnswer, RiskDecision, RiskSignal, Touch,
    events::SignInDisowned,
    model::{DOUBTED_FOR, REVIEW_FOR},
    service::touched::touched,
    store::{
        browser, factor, known_device, mail_address,
        sign_in_risk::{self, ReviewRow},
        staff,
    },
};

/// What disowning a sign-in needs that was confirmed, as problems name it.
const DISOWN: &str = "sign-in.disown";

/// By what a sign-in was shown that the company's provider proved.
const PROVIDER: &str = "provider";

/// Most sign-ins are shown.
const MOST_SHOWN: i64 = 50;

/// A sign-in that its owner is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewView {
    /// Which one.
    pub id: SignInReviewId,
    /// When.
    pub at: Timestamp,
    /// What was decided.
    pub decision: RiskDecision,
    /// What spoke against it.
    pub signals: Vec<RiskSignal>,
    /// With what somebody signed in last: a kind of factor, or `provider`.
    pub by: String,
    /// What the browser called itself.
    pub user_agent: String,
    /// From which network: an IPv4 address, or 64 bits of an IPv6 address.
    pub network: String,
    /// From which country (ISO 3166-1 alpha-2), if that is known.
    pub country: Option<String>,
    /// What the owner said.
    pub answer: Option<RiskAnswer>,
    /// When.
    pub answered_at: Option<Timestamp>,
    /// Whether it was in the browser that asks now.
    pub current: bool,
    /// Whether the browser that asks now can say that it was the owner: not of itself, and not while it is in question.
    pub can_confirm: bool,
}

/// Why an answer was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// Not signed in.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// This person is asked about no such sign-in.
    #[error("no such sign-in")]
    NotFound,
    /// It was said already that it was not them.
    #[error("it was disowned already")]
    Disowned,
    /// The browser in question cannot speak for itself.
    #[error("the browser in question cannot speak for itself")]
    InQuestion,
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Identity {
    /// The sign-ins of the last 90 days that one is asked about, the newest first; at most 50.
    pub async fn sign_in_reviews(&self, ctx: &Ctx) -> Result<Vec<ReviewView>, ReviewError> {
        let me = ctx.staff()?;
        let mut tx = self.db.snapshot().await?;
        let browser = browser::of_session(&mut tx, me.id, me.session).await?;
        let doubtful = match browser {
            Some(browser) => {
                sign_in_risk::is_in_question(&mut tx, me.id, me.session, browser, ctx.now() - DOUBTED_FOR).await?
            }
            None => true,
        };
        let since = ctx.now() - REVIEW_FOR;
        let mut views = Vec::new();
        for row in sign_in_risk::asked_of(&mut tx, me.id, since, MOST_SHOWN).await? {
            let current = row.session == Some(me.session) || (row.browser.is_some() && row.browser == browser);
            views.push(self.review_view(row, current, !current && !doubtful)?);
        }
        Ok(views)
    }

    /// Says whose a sign-in was. "Not me" ends every session, forgets every browser but a trusted one that says so, locks
    /// what was signed in with and what was added since, and tells security; no fresh factor is asked for that,
    /// unless a trusted browser has confirmed the sign-in and this one is not trusted.
    pub async fn answer_review(&self, ctx: &Ctx, id: SignInReviewId, answer: RiskAnswer) -> Result<(), ReviewError> {
        let me = ctx.staff()?;
        let mut tx = self.db.begin().await?;
        staff::hold(&mut tx, me.id).await?;
        let row = sign_in_risk::one(&mut tx, me.id, id)
            .await?
            .filter(|row| row.at > ctx.now() - REVIEW_FOR)
            .ok_or(ReviewError::NotFound)?;
        let browser = browser::of_session(&mut tx, me.id, me.session).await?;
        let trusted = match browser {
            Some(browser) if row.browser != Some(browser) => {
                !sign_in_risk::is_in_question(&mut tx, me.id, me.session, browser, ctx.now() - DOUBTED_FOR).await?
            }
            _ => false,
        };
        // What a trusted browser has vouched for is not a stranger's to lock.
        if (answer, row.answer) == (RiskAnswer::NotMe, Some(RiskAnswer::Me)) && !trusted {
            ctx.fresh_factor(DISOWN)?;
        }
        match (answer, row.answer) {
            (RiskAnswer::Me, Some(RiskAnswer::NotMe)) => return Err(ReviewError::Disowned),
            (RiskAnswer::Me, _) if !trusted => return Err(ReviewError::InQuestion),
            // Said again, nothing happens again.
            (said, Some(before)) if said == before => return Ok(()),
            (RiskAnswer::Me, _) => {
                sign_in_risk::answer(&mut tx, row.id, answer, ctx.now()).await?;
                self.confirm_place(&mut tx, ctx, &row).await?;
                let entry = Entry::done("sign-in.confirmed").target(me.id);
                tx.audit(ctx, entry).await?;
            }
            (RiskAnswer::NotMe, _) => {
                sign_in_risk::answer(&mut tx, row.id, answer, ctx.now()).await?;
                let keep = browser.filter(|_| trusted);
                self.disown(&mut tx, ctx, &row, keep).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    async fn disown(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: &ReviewRow,
        keep: Option<BrowserId>,
    ) -> Result<(), ReviewError> {
        let staff = row.staff;
        known_device::forget_all_but(tx, staff, keep).await?;
        self.remember_no_browser(tx, staff).await?;
        let ended = self.end_sessions(tx, ctx, staff).await?;
        self.lock_what_was_shown(tx, ctx, row).await?;
        // What whoever came in may have left behind: an account of theirs at the provider, an address of theirs for notices.
        let since = (row.shown_by != PROVIDER).then_some(row.at);
        self.leavers.started_over(tx, ctx, staff, since).await?;
        mail_address::forget_since(tx, staff, row.at).await?;
        let event = SignInDisowned {
            staff,
            by: row.shown_by.clone(),
        };
        tx.emit(ctx, &event).await?;
        touched(tx, ctx, staff, Touch::SignInDisowned).await?;
        let entry = Entry::done("sign-in.disowned")
            .target(staff)
            .detail("by", row.shown_by.as_str())
            .detail("sessions_ended", ended);
        tx.audit(ctx, entry).await?;
        Ok(())
    }

    /// The password, wherever it was needed: it works in known browsers only, and must be changed there. And the factor,
    /// where it is in somebody else's hand: a passkey, a number, a sheet of recovery codes. The secret of an app is not;
    /// one code was passed on. And every factor that was added since: whoever came in may have added it to come again.
    async fn lock_what_was_shown(&self, tx: &mut Tx, ctx: &Ctx, row: &ReviewRow) -> Result<(), DbError> {
        let by = |kind: FactorKind| row.shown_by == kind.as_str();
        if !by(FactorKind::Passkey) && row.shown_by != PROVIDER {
            staff::disown_password(tx, row.staff, ctx.now()).await?;
        }
        for held in factor::of_staff(tx, row.staff).await? {
            let shown = match held.kind {
                FactorKind::Passkey => row.factor == Some(held.id),
                FactorKind::Sms | FactorKind::Recovery => by(held.kind),
                FactorKind::Totp => false,
            };
            let out_of_hand = shown || held.created_at > row.at;
            if out_of_hand && held.disabled_at.is_none() {
                factor::disable(tx, held.id, ctx.now()).await?;
                let entry = Entry::done("factor.disabled")
                    .target(held.id)
                    .detail("kind", held.kind.as_str())
                    .detail("reason", "disowned");
                tx.audit(ctx, entry).await?;
            }
        }
        Ok(())
    }

    fn review_view(&self, row: ReviewRow, current: bool, can_confirm: bool) -> Result<ReviewView, VaultError> {
        let place = self.kept_place(&row)?;
        let (user_agent, network, country) = place.map_or_else(Default::default, |place| {
            (place.user_agent, place.network, place.country.map(String::from))
        });
        Ok(ReviewView {
            id: row.id,
            at: row.at,
            decision: row.decision,
            signals: sign_in_risk::read(&row.signals),
            by: row.shown_by,
            user_agent,
            network,
            country,
            answer: row.answer,
            answered_at: row.answered_at,
            current,
            can_confirm,
        })
    }
}
