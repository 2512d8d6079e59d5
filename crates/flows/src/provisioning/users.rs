//! People, as the directory brings, changes and switches them off.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_identity::StaffState;
use wd_kernel::{Ctx, StaffId};
use wd_provisioning::{
    Noted, PersonRow,
    model::{ScimError, filter::Filter, render::User, settings::Settings, user::UserChange},
};
use wd_single_sign_on::events::BoundBy;

use super::{ProvisioningFlows, Refusal, taken};

impl ProvisioningFlows {
    /// Somebody the directory answers for.
    pub(super) async fn user(&self, id: StaffId) -> Result<User, Refusal> {
        let mut tx = self.db.snapshot().await?;
        let row = self.provisioning.person_in(&mut tx, id).await?;
        self.shown(&mut tx, row.ok_or_else(ScimError::not_found)?).await
    }

    /// A page of them, and how many there are.
    pub(super) async fn users(
        &self,
        filter: Option<&Filter>,
        skip: i64,
        most: i64,
    ) -> Result<(Vec<User>, i64), Refusal> {
        let mut tx = self.db.snapshot().await?;
        let (rows, total) = match filter {
            None => self.provisioning.people_in(&mut tx, skip, most).await?,
            Some(filter) => {
                let found = self.provisioning.person_where_in(&mut tx, filter).await?;
                let total = i64::from(found.is_some());
                (found.into_iter().filter(|_| skip == 0 && most > 0).collect(), total)
            }
        };
        let mut users = Vec::with_capacity(rows.len());
        for row in rows {
            users.push(self.shown(&mut tx, row).await?);
        }
        Ok((users, total))
    }

