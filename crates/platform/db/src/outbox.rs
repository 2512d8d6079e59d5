//! Events that commit with the change they tell of. Whoever handles one deletes it in the same transaction in which
//! its consequences commit, so consequences happen exactly once; fan-out after that may repeat.

use wd_kernel::{Ctx, Event, EventEnvelope, EventId, Timestamp};

use crate::{Column as _, DbError, Tx, in_chunks, record, sql};

record! {
    struct OutboxRow {
        id: EventId,
        seq: i64,
        kind: String,
        at: Timestamp,
        payload: String,
    }
}

/// How often what follows from an event may fail before the event is left aside.
pub const MOST_FAILURES: i64 = 10;
/// Rows of the outbox that go in one statement.
const AT_ONCE: usize = 4;
const INSERT: [&str; AT_ONCE] = [
    "INSERT INTO outbox (id, kind, at, payload, attempts) VALUES ($1, $2, $3, $4, 0)",
    "INSERT INTO outbox (id, kind, at, payload, attempts) VALUES ($1, $2, $3, $4, 0), ($5, $6, $7, $8, 0)",
    "INSERT INTO outbox (id, kind, at, payload, attempts) VALUES ($1, $2, $3, $4, 0), ($5, $6, $7, $8, 0), ($9, $10, $11, $12, 0)",
    "INSERT INTO outbox (id, kind, at, payload, attempts) VALUES ($1, $2, $3, $4, 0), ($5, $6, $7, $8, 0), ($9, $10, $11, $12, 0), ($13, $14, $15, $16, 0)",
];

impl Tx {
    /// Keeps an event that will be handed on if, and only if, this transaction commits. It is written at the commit,
    /// together with the others.
    #[expect(
        clippy::unused_async,
        reason = "writing an event is a statement like the others for callers"
    )]
    pub async fn emit<E: Event>(&mut self, ctx: &Ctx, event: &E) -> Result<(), DbError> {
        let payload = serde_json::to_string(event).map_err(DbError::Event)?;
        let id: EventId = ctx.id();
        self.emitted
            .push([id.bind(), E::KIND.bind(), ctx.now().bind(), payload.bind()]);
        Ok(())
    }

    /// Writes the events that were emitted; whether there were any.
    pub(crate) async fn write_emitted(&mut self) -> Result<bool, DbError> {
        let emitted = std::mem::take(&mut self.emitted);
        for chunk in emitted.chunks(AT_ONCE) {
            if let Some(insert) = INSERT.get(chunk.len() - 1) {
                self.execute(insert, chunk.iter().flatten().cloned().collect()).await?;
            }
        }
        Ok(!emitted.is_empty())
    }
}

/// The oldest events that wait. Rows that failed too often are left aside.
pub async fn waiting(tx: &mut Tx, limit: i64) -> Result<Vec<EventEnvelope>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as OutboxRow,
        "SELECT id, seq, kind, at, payload FROM outbox WHERE attempts < $2 ORDER BY seq LIMIT $1",
        limit,
        MOST_FAILURES
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
