use serde::Serialize;
use wd_channels::OrganisationKey;
use wd_db::Tx;
use wd_desk::{IdentityKey, Settings, SettingsChange};
use wd_kernel::{Ctx, TeamId};

use super::{Conversations, ConversationsError};

/// The organisation and its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Organisation)]
pub struct OrganisationView {
    /// What it is called.
    pub name: String,
    /// What people compare.
    pub fingerprint: String,
    /// Its public keys, the newest first.
    pub keys: Vec<OrganisationKey>,
    /// The settings.
    pub settings: OrganisationSettings,
    /// What a website puts into its pages.
    pub widget_snippet: String,
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OrganisationSettings {
    /// Whether typing is shown to the other side.
    pub typing: bool,
    /// Whether presence is shown among staff.
    pub presence: bool,
    /// The websites the widget may be shown on.
    pub widget_origins: Vec<String>,
    /// The keys with which they sign who their customers are.
    pub identity_keys: Vec<IdentityKey>,
    /// What the widget says about how long an answer takes.
    pub reply_time: Option<String>,
    /// The team that conversations from the widget go to.
    pub widget_team: Option<TeamId>,
    /// The mail address that hears of what matters for security.
    pub security_contact: Option<String>,
}

/// What everybody may know of the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PublicOrganisation {
    /// What it is called.
    pub name: String,
    /// What people compare.
    pub fingerprint: String,
    /// Its public keys, the newest first.
    pub keys: Vec<OrganisationKey>,
}

/// What the widget needs to know of the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WidgetOrganisation {
    /// What it is called.
    pub name: String,
    /// What people compare.
    pub fingerprint: String,
    /// Its public keys, the newest first.
    pub keys: Vec<OrganisationKey>,
    /// How long an answer takes.
    pub reply_time: Option<String>,
    /// The team that conversations go to.
    pub team: Option<TeamId>,
    /// Whether typing is shown to the other side.
    pub typing: bool,
}

impl Conversations {
    /// The organisation and its settings, for who may see them.
    pub async fn organisation(&self, ctx: &Ctx) -> Result<OrganisationView, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        let settings = self.desk.read_settings_in(&mut tx, ctx).await?;
        self.organisation_in(&mut tx, settings).await
    }

    /// Changes the settings. Who was the security contact hears that it is so no more.
    pub async fn change_settings(
        &self,
        ctx: &Ctx,
        change: SettingsChange,
    ) -> Result<OrganisationView, ConversationsError> {
        let mut tx = self.db.begin().await?;
        if let Some(team) = change.widget_team
            && !ctx.staff()?.teams.contains(&team)
            && self.channels.newest_team_key_in(&mut tx, team).await?.is_none()
        {
            return Err(ConversationsError::Invalid {
                field: "widget_team",
                message: "this team has no key yet: somebody of it signs in first",
            });
        }
        let before = self.desk.security_contact_in(&mut tx).await?;
        let settings = self.desk.change_settings_in(&mut tx, ctx, change).await?;
        let after = self.desk.security_contact_in(&mut tx).await?;
        if let Some(before) = before
            && after.as_ref() != Some(&before)
        {
            self.notices.contact_changed_in(&mut tx, ctx, before).await?;
        }
        let view = self.organisation_in(&mut tx, settings).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// What everybody may know.
    pub async fn public_organisation(&self) -> Result<PublicOrganisation, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        let settings = self.desk.settings_in(&mut tx).await?;
        let (fingerprint, keys) = self.keys(&mut tx).await?;
        Ok(PublicOrganisation {
            name: settings.name,
            fingerprint,
            keys,
        })
    }

    /// What the widget needs to know.
    pub async fn widget_organisation(&self) -> Result<WidgetOrganisation, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        let settings = self.desk.settings_in(&mut tx).await?;
        let (fingerprint, keys) = self.keys(&mut tx).await?;
        Ok(WidgetOrganisation {
            name: settings.name,
            fingerprint,
            keys,
            reply_time: settings.reply_time,
            team: settings.widget_team,
            typing: settings.typing,
        })
    }

    async fn organisation_in(&self, tx: &mut Tx, settings: Settings) -> Result<OrganisationView, ConversationsError> {
        let (fingerprint, keys) = self.keys(tx).await?;
        let contact = self.desk.security_contact_in(tx).await?;
        Ok(OrganisationView {
            name: settings.name,
            fingerprint,
            keys,
            settings: OrganisationSettings {
                typing: settings.typing,
                presence: settings.presence,
                widget_origins: settings.widget_origins,
                identity_keys: settings.identity_keys,
                reply_time: settings.reply_time,
                widget_team: settings.widget_team,
                security_contact: contact.map(|address| address.expose().to_owned()),
            },
            widget_snippet: format!("<script src=\"{}/widget.js\" async></script>", self.origin),
        })
    }

    async fn keys(&self, tx: &mut Tx) -> Result<(String, Vec<OrganisationKey>), ConversationsError> {
        let keys = self.channels.organisation_keys_in(tx).await?;
        let fingerprint = keys
            .first()
            .map(OrganisationKey::fingerprint)
            .ok_or(ConversationsError::NotFound)?;
        Ok((fingerprint, keys))
    }
}
