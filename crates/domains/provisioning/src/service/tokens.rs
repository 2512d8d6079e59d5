//! Tokens: made and revoked by administrators, shown by the directory.

use std::net::IpAddr;
use std::sync::Arc;

use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::token_hash;
use wd_db::DbError;
use wd_kernel::{Actor, Ctx, Denied, DirectoryActor, DirectoryTokenId, Duration, Scope, SecretString, Timestamp};

use super::ConfigureError;
use crate::{
    Provisioning,
    events::{TokenMade, TokenRevoked},
    model::settings::BadSetting,
    permissions::{ProvisioningChange, ProvisioningRead},
    store::tokens::{self, TokenRow},
};

/// How many there are at once: one in use, one to change over to, one to spare.
pub const MOST_TOKENS: usize = 3;
/// The longest life of a token, in days.
pub const LONGEST_TOKEN_DAYS: u32 = 365;
/// How exactly the latest use is noted.
const NOTED_EVERY: Duration = Duration::from_mins(1);

/// A token, as the screen shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenView {
    /// Which one.
    pub id: DirectoryTokenId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// The latest use, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// A token that was made.
#[derive(Debug)]
pub struct MadeToken {
    /// What is known of it.
    pub view: TokenView,
    /// What is entered in the directory; it is shown once and not kept.
    pub secret: SecretString,
}

/// Why no token was made, shown or revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The name or the time cannot be used.
    #[error(transparent)]
    Setting(#[from] BadSetting),
    /// There are enough.
    #[error("there are {MOST_TOKENS} tokens already")]
    Enough,
    /// There is no such token.
    #[error("no such token")]
    NotFound,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// Why nobody knows who asks.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// Too many requests; seconds to wait.
    #[error("too many requests, {0} seconds to wait")]
    RateLimited(u64),
    /// The token does not work: unknown, expired, revoked, or the directory is switched off. Which, nobody is told.
    #[error("the token does not work")]
    Refused,
    /// The settings cannot be read.
    #[error(transparent)]
    Settings(#[from] ConfigureError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Provisioning {
    /// The tokens that were not revoked.
    pub async fn tokens(&self, ctx: &Ctx) -> Result<Vec<TokenView>, TokenError> {
        ctx.require::<ProvisioningRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        Ok(tokens::living(&mut tx).await?.into_iter().map(view).collect())
    }

    /// Makes a token that works for so many days.
    pub async fn make_token(&self, ctx: &Ctx, name: &str, days: u32) -> Result<MadeToken, TokenError> {
        ctx.require::<ProvisioningChange>(Scope::ORGANISATION)?;
        let name = name.trim().to_owned();
        if !(1..=60).contains(&name.chars().count()) || name.contains(char::is_control) {
            return Err(bad("name", "A name has 1 to 60 characters and no line breaks."));
        }
        if !(1..=LONGEST_TOKEN_DAYS).contains(&days) {
            return Err(bad("days", "A token works for 1 to 365 days."));
        }
        let now = ctx.now();
        let mut tx = self.db.begin().await?;
        let living = tokens::living(&mut tx).await?;
        if living.iter().filter(|row| row.expires_at > now).count() >= MOST_TOKENS {
            return Err(TokenError::Enough);
        }
        let secret = SecretString::new(ctx.token());
        let row = TokenRow {
            id: ctx.id(),
            name,
            created_at: now,
            expires_at: now + Duration::from_hours(24 * u64::from(days)),
            last_used_at: None,
            revoked_at: None,
        };
        tokens::insert(&mut tx, &row, token_hash(secret.expose())).await?;
        let made = TokenMade {
            token: row.id,
            name: row.name.clone(),
            days,
            by: ctx.actor.staff().map(|actor| actor.id),
        };
        tx.emit(ctx, &made).await?;
        let entry = Entry::done("provisioning.token-made")
            .target(row.id)
            .detail("name", row.name.as_str())
            .detail("days", days);
        tx.audit(ctx, entry).await?;
        tx.commit().await?;
        Ok(MadeToken {
            view: view(row),
            secret,
        })
    }

    /// Revokes a token: the next request with it is refused.
    pub async fn revoke_token(&self, ctx: &Ctx, id: DirectoryTokenId) -> Result<(), TokenError> {
        ctx.require::<ProvisioningChange>(Scope::ORGANISATION)?;
        let mut tx = self.db.begin().await?;
        let name = tokens::revoke(&mut tx, id, ctx.now())
            .await?
            .ok_or(TokenError::NotFound)?;
        let revoked = TokenRevoked {
            token: id,
            name: name.clone(),
            by: ctx.actor.staff().map(|actor| actor.id),
        };
        tx.emit(ctx, &revoked).await?;
        let entry = Entry::done("provisioning.token-revoked")
            .target(id)
            .detail("name", name);
        tx.audit(ctx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Who shows this token. The same is asked of the database whatever was shown, so that no time says why a token does
    /// not work.
    pub async fn who_shows(&self, ctx: &Ctx, address: IpAddr, shown: &str) -> Result<Actor, ShowError> {
        let now = ctx.now();
        self.asked.count(address, now).map_err(ShowError::RateLimited)?;
        let mut tx = self.db.snapshot().await?;
        let enabled = self.settings_in(&mut tx).await?.settings.enabled;
        let found = tokens::by_hash(&mut tx, token_hash(shown)).await?;
        drop(tx);
        let works = found.filter(|row| enabled && row.revoked_at.is_none() && row.expires_at > now);
        let Some(row) = works else {
            self.refused.count(address, now).map_err(ShowError::RateLimited)?;
            return Err(ShowError::Refused);
        };
        if row.last_used_at.is_none_or(|last| now.since(last) >= NOTED_EVERY) {
            let mut tx = self.db.begin().await?;
            tokens::used(&mut tx, row.id, now).await?;
            tx.commit().await?;
        }
        Ok(Actor::Directory(Arc::new(DirectoryActor {
            token: row.id,
            name: row.name,
        })))
    }
}

fn view(row: TokenRow) -> TokenView {
    TokenView {
        id: row.id,
        name: row.name,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    }
}

fn bad(field: &'static str, message: &'static str) -> TokenError {
    BadSetting { field, message }.into()
}
