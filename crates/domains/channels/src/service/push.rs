//! Items as they are pushed: read once for everybody, and shown to each as the log would show them.

use std::collections::HashMap;

use serde_json::Value;
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, CustomerId, DeviceId, Id as _, StaffId};

use super::{Channels, person, read::as_seen};
use crate::{
    ChannelsError, DeviceKind, ItemKind, LogItem, Subject,
    store::push::{self, PlacedRow},
};

/// An item that was read once for all who see its conversation; who that is, the desk says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedItem {
    item: LogItem,
    /// A welcome, and keys that are handed over, are for the owners of the devices they name alone; everything else is
    /// for everybody.
    only_for: Option<Vec<Subject>>,
}

impl PushedItem {
    /// Whether the body is shown to who acts; to others the item is shown [without](Self::without_body).
    pub fn body_is_for(&self, ctx: &Ctx) -> bool {
        match &self.only_for {
            None => true,
            Some(owners) => person(ctx).is_ok_and(|person| owners.contains(&person)),
        }
    }

    /// The whole item.
    pub const fn whole(&self) -> &LogItem {
        &self.item
    }

    /// The item for those whom the body is not for.
    pub fn without_body(&self) -> LogItem {
        LogItem {
            body: as_seen(self.item.kind, self.item.body.clone(), &[]),
            ..self.item.clone()
        }
    }
}

impl Channels {
    /// The items at these places of these conversations, for everybody at once. What does not exist or cannot be read is
    /// left out.
    pub async fn items_of_many_in(
        &self,
        tx: &mut Tx,
        places: &[(ConversationId, i64)],
    ) -> Result<HashMap<(ConversationId, i64), PushedItem>, ChannelsError> {
        let mut items = HashMap::with_capacity(places.len());
        for row in push::items(tx, places).await? {
            let place = (row.conversation, row.seq);
            match pushed(tx, row).await {
                Ok(item) => drop(items.insert(place, item)),
                Err(ChannelsError::Db(fault)) => return Err(fault.into()),
                // What is stored there is not to be read; who asks the log is told so.
                Err(_) => {}
            }
        }
        Ok(items)
    }
}

async fn pushed(tx: &mut Tx, row: PlacedRow) -> Result<PushedItem, ChannelsError> {
    let kind = ItemKind::parse(&row.kind).ok_or(ChannelsError::Stored("an item's kind"))?;
    let body: Value = serde_json::from_str(&row.body)?;
    let only_for = match kind.readers(&body) {
        Some(devices) => Some(owners_of(tx, &devices).await?),
        None => None,
    };
    Ok(PushedItem {
        item: LogItem {
            seq: row.seq,
            kind,
            client_id: row.client_id,
            device: row.device,
            statement: row.jws,
            at: row.at,
            epoch: row.epoch,
            body,
        },
        only_for,
    })
}

async fn owners_of(tx: &mut Tx, devices: &[DeviceId]) -> Result<Vec<Subject>, ChannelsError> {
    let rows = push::owners(tx, devices).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            if row.kind == DeviceKind::Staff.as_str() {
                Subject::Staff(StaffId::from_uuid(row.subject))
            } else {
                Subject::Customer(CustomerId::from_uuid(row.subject))
            }
        })
        .collect())
}
