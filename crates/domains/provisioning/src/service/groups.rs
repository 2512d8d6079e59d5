//! The directory's groups.

use std::collections::BTreeSet;

use wd_db::{DbError, Tx};
use wd_kernel::{DirectoryGroupId, StaffId};

use crate::{
    Provisioning,
    model::filter::Field,
    store::groups::{self, GroupRow},
};

impl Provisioning {
    /// A group; keeps others out until the transaction ends.
    pub async fn hold_group_in(&self, tx: &mut Tx, id: DirectoryGroupId) -> Result<Option<GroupRow>, DbError> {
        groups::hold(tx, id).await
    }

    /// A group.
    pub async fn group_in(&self, tx: &mut Tx, id: DirectoryGroupId) -> Result<Option<GroupRow>, DbError> {
        groups::find(tx, id).await
    }

    /// Makes a group, or changes its name or the directory's id. [`DbError::Unique`]: another one has this name.
    pub async fn put_group_in(&self, tx: &mut Tx, row: &GroupRow) -> Result<(), DbError> {
        if groups::by_name(tx, &row.display_name)
            .await?
            .is_some_and(|other| other.id != row.id)
        {
            return Err(DbError::Unique);
        }
        groups::put(tx, row).await
    }

    /// Deletes a group; who was in it.
    pub async fn delete_group_in(&self, tx: &mut Tx, id: DirectoryGroupId) -> Result<Vec<StaffId>, DbError> {
        let members = groups::members(tx, id).await?;
        for staff in &members {
            groups::leave(tx, id, *staff).await?;
        }
        groups::delete(tx, id).await?;
        Ok(members)
    }

    /// Who is in a group.
    pub async fn members_in(&self, tx: &mut Tx, id: DirectoryGroupId) -> Result<Vec<StaffId>, DbError> {
        groups::members(tx, id).await
    }

    /// Makes these the members; who came and who went, in order.
    pub async fn set_members_in(
        &self,
        tx: &mut Tx,
        id: DirectoryGroupId,
        wanted: &BTreeSet<StaffId>,
    ) -> Result<BTreeSet<StaffId>, DbError> {
        let before: BTreeSet<StaffId> = groups::members(tx, id).await?.into_iter().collect();
        for staff in before.difference(wanted) {
            groups::leave(tx, id, *staff).await?;
        }
        for staff in wanted.difference(&before) {
            groups::enter(tx, id, *staff).await?;
        }
        Ok(before.symmetric_difference(wanted).copied().collect())
    }

    /// The groups somebody is in.
    pub async fn groups_of_in(&self, tx: &mut Tx, staff: StaffId) -> Result<Vec<GroupRow>, DbError> {
        groups::of_member(tx, staff).await
    }

    /// Names of the groups that are here, and how many are in each.
    pub async fn group_sizes_in(&self, tx: &mut Tx) -> Result<Vec<(String, i64)>, DbError> {
        groups::sizes(tx).await
    }

    /// A page of groups, and how many there are. With a filter, all for which it holds.
    pub async fn groups_where_in(
        &self,
        tx: &mut Tx,
        filter: Option<&[(Field, String)]>,
        skip: i64,
        most: i64,
    ) -> Result<(Vec<GroupRow>, i64), DbError> {
        let Some(filter) = filter else {
            return Ok((groups::page(tx, skip, most).await?, groups::count(tx).await?));
        };
        let mut found: Option<Vec<GroupRow>> = None;
        for (field, value) in filter {
            let rows = match field {
                Field::Id => match value.parse() {
                    Ok(id) => groups::find(tx, id).await?.into_iter().collect(),
                    Err(_) => Vec::new(),
                },
                Field::DisplayName => groups::by_name(tx, value).await?.into_iter().collect(),
                Field::ExternalId => groups::by_external_id(tx, value).await?,
                Field::Member => match value.parse() {
                    Ok(staff) => groups::of_member(tx, staff).await?,
                    Err(_) => Vec::new(),
                },
                Field::UserName => Vec::new(),
            };
            found = Some(match found {
                None => rows,
                Some(before) => before.into_iter().filter(|row| rows.contains(row)).collect(),
            });
        }
        let found = found.unwrap_or_default();
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let (skip, most) = (usize::try_from(skip).unwrap_or(0), usize::try_from(most).unwrap_or(0));
        Ok((found.into_iter().skip(skip).take(most).collect(), total))
    }
}
