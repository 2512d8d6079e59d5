//! Bounds of what strangers can ask for. They hold for one node and are forgotten when it stops.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All turns are taken and the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server is busy with other sign-ins")]
pub struct Overloaded;

/// Who asks for a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// Anybody.
    Stranger,
    /// Who is signed in, has a link, or comes from a browser that is known.
    Known,
}

/// So many at a time, so many in the queue; its last quarter is not for strangers.
pub(crate) struct Turns {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
}

/// The place in the queue, given back however the wait ends.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Turns {
    pub fn of(size: usize, queue: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(size)),
            waiting: AtomicUsize::new(0),
            queue,
        }
    }

    /// Waits for a turn, unless too many wait already.
    pub async fn next(&self, asks: Asks) -> Result<OwnedSemaphorePermit, Overloaded> {
        if let Ok(turn) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(turn);
        }
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiting = Waiting(&self.waiting);
        if before >= self.places(asks) {
            return Err(Overloaded);
        }
        Arc::clone(&self.free).acquire_owned().await.map_err(|_| Overloaded)
    }

    /// Whether who asks now would be told to come back.
    pub fn is_full(&self, asks: Asks) -> bool {
        self.free.available_permits() == 0 && self.waiting.load(Ordering::Acquire) >= self.places(asks)
    }

    const fn places(&self, asks: Asks) -> usize {
        match asks {
            Asks::Stranger => self.queue - self.queue / 4,
            Asks::Known => self.queue,
        }
    }

    #[cfg(test)]
    pub fn free(&self) -> usize {
        self.free.available_permits()
    }

    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }
}
