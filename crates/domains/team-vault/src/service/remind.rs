//! Reminders that new secrets are wanted.

use std::collections::BTreeMap;

use wd_db::Tx;
use wd_kernel::{Ctx, StaffId, VaultFolderId};

use super::TeamVault;
use crate::{
    Role, TeamVaultError,
    events::SecretsWanted,
    model::day,
    store::{entry, folder},
};

/// How many days pass before people are reminded of the same secret again.
const AGAIN: i64 = 7;

/// What is wanted of whoever hears of it.
#[derive(Default, Clone, Copy)]
struct Wanted {
    due: i64,
    left: i64,
    folders: i64,
}

impl TeamVault {
    /// Tells who may change a folder of its secrets that are due, or that somebody knows who left: on the day, and
    /// every seven days until there are new ones. Everybody hears of all their folders at once.
    pub async fn remind(&self, ctx: &Ctx) -> Result<(), TeamVaultError> {
        self.mark_everywhere(ctx).await?;
        let today = day(ctx.now());
        let mut tx = self.db.begin().await?;
        // Marked first: of two nodes the second finds nothing.
        let mut folders = BTreeMap::<VaultFolderId, Wanted>::new();
        for (folder, left) in entry::remind(&mut tx, today, today - AGAIN).await? {
            let wanted = folders.entry(folder).or_default();
            if left {
                wanted.left += 1;
            } else {
                wanted.due += 1;
            }
        }
        let mut people = BTreeMap::<StaffId, Wanted>::new();
        for (id, wanted) in folders {
            for staff in self.who_changes(&mut tx, id).await? {
                let all = people.entry(staff).or_default();
                all.due += wanted.due;
                all.left += wanted.left;
                all.folders += 1;
            }
        }
        let everybody: Vec<StaffId> = people.keys().copied().collect();
        let active = self.people.names(&mut tx, &everybody).await?;
        for (staff, Wanted { due, left, folders }) in people {
            if active.contains_key(&staff) {
                let told = SecretsWanted {
                    staff,
                    due,
                    left,
                    folders,
                };
                tx.emit(ctx, &told).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    async fn who_changes(&self, tx: &mut Tx, id: VaultFolderId) -> Result<Vec<StaffId>, TeamVaultError> {
        let Some(row) = folder::find(tx, id).await? else {
            return Ok(Vec::new());
        };
        let roles = self.roles(tx, &row).await?;
        let changing = roles.into_iter().filter(|(_, role)| *role >= Role::Change);
        Ok(changing.map(|(staff, _)| staff).collect())
    }
}
