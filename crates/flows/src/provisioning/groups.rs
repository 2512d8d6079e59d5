//! Groups, as the directory makes, changes and deletes them. Whoever comes or goes gets or loses what the group gives, in
//! the same transaction.

use std::collections::BTreeSet;

use wd_db::Tx;
use wd_kernel::{Ctx, DirectoryGroupId, StaffId};
use wd_provisioning::{
    GroupRow, Noted,
    model::{
        ScimError,
        filter::Filter,
        group::{GroupChange, Members},
        render::Group,
    },
};

use super::{ProvisioningFlows, Refusal};

impl ProvisioningFlows {
    /// A group, with its members where they are asked for.
    pub(super) async fn group(&self, id: DirectoryGroupId, members: bool) -> Result<Group, Refusal> {
        let mut tx = self.db.snapshot().await?;
        let row = self.provisioning.group_in(&mut tx, id).await?;
        self.shown_group(&mut tx, row.ok_or_else(ScimError::not_found)?, members)
            .await
    }

    /// A page of groups, and how many there are.
    pub(super) async fn groups(
        &self,
        filter: Option<&Filter>,
        skip: i64,
        most: i64,
        members: bool,
    ) -> Result<(Vec<Group>, i64), Refusal> {
        let mut tx = self.db.snapshot().await?;
        let filter = filter.map(Vec::as_slice);
        let (rows, total) = self.provisioning.groups_where_in(&mut tx, filter, skip, most).await?;
        let mut groups = Vec::with_capacity(rows.len());
        for row in rows {
            groups.push(self.shown_group(&mut tx, row, members).await?);
        }
        Ok((groups, total))
    }

    /// Makes a group.
    pub(super) async fn create_group(&self, ctx: &Ctx, change: GroupChange) -> Result<Group, Refusal> {
        let mut tx = self.db.begin().await?;
        let row = GroupRow {
            id: ctx.id(),
            display_name: change.display_name.clone().unwrap_or_default(),
            external_id: change.external_id.clone().flatten(),
            created_at: ctx.now(),
            changed_at: ctx.now(),
        };
        self.provisioning.put_group_in(&mut tx, &row).await?;
        let moved = self.move_members(&mut tx, row.id, &change.members).await?;
        self.settle_all(&mut tx, ctx, &moved).await?;
        self.note_group(
            &mut tx,
            ctx,
            "POST",
            row.id,
            201,
            format!("made, {} in it", moved.len()),
        )
        .await?;
        let shown = self.shown_group(&mut tx, row, true).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Changes a group. With another name it gives what the table says of that name.
    pub(super) async fn change_group(
        &self,
        ctx: &Ctx,
        method: &'static str,
        id: DirectoryGroupId,
        change: GroupChange,
    ) -> Result<Group, Refusal> {
        let mut tx = self.db.begin().await?;
        let before = self.provisioning.hold_group_in(&mut tx, id).await?;
        let before = before.ok_or_else(ScimError::not_found)?;
        let mut row = before.clone();
        row.display_name = change.display_name.unwrap_or(row.display_name);
        row.external_id = change.external_id.unwrap_or(row.external_id);
        let mut moved = self.move_members(&mut tx, id, &change.members).await?;
        let came_or_went = moved.len();
        if row.display_name != before.display_name {
            moved.extend(self.provisioning.members_in(&mut tx, id).await?);
        }
        if row != before || came_or_went > 0 {
            row.changed_at = ctx.now();
            self.provisioning.put_group_in(&mut tx, &row).await?;
        }
        self.settle_all(&mut tx, ctx, &moved).await?;
        let renamed = if row.display_name == before.display_name {
            ""
        } else {
            "renamed, "
        };
        let what = format!("{renamed}{came_or_went} came or went");
        self.note_group(&mut tx, ctx, method, id, 200, what).await?;
        let shown = self.shown_group(&mut tx, row, true).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Deletes a group; what it gave goes.
    pub(super) async fn delete_group(&self, ctx: &Ctx, id: DirectoryGroupId) -> Result<(), Refusal> {
        let mut tx = self.db.begin().await?;
        let row = self.provisioning.hold_group_in(&mut tx, id).await?;
        row.ok_or_else(ScimError::not_found)?;
        let members: BTreeSet<StaffId> = self
            .provisioning
            .delete_group_in(&mut tx, id)
            .await?
            .into_iter()
            .collect();
        self.settle_all(&mut tx, ctx, &members).await?;
        let what = format!("deleted, {} were in it", members.len());
        self.note_group(&mut tx, ctx, "DELETE", id, 204, what).await?;
        Ok(tx.commit().await?)
    }

    /// Does the steps; who came or went.
    async fn move_members(
        &self,
        tx: &mut Tx,
        id: DirectoryGroupId,
        steps: &[Members],
    ) -> Result<BTreeSet<StaffId>, Refusal> {
        if steps.is_empty() {
            return Ok(BTreeSet::new());
        }
        let before: BTreeSet<StaffId> = self.provisioning.members_in(tx, id).await?.into_iter().collect();
        let mut members = before.clone();
        for step in steps {
            match step {
                Members::Set(these) => members.clone_from(these),
                Members::Add(these) => members.extend(these),
                Members::Remove(these) => members.retain(|staff| !these.contains(staff)),
            }
        }
        for staff in members.difference(&before) {
            if self.provisioning.person_in(tx, *staff).await?.is_none() {
                return Err(ScimError::invalid_value("A member is nobody whom the directory brought here.").into());
            }
        }
        Ok(self.provisioning.set_members_in(tx, id, &members).await?)
    }

    async fn settle_all(&self, tx: &mut Tx, ctx: &Ctx, people: &BTreeSet<StaffId>) -> Result<(), Refusal> {
        let settings = self.provisioning.settings_in(tx).await?.settings;
        for staff in people {
            self.settle(tx, ctx, *staff, &settings).await?;
        }
        Ok(())
    }

    async fn note_group(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        method: &'static str,
        id: DirectoryGroupId,
        status: u16,
        what: String,
    ) -> Result<(), Refusal> {
        let noted = Noted {
            method,
            resource: "Group",
            target: Some(id.to_string()),
            status,
            what,
        };
        Ok(self.provisioning.note_in(tx, ctx, &noted).await?)
    }

    async fn shown_group(&self, tx: &mut Tx, row: GroupRow, members: bool) -> Result<Group, Refusal> {
        let members = if members {
            Some(self.provisioning.members_in(tx, row.id).await?)
        } else {
            None
        };
        Ok(Group {
            id: row.id,
            display_name: row.display_name,
            external_id: row.external_id,
            members,
            created: row.created_at,
            changed: row.changed_at,
        })
    }
}
