//! So many requests a minute from one network. It holds for one node and is forgotten when it stops.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use wd_kernel::{Duration, Timestamp};

use crate::network;

/// How many networks are remembered. Who floods from more than that is not held back here, which costs others nothing.
const REMEMBERED: usize = 10_000;
const WINDOW: Duration = Duration::from_mins(1);

/// So many requests a minute from one network.
#[derive(Debug)]
pub struct PerMinute {
    most: u32,
    seen: Mutex<HashMap<String, (Timestamp, u32)>>,
}

impl PerMinute {
    /// As many as this.
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
