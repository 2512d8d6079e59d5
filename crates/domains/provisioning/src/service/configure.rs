//! Reading and changing the settings.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, Scope};

use crate::{
    Provisioning,
    events::DirectoryChanged,
    model::settings::{BadSetting, Settings},
    permissions::ProvisioningChange,
    store,
};

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsView {
    /// The settings; before anybody decided, everything is off.
    pub settings: Settings,
    /// Goes back with a change; 0 before the first.
    pub version: i64,
}

/// Why the settings were not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigureError {
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
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Provisioning {
    /// The settings, in the caller's transaction. Callers decide who may see them.
    pub async fn settings_in(&self, tx: &mut Tx) -> Result<SettingsView, ConfigureError> {
        let Some((text, version)) = store::settings::read(tx).await? else {
            return Ok(SettingsView {
                settings: Settings::default(),
                version: 0,
            });
        };
        let settings = serde_json::from_str(&text).map_err(ConfigureError::Stored)?;
        Ok(SettingsView { settings, version })
    }

    /// Changes the settings, in the caller's transaction. Which roles a group may give, the caller decides.
    pub async fn change_settings_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        settings: Settings,
        version: i64,
    ) -> Result<SettingsView, ConfigureError> {
        ctx.require::<ProvisioningChange>(Scope::ORGANISATION)?;
        let settings = settings.checked()?;
        let before = self.settings_in(tx).await?.settings;
        let text = serde_json::to_string(&settings).map_err(ConfigureError::Stored)?;
        if !store::settings::put(tx, &text, version).await? {
            return Err(ConfigureError::Stale);
        }
        let changed = settings.changed_from(&before);
        if !changed.is_empty() {
            let (version, by) = (version + 1, ctx.actor.staff().map(|actor| actor.id));
            tx.emit(ctx, &DirectoryChanged { version, changed, by }).await?;
        }
        let table: Vec<String> = settings
            .groups
            .iter()
            .map(|mapping| {
                let team = mapping.team.map(|team| team.to_string()).unwrap_or_default();
                let role = mapping.role.as_deref().unwrap_or_default();
                format!("{}: {role} {team}", mapping.group).trim_end().to_owned()
            })
            .collect();
        let entry = Entry::done("provisioning.changed")
            .detail("enabled", settings.enabled)
            .detail("switches_off_privileged", settings.switches_off_privileged)
            .detail("external_id_is_subject", settings.external_id_is_subject)
            .detail("groups", table.join("; "));
        tx.audit(ctx, entry).await?;
        Ok(SettingsView {
            settings,
            version: version + 1,
        })
    }
}
