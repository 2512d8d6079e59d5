use wd_kernel::{Duration, Timestamp};

use super::words;

/// How long a code by text message works.
pub const SMS_CODE_FOR: Duration = Duration::from_mins(10);
/// How long a number waits that was added to an account in use: its owner hears of it meanwhile.
pub const SMS_HELD_FOR: Duration = Duration::from_hours(24);
/// How many numbers a person has: the one in use, and the one that takes its place.
pub const MOST_NUMBERS: usize = 2;

/// So many wrong codes, whichever codes were sent meanwhile, end this way in for a while.
const MOST_FAILURES: i64 = 5;
/// How long, from the first of them.
const FAILURES_WITHIN: Duration = Duration::from_hours(1);
/// So many codes a person is sent within an hour.
const MOST_CODES: i64 = 5;
const CODES_WITHIN: Duration = Duration::from_hours(1);
/// How long the second code waits for the first; each further one waits twice as long.
const FIRST_WAIT: u64 = 30;

words! {
    /// Whether somebody can add a telephone number as a factor.
    TextMessageOffer {
        /// Yes.
        Open = "open",
        /// No: nobody delivers text messages here.
        NotSetUp = "not-set-up",
        /// Not yet: their roles ask for an app or a passkey beside it, or for a passkey first.
        StrongerFirst = "stronger-first",
        /// Not while they have two.
        TwoNumbers = "two-numbers",
    }
}

/// The wrong codes that somebody typed. A new code does not reset them; the right one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsFailures {
    /// How many.
    pub count: i64,
    /// Since when.
    pub since: Timestamp,
}

/// The codes that somebody was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsSendings {
    /// How many.
    pub sent: i64,
    /// Since when.
    pub since: Timestamp,
    /// No code before this.
    pub next_at: Timestamp,
}

impl SmsFailures {
    /// None.
    pub const fn none(now: Timestamp) -> Self {
        Self { count: 0, since: now }
    }

    /// What counts now, or how many seconds to wait.
    pub fn begin(self, now: Timestamp) -> Result<Self, u64> {
        let passed = now.since(self.since);
        if passed >= FAILURES_WITHIN {
            Ok(Self::none(now))
        } else if self.count >= MOST_FAILURES {
            Err(whole_seconds(FAILURES_WITHIN.saturating_sub(passed)))
        } else {
            Ok(self)
        }
    }

    /// One more. An hour begins with the first.
    #[must_use]
    pub const fn failed(self, now: Timestamp) -> Self {
        Self {
            count: self.count.saturating_add(1),
            since: if self.count == 0 { now } else { self.since },
        }
    }
}

impl SmsSendings {
    /// None.
    pub const fn none(now: Timestamp) -> Self {
        Self {
            sent: 0,
            since: now,
            next_at: now,
        }
    }

    /// One more, or how many seconds to wait.
    pub fn one_more(self, now: Timestamp) -> Result<Self, u64> {
        let passed = now.since(self.since);
        if passed >= CODES_WITHIN {
            return Self::none(now).one_more(now);
        }
        if self.sent >= MOST_CODES {
            return Err(whole_seconds(CODES_WITHIN.saturating_sub(passed)));
        }
        if self.next_at > now {
            return Err(whole_seconds(self.next_at.since(now)));
        }
        let wait = u32::try_from(self.sent).map_or(0, |sent| FIRST_WAIT << sent.min(16));
        Ok(Self {
            sent: self.sent + 1,
            since: self.since,
            next_at: now + Duration::from_secs(wait),
        })
    }

    /// The same, when nothing was sent in the end: it counts, and the next one need not wait.
    #[must_use]
    pub const fn not_sent(self, now: Timestamp) -> Self {
        Self { next_at: now, ..self }
    }

    /// How many seconds until the next code may be asked for.
    pub fn wait(self, now: Timestamp) -> u64 {
        self.one_more(now).err().unwrap_or(0)
    }
}

/// A part of a second is one to wait: who comes back then is not refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// What a text message says. The last line binds the code to our pages: browsers offer it there and nowhere else
/// (origin-bound one-time codes delivered via SMS).
pub fn sms_text(code: &str, host: &str) -> String {
    format!("Wardesk code {code}\n@{host} #{code}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn the_fifth_wrong_code_ends_it_for_an_hour_from_the_first() {
        let mut failures = SmsFailures::none(at(0));
        for n in 0..5 {
            let now = at(100 + n * 60);
            failures = failures.begin(now).unwrap().failed(now);
        }
        assert_eq!(failures.begin(at(400)), Err(3300));
        assert_eq!(failures.begin(at(3699)), Err(1));
        assert_eq!(failures.begin(at(3700)), Ok(SmsFailures::none(at(3700))));
    }

    #[test]
    fn each_further_code_waits_twice_as_long_and_five_are_all_of_an_hour() {
        let (mut sendings, mut now) = (SmsSendings::none(at(0)), 0);
        for wait in [30, 60, 120, 240] {
            sendings = sendings.one_more(at(now)).unwrap();
            assert_eq!((sendings.one_more(at(now)), sendings.wait(at(now))), (Err(wait), wait));
            now += i64::try_from(wait).unwrap();
        }
        sendings = sendings.one_more(at(now)).unwrap();
        assert_eq!(sendings.wait(at(now)), 3600 - 450);
        assert_eq!(sendings.one_more(at(3600)).unwrap().sent, 1);
    }

    #[test]
    fn who_waits_as_long_as_was_said_is_not_refused_again() {
        let sendings = SmsSendings::none(at(0)).one_more(at(0)).unwrap();
        let soon = Timestamp::from_micros(200_000);
        let said = sendings.wait(soon);
        assert_eq!(said, 30);
        assert!(sendings.one_more(soon + Duration::from_secs(said)).is_ok());
    }

    #[test]
    fn a_text_binds_its_code_to_our_pages() {
        assert_eq!(
            sms_text("012345", "desk.example.org"),
            "Wardesk code 012345\n@desk.example.org #012345"
        );
    }
}
