use uuid::Uuid;
use wd_db::{DbError, FromRow, Row, Tx, record, sql};
use wd_kernel::{ConversationId, CustomerId, DeviceId, TeamId, Timestamp};

use super::device::DeviceRow;
use crate::{Bytes, SealedHistoryKey};

record! {
    /// A group without its large columns.
    pub(crate) struct GroupRow {
        pub(crate) conversation: ConversationId,
        pub(crate) customer: CustomerId,
        pub(crate) team: TeamId,
        pub(crate) head: i64,
        pub(crate) note_head: i64,
        pub(crate) epoch: i64,
    }
}

record! {
    pub(crate) struct MemberRow {
        pub(crate) device: DeviceId,
        pub(crate) staff: bool,
    }
}

record! {
    pub(crate) struct RemovalRow {
        pub(crate) device: DeviceId,
        pub(crate) seq: i64,
        pub(crate) grant_jws: String,
        pub(crate) at: Timestamp,
    }
}

pub(crate) async fn find(tx: &mut Tx, conversation: ConversationId) -> Result<Option<GroupRow>, DbError> {
    sql!(
        tx,
        fetch_optional as GroupRow,
        "SELECT conversation, customer, team, head, note_head, epoch FROM mls_group WHERE conversation = $1",
        conversation
    )
    .await
}

/// Takes the conversation's turn: others who write into it wait until this transaction ends.
pub(crate) async fn lock(tx: &mut Tx, conversation: ConversationId) -> Result<Option<GroupRow>, DbError> {
    sql!(
        tx,
        fetch_optional as GroupRow,
        "UPDATE mls_group SET head = head WHERE conversation = $1 RETURNING conversation, customer, team, head, note_head, epoch",
        conversation
    )
    .await
}

/// Takes the conversation's turn and its next number, which is the `head` of the answer. A customer gets only their own.
pub(crate) async fn next(
    tx: &mut Tx,
    conversation: ConversationId,
    customer: Option<CustomerId>,
) -> Result<Option<GroupRow>, DbError> {
    sql!(
        tx,
        fetch_optional as GroupRow,
        "UPDATE mls_group SET head = head + 1 WHERE conversation = $1 AND (customer = $2 OR $2 IS NULL)
         RETURNING conversation, customer, team, head, note_head, epoch",
        conversation,
        customer
    )
    .await
}

/// Gives the number back that [`next`] took.
pub(crate) async fn give_back(tx: &mut Tx, conversation: ConversationId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE mls_group SET head = head - 1 WHERE conversation = $1",
        conversation
    )
    .await
    .map(drop)
}

/// What decides whether a device may send into a conversation.
#[expect(clippy::struct_excessive_bools, reason = "independent facts that one question tells")]
pub(crate) struct Standing {
    /// The device, whoever owns it.
    pub(crate) device: Option<DeviceRow>,
    /// Whether it is a member.
    pub(crate) member: bool,
    /// Whether a device of staff is.
    pub(crate) staff: bool,
    /// Whether devices are to be removed.
    pub(crate) removal: bool,
    /// Whether the request was answered before.
    pub(crate) answered: bool,
    /// When the sender's bucket will be full again.
    pub(crate) full_at: Option<Timestamp>,
}

impl FromRow for Standing {
    fn from_row(row: &Row) -> Result<Self, DbError> {
        let some = |name| row.get::<i64>(name).map(|count| count > 0);
        let device = row.get::<Option<DeviceId>>("id")?;
        Ok(Self {
            device: device.map(|_| DeviceRow::from_row(row)).transpose()?,
            member: some("own_places")?,
            staff: some("staff_places")?,
            removal: some("removals")?,
            answered: some("answers")?,
            full_at: row.get("full_at")?,
        })
    }
}

/// All of it in one question. Ask it after [`next`], so that nobody changes it meanwhile.
pub(crate) async fn standing(
    tx: &mut Tx,
    conversation: ConversationId,
    device: DeviceId,
    client_id: &str,
    sender: Uuid,
    limit: &str,
) -> Result<Standing, DbError> {
    sql!(
        tx,
        fetch_one as Standing,
        "SELECT d.id, d.kind, d.subject, d.name, d.user_agent, d.mls_key, d.hpke_key, d.statement, d.statement_expires_at, d.created_at, d.last_seen_at, d.revoked_at,
                (SELECT COUNT(*) FROM group_member m WHERE m.conversation = g.conversation AND m.device = $2) AS own_places,
                (SELECT COUNT(*) FROM group_member m WHERE m.conversation = g.conversation AND m.staff) AS staff_places,
                (SELECT COUNT(*) FROM pending_removal r WHERE r.conversation = g.conversation) AS removals,
                (SELECT COUNT(*) FROM log_item i WHERE i.conversation = g.conversation AND i.client_id = $3) AS answers,
                (SELECT spent FROM rate_bucket b WHERE b.subject = $4 AND b.what = $5) AS full_at
         FROM mls_group g LEFT JOIN device d ON d.id = $2 WHERE g.conversation = $1",
        conversation,
        device,
        client_id,
        sender,
        limit
    )
    .await
}

