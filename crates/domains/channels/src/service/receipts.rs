use serde::Serialize;
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, Id as _, StaffId};

use super::{Channels, person, visible};
use crate::{
    ChannelsError, ReceiptMoved, Subject,
    store::{
        device::subject_uuid,
        group,
        receipts::{self, ReceiptRow},
    },
};

/// How far somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Receipt {
    /// `customer` or `stf_…`.
    pub who: String,
    /// The last item that arrived.
    pub delivered: i64,
    /// The last item that was read.
    pub read: i64,
}

/// Where a conversation stands, for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Which one.
    pub conversation: ConversationId,
    /// The number of the newest item.
    pub seq: i64,
    /// The last item they read.
    pub read_seq: i64,
    /// The group's epoch.
    pub epoch: i64,
    /// Whether devices are to be removed.
    pub removal_pending: bool,
}

impl Channels {
    /// Notes how far the actor is; it never goes back.
    pub async fn receive_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        delivered: i64,
        read: i64,
    ) -> Result<(), ChannelsError> {
        let who = person(ctx)?;
        let group = visible(ctx, group::find(tx, conversation).await?)?;
        let read = read.clamp(0, group.head);
        let delivered = delivered.clamp(read, group.head);
        let row = ReceiptRow {
            who: subject_uuid(who),
            customer: who.customer().is_some(),
            delivered,
            read_seq: read,
        };
        if receipts::advance(tx, conversation, &row).await? {
            tx.emit(
                ctx,
                &ReceiptMoved {
                    conversation,
                    staff: who.staff(),
                    delivered,
                    read,
                },
            )
            .await?;
        }
        Ok(())
    }

    /// How far everybody is.
    pub async fn receipts_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
    ) -> Result<Vec<Receipt>, ChannelsError> {
        visible(ctx, group::find(tx, conversation).await?)?;
        let rows = receipts::all(tx, conversation).await?;
        let who = |row: &ReceiptRow| {
            if row.customer {
                "customer".to_owned()
            } else {
                StaffId::from_uuid(row.who).to_string()
            }
        };
        Ok(rows
            .into_iter()
            .map(|row| Receipt {
                who: who(&row),
                delivered: row.delivered,
                read: row.read_seq,
            })
            .collect())
    }

    /// Where conversations stand for somebody; many at once.
    pub async fn positions_in(
        &self,
        tx: &mut Tx,
        who: Subject,
        conversations: &[ConversationId],
    ) -> Result<Vec<Position>, ChannelsError> {
        let rows = receipts::positions(tx, subject_uuid(who), conversations).await?;
        let position = |row: receipts::PositionRow| Position {
            conversation: row.conversation,
            seq: row.head,
            read_seq: row.read_seq,
            epoch: row.epoch,
            removal_pending: row.removals > 0,
        };
        Ok(rows.into_iter().map(position).collect())
    }
}
