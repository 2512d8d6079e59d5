use serde_json::json;
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, DeviceId};

use super::{Channels, lock, own_device, rate, removal::append};
use crate::{
    Appended, AppendedItem, Bytes, ChannelsError, ItemKind, Record, RecordHeader, RecordType, Subject,
    mls::check_application,
    model::check_client_id,
    store::{
        device::{DeviceRow, subject_uuid},
        group, log,
    },
};

/// How many epochs before the present one still count.
const PAST_EPOCHS: i64 = 3;

/// A text on its way.
#[derive(Debug, Clone, Copy)]
pub enum Sending<'a> {
    /// Of the customer, while no staff is in the group.
    Letter {
        /// The sender's id for it.
        client_id: &'a str,
        /// The letter.
        record: &'a Record,
    },
    /// Of a member, while staff is in the group.
    Message {
        /// The sender's id for it.
        client_id: &'a str,
        /// The application message.
        mls: &'a Bytes,
        /// The archive copy.
        record: &'a Record,
    },
}

/// A text that is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The answer.
    pub appended: Appended,
    /// Whether it was there before.
    pub repeated: bool,
}

impl Channels {
    /// Appends a letter or a message.
    pub async fn send_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        sending: Sending<'_>,
    ) -> Result<Sent, ChannelsError> {
        let (client_id, record, typ) = match sending {
            Sending::Letter { client_id, record } => (client_id, record, RecordType::Letter),
            Sending::Message { client_id, record, .. } => (client_id, record, RecordType::Archive),
        };
        let header = record.header(typ, conversation, client_id)?;
        let group = lock(tx, ctx, conversation).await?;
        if let Some(appended) = self
            .answered_in(tx, conversation, client_id, Some(header.device))
            .await?
        {
            return Ok(Sent {
                appended,
                repeated: true,
            });
        }
        let device = own_device(tx, ctx, header.device).await?;
        check_record(record, typ, conversation, client_id, &device)?;
        let members = group::members(tx, conversation).await?;
        if !members.iter().any(|member| member.device == device.id) {
            return Err(ChannelsError::Conflict("this device is not in the conversation"));
        }
        if group::removal_is_open(tx, conversation).await? {
            return Err(ChannelsError::RemovalPending);
        }
        let staff_present = members.iter().any(|member| member.staff);
        let (kind, epoch, body) = match sending {
            Sending::Letter { record, .. } => {
                if staff_present {
                    return Err(ChannelsError::Taken);
                }
                if header.key != group.epoch {
                    return Err(ChannelsError::EpochConflict);
                }
                (ItemKind::Letter, group.epoch, json!({ "record": record }))
            }
            Sending::Message { mls, record, .. } => {
                if !staff_present {
                    return Err(ChannelsError::NotTaken);
                }
                let epoch = check_application(&mls.0, conversation)?;
                let accepted = (group.epoch - PAST_EPOCHS).max(0)..=group.epoch;
                if !accepted.contains(&epoch) || !accepted.contains(&header.key) {
                    return Err(ChannelsError::EpochConflict);
                }
                (ItemKind::Message, epoch, json!({ "mls": mls, "record": record }))
            }
        };
        if let owner @ Subject::Customer(_) = device.owner() {
            rate::MESSAGES.spend(tx, ctx, subject_uuid(owner)).await?;
        }
        let item = append(
            tx,
            ctx,
            conversation,
            None,
            kind,
            Some(client_id),
            Some(&device),
            epoch,
            &body,
        )
        .await?;
        Ok(Sent {
            appended: Appended { items: vec![item] },
            repeated: false,
        })
    }

    /// The answer that a request with this client id got before, if there was one. An id that another device used is refused.
    pub async fn answered_in(
        &self,
        tx: &mut Tx,
        conversation: ConversationId,
        client_id: &str,
        device: Option<DeviceId>,
    ) -> Result<Option<Appended>, ChannelsError> {
        check_client_id(client_id)?;
        let rows = log::answer(tx, conversation, client_id).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        if device.is_some() && first.device != device {
            return Err(ChannelsError::Conflict("another device used this client_id"));
        }
        let item = |row: &log::AnswerRow| {
            let kind = ItemKind::parse(&row.kind).ok_or(ChannelsError::Stored("an item's kind"))?;
            Ok(AppendedItem {
                seq: row.seq,
                kind,
                at: row.at,
            })
        };
        Ok(Some(Appended {
            items: rows.iter().map(item).collect::<Result<_, ChannelsError>>()?,
        }))
    }
}

/// Checks a record of a device: header, then signature.
pub(crate) fn check_record(
    record: &Record,
    typ: RecordType,
    conversation: ConversationId,
    client_id: &str,
    device: &DeviceRow,
) -> Result<RecordHeader, ChannelsError> {
    check_client_id(client_id)?;
    let header = record.header(typ, conversation, client_id)?;
    if header.device != device.id {
        return Err(ChannelsError::invalid("record", "another device wrote it"));
    }
    record.check(device.mls_key())?;
    Ok(header)
}
