//! The ways in.

mod ceremony;
mod code;
mod passkey;
mod password;
mod provider;
mod sms;

use wd_crypto::token_hash;
use wd_db::{DbError, Tx};
use wd_kernel::{BrowserId, Ctx, Duration, FactorId, SecretString, SessionId, StaffId, Timestamp};
use wd_sms::TextsError;
use wd_vault::VaultError;
use webauthn_rs::prelude::WebauthnError;

use super::{
    SessionState,
    authenticate::acting,
    sessions::{Beginning, Place},
    sign_in_risk::{Seen, SignInRiskError, Weighed, Weighing},
    touched::touched,
};
use crate::{
    Aaguid, ChangeReason, Client, FactorKind, FactorStrength, Identity, Overloaded, RiskDecision, RiskSignal,
    SessionKind, Touch,
    model::{Grade, REMEMBERED, fresh_for, strength_shown},
    store::{
        browser::{self, BrowserRow},
        known_device::{self, NewToken},
        session::SessionRow,
        sign_in_risk, staff,
    },
};

pub use ceremony::CEREMONY_FOR;
pub use passkey::PasskeyOptions;
pub use provider::{Lacking, ProviderProof, ProviderSignInError};

pub(crate) use ceremony::{Ceremony, Proof, stored_kept};
pub(crate) use code::totp;

/// How long a browser is known after its owner has signed in.
const DEVICE_KNOWN_FOR: Duration = Duration::from_hours(180 * 24);

/// A session with a new token for the cookie.
#[derive(Debug)]
pub struct SignedIn {
    /// The session's token; it goes into the cookie and nowhere else.
    pub token: SecretString,
    /// A new token by which the browser is known from now on, after a full sign-in. It gives no right.
    pub device: Option<SecretString>,
    /// How far one is signed in with it.
    pub state: SessionState,
}

/// Why somebody did not get in. The same for a wrong password, an unknown name and somebody who left.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name or password is not right.
    #[error("the name or the password is not right")]
    Refused,
    /// There is no session in which this step makes sense.
    #[error("there is no session that waits for this step")]
    NoSession,
    /// The code is not right, or was used before.
    #[error("the code is not right or was used before")]
    WrongCode,
    /// The factor was disabled after too many wrong codes.
    #[error("the factor is disabled")]
    Disabled(FactorKind),
    /// The person has a stronger factor, and their roles ask for it.
    #[error("the roles ask for a stronger factor")]
    Weak,
    /// The session came in in an unusual way, and its owner has not said that it was them: a code is not enough.
    #[error("a code is not enough where it is in doubt who signed in")]
    InDoubt,
    /// There is no number that can be used here and now.
    #[error("there is no number that can be used here and now")]
    NoNumber,
    /// The passkey is unknown, or its answer does not fit the question.
    #[error("the passkey was not accepted")]
    WrongPasskey,
    /// Too much speaks against it.
    #[error("too much speaks against this sign-in")]
    Risky(Vec<RiskSignal>),
    /// Too many failures; seconds until the next try.
    #[error("too many failures, {0} seconds to wait")]
    RateLimited(u64),
    /// The server is busy.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The options of a ceremony could not be made.
    #[error("the passkey ceremony could not begin")]
    Ceremony(#[source] WebauthnError),
    /// The state of a ceremony could not be kept.
    #[error("the state of a ceremony cannot be written")]
    State(#[source] serde_json::Error),
    /// The queue of text messages failed.
    #[error("the queue of text messages failed")]
    Texts(#[from] TextsError),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl From<SignInRiskError> for SignInError {
    fn from(error: SignInRiskError) -> Self {
        match error {
            SignInRiskError::State(error) => Self::State(error),
            SignInRiskError::Vault(error) => Self::Vault(error),
            SignInRiskError::Db(error) => Self::Db(error),
        }
    }
}

/// A full sign-in.
pub(crate) struct Entering<'a> {
    /// What the browser had.
    pub old: Option<&'a SessionRow>,
    pub staff: StaffId,
    pub by: &'static str,
    pub place: Place<'a>,
    /// By what it was known.
    pub known_device: Option<&'a [u8]>,
}

impl Entering<'_> {
    /// Whether the password was shown first.
    fn is_by_password(&self) -> bool {
        self.old
            .is_some_and(|old| old.staff == self.staff && old.kind == SessionKind::Pending)
    }
}

