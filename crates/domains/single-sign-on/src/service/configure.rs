//! Reading and changing the settings of the provider.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, Scope, SecretString};
use wd_vault::VaultError;

use crate::{
    SingleSignOn,
    events::ProviderChanged,
    model::settings::{BadSetting, ProviderSettings, Setting},
    permissions::{SingleSignOnChange, SingleSignOnRead},
    store,
};

/// The settings, as the screen shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsView {
    /// The settings, once there are any.
    pub settings: Option<ProviderSettings>,
    /// Whether a client secret is kept. It is never shown.
    pub has_secret: bool,
    /// Goes back with a change; 0 before the first.
    pub version: i64,
}

/// What the settings are to be.
#[derive(Debug)]
pub struct NewSettings {
    /// The settings.
    pub settings: ProviderSettings,
    /// A new client secret; without one the old one stays, as long as the issuer does.
    pub client_secret: Option<SecretString>,
    /// The version they were made from.
    pub version: i64,
}

/// Why the settings were not shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A setting cannot be used.
    #[error(transparent)]
    Setting(#[from] BadSetting),
    /// Somebody changed them meanwhile.
    #[error("the settings were changed meanwhile")]
    Stale,
    /// What the database holds cannot be read.
    #[error("the stored settings cannot be read")]
    Stored(#[source] serde_json::Error),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl SingleSignOn {
    /// The settings.
    pub async fn settings(&self, ctx: &Ctx) -> Result<SettingsView, ChangeError> {
        ctx.require::<SingleSignOnRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        self.settings_in(&mut tx).await
    }

    /// The settings, in the caller's transaction. Callers decide who may see them.
    pub async fn settings_in(&self, tx: &mut Tx) -> Result<SettingsView, ChangeError> {
        let Some(row) = store::provider(tx).await? else {
            return Ok(SettingsView {
                settings: None,
                has_secret: false,
                version: 0,
            });
        };
        Ok(SettingsView {
            settings: Some(serde_json::from_str(&row.settings).map_err(ChangeError::Stored)?),
            has_secret: row.client_secret.is_some(),
            version: row.version,
        })
    }

    /// Changes the settings, in the caller's transaction.
    pub async fn change_settings_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        new: NewSettings,
    ) -> Result<SettingsView, ChangeError> {
        ctx.require::<SingleSignOnChange>(Scope::ORGANISATION)?;
        let settings = new.settings.checked()?;
        let url = settings.issuer.parse().ok();
        if !url.is_some_and(|url| self.outbound.permits(&url)) {
            return Err(BadSetting {
                field: "issuer",
                message: "The issuer must begin with https://.",
            }
            .into());
        }
        let before = store::provider(tx).await?;
        let old: Option<ProviderSettings> = before.as_ref().and_then(|row| serde_json::from_str(&row.settings).ok());
        let secret = match &new.client_secret {
            Some(secret) if !secret.expose().is_empty() => Some(self.vault.seal(
                ctx.entropy(),
                "sign_in_provider",
                "client_secret",
                settings.issuer.as_bytes(),
                secret.expose().as_bytes(),
            )?),
            // A secret is for the issuer it was entered for: another one must not be sent it.
            _ => before
                .filter(|_| old.as_ref().is_some_and(|old| old.issuer == settings.issuer))
                .and_then(|row| row.client_secret),
        };
        let text = serde_json::to_string(&settings).map_err(ChangeError::Stored)?;
        let has_secret = secret.is_some();
        if !store::put_provider(tx, &text, secret, new.version).await? {
            return Err(ChangeError::Stale);
        }
        let mut changed = settings.changed_from(old.as_ref());
        let new_secret = new.client_secret.as_ref().is_some_and(|new| !new.expose().is_empty());
        if new_secret && !changed.contains(&Setting::Client) {
            changed.push(Setting::Client);
        }
        tell(tx, ctx, new.version + 1, changed).await?;
        audit(tx, ctx, &settings, new.client_secret.is_some()).await?;
        Ok(SettingsView {
            settings: Some(settings),
            has_secret,
            version: new.version + 1,
        })
    }
}

/// Tells what was changed; saving the same again is nothing to tell.
async fn tell(tx: &mut Tx, ctx: &Ctx, version: i64, changed: Vec<Setting>) -> Result<(), DbError> {
    if changed.is_empty() {
        return Ok(());
    }
    let by = ctx.actor.staff().map(|actor| actor.id);
    tx.emit(ctx, &ProviderChanged { version, changed, by }).await
}

async fn audit(tx: &mut Tx, ctx: &Ctx, settings: &ProviderSettings, new_secret: bool) -> Result<(), DbError> {
    let table: Vec<String> = settings
        .groups
        .iter()
        .map(|mapping| {
            let team = mapping.team.map(|team| team.to_string()).unwrap_or_default();
            let role = mapping.role.as_deref().unwrap_or_default();
            format!("{}: {role} {team}", mapping.group).trim_end().to_owned()
        })
        .collect();
    let entry = Entry::done("single-sign-on.changed")
        .detail("issuer", settings.issuer.as_str())
        .detail("enabled", settings.enabled)
        .detail("create", settings.create)
        .detail("second_factor_acr", settings.second_factor_acr.join(" "))
        .detail("second_factor_amr", settings.second_factor_amr.join(" "))
        .detail("phishing_resistant_acr", settings.phishing_resistant_acr.join(" "))
        .detail("phishing_resistant_amr", settings.phishing_resistant_amr.join(" "))
        .detail("groups", table.join("; "))
        .detail("new_secret", new_secret);
    tx.audit(ctx, entry).await.map(drop)
}
