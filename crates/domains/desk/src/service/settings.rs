use serde::{Deserialize, Serialize};
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Tx;
use wd_kernel::{Ctx, Scope, TeamId};

use super::Desk;
use crate::{
    DeskError, SettingsChanged,
    permissions::{SettingsChange as MayChange, SettingsRead},
    store::settings::{self, SettingsRow},
};

/// A key with which a website signs who its customers are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityKey {
    /// Its name.
    pub kid: String,
    /// `EdDSA` or `ES256`.
    pub alg: String,
    /// The public key.
    pub pem: String,
}

/// The organisation's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What the organisation is called.
    pub name: String,
    /// The team that conversations from the widget go to.
    pub widget_team: Option<TeamId>,
    /// Whether typing is shown to the other side.
    pub typing: bool,
    /// Whether presence is shown among staff.
    pub presence: bool,
    /// What the widget says about how long an answer takes.
    pub reply_time: Option<String>,
    /// The websites the widget may be shown on.
    pub widget_origins: Vec<String>,
    /// The keys of those websites.
    pub identity_keys: Vec<IdentityKey>,
}

/// What can be changed. What is left out of the last four stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsChange {
    /// Whether typing is shown to the other side.
    pub typing: bool,
    /// Whether presence is shown among staff.
    pub presence: bool,
    /// The websites the widget may be shown on: scheme and host.
    pub widget_origins: Vec<String>,
    /// The keys of those websites.
    pub identity_keys: Vec<IdentityKey>,
    /// What the organisation is called.
    #[serde(default)]
    pub name: Option<String>,
    /// What the widget says about how long an answer takes; empty text for nothing.
    #[serde(default)]
    pub reply_time: Option<String>,
    /// The team that conversations from the widget go to.
    #[serde(default)]
    pub widget_team: Option<TeamId>,
    /// The mail address that hears of what matters for security; empty text for nobody.
    #[serde(default)]
    pub security_contact: Option<String>,
}

impl Desk {
    /// The settings, for what the server itself does with them.
    pub async fn settings_in(&self, tx: &mut Tx) -> Result<Settings, DeskError> {
        let row = settings::load(tx).await?;
        let empty = || SettingsRow {
            name: "Wardesk".into(),
            widget_team: None,
            typing: true,
            presence: true,
            reply_time: None,
            widget_origins: "[]".into(),
            identity_keys: "[]".into(),
        };
        let row = row.unwrap_or_else(empty);
        Ok(Settings {
            name: row.name,
            widget_team: row.widget_team,
            typing: row.typing,
            presence: row.presence,
            reply_time: row.reply_time,
            widget_origins: serde_json::from_str(&row.widget_origins)?,
            identity_keys: serde_json::from_str(&row.identity_keys)?,
        })
    }

    /// Sets name and widget team at the first start; does nothing later.
    pub async fn ensure_settings(&self, ctx: &Ctx, name: &str, widget_team: TeamId) -> Result<(), DeskError> {
        let mut tx = self.db.begin().await?;
        if settings::load(&mut tx).await?.is_none() {
            let mut settings = self.settings_in(&mut tx).await?;
            name.clone_into(&mut settings.name);
            settings.widget_team = Some(widget_team);
            save(&mut tx, ctx, &settings).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// The settings, for who may see them.
    pub async fn read_settings_in(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Settings, DeskError> {
        ctx.require::<SettingsRead>(Scope::ORGANISATION)?;
        self.settings_in(tx).await
    }

    /// Changes the settings.
    pub async fn change_settings_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        change: SettingsChange,
    ) -> Result<Settings, DeskError> {
        ctx.require::<MayChange>(Scope::ORGANISATION)?;
        let before = self.settings_in(tx).await?;
        let widget_origins = change
            .widget_origins
            .iter()
            .map(|text| origin(text))
            .collect::<Option<Vec<_>>>();
        let widget_origins = widget_origins.ok_or(DeskError::Invalid {
            field: "widget_origins",
            message: "an origin is scheme and host: https://www.example.org",
        })?;
        check_keys(&change.identity_keys)?;
        let name = change
            .name
            .map_or(before.name, |name| name.trim().chars().take(120).collect());
        if name.is_empty() {
            return Err(DeskError::Invalid {
                field: "name",
                message: "an organisation has a name",
            });
        }
        let reply_time = change.reply_time.map_or(before.reply_time, |text| {
            Some(text.trim().chars().take(120).collect::<String>()).filter(|text| !text.is_empty())
        });
        let settings = Settings {
            name,
            widget_team: change.widget_team.or(before.widget_team),
            typing: change.typing,
            presence: change.presence,
            reply_time,
            widget_origins,
            identity_keys: change.identity_keys,
        };
        save(tx, ctx, &settings).await?;
        if let Some(wanted) = change.security_contact {
            self.change_contact(tx, ctx, wanted.trim()).await?;
        }
        Ok(settings)
    }
}

async fn save(tx: &mut Tx, ctx: &Ctx, new: &Settings) -> Result<(), DeskError> {
    let row = SettingsRow {
        name: new.name.clone(),
        widget_team: new.widget_team,
        typing: new.typing,
        presence: new.presence,
        reply_time: new.reply_time.clone(),
        widget_origins: serde_json::to_string(&new.widget_origins)?,
        identity_keys: serde_json::to_string(&new.identity_keys)?,
    };
    settings::save(tx, &row).await?;
    tx.emit(ctx, &SettingsChanged {}).await?;
    let kids: Vec<String> = new.identity_keys.iter().map(|key| key.kid.clone()).collect();
    let entry = Entry::done("settings.changed")
        .detail("typing", new.typing)
        .detail("presence", new.presence);
    tx.audit(
        ctx,
        entry
            .detail("widget_origins", new.widget_origins.join(" "))
            .detail("identity_keys", kids.join(" ")),
    )
    .await?;
    Ok(())
}

/// The serialised origin, if the text is one: `https` anywhere, `http` on this machine only.
fn origin(text: &str) -> Option<String> {
    let url = url::Url::parse(text.trim()).ok()?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let plain = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && local);
    (plain && scheme && url.host_str().is_some()).then(|| url.origin().ascii_serialization())
}

fn check_keys(keys: &[IdentityKey]) -> Result<(), DeskError> {
    let invalid = |message| {
        Err(DeskError::Invalid {
            field: "identity_keys",
            message,
        })
    };
    for (n, key) in keys.iter().enumerate() {
        if key.kid.is_empty() || key.kid.len() > 120 || keys.iter().take(n).any(|other| other.kid == key.kid) {
            return invalid("each key has a name of its own");
        }
        if !matches!(key.alg.as_str(), "EdDSA" | "ES256") {
            return invalid("the algorithm is EdDSA or ES256");
        }
        if !key.pem.trim_start().starts_with("-----BEGIN PUBLIC KEY-----") || key.pem.len() > 4096 {
            return invalid("a public key in PEM begins with -----BEGIN PUBLIC KEY-----");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_and_host_and_nothing_more() {
        assert_eq!(
            origin("https://www.example.org/"),
            Some("https://www.example.org".into())
        );
        assert_eq!(origin("http://localhost:5173"), Some("http://localhost:5173".into()));
        for text in [
            "http://www.example.org",
            "https://www.example.org/shop",
            "example.org",
            "https://a:b@example.org",
            "*",
            "javascript:1",
        ] {
            assert_eq!(origin(text), None, "{text}");
        }
    }
}