    /// Brings somebody: a new account without a link, or the one of who came back.
    pub(super) async fn create_user(&self, ctx: &Ctx, change: UserChange) -> Result<User, Refusal> {
        let mut tx = self.db.begin().await?;
        let settings = self.provisioning.settings_in(&mut tx).await?.settings;
        let user_name = change.user_name.clone().unwrap_or_default();
        let name = change.display_name.clone().unwrap_or_else(|| user_name.clone());
        let (staff, what) = match self.identity.find_login_in(&mut tx, &user_name).await? {
            None => (
                self.identity.provision_in(&mut tx, ctx, &user_name, &name).await?,
                "brought",
            ),
            Some((staff, state)) => {
                self.identity.hold_in(&mut tx, staff).await?;
                let before = self.provisioning.hold_person_in(&mut tx, staff).await?;
                // The directory gave up whom it had switched off itself; now they come back.
                let own = |row: &PersonRow| row.linked_at.is_none() && row.switched_off_at.is_some();
                if state != StaffState::Disabled || !before.as_ref().is_some_and(own) {
                    return Err(taken().into());
                }
                self.identity.rename_in(&mut tx, ctx, staff, &user_name, &name).await?;
                self.identity.enable_in(&mut tx, ctx, staff).await?;
                (staff, "brought back")
            }
        };
        let row = PersonRow {
            staff,
            user_name,
            external_id: change.external_id.flatten(),
            linked_at: Some(ctx.now()),
            changed_at: ctx.now(),
            switched_off_at: None,
        };
        self.provisioning.put_person_in(&mut tx, &row).await?;
        self.bind(&mut tx, ctx, &row, &settings).await?;
        let mut what = what.to_owned();
        if change.active == Some(false) {
            self.staff.disable_in(&mut tx, ctx, staff).await?;
            what.push_str(", switched off");
        }
        tx.audit(ctx, Entry::done("provisioning.person-linked").target(staff))
            .await?;
        self.note(&mut tx, ctx, "POST", staff, 201, what).await?;
        let shown = self.shown(&mut tx, row).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Changes somebody, as far as a directory may. What is so already is no change, for anybody.
    pub(super) async fn change_user(
        &self,
        ctx: &Ctx,
        method: &'static str,
        id: StaffId,
        change: UserChange,
    ) -> Result<User, Refusal> {
        let changed = self.try_to_change(ctx, method, id, change).await;
        self.tell_who_stays(ctx, id, &changed).await?;
        changed
    }

    /// Switches somebody off and forgets what the directory says of them. The account stays, for the audit log.
    pub(super) async fn delete_user(&self, ctx: &Ctx, id: StaffId) -> Result<(), Refusal> {
        let deleted = self.try_to_delete(ctx, id).await;
        self.tell_who_stays(ctx, id, &deleted).await?;
        deleted
    }

    /// Who left and was not switched off goes on with what they have, until somebody disables them by hand: security
    /// hears of it at once.
    async fn tell_who_stays<T>(&self, ctx: &Ctx, id: StaffId, outcome: &Result<T, Refusal>) -> Result<(), DbError> {
        if !outcome.as_ref().is_err_and(Refusal::keeps_somebody) {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        let standing = self.identity.hold_in(&mut tx, id).await?;
        // Somebody may have disabled them since.
        if standing.is_some_and(|(state, _)| state != StaffState::Disabled) {
            self.provisioning.leaver_stays_in(&mut tx, ctx, id).await?;
        }
        tx.commit().await
    }

    async fn try_to_change(
        &self,
        ctx: &Ctx,
        method: &'static str,
        id: StaffId,
        change: UserChange,
    ) -> Result<User, Refusal> {
        let mut tx = self.db.begin().await?;
        // First the account, then what the directory says of it: in the order in which people disable somebody.
        let standing = self.identity.hold_in(&mut tx, id).await?;
        let row = self.provisioning.hold_person_in(&mut tx, id).await?;
        let before = row
            .filter(|row| row.linked_at.is_some())
            .ok_or_else(ScimError::not_found)?;
        let settings = self.provisioning.settings_in(&mut tx).await?.settings;
        let (state, name) = standing.ok_or_else(ScimError::not_found)?;
        let here = state != StaffState::Disabled;

        let mut row = before.clone();
        row.user_name = change.user_name.unwrap_or(row.user_name);
        row.external_id = change.external_id.unwrap_or(row.external_id);
        let new_name = change.display_name.unwrap_or_else(|| name.clone());
        let mut renames = row.user_name != before.user_name || new_name != name;
        let (switches_off, switches_on) = (
            here && change.active == Some(false),
            !here && change.active == Some(true),
        );

        if self.is_privileged(&mut tx, id).await? {
            if switches_off && settings.switches_off_privileged {
                // Whoever leaves, leaves; what else the request wants of them is not done.
                row.user_name.clone_from(&before.user_name);
                renames = false;
            } else if switches_off {
                return Err(Refusal::Stays);
            } else if renames {
                return Err(ScimError::forbidden(
                    "This person has administrative rights, so a directory cannot change them. An administrator does it in Wardesk.",
                )
                .into());
            }
        }
        if switches_on && before.switched_off_at.is_none() {
            return Err(ScimError::forbidden(
                "People of Wardesk disabled this person, so a directory cannot enable them. An administrator can, in Wardesk.",
            )
            .into());
        }

        let mut done = Vec::new();
        if renames {
            self.identity
                .rename_in(&mut tx, ctx, id, &row.user_name, &new_name)
                .await?;
            done.push("renamed");
        }
        if row.external_id != before.external_id {
            done.push("new external id");
        }
        if row != before || renames {
            row.changed_at = ctx.now();
            self.provisioning.put_person_in(&mut tx, &row).await?;
        }
        if switches_off {
            self.staff.disable_in(&mut tx, ctx, id).await?;
            done.push("switched off");
        }
        if switches_on {
            self.identity.enable_in(&mut tx, ctx, id).await?;
            row.switched_off_at = None;
            row.changed_at = ctx.now();
            self.provisioning.put_person_in(&mut tx, &row).await?;
            self.bind(&mut tx, ctx, &row, &settings).await?;
            self.settle(&mut tx, ctx, id, &settings).await?;
            done.push("switched on");
        }
        let what = if done.is_empty() {
            "nothing to change".to_owned()
        } else {
            done.join(", ")
        };
        self.note(&mut tx, ctx, method, id, 200, what).await?;
        let shown = self.shown(&mut tx, row).await?;
        tx.commit().await?;
        Ok(shown)
    }

    async fn try_to_delete(&self, ctx: &Ctx, id: StaffId) -> Result<(), Refusal> {
        let mut tx = self.db.begin().await?;
        self.identity.hold_in(&mut tx, id).await?;
        let row = self.provisioning.hold_person_in(&mut tx, id).await?;
        let row = row
            .filter(|row| row.linked_at.is_some())
            .ok_or_else(ScimError::not_found)?;
        let settings = self.provisioning.settings_in(&mut tx).await?.settings;
        if self.is_privileged(&mut tx, id).await? && !settings.switches_off_privileged {
            return Err(Refusal::Stays);
        }
        self.staff.disable_in(&mut tx, ctx, id).await?;
        self.provisioning.give_up_in(&mut tx, ctx, &row).await?;
        tx.audit(ctx, Entry::done("provisioning.person-unlinked").target(id))
            .await?;
        self.note(&mut tx, ctx, "DELETE", id, 204, "switched off and given up".to_owned())
            .await?;
        Ok(tx.commit().await?)
    }

    /// Lets somebody sign in through the provider at once, where the directory's id is their subject there.
    async fn bind(&self, tx: &mut Tx, ctx: &Ctx, row: &PersonRow, settings: &Settings) -> Result<(), Refusal> {
        let Some(subject) = row.external_id.as_ref().filter(|_| settings.external_id_is_subject) else {
            return Ok(());
        };
        let provider = self.provider.settings_in(tx).await?.settings;
        if let Some(provider) = provider.filter(|provider| provider.enabled) {
            self.provider
                .bind_in(tx, ctx, (&provider.issuer, subject), row.staff, BoundBy::Directory)
                .await?;
        }
        Ok(())
    }

    async fn note(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        method: &'static str,
        staff: StaffId,
        status: u16,
        what: String,
    ) -> Result<(), Refusal> {
        let noted = Noted {
            method,
            resource: "User",
            target: Some(staff.to_string()),
            status,
            what,
        };
        Ok(self.provisioning.note_in(tx, ctx, &noted).await?)
    }

    async fn shown(&self, tx: &mut Tx, row: PersonRow) -> Result<User, Refusal> {
        let standing = self.identity.standing_in(tx, row.staff).await?;
        let (state, display_name) = standing.ok_or_else(ScimError::not_found)?;
        let groups = self.provisioning.groups_of_in(tx, row.staff).await?;
        Ok(User {
            id: row.staff,
            user_name: row.user_name,
            display_name,
            external_id: row.external_id,
            active: state != StaffState::Disabled,
            groups: groups.into_iter().map(|group| (group.id, group.display_name)).collect(),
            created: row.linked_at.unwrap_or(row.changed_at),
            changed: row.changed_at,
        })
    }
}
