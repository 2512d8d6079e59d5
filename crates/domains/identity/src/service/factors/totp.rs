//! Adding an authenticator app.

use wd_db::Tx;
use wd_kernel::{Ctx, Duration, FactorId, Id as _, SecretString, StaffId};

use super::{FactorAdded, FactorError};
use crate::{
    FactorKind, Identity, qr,
    service::sign_in,
    store::{
        browser,
        factor::{self, FactorRow, NewFactor},
        staff,
    },
};

/// How long a secret waits for its first code.
const CONFIRM_WITHIN: Duration = Duration::from_mins(15);

/// A secret for an authenticator app; it is shown once.
pub struct TotpSecret {
    /// The factor, not confirmed yet.
    pub id: FactorId,
    /// The secret as base32, to type in.
    pub secret: SecretString,
    /// The `otpauth://` address.
    pub uri: SecretString,
    /// The address as a QR code.
    pub qr_svg: SecretString,
}

impl Identity {
    /// Makes a secret. It counts as a factor once a code was shown.
    pub async fn begin_totp(&self, ctx: &Ctx, token: Option<&SecretString>) -> Result<TotpSecret, FactorError> {
        let mut tx = self.db.begin().await?;
        let (ctx, session) = self.changing_session(&mut tx, ctx, token).await?;
        if !self.helps(&mut tx, &ctx, &session, FactorKind::Totp).await? {
            return Err(FactorError::Weak);
        }
        let login = self.login_of(&mut tx, session.staff).await?;
        let secret = ctx.random::<20>();
        let generator =
            sign_in::totp(&secret, &self.settings.organisation_name, &login).ok_or(FactorError::Generator)?;
        let uri = generator.to_url().map_err(|_| FactorError::Generator)?;
        let qr_svg = qr::svg(&uri).ok_or(FactorError::Generator)?;
        let id: FactorId = ctx.id();
        let sealed = self
            .vault
            .seal(ctx.entropy(), "factor", "data", id.uuid().as_bytes(), &secret)?;
        factor::delete_unconfirmed(&mut tx, session.staff).await?;
        let new = NewFactor {
            id,
            staff: session.staff,
            kind: FactorKind::Totp,
            name: "Authenticator app",
            data: Some(sealed),
            credential_hash: None,
            counter: 0,
            created_at: ctx.now(),
            confirmed_at: None,
            make: None,
        };
        factor::insert(&mut tx, new).await?;
        tx.commit().await?;
        let secret = SecretString::new(totp_rs::Secret::new_stack(secret).to_base32());
        Ok(TotpSecret {
            id,
            secret,
            uri: SecretString::new(uri),
            qr_svg: SecretString::new(qr_svg),
        })
    }

    /// Confirms it with a code of the app. That code's step is used up.
    pub async fn confirm_totp(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        id: FactorId,
        code: &SecretString,
    ) -> Result<FactorAdded, FactorError> {
        let mut tx = self.db.begin().await?;
        let (ctx, session) = self.held_session(&mut tx, ctx, token).await?;
        if !self.helps(&mut tx, &ctx, &session, FactorKind::Totp).await? {
            return Err(FactorError::Weak);
        }
        let row = factor::find(&mut tx, session.staff, id).await?;
        let waiting = |row: &FactorRow| {
            row.kind == FactorKind::Totp
                && row.confirmed_at.is_none()
                && ctx.now().since(row.created_at) < CONFIRM_WITHIN
        };
        let row = row.filter(waiting).ok_or(FactorError::NotFound)?;
        let attempt = self.code_attempt(session.staff, browser::of(&mut tx, &session).await?);
        attempt
            .begin(&mut tx, ctx.now())
            .await?
            .map_err(FactorError::RateLimited)?;
        let step = self.matching_step(&ctx, &row, code.expose())?;
        let accepted = match step {
            Some(step) => factor::accept_step(&mut tx, id, step, ctx.now()).await?,
            None => false,
        };
        if !accepted {
            attempt.failed(&mut tx, ctx.now()).await?;
            tx.commit().await?;
            return Err(FactorError::WrongCode);
        }
        attempt.succeeded(&mut tx, ctx.now()).await?;
        if !factor::confirm(&mut tx, id, ctx.now()).await? {
            return Err(FactorError::NotFound);
        }
        let added = self.added(&mut tx, &ctx, &session, id, FactorKind::Totp).await?;
        tx.commit().await?;
        Ok(added)
    }

    async fn login_of(&self, tx: &mut Tx, staff: StaffId) -> Result<String, FactorError> {
        Ok(staff::by_id(tx, staff).await?.ok_or(FactorError::NotFound)?.login)
    }
}