/// What somebody showed who enters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passed {
    /// What it withstands.
    pub shown: FactorStrength,
    /// Its make, if it was attested.
    pub make: Option<Aaguid>,
    /// Whether the company's provider says so, and it is kept there and not here.
    pub vouched: bool,
    /// Until when it counts as fresh.
    pub fresh_until: Timestamp,
    /// What it must withstand, besides what the roles ask.
    pub at_least: FactorStrength,
}

impl Passed {
    /// By the word that it has in the audit log.
    pub fn by(by: &str, now: Timestamp) -> Self {
        Self {
            shown: strength_shown(by),
            make: None,
            vouched: false,
            fresh_until: now + fresh_for(by),
            at_least: FactorStrength::Any,
        }
    }

    /// What the factor is worth that was shown.
    pub const fn grade(self) -> Grade {
        Grade {
            strength: self.shown,
            make: self.make,
        }
    }

    /// Whether it was a passkey of ours, which has verified its user.
    pub fn is_passkey(self) -> bool {
        self.shown == FactorStrength::PhishingResistant && !self.vouched
    }

    /// What it is worth where more is asked: the strongest factor of the person, and nothing fresh by what a false page
    /// could have passed on.
    fn asked_for_more(self, strongest: FactorStrength, now: Timestamp) -> Self {
        let fresh_until = if self.shown < FactorStrength::PhishingResistant {
            now
        } else {
            self.fresh_until
        };
        Self {
            fresh_until,
            at_least: strongest,
            ..self
        }
    }
}

/// What a sign-in is weighed by.
pub(crate) struct Doubts<'a> {
    pub client: &'a Client,
    /// The factor that was shown, if it is one of ours.
    pub factor: Option<FactorId>,
    /// What was found out while it was shown.
    pub signals: &'a [RiskSignal],
}

/// Where a sign-in led that was weighed. `Err` says what spoke against it: nobody was let in, and the transaction must
/// commit all the same.
pub(crate) type Entered = Result<SignedIn, Vec<RiskSignal>>;

