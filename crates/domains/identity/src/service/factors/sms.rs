//! Adding a telephone number.

use wd_kernel::{Ctx, Duration, FactorId, Id as _, SecretString};
use wd_sms::PhoneNumber;

use super::{FactorAdded, FactorError};
use crate::{
    Client, FactorKind, Identity, SessionKind, SmsCodeSent, SmsError, TextMessageOffer,
    model::SMS_HELD_FOR,
    service::sms::Receiver,
    store::{
        browser,
        factor::{self, FactorRow, NewFactor},
        staff,
    },
};

/// How long a number waits for its code; other codes may be sent to it meanwhile.
const CONFIRM_WITHIN: Duration = Duration::from_mins(30);

/// A number that counts once the code comes back that was sent there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberToConfirm {
    /// The factor, not confirmed yet.
    pub id: FactorId,
    /// The code.
    pub sent: SmsCodeSent,
}

impl Identity {
    /// Sends a code to a number that the person says is theirs. An earlier code works no more.
    pub async fn begin_sms(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        number: &SecretString,
        client: &Client,
    ) -> Result<NumberToConfirm, SmsError> {
        let mut tx = self.db.begin().await?;
        let (ctx, session) = self.changing_session(&mut tx, ctx, token).await?;
        let staff = session.staff;
        staff::hold(&mut tx, staff).await?;
        match self.sms_offer(&mut tx, &ctx, &session).await? {
            TextMessageOffer::Open => {}
            offer => return Err(SmsError::NotOffered(offer)),
        }
        let number: PhoneNumber = number.expose().parse()?;
        for row in factor::of_staff(&mut tx, staff).await? {
            if self.open_number(&row)?.is_some_and(|own| own == number) {
                return Err(SmsError::Known);
            }
        }
        let id: FactorId = ctx.id();
        let to = Receiver {
            factor: id,
            number: &number,
            kind: "number-code",
        };
        let sent = match self.text_code(&mut tx, &ctx, &session, client, to).await {
            Ok(sent) => sent,
            Err(limit @ SmsError::Limit(_)) => {
                tx.commit().await?;
                return Err(limit);
            }
            Err(other) => return Err(other),
        };
        let clear = number.expose().as_bytes();
        let sealed = self
            .vault
            .seal(ctx.entropy(), "factor", "data", id.uuid().as_bytes(), clear)?;
        factor::delete_unconfirmed(&mut tx, staff).await?;
        let new = NewFactor {
            id,
            staff,
            kind: FactorKind::Sms,
            name: "Text message",
            data: Some(sealed),
            credential_hash: None,
            counter: 0,
            created_at: ctx.now(),
            confirmed_at: None,
            make: None,
        };
        factor::insert(&mut tx, new).await?;
        tx.commit().await?;
        Ok(NumberToConfirm { id, sent })
    }

    /// Adds the number, if this is the code that was sent there. Whoever takes over an account in use, be it for a
    /// moment, cannot sign in with a number of their own before its owner had a day to see it.
    pub async fn confirm_sms(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        id: FactorId,
        code: &SecretString,
    ) -> Result<FactorAdded, SmsError> {
        let mut tx = self.db.begin().await?;
        let (ctx, session) = self.held_session(&mut tx, ctx, token).await?;
        let (staff, now) = (session.staff, ctx.now());
        match self.sms_offer(&mut tx, &ctx, &session).await? {
            TextMessageOffer::Open => {}
            offer => return Err(SmsError::NotOffered(offer)),
        }
        let row = factor::find(&mut tx, staff, id).await?;
        let waiting = |row: &FactorRow| {
            row.kind == FactorKind::Sms && row.confirmed_at.is_none() && now.since(row.created_at) < CONFIRM_WITHIN
        };
        let row = row.filter(waiting).ok_or(FactorError::NotFound)?;
        self.sms_failures(&mut tx, &ctx, &session)
            .await?
            .map_err(SmsError::RateLimited)?;
        let attempt = self.code_attempt(staff, browser::of(&mut tx, &session).await?);
        attempt.begin(&mut tx, now).await?.map_err(SmsError::RateLimited)?;
        if !self
            .accept_sms(&mut tx, &ctx, &session, &[row.id], code.expose())
            .await?
        {
            attempt.failed(&mut tx, now).await?;
            tx.commit().await?;
            return Err(FactorError::WrongCode.into());
        }
        attempt.succeeded(&mut tx, now).await?;
        let in_use = session.kind == SessionKind::Full;
        let held_until = in_use.then(|| now + SMS_HELD_FOR);
        if !factor::confirm_number(&mut tx, id, now, held_until).await? {
            return Err(FactorError::NotFound.into());
        }
        let added = self.added(&mut tx, &ctx, &session, id, FactorKind::Sms).await?;
        tx.commit().await?;
        Ok(added)
    }
}
