//! So many attempts a minute from one network.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use wd_kernel::{Duration, Timestamp};
use wd_web::network;

const WINDOW: Duration = Duration::from_mins(1);
/// How many networks are remembered. Beyond that all counts begin anew, which keeps nobody out.
const REMEMBERED: usize = 10_000;

pub(crate) struct PerMinute {
    most: u32,
    seen: Mutex<HashMap<String, (Timestamp, u32)>>,
}

impl PerMinute {
    pub fn of(most: u32) -> Self {
        Self {
            most,
            seen: Mutex::default(),
        }
    }

    /// Counts one for a network, or says how many seconds to wait.
    pub fn count(&self, address: IpAddr, now: Timestamp) -> Result<(), u64> {
        let key = network(address);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED && !seen.contains_key(&key) {
            seen.clear();
        }
        let (began, count) = seen.entry(key).or_insert((now, 0));
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

    #[test]
    fn who_begins_too_often_waits_until_the_minute_is_over() {
        let limit = PerMinute::of(2);
        let at = Timestamp::from_seconds;
        let address = [192, 0, 2, 1].into();
        assert_eq!(limit.count(address, at(0)), Ok(()));
        assert_eq!(limit.count(address, at(1)), Ok(()));
        assert_eq!(limit.count(address, at(20)), Err(40));
        assert_eq!(limit.count([192, 0, 2, 2].into(), at(20)), Ok(()));
        assert_eq!(limit.count(address, at(60)), Ok(()));
    }
}
