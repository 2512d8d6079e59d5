//! The same rows without Wardesk: what the database itself gives at the same durability.

use std::path::Path;

use anyhow::Context as _;
use futures::future::try_join_all;
use wd_db::{Db, DbError, sql};
use wd_kernel::{Clock as _, ConversationId, Entropy as _};
use wd_server::{SystemClock, SystemEntropy};

use crate::{
    database::Database,
    measure::{count, median, now, seconds},
};

const ROUNDS: usize = 3;
const IN_A_BATCH: usize = 64;
const TRANSACTIONS: usize = 1_500;

/// Messages a second, and the seconds of one commit.
pub struct Bare {
    pub one: f64,
    pub batched: f64,
    pub commit: f64,
}

/// Writes into the conversations that are there.
pub async fn measure(database: &Database, data: &Path) -> anyhow::Result<Bare> {
    let db = database.open(data).await?;
    let mut tx = db.snapshot().await?;
    let ids = sql!(tx, fetch_all as (ConversationId,), "SELECT conversation FROM mls_group").await?;
    let (body,) = sql!(
        tx,
        fetch_optional as (String,),
        "SELECT body FROM log_item WHERE kind = 'message' LIMIT 1"
    )
    .await?
    .context("there is no message")?;
    drop(tx);
    let ids: Vec<ConversationId> = ids.into_iter().map(|(id,)| id).collect();
    // SQLite has one writer; PostgreSQL is as fast as it gets with some beside each other.
    let writers = match database {
        Database::Sqlite => 1,
        Database::Postgres { .. } => 16,
    };
    let (mut one, mut batched, mut commit) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        one.push(rate(&db, &ids, &body, writers, TRANSACTIONS, 1).await?);
        batched.push(rate(&db, &ids, &body, writers, TRANSACTIONS / 16, IN_A_BATCH).await?);
        commit.push(rate(&db, &ids, &body, 1, TRANSACTIONS / 4, 1).await?.recip());
    }
    db.close().await;
    Ok(Bare {
        one: median(&mut one),
        batched: median(&mut batched),
        commit: median(&mut commit),
    })
}

async fn rate(
    db: &Db,
    ids: &[ConversationId],
    body: &str,
    writers: usize,
    transactions: usize,
    batch: usize,
) -> anyhow::Result<f64> {
    let each = transactions.div_ceil(writers);
    let began = now();
    let writing = (0..writers).map(|writer| async move {
        // Its own conversations, as different people write into different ones.
        let own = ids.iter().skip(writer).step_by(writers);
        let mut next = own.cycle();
        for _ in 0..each {
            let mut tx = db.begin().await?;
            for id in next.by_ref().take(batch) {
                message(&mut tx, *id, body).await?;
            }
            tx.commit().await?;
        }
        Ok::<(), DbError>(())
    });
    try_join_all(writing).await?;
    Ok(count(each * writers * batch) / seconds(began.elapsed()))
}

/// The rows of a message: the log and the group's head, the case, the sender's rate, two events that come and go.
async fn message(tx: &mut wd_db::Tx, id: ConversationId, body: &str) -> Result<(), DbError> {
    let at = SystemClock.now();
    let (seq,) = sql!(
        tx,
        fetch_one as (i64,),
        "UPDATE mls_group SET head = head + 1 WHERE conversation = $1 RETURNING head",
        id
    )
    .await?;
    sql!(
        tx,
        execute,
        "INSERT INTO log_item (conversation, seq, batch, kind, client_id, device, statement, at, epoch, body) VALUES ($1, $2, $2, 'message', NULL, NULL, NULL, $3, 2, $4)",
        id,
        seq,
        at,
        body
    )
    .await?;
    sql!(
        tx,
        execute,
        "UPDATE conversation SET last_activity_at = $2, last_from = 'staff' WHERE id = $1",
        id,
        at
    )
    .await?;
    sql!(
        tx,
        execute,
        "INSERT INTO rate_bucket (subject, what, spent) VALUES ($1, 'bench', $2) ON CONFLICT (subject, what) DO UPDATE SET spent = excluded.spent",
        id,
        at
    )
    .await?;
    for kind in ["channels.appended", "desk.case"] {
        let mut random = [0; 16];
        SystemEntropy.fill(&mut random);
        let event = uuid::Uuid::from_bytes(random);
        sql!(
            tx,
            execute,
            "INSERT INTO outbox (id, kind, at, payload, attempts) VALUES ($1, $2, $3, $4, 0)",
            event,
            kind,
            at,
            "{\"conversation\":\"cnv_0193b0c2a5b17c3e8d2f4a6b8c0d1e2f\",\"seq\":12,\"kind\":\"message\"}"
        )
        .await?;
        sql!(tx, execute, "DELETE FROM outbox WHERE id = $1", event).await?;
    }
    Ok(())
}
