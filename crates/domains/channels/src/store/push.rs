use uuid::Uuid;
use wd_db::{Bound, Column as _, DbError, Tx, in_chunks, record};
use wd_kernel::{ConversationId, DeviceId, Id as _, Timestamp};

record! {
    pub(crate) struct PlacedRow {
        pub(crate) conversation: ConversationId,
        pub(crate) seq: i64,
        pub(crate) kind: String,
        pub(crate) client_id: Option<String>,
        pub(crate) device: Option<DeviceId>,
        pub(crate) jws: Option<String>,
        pub(crate) at: Timestamp,
        pub(crate) epoch: i64,
        pub(crate) body: String,
    }
}

record! {
    pub(crate) struct OwnerRow {
        pub(crate) kind: String,
        pub(crate) subject: Uuid,
    }
}

/// How many items [`ITEMS`] asks for.
const AT_ONCE: usize = 12;

const ITEMS: &str = "SELECT i.conversation, i.seq, i.kind, i.client_id, i.device, s.jws, i.at, i.epoch, i.body FROM log_item i
         LEFT JOIN device_statement s ON s.device = i.device AND s.number = i.statement
         WHERE (i.conversation = $1 AND i.seq = $2) OR (i.conversation = $3 AND i.seq = $4) OR (i.conversation = $5 AND i.seq = $6) OR (i.conversation = $7 AND i.seq = $8) OR (i.conversation = $9 AND i.seq = $10) OR (i.conversation = $11 AND i.seq = $12) OR (i.conversation = $13 AND i.seq = $14) OR (i.conversation = $15 AND i.seq = $16) OR (i.conversation = $17 AND i.seq = $18) OR (i.conversation = $19 AND i.seq = $20) OR (i.conversation = $21 AND i.seq = $22) OR (i.conversation = $23 AND i.seq = $24)";

/// Those of many items that exist.
pub(crate) async fn items(tx: &mut Tx, places: &[(ConversationId, i64)]) -> Result<Vec<PlacedRow>, DbError> {
    let mut rows = Vec::with_capacity(places.len());
    for chunk in places.chunks(AT_ONCE) {
        rows.extend(tx.fetch_all::<PlacedRow>(ITEMS, binds(chunk)).await?);
    }
    Ok(rows)
}

/// Filled up with the place where nothing is.
fn binds(places: &[(ConversationId, i64)]) -> Vec<Bound> {
    places
        .iter()
        .map(|(conversation, seq)| (conversation.uuid(), *seq))
        .chain(std::iter::repeat((Uuid::nil(), 0)))
        .take(AT_ONCE)
        .flat_map(|(conversation, seq)| [conversation.bind(), seq.bind()])
        .collect()
}

const OWNERS: &str = "SELECT kind, subject FROM device
         WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)";

/// Who the devices belong to, revoked ones too.
pub(crate) async fn owners(tx: &mut Tx, devices: &[DeviceId]) -> Result<Vec<OwnerRow>, DbError> {
    let mut rows = Vec::with_capacity(devices.len());
    for binds in in_chunks(devices) {
        rows.extend(tx.fetch_all::<OwnerRow>(OWNERS, binds).await?);
    }
    Ok(rows)
}
