//! Telling relays that the outbox has something: in this process at once, at other nodes by PostgreSQL's NOTIFY.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::PgPool;
use tokio::{sync::Notify, time::timeout};
use tracing::warn;

/// The channel of NOTIFY.
pub(crate) const CHANNEL: &str = "wardesk_outbox";

/// Tells the relays. A hint: who misses it looks anyway after a while.
#[derive(Clone, Default)]
pub(crate) struct Wake {
    here: Arc<Notify>,
    elsewhere: Option<Arc<Elsewhere>>,
}

/// The other nodes. A NOTIFY inside of the transactions themselves would make them commit one after another, each with
/// its own wait for the disk; so it goes afterwards, one for all that committed meanwhile.
struct Elsewhere {
    pool: PgPool,
    wanted: AtomicBool,
    running: AtomicBool,
}

impl Wake {
    pub(crate) fn with_other_nodes(pool: PgPool) -> Self {
        Self {
            here: Arc::default(),
            elsewhere: Some(Arc::new(Elsewhere {
                pool,
                wanted: AtomicBool::new(false),
                running: AtomicBool::new(false),
            })),
        }
    }

    /// Something was committed here.
    pub(crate) fn wake(&self) {
        self.heard();
        if let Some(elsewhere) = &self.elsewhere {
            elsewhere.wanted.store(true, Ordering::SeqCst);
            if !elsewhere.running.swap(true, Ordering::SeqCst) {
                tokio::spawn(Arc::clone(elsewhere).announce());
            }
        }
    }

    /// Another node committed something.
    pub(crate) fn heard(&self) {
        self.here.notify_one();
    }

    pub(crate) async fn wait(&self, at_most: Duration) {
        let _ = timeout(at_most, self.here.notified()).await;
    }
}

impl Elsewhere {
    async fn announce(self: Arc<Self>) {
        loop {
            while self.wanted.swap(false, Ordering::SeqCst) {
                let told = sqlx::query("SELECT pg_notify($1, '')")
                    .bind(CHANNEL)
                    .execute(&self.pool)
                    .await;
                if let Err(error) = told {
                    warn!(%error, "other nodes were not told and will look by themselves");
                }
            }
            self.running.store(false, Ordering::SeqCst);
            // Who wanted it between the last look and the line above saw it running, and relies on it.
            if !self.wanted.load(Ordering::SeqCst) || self.running.swap(true, Ordering::SeqCst) {
                return;
            }
        }
    }
}
