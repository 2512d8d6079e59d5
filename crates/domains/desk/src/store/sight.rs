use wd_db::{DbError, Tx, in_chunks, record};
use wd_kernel::{ConversationId, CustomerId, StaffId, TeamId};

record! {
    /// The columns that decide who sees a case.
    pub(crate) struct SightRow {
        pub(crate) id: ConversationId,
        pub(crate) team: TeamId,
        pub(crate) customer: CustomerId,
        pub(crate) assignee: Option<StaffId>,
    }
}

const OF_MANY: &str = "SELECT id, team, customer, assignee FROM conversation
         WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)";

/// Those of many cases that exist.
pub(crate) async fn of_many(tx: &mut Tx, conversations: &[ConversationId]) -> Result<Vec<SightRow>, DbError> {
    let mut rows = Vec::with_capacity(conversations.len());
    for binds in in_chunks(conversations) {
        rows.extend(tx.fetch_all::<SightRow>(OF_MANY, binds).await?);
    }
    Ok(rows)
}