/// Makes a conversation. `false` if the id is taken.
pub(crate) async fn insert(
    tx: &mut Tx,
    group: &GroupRow,
    state: &[u8],
    group_info: &[u8],
    at: Timestamp,
) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "INSERT INTO mls_group (conversation, customer, team, head, note_head, epoch, state, group_info, opened_at)
         VALUES ($1, $2, $3, 0, 0, 0, $4, $5, $6) ON CONFLICT (conversation) DO NOTHING",
        group.conversation,
        group.customer,
        group.team,
        state,
        group_info,
        at
    )
    .await?;
    Ok(rows == 1)
}

/// State and GroupInfo.
pub(crate) async fn state(tx: &mut Tx, conversation: ConversationId) -> Result<(Vec<u8>, Vec<u8>), DbError> {
    sql!(
        tx,
        fetch_one as (Vec<u8>, Vec<u8>),
        "SELECT state, group_info FROM mls_group WHERE conversation = $1",
        conversation
    )
    .await
}

/// Goes from one epoch to the next, if nobody did before.
pub(crate) async fn advance(
    tx: &mut Tx,
    conversation: ConversationId,
    from: i64,
    state: &[u8],
    group_info: &[u8],
) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE mls_group SET epoch = $3, state = $4, group_info = $5 WHERE conversation = $1 AND epoch = $2",
        conversation,
        from,
        from + 1,
        state,
        group_info
    )
    .await?;
    Ok(rows == 1)
}

pub(crate) async fn members(tx: &mut Tx, conversation: ConversationId) -> Result<Vec<MemberRow>, DbError> {
    sql!(
        tx,
        fetch_all as MemberRow,
        "SELECT device, staff FROM group_member WHERE conversation = $1 ORDER BY device",
        conversation
    )
    .await
}

pub(crate) async fn add_member(
    tx: &mut Tx,
    conversation: ConversationId,
    device: DeviceId,
    staff: bool,
    epoch: i64,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO group_member (conversation, device, staff, joined_epoch) VALUES ($1, $2, $3, $4)",
        conversation,
        device,
        staff,
        epoch
    )
    .await
    .map(drop)
}

/// Takes a member out, and the wish that it be removed.
pub(crate) async fn remove_member(tx: &mut Tx, conversation: ConversationId, device: DeviceId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM group_member WHERE conversation = $1 AND device = $2",
        conversation,
        device
    )
    .await?;
    sql!(
        tx,
        execute,
        "DELETE FROM pending_removal WHERE conversation = $1 AND device = $2",
        conversation,
        device
    )
    .await
    .map(drop)
}

/// The groups a device is in.
pub(crate) async fn of_device(tx: &mut Tx, device: DeviceId) -> Result<Vec<ConversationId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (ConversationId,),
        "SELECT conversation FROM group_member WHERE device = $1 ORDER BY conversation",
        device
    )
    .await?;
    Ok(rows.into_iter().map(|(conversation,)| conversation).collect())
}

pub(crate) async fn removals(tx: &mut Tx, conversation: ConversationId) -> Result<Vec<RemovalRow>, DbError> {
    sql!(
        tx,
        fetch_all as RemovalRow,
        "SELECT r.device, r.seq, r.grant_jws, i.at FROM pending_removal r JOIN log_item i ON i.conversation = r.conversation AND i.seq = r.seq
         WHERE r.conversation = $1 ORDER BY r.seq, r.device",
        conversation
    )
    .await
}

pub(crate) async fn add_removal(
    tx: &mut Tx,
    conversation: ConversationId,
    device: DeviceId,
    seq: i64,
    grant: &str,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO pending_removal (conversation, device, seq, grant_jws) VALUES ($1, $2, $3, $4)",
        conversation,
        device,
        seq,
        grant
    )
    .await
    .map(drop)
}

pub(crate) async fn add_history_key(
    tx: &mut Tx,
    conversation: ConversationId,
    key: &SealedHistoryKey,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO history_key (conversation, epoch, generation, team, sealed) VALUES ($1, $2, $3, $4, $5)",
        conversation,
        key.epoch,
        key.generation,
        key.team,
        key.sealed.0
    )
    .await
    .map(drop)
}

pub(crate) async fn history_keys(tx: &mut Tx, conversation: ConversationId) -> Result<Vec<SealedHistoryKey>, DbError> {
    type KeyRow = (i64, i64, TeamId, Vec<u8>);
    let rows = sql!(
        tx,
        fetch_all as KeyRow,
        "SELECT epoch, generation, team, sealed FROM history_key WHERE conversation = $1 ORDER BY epoch",
        conversation
    )
    .await?;
    Ok(rows
        .into_iter()
        .map(|(epoch, generation, team, sealed)| SealedHistoryKey {
            epoch,
            generation,
            team,
            sealed: Bytes(sealed),
        })
        .collect())
}
