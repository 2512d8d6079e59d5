//! Events that commit with the change they tell of. Whoever handles one deletes it in the same transaction in which
//! its consequences commit, so consequences happen exactly once; fan-out after that may repeat.

use wd_kernel::{Ctx, Event, EventEnvelope, EventId, Timestamp};

use crate::{DbError, Tx, in_chunks, record, sql};

record! {
    struct OutboxRow {
        id: EventId,
        seq: i64,
        kind: String,
        at: Timestamp,
        payload: String,
    }
}

impl Tx {
    /// Writes an event that will be handed on if, and only if, this transaction commits.
    pub async fn emit<E: Event>(&mut self, ctx: &Ctx, event: &E) -> Result<(), DbError> {
        let payload = serde_json::to_string(event).map_err(DbError::Event)?;
        let id: EventId = ctx.id();
        sql!(
            self,
            execute,
            "INSERT INTO outbox (id, kind, at, payload, attempts) VALUES ($1, $2, $3, $4, 0)",
            id,
            E::KIND,
            ctx.now(),
            payload
        )
        .await?;
        self.emitted = true;
        Ok(())
    }
}

/// The oldest events that wait. Rows that failed too often are left aside.
pub async fn waiting(tx: &mut Tx, limit: i64) -> Result<Vec<EventEnvelope>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as OutboxRow,
        "SELECT id, seq, kind, at, payload FROM outbox WHERE attempts < 10 ORDER BY seq LIMIT $1",
        limit
    )
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| EventEnvelope {
            id: r.id,
            seq: r.seq,
            kind: r.kind,
            at: r.at,
            payload: r.payload,
        })
        .collect())
}

/// Forgets an event whose consequences are in this transaction. `false` if somebody else handled it.
pub async fn done(tx: &mut Tx, id: EventId) -> Result<bool, DbError> {
    Ok(sql!(tx, execute, "DELETE FROM outbox WHERE id = $1", id).await? == 1)
}

const FORGET_MANY: &str = "DELETE FROM outbox
     WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)";

/// Forgets many events at once, whoever handled them.
pub async fn all_done(tx: &mut Tx, ids: &[EventId]) -> Result<(), DbError> {
    for binds in in_chunks(ids) {
        tx.execute(FORGET_MANY, binds).await?;
    }
    Ok(())
}

/// Counts a failure; the number of failures so far.
pub async fn failed(tx: &mut Tx, id: EventId) -> Result<i64, DbError> {
    let (attempts,) = sql!(
        tx,
        fetch_one as (i64,),
        "UPDATE outbox SET attempts = attempts + 1 WHERE id = $1 RETURNING attempts",
        id
    )
    .await?;
    Ok(attempts)
}
