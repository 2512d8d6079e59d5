use wd_db::{DbError, Tx, in_chunks, sql};
use wd_kernel::{ConversationId, StaffId};

pub(crate) async fn add(
    tx: &mut Tx,
    conversation: ConversationId,
    staff: StaffId,
    open: bool,
) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "INSERT INTO colleague (conversation, staff, open) VALUES ($1, $2, $3) ON CONFLICT (conversation, staff) DO NOTHING",
        conversation,
        staff,
        open
    )
    .await?;
    Ok(rows == 1)
}

pub(crate) async fn remove(tx: &mut Tx, conversation: ConversationId, staff: StaffId) -> Result<bool, DbError> {
    Ok(sql!(
        tx,
        execute,
        "DELETE FROM colleague WHERE conversation = $1 AND staff = $2",
        conversation,
        staff
    )
    .await?
        == 1)
}

pub(crate) async fn clear(tx: &mut Tx, conversation: ConversationId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM colleague WHERE conversation = $1",
        conversation
    )
    .await
    .map(drop)
}

pub(crate) async fn all(tx: &mut Tx, conversation: ConversationId) -> Result<Vec<StaffId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (StaffId,),
        "SELECT staff FROM colleague WHERE conversation = $1 ORDER BY staff",
        conversation
    )
    .await?;
    Ok(rows.into_iter().map(|(staff,)| staff).collect())
}

pub(crate) async fn of_staff(tx: &mut Tx, staff: StaffId) -> Result<Vec<ConversationId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (ConversationId,),
        "SELECT conversation FROM colleague WHERE staff = $1 ORDER BY conversation",
        staff
    )
    .await?;
    Ok(rows.into_iter().map(|(conversation,)| conversation).collect())
}

/// Notes whether the case is open now: what somebody helps with is found without looking at all they ever helped with.
pub(crate) async fn set_open(tx: &mut Tx, conversation: ConversationId, open: bool) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE colleague SET open = $2 WHERE conversation = $1",
        conversation,
        open
    )
    .await
    .map(drop)
}

/// The open conversations where somebody is a colleague.
pub(crate) async fn open_of_staff(tx: &mut Tx, staff: StaffId, limit: i64) -> Result<Vec<ConversationId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (ConversationId,),
        "SELECT conversation FROM colleague WHERE staff = $1 AND open ORDER BY conversation DESC LIMIT $2",
        staff,
        limit
    )
    .await?;
    Ok(rows.into_iter().map(|(conversation,)| conversation).collect())
}

const OF_MANY: &str = "SELECT conversation, staff FROM colleague
         WHERE conversation IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25) ORDER BY conversation, staff";

/// The colleagues of many conversations at once.
pub(crate) async fn of_many(
    tx: &mut Tx,
    conversations: &[ConversationId],
) -> Result<Vec<(ConversationId, StaffId)>, DbError> {
    let mut rows = Vec::new();
    for binds in in_chunks(conversations) {
        rows.extend(tx.fetch_all::<(ConversationId, StaffId)>(OF_MANY, binds).await?);
    }
    Ok(rows)
}
