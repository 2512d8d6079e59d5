use std::collections::BTreeMap;

use serde::Serialize;
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{ConversationId, Ctx, Denied, DeviceId, Scope, StaffId, Timestamp};

use super::{Channels, person};
use crate::{
    ChannelsError, DeviceRevoked, PublicKey, Subject, TeamKeyChanged,
    permissions::DeviceRevoke,
    store::{
        device::{self, DeviceRow},
        group, team_key,
    },
};

/// A device, as its owner and those who may revoke it see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Device)]
pub struct DeviceEntry {
    /// The device.
    pub id: DeviceId,
    /// Whose it is.
    pub staff: StaffId,
    /// What its owner calls it.
    pub name: String,
    /// What the program called itself.
    pub user_agent: String,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// When it last showed itself.
    pub last_seen_at: Timestamp,
    /// Until when it may enter conversations.
    pub statement_expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// How many key packages for one use it has left.
    pub key_packages: i64,
}

/// A customer's own device, as they see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WidgetDevice {
    /// The device.
    pub id: DeviceId,
    /// What the browser called itself.
    pub user_agent: String,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// When it last showed itself.
    pub last_seen_at: Timestamp,
}

/// A device of a staff member that was not revoked, for those who seal to it.
#[derive(Debug, Clone)]
pub struct LivingDevice {
    /// The device.
    pub device: DeviceId,
    /// Its signature key.
    pub mls_key: PublicKey,
    /// Its current statement.
    pub statement: String,
    /// Whether the statement has not ended.
    pub current: bool,
}

impl Channels {
    /// The devices of a staff member that were not revoked.
    pub async fn staff_devices_in(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<Vec<LivingDevice>, DbError> {
        let mut rows = device::of_subject(tx, Subject::Staff(staff)).await?;
        rows.retain(|row| row.revoked_at.is_none());
        let mut living = Vec::with_capacity(rows.len());
        for row in rows {
            living.push(LivingDevice {
                device: row.id,
                mls_key: row.mls_key(),
                statement: device::statement(tx, &row).await?,
                current: row.statement_expires_at > ctx.now(),
            });
        }
        Ok(living)
    }

    /// The acting customer's devices that count, the newest first. The one that asks has shown itself.
    pub async fn widget_devices(
        &self,
        ctx: &Ctx,
        asking: Option<DeviceId>,
    ) -> Result<Vec<WidgetDevice>, ChannelsError> {
        let customer = ctx.actor.customer().ok_or(Denied::Unauthenticated)?;
        let mut tx = self.db.begin().await?;
        let mut rows = device::of_subject(&mut tx, Subject::Customer(customer)).await?;
        rows.retain(|row| row.revoked_at.is_none());
        for row in rows.iter_mut().filter(|row| Some(row.id) == asking) {
            device::seen(&mut tx, row.id, ctx.now()).await?;
            row.last_seen_at = ctx.now();
        }
        tx.commit().await?;
        Ok(rows
            .into_iter()
            .map(|row| WidgetDevice {
                id: row.id,
                user_agent: row.user_agent,
                created_at: row.created_at,
                last_seen_at: row.last_seen_at,
            })
            .collect())
    }

    /// The devices of a staff member: one's own, or by the right to revoke another's.
    pub async fn devices(&self, ctx: &Ctx, staff: Option<StaffId>) -> Result<Vec<DeviceEntry>, ChannelsError> {
        let own = ctx.staff()?.id;
        let staff = staff.unwrap_or(own);
        // The list needs the right, not the fresh factor.
        if staff != own && !ctx.holds::<DeviceRevoke>(Scope::own(staff)) {
            return Err(ChannelsError::NotFound);
        }
        let mut tx = self.db.snapshot().await?;
        let mut entries = Vec::new();
        for row in device::of_subject(&mut tx, Subject::Staff(staff)).await? {
            let key_packages = device::available_key_packages(&mut tx, row.id, ctx.now()).await?;
            entries.push(DeviceEntry {
                id: row.id,
                staff,
                name: row.name,
                user_agent: row.user_agent,
                created_at: row.created_at,
                last_seen_at: row.last_seen_at,
                statement_expires_at: row.statement_expires_at,
                revoked_at: row.revoked_at,
                key_packages,
            });
        }
        Ok(entries)
    }

    /// Revokes a device: one's own, or another's by right.
    pub async fn revoke(&self, ctx: &Ctx, device: DeviceId) -> Result<(), ChannelsError> {
        let actor = person(ctx)?;
        let mut tx = self.db.begin().await?;
        let row = device::find(&mut tx, device).await?.ok_or(ChannelsError::NotFound)?;
        match (actor, row.owner()) {
            (Subject::Staff(_), owner) if actor == owner => ctx.fresh_factor("device.revoke")?,
            (Subject::Staff(_), Subject::Staff(owner)) => ctx.require::<DeviceRevoke>(Scope::own(owner)).map(drop)?,
            (Subject::Staff(_), Subject::Customer(_)) => ctx.require::<DeviceRevoke>(Scope::ORGANISATION).map(drop)?,
            (Subject::Customer(_), owner) if actor == owner => {}
            (Subject::Customer(_), _) => return Err(ChannelsError::NotFound),
        }
        self.revoke_row(&mut tx, ctx, &row, "device revoked").await?;
        tx.commit().await?;
        Ok(())
    }

    /// Revokes a device in the caller's transaction: it can do nothing from now on, and is to be removed from all groups.
    pub async fn revoke_in(&self, tx: &mut Tx, ctx: &Ctx, device: DeviceId) -> Result<(), ChannelsError> {
        let row = device::find(tx, device).await?.ok_or(ChannelsError::NotFound)?;
        self.revoke_row(tx, ctx, &row, "device revoked").await
    }

    /// The acting customer takes a device of their own out.
    pub async fn revoke_own_in(&self, tx: &mut Tx, ctx: &Ctx, device: DeviceId) -> Result<(), ChannelsError> {
        let actor = person(ctx)?;
        let row = device::find(tx, device)
            .await?
            .filter(|row| row.owner() == actor)
            .ok_or(ChannelsError::NotFound)?;
        self.revoke_row(tx, ctx, &row, "device removed by its owner").await
    }

    /// A staff member left: all their devices are revoked.
    pub async fn left_in(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), ChannelsError> {
        self.revoke_all_in(tx, ctx, Subject::Staff(staff), "left").await
    }

    /// Revokes all devices of somebody.
    pub async fn revoke_all_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        subject: Subject,
        reason: &str,
    ) -> Result<(), ChannelsError> {
        let rows = device::of_subject(tx, subject).await?;
        self.revoke_rows(tx, ctx, &rows, reason).await
    }

