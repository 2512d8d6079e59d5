//! The second step by text message: asking for a code. What comes back goes the way of all codes.

use wd_kernel::{Ctx, SecretString};

use super::{SignInError, SignedIn};
use crate::{
    Client, FactorKind, Identity, SessionKind, SmsCodeSent, SmsError,
    service::{authenticate::acting, sms::Receiver},
    store::staff,
};

impl Identity {
    /// Sends a code to the person's number. Only after the password was right: nobody else has text messages sent.
    pub async fn send_sign_in_sms(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        client: &Client,
    ) -> Result<SmsCodeSent, SmsError> {
        let mut tx = self.db.begin().await?;
        let found = self.session_of(&mut tx, ctx, token).await?;
        let pending = found
            .filter(|row| row.kind == SessionKind::Pending)
            .ok_or(SmsError::NoSession)?;
        let ctx = &acting(ctx, &pending);
        staff::hold(&mut tx, pending.staff).await?;
        if !self.counts(&mut tx, ctx, &pending, FactorKind::Sms).await? {
            return Err(SmsError::NotUsable);
        }
        let row = self
            .sms_number(&mut tx, ctx, pending.staff)
            .await?
            .ok_or(SmsError::NotUsable)?;
        let number = self.open_number(&row)?.ok_or(SmsError::NotUsable)?;
        let to = Receiver {
            factor: row.id,
            number: &number,
            kind: "sign-in-code",
        };
        let sent = self.text_code(&mut tx, ctx, &pending, client, to).await;
        if matches!(sent, Ok(_) | Err(SmsError::Limit(_))) {
            tx.commit().await?;
        }
        sent
    }

    /// The second step by the code that was sent.
    pub async fn sign_in_by_sms(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        code: &SecretString,
        client: &Client,
    ) -> Result<SignedIn, SignInError> {
        self.sign_in_by_code(ctx, token, code, FactorKind::Sms, client).await
    }
}
