//! Bounds of what strangers can ask for. They hold for one node and are forgotten when it stops.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wd_kernel::{Duration, Timestamp};
use wd_web::network;

/// All turns are taken and the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server is busy with other sign-ins")]
pub struct Overloaded;

/// So many at a time, so many in the queue.
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
    pub async fn next(&self) -> Result<OwnedSemaphorePermit, Overloaded> {
        if let Ok(turn) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(turn);
        }
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiting = Waiting(&self.waiting);
        if before >= self.queue {
            return Err(Overloaded);
        }
        Arc::clone(&self.free).acquire_owned().await.map_err(|_| Overloaded)
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

/// How many networks are remembered. Who floods from more than that is not held back here, which costs others nothing.
const REMEMBERED: usize = 10_000;
const WINDOW: Duration = Duration::from_mins(1);

/// So many requests a minute from one network.
pub(crate) struct PerMinute {
    most: u32,
    seen: Mutex<HashMap<String, (Timestamp, u32)>>,
}

impl PerMinute {
    pub fn of(most: u32) -> Self {
        Self {
            most,
            seen: Mutex::new(HashMap::new()),
        }
    }

    /// Counts a request, or says how many seconds to wait.
    pub fn count(&self, address: IpAddr, now: Timestamp) -> Result<(), u64> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let network = network(address);
        if seen.len() >= REMEMBERED && !seen.contains_key(&network) {
            seen.retain(|_, (began, _)| now.since(*began) < WINDOW);
            if seen.len() >= REMEMBERED {
                seen.clear();
            }
        }
        let (began, count) = seen.entry(network).or_insert((now, 0));
        if now.since(*began) >= WINDOW {
            (*began, *count) = (now, 0);
        }
        if *count >= self.most {
            return Err(WINDOW.saturating_sub(now.since(*began)).as_secs().max(1));
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_network_has_so_many_a_minute_and_others_have_their_own() {
        let bound = PerMinute::of(2);
        let (one, other) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        assert_eq!(bound.count(one, at(0)), Ok(()));
        assert_eq!(bound.count(one, at(10)), Ok(()));
        assert_eq!(bound.count(one, at(20)), Err(40));
        assert_eq!(bound.count(other, at(20)), Ok(()));
        assert_eq!(bound.count(one, at(60)), Ok(()));
    }

    #[test]
    fn a_flood_from_everywhere_needs_no_more_memory_and_keeps_nobody_out() {
        let bound = PerMinute::of(1);
        for n in 0..30_000_u32 {
            assert_eq!(bound.count(std::net::Ipv4Addr::from(n).into(), at(0)), Ok(()));
        }
        assert!(bound.seen.lock().unwrap().len() <= REMEMBERED);
        assert_eq!(bound.count([192, 0, 2, 1].into(), at(0)), Ok(()));
    }
}
