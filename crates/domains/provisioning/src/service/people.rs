//! Whom the directory answers for, and what its groups gave.

use std::collections::BTreeSet;

use wd_db::{DbError, Tx};
use wd_kernel::{Actor, Ctx, Duration, StaffId, TeamId};

use crate::{
    Provisioning,
    events::LeaverStays,
    model::{filter::Field, settings::Given},
    store::{
        groups,
        people::{self, PersonRow},
    },
};

/// A directory that is refused asks again and again; so often security is told of the same person.
const LEAVER_TOLD_EVERY: Duration = Duration::from_hours(24);

impl Provisioning {
    /// A person, also one whom the directory gave up. Keeps others out until the transaction ends.
    pub async fn hold_person_in(&self, tx: &mut Tx, staff: StaffId) -> Result<Option<PersonRow>, DbError> {
        people::hold(tx, staff).await
    }

    /// A person the directory answers for.
    pub async fn person_in(&self, tx: &mut Tx, staff: StaffId) -> Result<Option<PersonRow>, DbError> {
        let row = people::find(tx, staff).await?;
        Ok(row.filter(|row| row.linked_at.is_some()))
    }

    /// Links a person, or changes what the directory says of them.
    pub async fn put_person_in(&self, tx: &mut Tx, row: &PersonRow) -> Result<(), DbError> {
        people::put(tx, row).await
    }

    /// A page of those whom the directory answers for, and how many there are.
    pub async fn people_in(&self, tx: &mut Tx, skip: i64, most: i64) -> Result<(Vec<PersonRow>, i64), DbError> {
        Ok((people::page(tx, skip, most).await?, people::count(tx).await?))
    }

    /// The one person for whom all of this holds. Each field of users is unique, so there is one at most.
    pub async fn person_where_in(&self, tx: &mut Tx, filter: &[(Field, String)]) -> Result<Option<PersonRow>, DbError> {
        let mut found: Option<PersonRow> = None;
        for (field, value) in filter {
            let row = match field {
                Field::Id => match value.parse() {
                    Ok(staff) => self.person_in(tx, staff).await?,
                    Err(_) => None,
                },
                Field::UserName => people::by_user_name(tx, value).await?,
                Field::ExternalId => people::by_external_id(tx, value).await?,
                Field::DisplayName | Field::Member => None,
            };
            if row.is_none() || found.as_ref().is_some_and(|found| Some(found) != row.as_ref()) {
                return Ok(None);
            }
            found = row;
        }
        Ok(found)
    }

    /// Forgets what the directory says of a person; that it was the one who disabled them stays.
    pub async fn give_up_in(&self, tx: &mut Tx, ctx: &Ctx, row: &PersonRow) -> Result<(), DbError> {
        groups::leave_all(tx, row.staff).await?;
        let now = people::find(tx, row.staff).await?;
        let gone = PersonRow {
            external_id: None,
            linked_at: None,
            changed_at: ctx.now(),
            switched_off_at: now.and_then(|now| now.switched_off_at),
            ..row.clone()
        };
        people::put(tx, &gone).await
    }

    /// Somebody was disabled: notes whether by the directory, because only then may it undo that; and that what groups
    /// gave is gone with all the rest.
    pub async fn left_in(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), DbError> {
        let by_directory = matches!(ctx.actor, Actor::Directory(_)).then(|| ctx.now());
        people::switched_off(tx, staff, by_directory).await?;
        people::forget_leaver(tx, staff).await?;
        people::forget_given(tx, staff).await
    }

    /// The directory wants somebody switched off, and is refused: tells that the person still has access, once a day at
    /// most.
    pub async fn leaver_stays_in(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), DbError> {
        let now = ctx.now();
        if people::leaver_told(tx, staff, now, now - LEAVER_TOLD_EVERY).await? {
            tx.emit(ctx, &LeaverStays { staff }).await?;
        }
        Ok(())
    }

    /// What groups gave somebody before.
    pub async fn given_in(&self, tx: &mut Tx, staff: StaffId) -> Result<Given, DbError> {
        let mut given = Given::default();
        for (kind, what) in people::given(tx, staff).await? {
            if kind == "role" {
                given.roles.insert(what);
            } else if let Ok(team) = what.parse() {
                given.teams.insert(team);
            }
        }
        Ok(given)
    }

    /// Notes what groups give somebody.
    pub async fn set_given_in(
        &self,
        tx: &mut Tx,
        staff: StaffId,
        roles: &BTreeSet<String>,
        teams: &BTreeSet<TeamId>,
    ) -> Result<(), DbError> {
        people::forget_given(tx, staff).await?;
        for role in roles {
            people::give(tx, staff, "role", role).await?;
        }
        for team in teams {
            people::give(tx, staff, "team", &team.to_string()).await?;
        }
        Ok(())
    }

    /// Everybody whom a change of the table may concern.
    pub async fn concerned_in(&self, tx: &mut Tx) -> Result<Vec<StaffId>, DbError> {
        people::concerned(tx).await
    }
}
