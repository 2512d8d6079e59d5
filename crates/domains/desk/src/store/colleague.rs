use wd_db::{DbError, Tx, sql};
use wd_kernel::{ConversationId, StaffId};

pub(crate) async fn add(tx: &mut Tx, conversation: ConversationId, staff: StaffId) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "INSERT INTO colleague (conversation, staff) VALUES ($1, $2) ON CONFLICT (conversation, staff) DO NOTHING",
        conversation,
        staff
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
