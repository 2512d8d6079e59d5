use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, CustomerId, DeviceId, TeamId};

use super::{Channels, person, visible};
use crate::{
    Bytes, ChannelsError, ItemKind, JoinedDevice, LogItem, LogPage, SealedHistoryKey, Subject,
    store::{device, group, log},
};

/// The group as who joins it needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Group)]
pub struct GroupView {
    /// The present epoch.
    pub epoch: i64,
    /// Its GroupInfo.
    pub group_info: Bytes,
    /// Who is in it, with the present statements.
    pub members: Vec<JoinedDevice>,
    /// What is to be committed before anything is sent.
    pub removals: Vec<OpenRemoval>,
}

/// Devices that are to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Removal)]
pub struct OpenRemoval {
    /// The devices.
    pub devices: Vec<DeviceId>,
    /// The leave to remove them.
    pub grant: String,
}

impl Channels {
    /// The items after a number. A welcome is shown to the devices it is for: the one that asks, or any of the actor's.
    pub async fn log_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        reader: Option<DeviceId>,
        after: i64,
        limit: i64,
    ) -> Result<LogPage, ChannelsError> {
        let group = visible(ctx, group::find(tx, conversation).await?)?;
        let readers: Vec<DeviceId> = match (reader, person(ctx)) {
            (Some(device), Ok(person)) => device::find(tx, device)
                .await?
                .filter(|row| row.owner() == person)
                .into_iter()
                .map(|row| row.id)
                .collect(),
            (None, Ok(person)) => device::of_subject(tx, person)
                .await?
                .into_iter()
                .map(|row| row.id)
                .collect(),
            (_, Err(_)) => Vec::new(),
        };
        let rows = log::after(tx, conversation, after.max(0), limit.clamp(1, 200)).await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let kind = ItemKind::parse(&row.kind).ok_or(ChannelsError::Stored("an item's kind"))?;
            let body = as_seen(kind, serde_json::from_str(&row.body)?, &readers);
            items.push(LogItem {
                seq: row.seq,
                kind,
                client_id: row.client_id,
                device: row.device,
                statement: row.jws,
                at: row.at,
                epoch: row.epoch,
                body,
            });
        }
        let next_after = items.last().map_or(after, |item| item.seq);
        Ok(LogPage {
            items,
            next_after,
            head: group.head,
        })
    }

    /// The group's present state.
    pub async fn group_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
    ) -> Result<GroupView, ChannelsError> {
        let row = visible(ctx, group::find(tx, conversation).await?)?;
        let (_, group_info) = group::state(tx, conversation).await?;
        let mut members = Vec::new();
        for member in group::members(tx, conversation).await? {
            let device = device::find(tx, member.device)
                .await?
                .ok_or(ChannelsError::Stored("a member's device"))?;
            members.push(JoinedDevice {
                device: member.device,
                statement: device::statement(tx, &device).await?,
            });
        }
        let mut open: BTreeMap<i64, OpenRemoval> = BTreeMap::new();
        for removal in group::removals(tx, conversation).await? {
            let entry = open.entry(removal.seq).or_insert_with(|| OpenRemoval {
                devices: vec![],
                grant: removal.grant_jws,
            });
            entry.devices.push(removal.device);
        }
        Ok(GroupView {
            epoch: row.epoch,
            group_info: Bytes(group_info),
            members,
            removals: open.into_values().collect(),
        })
    }

    /// The sealed history keys. Who may have them is the caller's to check; never a customer.
    pub async fn history_keys_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
    ) -> Result<Vec<SealedHistoryKey>, ChannelsError> {
        ctx.staff()?;
        visible(ctx, group::find(tx, conversation).await?)?;
        Ok(group::history_keys(tx, conversation).await?)
    }

    /// The devices of somebody that are in the group.
    pub async fn member_devices_in(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        subject: Subject,
    ) -> Result<Vec<DeviceId>, ChannelsError> {
        let own = device::of_subject(tx, subject).await?;
        let members = group::members(tx, conversation).await?;
        Ok(members
            .into_iter()
            .map(|member| member.device)
            .filter(|device| own.iter().any(|row| row.id == *device))
            .collect())
    }

    /// The devices of somebody that are in the group and are not to be removed.
    pub async fn staying_devices_in(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        subject: Subject,
    ) -> Result<Vec<DeviceId>, ChannelsError> {
        let mut devices = self.member_devices_in(tx, conversation, subject).await?;
        let open = group::removals(tx, conversation).await?;
        devices.retain(|device| !open.iter().any(|removal| removal.device == *device));
        Ok(devices)
    }

    /// A device's owner, if the device still counts.
    pub async fn device_owner_in(&self, tx: &mut Tx, device: DeviceId) -> Result<Option<Subject>, ChannelsError> {
        Ok(device::find(tx, device)
            .await?
            .filter(|row| row.revoked_at.is_none())
            .map(|row| row.owner()))
    }

    /// Customer and team of a conversation.
    pub async fn parties_in(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
    ) -> Result<Option<(CustomerId, TeamId)>, ChannelsError> {
        Ok(group::find(tx, conversation).await?.map(|row| (row.customer, row.team)))
    }
}

/// An item's body as these devices see it, in the log as over a socket. Everybody sees that keys were handed over and to
/// which device; what was sealed, and a welcome, goes to the devices it is for.
pub(crate) fn as_seen(kind: ItemKind, body: Value, readers: &[DeviceId]) -> Value {
    let hidden = kind
        .readers(&body)
        .is_some_and(|devices| !devices.iter().any(|device| readers.contains(device)));
    match kind {
        _ if !hidden => body,
        ItemKind::History => json!({ "to": body.get("to") }),
        _ => json!({}),
    }
}
