use std::collections::BTreeMap;

use serde_json::json;
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, DeviceId};

use super::{Channels, NewGrant};
use crate::{
    Act, AppendedItem, ChannelsError, ItemAppended, ItemKind, Role, Subject,
    store::{self, device, group, log::NewItem},
};

impl Channels {
    /// Asks that devices be removed from a group: those of them that are in it and are not asked about yet.
    /// Until a commit has removed them nobody sends anything.
    pub async fn ask_removal_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        devices: &[DeviceId],
        reason: &str,
    ) -> Result<Vec<AppendedItem>, ChannelsError> {
        let row = group::lock(tx, conversation).await?.ok_or(ChannelsError::NotFound)?;
        let members = group::members(tx, conversation).await?;
        let pending = group::removals(tx, conversation).await?;
        let mut by_owner: BTreeMap<Subject, Vec<DeviceId>> = BTreeMap::new();
        for member in members
            .iter()
            .filter(|m| devices.contains(&m.device) && !pending.iter().any(|p| p.device == m.device))
        {
            let owner = device::find(tx, member.device)
                .await?
                .ok_or(ChannelsError::NotFound)?
                .owner();
            by_owner.entry(owner).or_default().push(member.device);
        }
        let mut items = Vec::new();
        for (subject, devices) in by_owner {
            let role = if subject.staff().is_some() {
                Role::Colleague
            } else {
                Role::Customer
            };
            let new = NewGrant {
                conversation,
                act: Act::Remove,
                subject,
                devices: &devices,
                role,
                reason,
                history: false,
            };
            let grant = self.issue_grant_in(tx, ctx, new).await?;
            let body = json!({ "devices": devices, "grant": grant });
            let item = append(
                tx,
                ctx,
                conversation,
                None,
                ItemKind::Removal,
                None,
                None,
                row.epoch,
                &body,
            )
            .await?;
            for device in devices {
                group::add_removal(tx, conversation, device, item.seq, &grant).await?;
            }
            items.push(item);
        }
        Ok(items)
    }

    /// Asks that all staff devices be removed: back to the queue.
    pub async fn ask_staff_removal_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        reason: &str,
    ) -> Result<Vec<AppendedItem>, ChannelsError> {
        let staff: Vec<DeviceId> = group::members(tx, conversation)
            .await?
            .into_iter()
            .filter(|member| member.staff)
            .map(|member| member.device)
            .collect();
        self.ask_removal_in(tx, ctx, conversation, &staff, reason).await
    }

    /// Asks that all devices of somebody be removed.
    pub async fn ask_removal_of_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        subject: Subject,
        reason: &str,
    ) -> Result<Vec<AppendedItem>, ChannelsError> {
        let devices = self.member_devices_in(tx, conversation, subject).await?;
        self.ask_removal_in(tx, ctx, conversation, &devices, reason).await
    }

    /// Writes `closed` or `reopened` into the log.
    pub async fn mark_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        kind: ItemKind,
    ) -> Result<AppendedItem, ChannelsError> {
        let row = group::lock(tx, conversation).await?.ok_or(ChannelsError::NotFound)?;
        let by = ctx
            .actor
            .staff()
            .map_or_else(|| "system".to_owned(), |staff| staff.id.to_string());
        append(
            tx,
            ctx,
            conversation,
            None,
            kind,
            None,
            None,
            row.epoch,
            &json!({ "by": by }),
        )
        .await
    }
}

/// Appends an item and tells of it.
#[expect(clippy::too_many_arguments, reason = "the parts of an item, each of another type")]
pub(crate) async fn append(
    tx: &mut Tx,
    ctx: &Ctx,
    conversation: ConversationId,
    batch: Option<i64>,
    kind: ItemKind,
    client_id: Option<&str>,
    device: Option<&device::DeviceRow>,
    epoch: i64,
    body: &serde_json::Value,
) -> Result<AppendedItem, ChannelsError> {
    let new = NewItem {
        kind: kind.as_str(),
        client_id: client_id.map(str::to_owned),
        device: device.map(|device| device.id),
        statement: device.map(|device| device.statement),
        epoch,
        body: body.to_string(),
    };
    let seq = store::log::append(tx, conversation, batch, ctx.now(), new).await?;
    tell(tx, ctx, conversation, seq, kind).await
}

/// Appends what a device says, under the number that was taken for it, and tells of it.
pub(crate) async fn append_said(
    tx: &mut Tx,
    ctx: &Ctx,
    group: &group::GroupRow,
    kind: ItemKind,
    client_id: &str,
    device: &device::DeviceRow,
    (epoch, body): (i64, &serde_json::Value),
) -> Result<AppendedItem, ChannelsError> {
    let new = NewItem {
        kind: kind.as_str(),
        client_id: Some(client_id.to_owned()),
        device: Some(device.id),
        statement: Some(device.statement),
        epoch,
        body: body.to_string(),
    };
    store::log::insert(tx, group.conversation, group.head, None, ctx.now(), new).await?;
    tell(tx, ctx, group.conversation, group.head, kind).await
}

async fn tell(
    tx: &mut Tx,
    ctx: &Ctx,
    conversation: ConversationId,
    seq: i64,
    kind: ItemKind,
) -> Result<AppendedItem, ChannelsError> {
    tx.emit(
        ctx,
        &ItemAppended {
            conversation,
            seq,
            kind: kind.as_str().to_owned(),
        },
    )
    .await?;
    Ok(AppendedItem {
        seq,
        kind,
        at: ctx.now(),
    })
}
