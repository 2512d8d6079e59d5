//! Notices to the security contact, and to people about their own accounts: what somebody should hear of who is not
//! looking at the console. A notice is queued
//! in the transaction that forgets the event it tells of, so it is sent once, or written down as one that is not sent
//! because there is no mail server. Without a security contact there are none for it; who has proved no mail address has
//! none.

mod lowered;
mod outside;
mod own;
mod proofs;
mod recovery;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod texts;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use tracing::error;
use wd_access::{ADMINISTRATOR, events::RolesChanged};
use wd_audit_log::{AuditTx as _, Entry};
use wd_channels::DeviceEnrolled;
use wd_customer_proof::events::CodesStopped;
use wd_db::{DbError, Tx};
use wd_desk::{Desk, DeskError};
use wd_identity::{
    Identity, MailAddressError, Touch,
    events::{
        AccountTouched, BlindScanSwitched, BrowserCopied, FactorDisabled, FactorPolicyChanged, FactorReminder,
        FactorWaveMoved, PasskeyCopied, PasswordBreached, PasswordDisabled, PasswordPolicyChanged, ReProofingMoved,
        ReProofingWaitsChanged, RecoveryCodeUsed, RiskPolicyChanged, SessionPolicyChanged, SignInDisowned,
        SignInRefused, StaffDisabled, StaffEnabled, StaffInvited,
    },
};
use wd_kernel::{Ctx, Event as _, EventEnvelope, SecretString, StaffId};
use wd_mail::{BadMail, Mail, MailAddress, Outgoing, OutgoingError, Sent, TooMany};
use wd_provisioning::events::{DirectoryChanged, LeaverStays, TokenMade, TokenRevoked};
use wd_single_sign_on::events::{AccountBound, AccountUnbound, BoundBy, ProviderChanged};
use wd_sms::events::{PumpingSuspected, SpendLimitReached};
use wd_team_vault::events::{ManyOpened, SecretsWanted};

use self::{
    lowered::Lowered,
    outside::Outside,
    recovery::Recovery,
    words::{Person, Place, What, Words},
};
use crate::relay::Consequences;

/// The kinds of event that the security contact is told of.
const TOLD: &[&str] = &[
    StaffDisabled::KIND,
    StaffEnabled::KIND,
    StaffInvited::KIND,
    RolesChanged::KIND,
    FactorDisabled::KIND,
    PasskeyCopied::KIND,
    BrowserCopied::KIND,
    PasswordDisabled::KIND,
    PasswordBreached::KIND,
    SignInRefused::KIND,
    SignInDisowned::KIND,
    RiskPolicyChanged::KIND,
    RecoveryCodeUsed::KIND,
    ReProofingMoved::KIND,
    ReProofingWaitsChanged::KIND,
    DeviceEnrolled::KIND,
    FactorPolicyChanged::KIND,
    PasswordPolicyChanged::KIND,
    SessionPolicyChanged::KIND,
    FactorWaveMoved::KIND,
    BlindScanSwitched::KIND,
    PumpingSuspected::KIND,
    SpendLimitReached::KIND,
    ManyOpened::KIND,
    ProviderChanged::KIND,
    DirectoryChanged::KIND,
    TokenMade::KIND,
    TokenRevoked::KIND,
    LeaverStays::KIND,
    CodesStopped::KIND,
];

/// The kinds of event that somebody is told of about their own account, and nobody else.
const OWN: &[&str] = &[
    AccountTouched::KIND,
    AccountBound::KIND,
    AccountUnbound::KIND,
    FactorReminder::KIND,
    SecretsWanted::KIND,
];

/// What a mail becomes when the security contact had too many: never nothing.
const TOO_MANY: TooMany = TooMany::Collapse {
    kind: words::MORE_KIND,
    subject: words::MORE_SUBJECT,
    text: words::MORE_TEXT,
};

