use serde_json::json;
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, DeviceId};

use super::{Channels, own, person, rate, removal::append_said, visible};
use crate::{
    Appended, AppendedItem, Bytes, ChannelsError, ItemKind, Record, RecordHeader, RecordType,
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
        check_client_id(client_id)?;
        let sender = person(ctx)?;
        // The number is taken with the turn; whoever is refused below drops the transaction, and the number with it.
        let group = visible(ctx, group::next(tx, conversation, ctx.actor.customer()).await?)?;
        let standing = group::standing(
            tx,
            conversation,
            header.device,
            client_id,
            subject_uuid(sender),
            rate::MESSAGES.what,
        )
        .await?;
        if standing.answered
            && let Some(appended) = self
                .answered_in(tx, conversation, client_id, Some(header.device))
                .await?
        {
            group::give_back(tx, conversation).await?;
            return Ok(Sent {
                appended,
                repeated: true,
            });
        }
        let device = own(sender, standing.device)?;
        check_record(record, typ, conversation, client_id, &device)?;
        if !standing.member {
            return Err(ChannelsError::Conflict("this device is not in the conversation"));
        }
        if standing.removal {
            return Err(ChannelsError::RemovalPending);
        }
        let staff_present = standing.staff;
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
        if sender.customer().is_some() {
            rate::MESSAGES
                .spend_known(tx, ctx, subject_uuid(sender), standing.full_at)
                .await?;
        }
        let item = append_said(tx, ctx, &group, kind, client_id, &device, (epoch, &body)).await?;
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
