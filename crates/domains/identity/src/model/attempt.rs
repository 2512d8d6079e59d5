use wd_kernel::{Duration, Timestamp};

/// Failures in a row after which an authenticator is disabled (NIST SP 800-63B-4, 3.2.2). Time and new codes do not
/// reset them; success does.
pub const MOST_FAILURES: i64 = 100;

/// What failures are counted against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// One login, known or not, and its password.
    Login,
    /// One browser that its owner has signed in with before: strangers do not count here.
    Device,
    /// One address, behind which many people may sit.
    Address,
    /// The codes of one staff member, TOTP and recovery, and the passkeys after the password.
    Code,
}

impl Bucket {
    /// Failures that cost nothing yet.
    const fn free(self) -> i64 {
        match self {
            Self::Login | Self::Device | Self::Code => 0,
            Self::Address => 20,
        }
    }

    /// Attempts that may run at the same time before one has to wait for their end.
    const fn at_once(self) -> i64 {
        match self {
            Self::Login | Self::Device | Self::Code => 3,
            Self::Address => 40,
        }
    }

    /// After so long without an attempt the count begins anew.
    pub const fn forgets_after(self) -> Duration {
        match self {
            Self::Login | Self::Device | Self::Code => Duration::from_hours(24),
            Self::Address => Duration::from_hours(1),
        }
    }

    /// The wait after this many failures: 1, 3, 5, 10, 30, 60 seconds, then minutes, then an hour.
    pub const fn wait_after(self, failures: i64) -> Duration {
        Duration::from_secs(match failures.saturating_sub(self.free()) {
            ..=0 => 0,
            1 => 1,
            2 => 3,
            3 => 5,
            4 => 10,
            5 => 30,
            6..=10 => 60,
            11..=99 => 5 * 60,
            _ => 60 * 60,
        })
    }
}

/// The failures of one bucket. An attempt counts as failed from its beginning, so that a hundred parallel guesses
/// are a hundred failures and not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Failures in a row, attempts under way included.
    pub failures: i64,
    /// The latest attempt.
    pub last_at: Timestamp,
    /// No attempt before this.
    pub next_allowed_at: Timestamp,
}

impl Tally {
    /// Nothing has failed.
    pub fn clean(now: Timestamp) -> Self {
        Self {
            failures: 0,
            last_at: now,
            next_allowed_at: now,
        }
    }

    /// Begins an attempt, or says how many seconds to wait.
    pub fn begin(self, bucket: Bucket, now: Timestamp) -> Result<Self, u64> {
        if now.since(self.last_at) >= bucket.forgets_after() {
            return Self::clean(now).begin(bucket, now);
        }
        if self.next_allowed_at > now {
            let wait = self.next_allowed_at.since(now);
            return Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        }
        let failures = self.failures.saturating_add(1);
        // The wait of this attempt begins when it has failed; only a burst is held back before.
        let burst = failures > bucket.at_once();
        let next_allowed_at = if burst {
            now + bucket.wait_after(failures)
        } else {
            self.next_allowed_at
        };
        Ok(Self {
            failures,
            last_at: now,
            next_allowed_at,
        })
    }

    /// The attempt failed.
    #[must_use]
    pub fn failed(self, bucket: Bucket, now: Timestamp) -> Self {
        let until = now + bucket.wait_after(self.failures);
        Self {
            last_at: now,
            next_allowed_at: self.next_allowed_at.max(until),
            ..self
        }
    }

    /// The attempt succeeded or was never judged: an address gets back what this attempt took, no more; otherwise
    /// signing in to one's own account would wash away guesses at others.
    #[must_use]
    pub fn given_back(self) -> Self {
        Self {
            failures: self.failures.saturating_sub(1).max(0),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn the_wait_grows_with_failures() {
        let waits: Vec<u64> = [0, 1, 2, 3, 4, 5, 6, 10, 11, 99, 100]
            .map(|n| Bucket::Login.wait_after(n).as_secs())
            .to_vec();
        assert_eq!(waits, [0, 1, 3, 5, 10, 30, 60, 60, 300, 300, 3600]);
    }

    #[test]
    fn an_address_has_twenty_failures_free() {
        assert_eq!(Bucket::Address.wait_after(20), Duration::ZERO);
        assert_eq!(Bucket::Address.wait_after(21), Duration::from_secs(1));
    }

    #[test]
    fn one_failure_after_another_waits_longer_and_longer() {
        let mut tally = Tally::clean(at(100));
        let mut now = 100;
        for wait in [1, 3, 5, 10, 30, 60, 60] {
            tally = tally
                .begin(Bucket::Login, at(now))
                .unwrap()
                .failed(Bucket::Login, at(now));
            assert_eq!(tally.begin(Bucket::Login, at(now)), Err(wait));
            now += i64::try_from(wait).unwrap();
        }
    }

    #[test]
    fn a_burst_is_stopped_while_none_has_failed_yet() {
        let mut tally = Tally::clean(at(100));
        for _ in 0..4 {
            tally = tally.begin(Bucket::Login, at(100)).unwrap();
        }
        assert_eq!(tally.begin(Bucket::Login, at(100)), Err(10));
    }

    #[test]
    fn a_day_without_attempts_forgets() {
        let tally = Tally {
            failures: 99,
            last_at: at(0),
            next_allowed_at: at(10),
        };
        assert_eq!(tally.begin(Bucket::Login, at(86_400)).unwrap().failures, 1);
    }

    #[test]
    fn a_part_of_a_second_is_a_second_to_wait() {
        let tally = Tally {
            failures: 1,
            last_at: at(0),
            next_allowed_at: Timestamp::from_micros(1_500_000),
        };
        assert_eq!(tally.begin(Bucket::Login, at(1)), Err(1));
    }
}
