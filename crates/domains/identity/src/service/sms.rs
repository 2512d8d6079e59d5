//! Codes by text message: who may use them, sending them, and taking each once. They sign in and do nothing more.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, FactorId, Id as _, StaffId, Timestamp};
use wd_sms::{BadNumber, BadText, PhoneNumber, Sent, Text, Texts, TextsError, Trouble};
use wd_vault::VaultError;

use super::{FactorError, mail_address::six_digits};
use crate::{
    Client, FactorKind, Identity, SessionKind, TextMessageOffer,
    model::{MOST_NUMBERS, SMS_CODE_FOR, SmsFailures, SmsSendings, sms_text},
    store::{
        factor::{self, FactorRow},
        session::SessionRow,
        sms_code::{self, NewCode},
    },
};

const TABLE: &str = "sms_code";

/// A code is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsCodeSent {
    /// To which number: the calling code and the last two digits, `+49 … 89`.
    pub number: String,
    /// Until when the code works.
    pub expires_at: Timestamp,
    /// How many seconds until another one may be asked for.
    pub again_in: u64,
}

/// Why no code was sent, or no number added.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// What holds for all factors.
    #[error(transparent)]
    Factor(#[from] FactorError),
    /// There is no session that waits for this step.
    #[error("there is no session that waits for this step")]
    NoSession,
    /// There is no number that can be signed in with.
    #[error("there is no number that can be used here and now")]
    NotUsable,
    /// No number can be added.
    #[error("no number can be added")]
    NotOffered(TextMessageOffer),
    /// Not a telephone number.
    #[error(transparent)]
    Number(#[from] BadNumber),
    /// The person has it already.
    #[error("the number is there already")]
    Known,
    /// A limit of the queue.
    #[error("a limit is in the way")]
    Limit(Trouble),
    /// Too many codes, or too many wrong ones; seconds until the next one.
    #[error("too many codes, {0} seconds to wait")]
    RateLimited(u64),
    /// The host of the console's address is too long for a text message.
    #[error("the code is no text message")]
    Text(#[from] BadText),
    /// The queue failed.
    #[error("the code could not be queued")]
    Texts(#[from] TextsError),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// To which factor's number a code goes.
pub(super) struct Receiver<'a> {
    pub factor: FactorId,
    pub number: &'a PhoneNumber,
    /// What the queue calls the message.
    pub kind: &'static str,
}

impl Identity {
    /// The queue, if somebody delivers.
    pub(super) fn delivering(&self) -> Option<&Texts> {
        self.texts.as_ref().filter(|texts| texts.is_set_up())
    }

    /// Whether this person can add a number in this session.
    pub(super) async fn sms_offer(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &SessionRow,
    ) -> Result<TextMessageOffer, DbError> {
        if self.delivering().is_none() {
            return Ok(TextMessageOffer::NotSetUp);
        }
        let rows = factor::of_staff(tx, session.staff).await?;
        if rows.iter().filter(|row| row.kind == FactorKind::Sms).count() >= MOST_NUMBERS {
            return Ok(TextMessageOffer::TwoNumbers);
        }
        // In a session that sets factors up, the new one may be the only one that stays.
        let alone = session.kind != SessionKind::Full || !rows.iter().any(|row| is_better(row, ctx.now()));
        let alone = alone && self.needs_better_than_sms(tx, session.staff).await?;
        if alone || !self.helps(tx, ctx, session, FactorKind::Sms).await? {
            return Ok(TextMessageOffer::StrongerFirst);
        }
        Ok(TextMessageOffer::Open)
    }

    /// Whether a code by text message must not be this person's only factor: they may do more than serve customers.
    pub(super) async fn needs_better_than_sms(&self, tx: &mut Tx, staff: StaffId) -> Result<bool, DbError> {
        Ok(self.rights.privilege_of(tx, staff).await?.is_administrative())
    }

    /// The number that a person signs in with: the newest whose hold is over. None, if it would be the only factor of
    /// somebody who must have a better one.
    pub(super) async fn sms_number(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
    ) -> Result<Option<FactorRow>, DbError> {
        if self.delivering().is_none() {
            return Ok(None);
        }
        let now = ctx.now();
        let rows = factor::of_staff(tx, staff).await?;
        let better = rows.iter().any(|row| is_better(row, now));
        let newest = rows
            .into_iter()
            .rfind(|row| row.kind == FactorKind::Sms && row.works(now));
        if newest.is_some() && !better && self.needs_better_than_sms(tx, staff).await? {
            return Ok(None);
        }
        Ok(newest)
    }

    /// Sends a code in the caller's transaction, which must commit also after `SmsError::Limit`.
    pub(super) async fn text_code(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &SessionRow,
        client: &Client,
        to: Receiver<'_>,
    ) -> Result<SmsCodeSent, SmsError> {
        let texts = self.delivering().ok_or(SmsError::NotUsable)?;
        let (staff, now, device) = (session.staff, ctx.now(), device(session));
        self.sms_failures(tx, ctx, session)
            .await?
            .map_err(SmsError::RateLimited)?;
        let sendings = sms_code::sendings(tx, staff).await?;
        let sendings = sendings.unwrap_or_else(|| SmsSendings::none(now));
        let sendings = sendings.one_more(now).map_err(SmsError::RateLimited)?;
        sms_code::save_sendings(tx, staff, sendings).await?;

        let code = six_digits(ctx);
        let host = self.settings.origin.host_str().unwrap_or_default();
        let text = Text::new(to.number.clone(), to.kind, sms_text(&code, host), SMS_CODE_FOR)?;
        let text = text.asked_from(Some(client.address));
        let (entry, outcome) = match texts.send(tx, ctx, text).await? {
            Sent::Queued(message) => {
                let new = NewCode {
                    session: session.id,
                    factor: to.factor,
                    code_hash: &self.sms_code_hash(session, to.factor, &code),
                    message,
                    expires_at: now + SMS_CODE_FOR,
                };
                sms_code::put(tx, staff, device, &new, now).await?;
                let sent = SmsCodeSent {
                    number: to.number.masked(),
                    expires_at: new.expires_at,
                    again_in: sendings.wait(now),
                };
                (Entry::done("factor.code-sent"), Ok(sent))
            }
            Sent::Refused(trouble) => {
                sms_code::save_sendings(tx, staff, sendings.not_sent(now)).await?;
                let entry = Entry::refused("factor.code-sent").detail("reason", trouble.as_str());
                (entry, Err(SmsError::Limit(trouble)))
            }
            Sent::NotSetUp => return Err(SmsError::NotUsable),
        };
        let country = to.number.calling_code();
        tx.audit(ctx, entry.target(staff).detail("country", country)).await?;
        outcome
    }

    /// The wrong codes that count, or how many seconds to wait.
    pub(crate) async fn sms_failures(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &SessionRow,
    ) -> Result<Result<SmsFailures, u64>, DbError> {
        let row = sms_code::of(tx, session.staff, device(session)).await?;
        let failures = row.map_or_else(|| SmsFailures::none(ctx.now()), |row| row.failures());
        Ok(failures.begin(ctx.now()))
    }

    /// Takes a code that was sent in this session for one of these factors: once. A wrong one counts.
    pub(crate) async fn accept_sms(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &SessionRow,
        factors: &[FactorId],
        typed: &str,
    ) -> Result<bool, TextsError> {
        let (staff, now, device) = (session.staff, ctx.now(), device(session));
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).take(8).collect();
        let row = sms_code::of(tx, staff, device).await?;
        let failures = row
            .as_ref()
            .map_or_else(|| SmsFailures::none(now), sms_code::SmsCodeRow::failures);
        let open = row.filter(|row| row.session == Some(session.id) && row.expires_at > now);
        if let Some(row) = open
            && let (Some(factor), Some(expected)) = (row.factor, row.code_hash)
            && factors.contains(&factor)
            && expected == self.sms_code_hash(session, factor, &typed)
            && sms_code::spend(tx, staff, device, &expected).await?
        {
            factor::touch(tx, factor, now).await?;
            if let (Some(texts), Some(message)) = (&self.texts, row.message) {
                texts.verified(tx, ctx, message).await?;
            }
            return Ok(true);
        }
        let failures = failures.begin(now).unwrap_or(failures).failed(now);
        sms_code::save_failures(tx, staff, device, failures, now).await?;
        Ok(false)
    }

    /// The number of a factor.
    pub(super) fn open_number(&self, row: &FactorRow) -> Result<Option<PhoneNumber>, VaultError> {
        let Some(sealed) = row.data.as_deref().filter(|_| row.kind == FactorKind::Sms) else {
            return Ok(None);
        };
        let clear = self.vault.unseal("factor", "data", row.id.uuid().as_bytes(), sealed)?;
        Ok(std::str::from_utf8(clear.expose())
            .ok()
            .and_then(|text| text.parse().ok()))
    }

    /// With a key of the vault: six digits alone are soon tried out by who steals the table.
    fn sms_code_hash(&self, session: &SessionRow, factor: FactorId, code: &str) -> Vec<u8> {
        let bound = format!("{} {} {factor} {code}", session.staff, session.id);
        self.vault.blind_index(TABLE, "code").of(&bound)
    }
}

/// Whether somebody can sign in with it and needs no text messages for that. Recovery codes are for once.
pub(super) fn is_better(row: &FactorRow, now: Timestamp) -> bool {
    matches!(row.kind, FactorKind::Totp | FactorKind::Passkey) && row.works(now)
}

/// Wrong codes of a known browser count apart, so that a stranger cannot lock out its owner there.
fn device(session: &SessionRow) -> &[u8] {
    session.known_device.as_deref().unwrap_or_default()
}
