//! Hands on what the outbox holds. One node does it at a time. An event leaves the outbox in the same transaction as
//! its consequences; the fan-out to sockets comes after, and who missed it asks.

use tracing::{error, info};
use wd_bus::{Bus, BusMessage};
use wd_db::{Db, DbError, outbox};
use wd_kernel::{Duration, EventEnvelope};

/// How many events share a transaction.
const BATCH: i64 = 256;
/// How long another node may lead before this one asks again.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// How long the outbox is left alone when nobody says that there is something.
const LOOK_ANYWAY: Duration = Duration::from_secs(1);

/// Runs until the task is dropped. After a fault of the database it begins again.
pub async fn run(db: Db, bus: Bus) {
    loop {
        match lead(&db, &bus).await {
            Ok(()) => {}
            Err(fault) => error!(error = %fault, "the relay stumbled"),
        }
        db.emitted(ASK_AGAIN).await;
    }
}

async fn lead(db: &Db, bus: &Bus) -> Result<(), DbError> {
    let Some(_leadership) = db.try_lead("relay").await? else {
        return Ok(());
    };
    info!("this node relays events");
    let hearing = db.hear_other_nodes();
    tokio::pin!(hearing);
    loop {
        // Drained before waiting: what was emitted before this node led waits in the table.
        while relay_batch(db, bus).await? > 0 {}
        tokio::select! {
            heard = &mut hearing => return heard,
            () = db.emitted(LOOK_ANYWAY) => {}
        }
    }
}

async fn relay_batch(db: &Db, bus: &Bus) -> Result<usize, DbError> {
    let mut tx = db.snapshot().await?;
    let nothing = outbox::waiting(&mut tx, 1).await?.is_empty();
    drop(tx);
    if nothing {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let events = outbox::waiting(&mut tx, BATCH).await?;
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    outbox::all_done(&mut tx, &ids).await?;
    tx.commit().await?;
    for event in &events {
        fan_out(bus, event).await;
    }
    Ok(events.len())
}

async fn fan_out(bus: &Bus, event: &EventEnvelope) {
    let message = BusMessage {
        topic: event.kind.clone(),
        payload: event.payload.clone(),
    };
    if let Err(fault) = bus.publish(message).await {
        error!(error = %fault, kind = event.kind, "an event did not reach the bus");
    }
}