    async fn revoke_row(&self, tx: &mut Tx, ctx: &Ctx, row: &DeviceRow, reason: &str) -> Result<(), ChannelsError> {
        self.revoke_rows(tx, ctx, std::slice::from_ref(row), reason).await
    }

    async fn revoke_rows(&self, tx: &mut Tx, ctx: &Ctx, rows: &[DeviceRow], reason: &str) -> Result<(), ChannelsError> {
        // By conversation, so that everybody locks groups in one order.
        let mut leaving: BTreeMap<ConversationId, Vec<DeviceId>> = BTreeMap::new();
        for row in rows {
            if device::revoke(tx, row.id, ctx.now()).await? {
                for conversation in group::of_device(tx, row.id).await? {
                    leaving.entry(conversation).or_default().push(row.id);
                }
                Self::tell_revoked(tx, ctx, row, reason).await?;
            }
        }
        for (conversation, devices) in leaving {
            self.ask_removal_in(tx, ctx, conversation, &devices, reason).await?;
        }
        Ok(())
    }

    async fn tell_revoked(tx: &mut Tx, ctx: &Ctx, row: &DeviceRow, reason: &str) -> Result<(), ChannelsError> {
        for team in team_key::make_stale(tx, row.id).await? {
            tx.emit(ctx, &TeamKeyChanged { team }).await?;
        }
        let owner = row.owner();
        tx.emit(
            ctx,
            &DeviceRevoked {
                device: row.id,
                staff: owner.staff(),
                customer: owner.customer(),
            },
        )
        .await?;
        tx.audit(
            ctx,
            Entry::done("device.revoked")
                .target(row.id)
                .detail("owner", owner.to_string())
                .detail("reason", reason),
        )
        .await?;
        Ok(())
    }
}
