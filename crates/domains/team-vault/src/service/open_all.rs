//! Opening a whole folder, and how much may be opened without saying so.

use serde::{Deserialize, Serialize};
use wd_audit_log::{AuditTx as _, Entry as AuditEntry};
use wd_db::Tx;
use wd_kernel::{Ctx, DeviceId, Duration, Scope, Timestamp, VaultEntryId, VaultFolderId};

use super::{Standing, TeamVault};
use crate::{
    Role, TeamVaultError,
    events::{ManyOpened, Purpose},
    permissions::TeamVaultOpenAll,
    store::opening::{self, OpeningRow},
};

/// So many entries one opens within [`WINDOW`].
const MOST: i64 = 60;
const WINDOW: Duration = Duration::from_hours(1);
/// How long a whole folder may be opened.
const LASTS: Duration = Duration::from_mins(15);

/// A wish to open a whole folder.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VaultOpeningAll)]
pub struct WishForAll {
    /// The own device that opens the entries; it has the folder's key.
    pub device: DeviceId,
    /// What for.
    pub purpose: Purpose,
}

/// Until when the device may open every entry of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VaultOpenForAll)]
pub struct OpeningAll {
    /// A quarter of an hour from now.
    pub expires_at: Timestamp,
}

impl TeamVault {
    /// Lets an own device open every entry of a folder for a quarter of an hour. Each opening is recorded as ever.
    pub async fn open_all(
        &self,
        ctx: &Ctx,
        folder: VaultFolderId,
        wish: &WishForAll,
    ) -> Result<OpeningAll, TeamVaultError> {
        let mut tx = self.db.begin().await?;
        let standing = self.turn(&mut tx, ctx, folder).await?;
        standing.at_least(Role::Share)?;
        ctx.require::<TeamVaultOpenAll>(Scope::ORGANISATION)?;
        standing.has_key(&mut tx, wish.device).await?;
        let expires_at = ctx.now() + LASTS;
        let row = OpeningRow {
            folder,
            device: wish.device,
            staff: standing.me,
            expires_at,
        };
        opening::allow(&mut tx, &row, ctx.now()).await?;
        let event = ManyOpened {
            staff: standing.me,
            folder,
            purpose: Some(wish.purpose),
        };
        tx.emit(ctx, &event).await?;
        let entry = AuditEntry::done("team_vault.opened_all")
            .target(folder)
            .detail("purpose", wish.purpose.as_str())
            .detail("device", wish.device.to_string());
        tx.audit(ctx, entry).await?;
        tx.commit().await?;
        Ok(OpeningAll { expires_at })
    }

    /// Refuses another entry when as many as allowed were opened. An entry that was opened just now may be opened again.
    pub(super) async fn count_opening(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        standing: &Standing,
        device: DeviceId,
        entry: VaultEntryId,
    ) -> Result<(), TeamVaultError> {
        let folder = standing.row.id;
        if opening::is_allowed(tx, folder, device, ctx.now()).await? {
            return Ok(());
        }
        // The folder's turn is not enough: the count is over all folders.
        opening::take_turn(tx, standing.me).await?;
        let opened = opening::opened(tx, standing.me, entry, ctx.now() - WINDOW).await?;
        if opened.this {
            return Ok(());
        }
        if opened.entries >= MOST {
            let free_at = opened.first_at.unwrap_or_else(|| ctx.now()) + WINDOW;
            return Err(TeamVaultError::TooMany(free_at.since(ctx.now()).as_secs().max(1)));
        }
        if opened.entries == MOST - 1 {
            let event = ManyOpened {
                staff: standing.me,
                folder,
                purpose: None,
            };
            tx.emit(ctx, &event).await?;
        }
        Ok(())
    }
}