impl Identity {
    /// Replaces what the browser had by the session of somebody who signs in, and does not only go on: it is weighed what
    /// speaks against it. Hold the person before.
    pub(crate) async fn enter_weighed(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        entering: Entering<'_>,
        passed: Passed,
        doubts: Doubts<'_>,
    ) -> Result<Entered, SignInRiskError> {
        let Doubts {
            client,
            factor,
            signals,
        } = doubts;
        let Entering {
            old,
            staff,
            by,
            known_device,
            ..
        } = entering;
        let asked = Weighing {
            staff,
            client,
            known_device,
            pending: old.filter(|old| old.staff == staff).map(|old| old.id),
            besides: signals,
        };
        let mut weighed = self.weigh(tx, ctx, asked).await?;
        let by_password = entering.is_by_password();
        if self.must_not_take_hold(tx, ctx, &weighed, &entering, passed).await? {
            weighed.decision = RiskDecision::Refuse;
        }
        let mut seen = Seen {
            weighed: &weighed,
            client,
            staff,
            by,
            factor,
            session: None,
            browser: match known_device {
                Some(token) => browser::id_of(tx, staff, token).await?,
                None => None,
            },
        };
        if weighed.decision == RiskDecision::Refuse {
            if let Some(old) = old {
                self.end_session(tx, ctx, old).await?;
            }
            self.note_sign_in(tx, ctx, seen).await?;
            return Ok(Err(weighed.signals));
        }
        let passed = if weighed.decision == RiskDecision::Allow {
            passed
        } else {
            let strongest = self.own_strength_of(tx, staff).await?.unwrap_or(FactorStrength::Any);
            passed.asked_for_more(strongest, ctx.now())
        };
        let (mut entered, session) = self.enter_session(tx, ctx, entering, passed).await?;
        match session.kind {
            SessionKind::Full | SessionKind::ChangePassword => {
                if by_password && by != REMEMBERED {
                    staff::clear_password_failures(tx, staff).await?;
                }
                // What a code from an unusual place shows is not yet its owner's place.
                if weighed.decision == RiskDecision::Allow || passed.shown == FactorStrength::PhishingResistant {
                    self.note_place(tx, ctx, staff, client, &weighed).await?;
                }
                seen.session = Some(session.id);
                seen.browser = browser::of_session(tx, staff, session.id).await?.or(seen.browser);
                self.note_sign_in(tx, &acting(ctx, &session), seen).await?;
            }
            SessionKind::Pending => {
                sign_in_risk::mark_session(tx, session.id, &weighed.signals, passed.at_least).await?;
                // Which factors help is another question now.
                entered.state = self.state_of(tx, ctx, &session).await?;
            }
            // What is begun here after the factor was added takes its place, and is in question with it.
            SessionKind::Enrol => {
                seen.session = Some(session.id);
                self.note_sign_in(tx, &acting(ctx, &session), seen).await?;
            }
        }
        Ok(Ok(entered))
    }

    /// Whether this is somebody who may have been handed a code, and would take hold of the account with it: from where its
    /// owner has not been, in a browser that does not speak for the owner. A new password sends the owner out of every
    /// browser, and a factor that is added opens the account from then on.
    async fn must_not_take_hold(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        weighed: &Weighed,
        entering: &Entering<'_>,
        passed: Passed,
    ) -> Result<bool, DbError> {
        if !weighed.is_far() || passed.shown >= FactorStrength::PhishingResistant {
            return Ok(false);
        }
        let staff = entering.staff;
        if let Some(token) = entering.known_device {
            let browser = browser::id_of(tx, staff, token).await?;
            if !sign_in_risk::is_in_doubt(tx, staff, None, browser).await? {
                return Ok(false);
            }
        }
        if entering.is_by_password() && self.must_change_password(tx, ctx, staff).await?.is_some() {
            return Ok(true);
        }
        let entrance = self.entrance(tx, ctx, staff, passed).await?;
        Ok(entrance.kind == SessionKind::Enrol)
    }

    /// Replaces what the browser had by a full session, or by one that has less: that can only add a factor, if the roles
    /// ask for one that the person does not have; that waits for the strong factor, if a weak one was shown; that must
    /// change the password, if that was shown and is not good enough any more, or if a passkey was shown and it is in a
    /// known breach. Only a full session makes the browser known. Hold the person before.
    pub(crate) async fn enter_as(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        entering: Entering<'_>,
        passed: Passed,
    ) -> Result<SignedIn, DbError> {
        let unknown = entering.known_device.is_none();
        let (entered, session) = self.enter_session(tx, ctx, entering, passed).await?;
        if session.kind == SessionKind::Full && unknown {
            touched(tx, &acting(ctx, &session), session.staff, Touch::NewBrowser).await?;
        }
        Ok(entered)
    }

