use uuid::Uuid;
use wd_db::{Column as _, DbError, Tx, record, sql};
use wd_kernel::{ConversationId, Id as _};

record! {
    pub(crate) struct ReceiptRow {
        pub(crate) who: Uuid,
        pub(crate) customer: bool,
        pub(crate) delivered: i64,
        pub(crate) read_seq: i64,
    }
}

record! {
    pub(crate) struct PositionRow {
        pub(crate) conversation: ConversationId,
        pub(crate) head: i64,
        pub(crate) epoch: i64,
        pub(crate) read_seq: i64,
        pub(crate) removals: i64,
    }
}

/// Moves a receipt on, never back. `false` if nothing moved.
pub(crate) async fn advance(tx: &mut Tx, conversation: ConversationId, row: &ReceiptRow) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "INSERT INTO receipt (conversation, who, customer, delivered, read_seq) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (conversation, who) DO UPDATE SET
           delivered = CASE WHEN excluded.delivered > receipt.delivered THEN excluded.delivered ELSE receipt.delivered END,
           read_seq = CASE WHEN excluded.read_seq > receipt.read_seq THEN excluded.read_seq ELSE receipt.read_seq END
         WHERE excluded.delivered > receipt.delivered OR excluded.read_seq > receipt.read_seq",
        conversation,
        row.who,
        row.customer,
        row.delivered,
        row.read_seq
    )
    .await?;
    Ok(rows == 1)
}

pub(crate) async fn all(tx: &mut Tx, conversation: ConversationId) -> Result<Vec<ReceiptRow>, DbError> {
    sql!(
        tx,
        fetch_all as ReceiptRow,
        "SELECT who, customer, delivered, read_seq FROM receipt WHERE conversation = $1 ORDER BY who",
        conversation
    )
    .await
}

const POSITIONS: &str = "SELECT g.conversation, g.head, g.epoch, COALESCE(r.read_seq, 0) AS read_seq,
           (SELECT COUNT(*) FROM pending_removal p WHERE p.conversation = g.conversation) AS removals
         FROM mls_group g LEFT JOIN receipt r ON r.conversation = g.conversation AND r.who = $1
         WHERE g.conversation IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)";
const AT_ONCE: usize = 25;

/// Where conversations stand and how far somebody read; many at once.
pub(crate) async fn positions(
    tx: &mut Tx,
    who: Uuid,
    conversations: &[ConversationId],
) -> Result<Vec<PositionRow>, DbError> {
    let mut rows = Vec::with_capacity(conversations.len());
    for chunk in conversations.chunks(AT_ONCE) {
        let ids = chunk
            .iter()
            .map(|id| id.uuid())
            .chain(std::iter::repeat(Uuid::nil()))
            .take(AT_ONCE);
        let binds = std::iter::once(who).chain(ids).map(|id| id.bind()).collect();
        rows.extend(tx.fetch_all::<PositionRow>(POSITIONS, binds).await?);
    }
    Ok(rows)
}