/// Why a notice is not queued.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The settings could not be read.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// It could not be queued.
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    /// The owner's address could not be read.
    #[error(transparent)]
    Address(#[from] MailAddressError),
    /// Its words are none that a mail can hold: a fault of ours.
    #[error(transparent)]
    Words(#[from] BadMail),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// Notices. Clones share what is behind them.
#[derive(Clone)]
pub struct Notices {
    desk: Desk,
    identity: Identity,
    outgoing: Outgoing,
    host: Arc<str>,
}

impl Notices {
    /// Notices from these domains. `host` is the host of the public address, by which notices name the console.
    pub fn new(desk: Desk, identity: Identity, outgoing: Outgoing, host: &str) -> Self {
        Self {
            desk,
            identity,
            outgoing,
            host: host.into(),
        }
    }

    /// Tells the address that was the security contact until now that it is so no more.
    pub async fn contact_changed_in(&self, tx: &mut Tx, ctx: &Ctx, before: MailAddress) -> Result<(), NoticeError> {
        let by = self.actor(tx, ctx).await?;
        let words = words::contact_changed(by.as_ref(), ctx.now(), &self.place(tx).await?);
        self.send(tx, ctx, before, words, TOO_MANY).await.map(drop)
    }

    /// Sends a test to the security contact. `None`: there is no security contact. Who calls this has decided that it
    /// may be sent.
    pub async fn test_in(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Option<Sent>, NoticeError> {
        let Some(to) = self.desk.security_contact_in(tx).await? else {
            return Ok(None);
        };
        let by = self.actor(tx, ctx).await?;
        let words = words::test(by.as_ref(), ctx.now(), &self.place(tx).await?);
        let sent = self.send(tx, ctx, to, words, TooMany::Drop).await?;
        tx.audit(ctx, Entry::done("outgoing.tested")).await?;
        Ok(Some(sent))
    }

    /// Whether there is a mail server.
    pub fn can_be_sent(&self) -> bool {
        self.outgoing.is_set_up()
    }

    /// Mails the code that proves an address. Who calls this has decided that it may be sent.
    pub async fn code_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        to: MailAddress,
        code: &SecretString,
    ) -> Result<Sent, NoticeError> {
        let login = self.own_login(tx, ctx).await?;
        let words = own::code(code.expose(), &login, &self.place(tx).await?);
        self.send(tx, ctx, to, words, TooMany::Drop).await
    }

    /// Tells the address that notices about the actor's account went to until now that they do so no more.
    pub async fn own_address_changed_in(&self, tx: &mut Tx, ctx: &Ctx, before: MailAddress) -> Result<(), NoticeError> {
        let login = self.own_login(tx, ctx).await?;
        let browser = match ctx.actor.staff() {
            Some(actor) => self.identity.browser_in(tx, actor.session).await?,
            None => None,
        };
        let words = own::address_changed(&login, browser.as_deref(), ctx.now(), &self.place(tx).await?);
        self.send(tx, ctx, before, words, own::TOO_MANY).await.map(drop)
    }

    async fn own_login(&self, tx: &mut Tx, ctx: &Ctx) -> Result<String, DbError> {
        match ctx.actor.staff() {
            Some(actor) => Ok(self.identity.login_in(tx, actor.id).await?.unwrap_or_default()),
            None => Ok(String::new()),
        }
    }

    /// To the owner, if they have proved an address.
    async fn own_notice(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        event: &EventEnvelope,
        touched: AccountTouched,
    ) -> Result<(), NoticeError> {
        let AccountTouched {
            staff,
            what,
            session,
            by,
        } = touched;
        let Some(to) = self.identity.mail_address_in(tx, staff).await? else {
            return Ok(());
        };
        let browser = match session {
            Some(session) => self.identity.browser_in(tx, session).await?,
            None => None,
        };
        let by = self.somebody(tx, by).await?;
        let login = self.identity.login_in(tx, staff).await?.unwrap_or_default();
        let place = self.place(tx).await?;
        let words = own::notice(what, browser.as_deref(), by.as_ref(), &login, event.at, &place);
        self.send(tx, ctx, to, words, own::TOO_MANY).await.map(drop)
    }

    async fn send(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        to: MailAddress,
        words: Words,
        too_many: TooMany,
    ) -> Result<Sent, NoticeError> {
        let mail = Mail::new(to, words.kind, words.subject, words.text)?.or(too_many);
        Ok(self.outgoing.send(tx, ctx, mail).await?)
    }

    async fn notice(&self, tx: &mut Tx, ctx: &Ctx, event: &EventEnvelope) -> Result<(), NoticeError> {
        if let Some(touched) = touched(event) {
            return self.own_notice(tx, ctx, event, touched).await;
        }
        if let Some(moved) = event.read::<ReProofingMoved>() {
            self.own_recovery(tx, ctx, event, &moved).await?;
        }
        if let Some(alarm) = texts::read(event) {
            return self.alarm(tx, ctx, |place| texts::words(&alarm, event.at, place)).await;
        }
        if let Some(stopped) = event.read::<CodesStopped>() {
            return self
                .alarm(tx, ctx, |place| proofs::words(&stopped, event.at, place))
                .await;
        }
        if let Some(reminder) = event.read::<FactorReminder>() {
            return self.reminder(tx, ctx, &reminder).await;
        }
        if let Some(wanted) = event.read::<SecretsWanted>() {
            return self.secrets_wanted(tx, ctx, &wanted).await;
        }
        if let Some((outside, by)) = outside::read(event) {
            return self.outside(tx, ctx, event, &outside, by).await;
        }
        if let Some((lowered, by)) = lowered::read(event) {
            return self.lowered(tx, ctx, event, &lowered, by).await;
        }
        let Some((what, who, by)) = read(event) else {
            return Ok(());
        };
        let Some(to) = self.desk.security_contact_in(tx).await? else {
            return Ok(());
        };
        let who = self.person(tx, who).await?;
        let by = self.somebody(tx, by).await?;
        let words = words::notice(&what, &who, by.as_ref(), event.at, &self.place(tx).await?);
        self.send(tx, ctx, to, words, TOO_MANY).await.map(drop)
    }

    /// To the owner of an account that is about to get new factors, by every way there is: by mail, if they have proved an
    /// address, and by text message, if they have a number.
    async fn own_recovery(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        event: &EventEnvelope,
        moved: &ReProofingMoved,
    ) -> Result<(), NoticeError> {
        let (staff, step) = (moved.staff, moved.step);
        let Some(told) = self.identity.re_proofing_told_in(tx, moved.case).await? else {
            return Ok(());
        };
        self.identity.text_re_proofing_in(tx, ctx, staff, step, &told).await?;
        let to = match self.identity.mail_address_in(tx, staff).await {
            Ok(Some(to)) => to,
            Ok(None) => return Ok(()),
            Err(MailAddressError::Db(fault)) => return Err(fault.into()),
            Err(fault) => {
                // The security contact hears of it all the same.
                error!(error = %fault, "the mail address of whom a recovery is about does not open");
                return Ok(());
            }
        };
        let asked_by = self.somebody(tx, told.requested_by).await?;
        let by = self.somebody(tx, moved.by.filter(|by| *by != staff)).await?;
        let login = self.identity.login_in(tx, staff).await?.unwrap_or_default();
        let recovery = Recovery {
            step,
            told: &told,
            asked_by: asked_by.as_ref(),
            by: by.as_ref(),
            login: &login,
            at: event.at,
        };
        let words = recovery::words(&recovery, &self.place(tx).await?);
        self.send(tx, ctx, to, words, own::TOO_MANY).await.map(drop)
    }

    /// To somebody who is left by a wave, if they have proved an address.
    async fn reminder(&self, tx: &mut Tx, ctx: &Ctx, reminder: &FactorReminder) -> Result<(), NoticeError> {
        let Some(to) = self.identity.mail_address_in(tx, reminder.staff).await? else {
            return Ok(());
        };
        let login = self.identity.login_in(tx, reminder.staff).await?.unwrap_or_default();
        let words = own::reminder(
            reminder.asks,
            reminder.due_at,
            &login,
            ctx.now(),
            &self.place(tx).await?,
        );
        self.send(tx, ctx, to, words, own::TOO_MANY).await.map(drop)
    }

    /// To somebody who may change folders of the team vault in which new secrets are wanted, if they have proved an
    /// address.
    async fn secrets_wanted(&self, tx: &mut Tx, ctx: &Ctx, wanted: &SecretsWanted) -> Result<(), NoticeError> {
        let Some(to) = self.identity.mail_address_in(tx, wanted.staff).await? else {
            return Ok(());
        };
        let words = own::secrets_wanted(wanted, &self.place(tx).await?);
        self.send(tx, ctx, to, words, own::TOO_MANY).await.map(drop)
    }

    /// To the security contact: a rule of sign-in asks for less than before.
    async fn lowered(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        event: &EventEnvelope,
        lowered: &Lowered,
        by: Option<StaffId>,
    ) -> Result<(), NoticeError> {
        let Some(to) = self.desk.security_contact_in(tx).await? else {
            return Ok(());
        };
        let wave = match lowered {
            Lowered::Wave { wave, .. } => self.identity.wave_name_in(tx, *wave).await?,
            Lowered::BlindScan
            | Lowered::Factors { .. }
            | Lowered::Passwords { .. }
            | Lowered::Risk { .. }
            | Lowered::Sessions { .. } => None,
        };
        let by = self.somebody(tx, by).await?;
        let place = self.place(tx).await?;
        let words = lowered::words(lowered, &wave.unwrap_or_default(), by.as_ref(), event.at, &place);
        self.send(tx, ctx, to, words, TOO_MANY).await.map(drop)
    }

    /// To the security contact: what the sign-in provider or the directory may do was changed.
    async fn outside(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        event: &EventEnvelope,
        outside: &Outside,
        by: Option<StaffId>,
    ) -> Result<(), NoticeError> {
        let Some(to) = self.desk.security_contact_in(tx).await? else {
            return Ok(());
        };
        let by = self.somebody(tx, by).await?;
        let words = outside::words(outside, by.as_ref(), event.at, &self.place(tx).await?);
        self.send(tx, ctx, to, words, TOO_MANY).await.map(drop)
    }

    /// To the security contact: something that nobody of the staff did.
    async fn alarm(&self, tx: &mut Tx, ctx: &Ctx, words: impl FnOnce(&Place) -> Words) -> Result<(), NoticeError> {
        let Some(to) = self.desk.security_contact_in(tx).await? else {
            return Ok(());
        };
        let words = words(&self.place(tx).await?);
        self.send(tx, ctx, to, words, TOO_MANY).await.map(drop)
    }

    async fn actor(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Option<Person>, DbError> {
        match ctx.actor.staff() {
            Some(staff) => self.person(tx, staff.id).await.map(Some),
            None => Ok(None),
        }
    }

    async fn somebody(&self, tx: &mut Tx, id: Option<StaffId>) -> Result<Option<Person>, DbError> {
        match id {
            Some(id) => self.person(tx, id).await.map(Some),
            None => Ok(None),
        }
    }

    async fn person(&self, tx: &mut Tx, id: StaffId) -> Result<Person, DbError> {
        let standing = self.identity.standing_in(tx, id).await?;
        let name = standing.map_or_else(|| "somebody unknown".to_owned(), |(_, name)| name);
        Ok(Person { id, name })
    }

    async fn place(&self, tx: &mut Tx) -> Result<Place, DeskError> {
        Ok(Place {
            organisation: self.desk.settings_in(tx).await?.name,
            host: self.host.to_string(),
        })
    }
}

#[async_trait]
impl Consequences for Notices {
    fn follow_from(&self, kind: &str) -> bool {
        TOLD.contains(&kind) || OWN.contains(&kind)
    }

    async fn follow(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        event: &EventEnvelope,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.notice(tx, ctx, event).await?)
    }
}

/// What somebody is told about their own account, and nothing more is to be known.
fn touched(event: &EventEnvelope) -> Option<AccountTouched> {
    if let Some(AccountBound { staff, how, session }) = event.read() {
        // Whose account was made by it just now knows, and there is no address yet.
        let what = Touch::ProviderBound;
        return (how != BoundBy::FirstSignIn).then_some(AccountTouched {
            staff,
            what,
            session,
            by: None,
        });
    }
    if let Some(AccountUnbound { staff, session }) = event.read() {
        // Who left loses it with everything else.
        let what = Touch::ProviderUnbound;
        return session.map(|session| AccountTouched {
            staff,
            what,
            session: Some(session),
            by: None,
        });
    }
    event.read()
}

/// What is to be told of an event, to whom it happened, and who did it. `None`: nothing.
fn read(event: &EventEnvelope) -> Option<(What, StaffId, Option<StaffId>)> {
    if let Some(StaffDisabled { staff, by }) = event.read() {
        return Some((What::Disabled, staff, by));
    }
    if let Some(StaffEnabled { staff, by }) = event.read() {
        return Some((What::Enabled, staff, by));
    }
    if let Some(StaffInvited { staff, by }) = event.read() {
        return Some((What::LinkMade, staff, by));
    }
    if let Some(RolesChanged { staff, roles, by }) = event.read() {
        let administers = roles.iter().any(|role| role == ADMINISTRATOR);
        return administers.then_some((What::Administrator { roles }, staff, by));
    }
    if let Some(FactorDisabled { staff, kind, .. }) = event.read() {
        return Some((What::FactorStopped { kind }, staff, None));
    }
    if let Some(BrowserCopied { staff, .. }) = event.read() {
        return Some((What::BrowserCopied, staff, None));
    }
    if let Some(PasskeyCopied { staff, .. }) = event.read() {
        return Some((What::PasskeyCopied, staff, None));
    }
    if let Some(PasswordDisabled { staff }) = event.read() {
        return Some((What::PasswordStopped, staff, None));
    }
    if let Some(PasswordBreached { staff, by_scan }) = event.read() {
        return Some((What::PasswordBreached { by_scan }, staff, None));
    }
    if let Some(SignInRefused { staff, signals }) = event.read() {
        return Some((What::SignInRefused { signals }, staff, None));
    }
    if let Some(SignInDisowned { staff, by }) = event.read() {
        return Some((What::SignInDisowned { by }, staff, None));
    }
    if let Some(RecoveryCodeUsed { staff, remaining }) = event.read() {
        return Some((What::RecoveryCodeUsed { remaining }, staff, None));
    }
    if let Some(ReProofingMoved { staff, step, by, .. }) = event.read() {
        return Some((What::ReProofing { step }, staff, by));
    }
    if let Some(ReProofingWaitsChanged {
        by,
        ordinary_hours,
        administrative_hours,
    }) = event.read()
    {
        let what = What::WaitsChanged {
            ordinary_hours,
            administrative_hours,
        };
        return Some((what, by?, by));
    }
    if let Some(LeaverStays { staff }) = event.read() {
        return Some((What::LeaverStays, staff, None));
    }
    if let Some(ManyOpened { staff, purpose, .. }) = event.read() {
        return Some((What::SecretsOpened { purpose }, staff, None));
    }
    let DeviceEnrolled { device, staff, .. } = event.read()?;
    let device = device.to_string();
    Some((What::DeviceEnrolled { device }, staff?, None))
}