    async fn enter_session(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        entering: Entering<'_>,
        passed: Passed,
    ) -> Result<(SignedIn, SessionRow), DbError> {
        let Entering {
            old,
            staff,
            by,
            place,
            known_device,
        } = entering;
        let entrance = self.entrance(tx, ctx, staff, passed).await?;
        let by_password =
            old.is_some_and(|old| old.staff == staff && matches!(old.kind, SessionKind::Pending | SessionKind::Enrol));
        let due = match entrance.kind {
            SessionKind::Full if by_password || passed.is_passkey() => {
                self.must_change_password(tx, ctx, staff).await?
            }
            _ => None,
        };
        // Whoever has the list can try a breached password, however its owner comes in.
        let kind = match due {
            Some(reason) if by_password || reason == ChangeReason::Breach => SessionKind::ChangePassword,
            _ => entrance.kind,
        };
        let shown = match kind {
            // Where a provider vouches for somebody, no passkey was shown here that could stand for the present password.
            SessionKind::ChangePassword if passed.vouched => FactorStrength::Any,
            _ => passed.shown,
        };
        let before = match old {
            Some(old) => browser::of(tx, old).await?,
            None => None,
        };
        if let Some(old) = old {
            self.end_session(tx, ctx, old).await?;
        }
        let user_agent = place.user_agent;
        let device = match kind {
            SessionKind::Full => Some(self.know_device(tx, ctx, staff, known_device, user_agent).await?),
            _ => None,
        };
        let device_hash = device.as_ref().map(|device| token_hash(device.expose()));
        let beginning = Beginning {
            staff,
            kind,
            by,
            place,
            known_device: device_hash.as_ref().map(<[u8; 32]>::as_slice).or(known_device),
            shown,
            make: passed.make,
        };
        let (token, mut session) = self.start_session(tx, ctx, beginning).await?;
        self.hold_session(tx, &mut session, entrance).await?;
        if let Some(hash) = device_hash {
            let browser = browser::began_in(tx, session.id, hash, user_agent, ctx.now()).await?;
            if let (Some(old), Some(browser)) = (old.filter(|old| old.staff == staff), browser) {
                self.same_browser(tx, staff, (old.id, session.id), (before, browser))
                    .await?;
            }
        }
        let state = self.state_of(tx, ctx, &session).await?;
        Ok((SignedIn { token, device, state }, session))
    }

    /// What was in question of the session before is in question of the one that took its place. A browser that came
    /// without its token is known anew; by what it was known before it is no more.
    pub(crate) async fn same_browser(
        &self,
        tx: &mut Tx,
        staff: StaffId,
        (before, session): (SessionId, SessionId),
        (old, browser): (Option<BrowserId>, BrowserId),
    ) -> Result<(), DbError> {
        sign_in_risk::follow(tx, before, session, browser).await?;
        match old.filter(|old| *old != browser) {
            Some(old) => {
                sign_in_risk::browser_renamed(tx, old, browser).await?;
                browser::forget(tx, staff, old).await.map(drop)
            }
            None => Ok(()),
        }
    }

    /// Makes a browser known, or gives a known one a new token.
    pub(crate) async fn know_device(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        old: Option<&[u8]>,
        user_agent: &str,
    ) -> Result<SecretString, DbError> {
        let token = SecretString::new(ctx.token());
        let now = ctx.now();
        let new = NewToken {
            hash: token_hash(token.expose()),
            now,
            expires_at: now + DEVICE_KNOWN_FOR,
        };
        if let Some(old) = old
            && known_device::rotate(tx, staff, old, new).await?
        {
            return Ok(token);
        }
        let browser = BrowserRow {
            id: ctx.id(),
            staff,
            user_agent: user_agent.to_owned(),
            created_at: now,
            used_at: now,
            remembered_at: None,
            remembered_until: None,
            last_session: None,
        };
        known_device::insert(tx, &browser, new).await?;
        Ok(token)
    }

    /// The browser, if it is known to be this person's. One that shows a token from before is looked at as a copy.
    pub(crate) async fn known_device(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        client: &Client,
    ) -> Result<Option<[u8; 32]>, DbError> {
        let Some(hash) = client.device else { return Ok(None) };
        let owner = known_device::owner(tx, hash, ctx.now()).await?;
        if owner.is_none() {
            self.look_for_copy(tx, ctx, staff, hash, client).await?;
        }
        Ok(owner.filter(|owner| *owner == staff).map(|_| hash))
    }
}
