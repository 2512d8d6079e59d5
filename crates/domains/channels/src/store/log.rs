use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{ConversationId, DeviceId, Timestamp};

record! {
    pub(crate) struct ItemRow {
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
    pub(crate) struct AnswerRow {
        pub(crate) seq: i64,
        pub(crate) kind: String,
        pub(crate) at: Timestamp,
        pub(crate) device: Option<DeviceId>,
    }
}

/// What is to be appended.
pub(crate) struct NewItem {
    pub(crate) kind: &'static str,
    pub(crate) client_id: Option<String>,
    pub(crate) device: Option<DeviceId>,
    pub(crate) statement: Option<i64>,
    pub(crate) epoch: i64,
    pub(crate) body: String,
}

/// Appends an item; its number. `batch` is the number of the first item of the same request.
pub(crate) async fn append(
    tx: &mut Tx,
    conversation: ConversationId,
    batch: Option<i64>,
    at: Timestamp,
    item: NewItem,
) -> Result<i64, DbError> {
    // The row lock of this update makes numbers gapless: who waits for it counts on from what was committed.
    let (seq,) = sql!(
        tx,
        fetch_one as (i64,),
        "UPDATE mls_group SET head = head + 1 WHERE conversation = $1 RETURNING head",
        conversation
    )
    .await?;
    insert(tx, conversation, seq, batch, at, item).await?;
    Ok(seq)
}

/// Writes an item under a number that was taken for it.
pub(crate) async fn insert(
    tx: &mut Tx,
    conversation: ConversationId,
    seq: i64,
    batch: Option<i64>,
    at: Timestamp,
    item: NewItem,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO log_item (conversation, seq, batch, kind, client_id, device, statement, at, epoch, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        conversation,
        seq,
        batch.unwrap_or(seq),
        item.kind,
        item.client_id,
        item.device,
        item.statement,
        at,
        item.epoch,
        item.body
    )
    .await
    .map(drop)
}

/// The items that a request with this client id became.
pub(crate) async fn answer(
    tx: &mut Tx,
    conversation: ConversationId,
    client_id: &str,
) -> Result<Vec<AnswerRow>, DbError> {
    sql!(
        tx,
        fetch_all as AnswerRow,
        "SELECT i.seq, i.kind, i.at, f.device FROM log_item f JOIN log_item i ON i.conversation = f.conversation AND i.batch = f.batch AND i.seq >= f.seq
         WHERE f.conversation = $1 AND f.client_id = $2 ORDER BY i.seq",
        conversation,
        client_id
    )
    .await
}

pub(crate) async fn after(
    tx: &mut Tx,
    conversation: ConversationId,
    after: i64,
    limit: i64,
) -> Result<Vec<ItemRow>, DbError> {
    sql!(
        tx,
        fetch_all as ItemRow,
        "SELECT i.seq, i.kind, i.client_id, i.device, s.jws, i.at, i.epoch, i.body FROM log_item i
         LEFT JOIN device_statement s ON s.device = i.device AND s.number = i.statement
         WHERE i.conversation = $1 AND i.seq > $2 ORDER BY i.seq LIMIT $3",
        conversation,
        after,
        limit
    )
    .await
}

record! {
    pub(crate) struct CommitRow {
        pub(crate) at: Timestamp,
        pub(crate) body: String,
    }
}

/// The commits since a time.
pub(crate) async fn commits_since(
    tx: &mut Tx,
    conversation: ConversationId,
    since: Timestamp,
) -> Result<Vec<CommitRow>, DbError> {
    sql!(
        tx,
        fetch_all as CommitRow,
        "SELECT at, body FROM log_item WHERE conversation = $1 AND kind = 'commit' AND at >= $2 ORDER BY seq",
        conversation,
        since
    )
    .await
}
