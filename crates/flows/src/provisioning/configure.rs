//! What administrators decide about the directory, and whom they help to a link.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_identity::{InviteError, StaffError, StaffState, StaffView};
use wd_kernel::{Actor, Ctx, Denied, PageQuery, Scope, StaffId, Timestamp};
use wd_provisioning::{
    ConfigureError, PersonRow, SettingsView, TokenError,
    model::settings::Settings,
    permissions::{ProvisioningChange, ProvisioningRead},
};

use super::{ProvisioningFlows, Refusal};

/// Why an administrator's wish was not done.
#[derive(Debug, thiserror::Error)]
pub enum ProvisioningError {
    /// No right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ConfigureError),
    /// The token.
    #[error(transparent)]
    Token(TokenError),
    /// A mapping names a role that is not there.
    #[error("there is no role {0}")]
    UnknownRole(String),
    /// A mapping names a role that no directory gives.
    #[error("the role {0} carries administrative rights")]
    AdministrativeRole(String),
    /// A mapping names a team that is not there.
    #[error("a mapping names a team that is not there")]
    UnknownTeam,
    /// Nobody waits for a link.
    #[error("this person does not wait for a link from here")]
    NotWaiting,
    /// No link was made.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// The people cannot be shown.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// What the table gives cannot be given.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// Somebody whom the directory brought and who cannot sign in yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Who.
    pub id: StaffId,
    /// The name to sign in with.
    pub login: String,
    /// The shown name.
    pub name: String,
}

/// What the screen shows besides tokens and requests.
#[derive(Debug)]
pub struct Overview {
    /// The settings.
    pub settings: SettingsView,
    /// For how many people the directory answers.
    pub people: i64,
    /// The groups it sent, and how many are in each.
    pub groups: Vec<(String, i64)>,
    /// The roles that a group may give: name and title.
    pub roles: Vec<(String, String)>,
}

impl ProvisioningFlows {
    /// The settings and what is there.
    pub(super) async fn overview(&self, ctx: &Ctx) -> Result<Overview, ProvisioningError> {
        ctx.require::<ProvisioningRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        self.overview_in(&mut tx).await
    }

    async fn overview_in(&self, tx: &mut Tx) -> Result<Overview, ProvisioningError> {
        let ordinary = self.ordinary_roles(tx).await?;
        let roles = self.access.roles_in(tx).await?;
        Ok(Overview {
            settings: self.provisioning.settings_in(tx).await?,
            people: self.provisioning.people_in(tx, 0, 0).await?.1,
            groups: self.provisioning.group_sizes_in(tx).await?,
            roles: roles.into_iter().filter(|(name, _)| ordinary.contains(name)).collect(),
        })
    }

    /// Changes the settings, and at once what groups give.
    pub(super) async fn change_settings(
        &self,
        ctx: &Ctx,
        settings: Settings,
        version: i64,
    ) -> Result<Overview, ProvisioningError> {
        let mut tx = self.db.begin().await?;
        let changed = self
            .provisioning
            .change_settings_in(&mut tx, ctx, settings, version)
            .await?
            .settings;
        let known = self.access.roles_in(&mut tx).await?;
        let ordinary = self.ordinary_roles(&mut tx).await?;
        let teams = self.access.teams_in(&mut tx).await?;
        for mapping in &changed.groups {
            if let Some(role) = &mapping.role {
                if !known.iter().any(|(name, _)| name == role) {
                    return Err(ProvisioningError::UnknownRole(role.clone()));
                }
                if !ordinary.contains(role) {
                    return Err(ProvisioningError::AdministrativeRole(role.clone()));
                }
            }
            if mapping
                .team
                .is_some_and(|team| !teams.iter().any(|known| known.id == team))
            {
                return Err(ProvisioningError::UnknownTeam);
            }
        }
        let system = ctx.acting_as(Actor::System("provisioning"));
        for staff in self.provisioning.concerned_in(&mut tx).await? {
            self.settle(&mut tx, &system, staff, &changed).await?;
        }
        let overview = self.overview_in(&mut tx).await?;
        tx.commit().await?;
        Ok(overview)
    }

    /// Puts everybody who works here under the directory, so that it finds them by their name and can switch them off.
    /// How many were not under it yet.
    pub(super) async fn adopt(&self, ctx: &Ctx) -> Result<i64, ProvisioningError> {
        ctx.require::<ProvisioningChange>(Scope::ORGANISATION)?;
        let mut tx = self.db.begin().await?;
        let mut adopted = 0;
        for person in self.everybody(&mut tx, ctx).await? {
            let known = self.provisioning.hold_person_in(&mut tx, person.id).await?;
            if person.state == StaffState::Disabled || known.is_some_and(|row| row.linked_at.is_some()) {
                continue;
            }
            let row = PersonRow {
                staff: person.id,
                user_name: person.login,
                external_id: None,
                linked_at: Some(ctx.now()),
                changed_at: ctx.now(),
                switched_off_at: None,
            };
            self.provisioning.put_person_in(&mut tx, &row).await?;
            tx.audit(ctx, Entry::done("provisioning.person-linked").target(person.id))
                .await?;
            adopted += 1;
        }
        tx.commit().await?;
        Ok(adopted)
    }

    /// Whom the directory brought and who cannot sign in yet: neither set up nor known at the sign-in provider.
    pub(super) async fn waiting(&self, ctx: &Ctx) -> Result<Vec<Waiting>, ProvisioningError> {
        ctx.require::<ProvisioningRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        let mut waiting = Vec::new();
        for person in self.everybody(&mut tx, ctx).await? {
            if person.state == StaffState::Invited && self.waits(&mut tx, person.id).await? {
                waiting.push(Waiting {
                    id: person.id,
                    login: person.login,
                    name: person.name,
                });
            }
        }
        Ok(waiting)
    }

    /// A link for one of them, and when it begins to work if not at once; an earlier one stops working.
    pub(super) async fn link(&self, ctx: &Ctx, id: StaffId) -> Result<(String, Option<Timestamp>), ProvisioningError> {
        ctx.require::<ProvisioningChange>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        let invited = matches!(
            self.identity.standing_in(&mut tx, id).await?,
            Some((StaffState::Invited, _))
        );
        let login = self.identity.login_in(&mut tx, id).await?;
        let waits = invited && self.waits(&mut tx, id).await?;
        drop(tx);
        let login = login.filter(|_| waits).ok_or(ProvisioningError::NotWaiting)?;
        let invited = self.identity.reissue_link(ctx, &login).await?;
        Ok((self.identity.invitation_url(&invited.token), invited.starts_at))
    }

    async fn waits(&self, tx: &mut Tx, id: StaffId) -> Result<bool, ProvisioningError> {
        if self.provisioning.person_in(tx, id).await?.is_none() {
            return Ok(false);
        }
        let account = self.provider.account_of(tx, id).await.map_err(Refusal::Provider)?;
        Ok(account.is_none_or(|account| account.bound_at.is_none()))
    }

    async fn everybody(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Vec<StaffView>, ProvisioningError> {
        let mut all = Vec::new();
        let mut query = PageQuery {
            after: None,
            limit: Some(200),
        };
        loop {
            let page = self.identity.staff_in(tx, ctx, &query).await?;
            all.extend(page.items);
            if page.next.is_none() {
                return Ok(all);
            }
            query.after = page.next;
        }
    }
}
