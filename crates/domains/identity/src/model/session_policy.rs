use wd_kernel::{Duration, Timestamp};

use super::words;

/// The shortest time without a request, in minutes.
const LEAST_IDLE: i64 = 5;
/// The shortest life, in minutes.
const LEAST_LIFE: i64 = 15;
/// The longest of both, in minutes: a day. NIST SP 800-63B-4 wants the second factor again once a day (AAL2).
const MOST: i64 = 24 * 60;
/// The longest time for which a browser is remembered, in days.
const MOST_DAYS: i64 = 30;
/// What NIST SP 800-63B-4 has at most for the time without use, in minutes (AAL2).
const NIST_IDLE: i64 = 60;

words! {
    /// Where limits of sessions go against NIST SP 800-63B-4.
    SessionDeviation {
        /// A session goes on for more than an hour without use.
        IdleOverAnHour = "idle-over-an-hour",
        /// In a remembered browser the password alone signs in.
        PasswordAlone = "password-alone",
    }
}

/// How long the sessions of a role last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without use, in minutes: 5 to 1440.
    pub idle_minutes: i64,
    /// In all, in minutes: 15 to 1440.
    pub longest_minutes: i64,
    /// For how many days a browser may be remembered, in which the password alone signs in: 0, never, to 30.
    pub remember_days: i64,
}

/// A limit that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct BadSessionLimits {
    /// The field, as requests name it.
    pub field: &'static str,
    /// What is wrong, for people.
    pub why: &'static str,
}

impl SessionLimits {
    /// What holds where nobody decided.
    pub const DEFAULT: Self = Self {
        idle_minutes: 12 * 60,
        longest_minutes: MOST,
        remember_days: 0,
    };

    /// These, if they are within their bounds.
    pub fn checked(self) -> Result<Self, BadSessionLimits> {
        if !(LEAST_LIFE..=MOST).contains(&self.longest_minutes) {
            return Err(BadSessionLimits {
                field: "longest_minutes",
                why: "Choose 15 minutes to 24 hours.",
            });
        }
        if !(LEAST_IDLE..=MOST).contains(&self.idle_minutes) {
            return Err(BadSessionLimits {
                field: "idle_minutes",
                why: "Choose 5 minutes to 24 hours.",
            });
        }
        if self.idle_minutes > self.longest_minutes {
            return Err(BadSessionLimits {
                field: "idle_minutes",
                why: "Without use a session cannot last longer than in all.",
            });
        }
        if !(0..=MOST_DAYS).contains(&self.remember_days) {
            return Err(BadSessionLimits {
                field: "remember_days",
                why: "Choose 0 to 30 days.",
            });
        }
        Ok(self)
    }

    /// The strictest of these; the default for nobody's.
    pub fn strictest(limits: impl IntoIterator<Item = Self>) -> Self {
        let stricter = |one: Self, other: Self| Self {
            idle_minutes: one.idle_minutes.min(other.idle_minutes),
            longest_minutes: one.longest_minutes.min(other.longest_minutes),
            remember_days: one.remember_days.min(other.remember_days),
        };
        limits.into_iter().reduce(stricter).unwrap_or(Self::DEFAULT)
    }

    /// Whether these allow anything that those did not.
    pub const fn allow_more_than(&self, before: &Self) -> bool {
        self.idle_minutes > before.idle_minutes
            || self.longest_minutes > before.longest_minutes
            || self.remember_days > before.remember_days
    }

    /// Where they go against NIST SP 800-63B-4, section 2.2 (AAL2): it has two factors at each sign-in, 24 hours, and an
    /// hour without use.
    pub fn deviations(&self) -> Vec<SessionDeviation> {
        let idle = (self.idle_minutes > NIST_IDLE).then_some(SessionDeviation::IdleOverAnHour);
        let alone = (self.remember_days > 0).then_some(SessionDeviation::PasswordAlone);
        idle.into_iter().chain(alone).collect()
    }

    /// How long without use.
    pub fn idle(&self) -> Duration {
        minutes(self.idle_minutes)
    }

    /// The absolute end of a session that began then and was given that end: what was decided later can only be sooner.
    pub fn ends_at(&self, created_at: Timestamp, expires_at: Timestamp) -> Timestamp {
        expires_at.min(created_at + minutes(self.longest_minutes))
    }

    /// Whether a session still holds: before its absolute end, and used within the idle limit.
    pub fn hold(&self, created_at: Timestamp, last_seen_at: Timestamp, expires_at: Timestamp, now: Timestamp) -> bool {
        now < self.ends_at(created_at, expires_at) && now.since(last_seen_at) < self.idle()
    }
}

fn minutes(minutes: i64) -> Duration {
    Duration::from_mins(u64::try_from(minutes).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> impl Strategy<Value = SessionLimits> {
        (1..2000_i64, 1..2000_i64, 0..40_i64).prop_map(|(idle_minutes, longest_minutes, remember_days)| SessionLimits {
            idle_minutes,
            longest_minutes,
            remember_days,
        })
    }

    proptest! {
        #[test]
        fn one_more_role_never_lets_a_session_live_longer(
            all in prop::collection::vec(limits(), 1..5), more in limits(), seen in 0..1500_i64, now in 0..3000_i64,
        ) {
            let at = |minute: i64| Timestamp::from_seconds(minute * 60);
            let (few, many) = (SessionLimits::strictest(all.clone()), SessionLimits::strictest(all.into_iter().chain([more])));
            prop_assert!(!many.allow_more_than(&few) && !many.allow_more_than(&more));
            let holds = |limits: SessionLimits| limits.hold(at(0), at(seen), at(1440), at(now));
            prop_assert!(!holds(many) || (holds(few) && holds(more)));
        }

        #[test]
        fn what_is_within_bounds_is_between_five_minutes_and_a_day(limits in limits()) {
            if let Ok(limits) = limits.checked() {
                prop_assert!(limits.idle_minutes >= 5 && limits.longest_minutes >= 15);
                prop_assert!((0..=30).contains(&limits.remember_days));
                prop_assert!(limits.idle_minutes <= limits.longest_minutes && limits.longest_minutes <= 1440);
            }
        }
    }

    #[test]
    fn a_session_ends_by_idleness_and_absolutely() {
        let hour = 3600;
        let table = [
            // (seen, expires, now, alive), in hours
            (0, 24, 0, true),
            (0, 24, 11, true),
            (0, 24, 12, false),
            (20, 24, 23, true),
            (20, 24, 24, false),
            (20, 30, 24, false),
            (23, 24, 30, false),
        ];
        for (seen, expires, now, alive) in table {
            let at = |h: i64| Timestamp::from_seconds(h * hour);
            let holds = SessionLimits::DEFAULT.hold(at(0), at(seen), at(expires), at(now));
            assert_eq!(holds, alive, "seen {seen}, now {now}");
        }
    }

    #[test]
    fn bounds_are_five_and_fifteen_minutes_and_a_day() {
        let of = |idle_minutes, longest_minutes| SessionLimits {
            idle_minutes,
            longest_minutes,
            remember_days: 0,
        };
        for good in [of(5, 15), of(15, 15), of(1440, 1440), SessionLimits::DEFAULT] {
            assert_eq!(good.checked(), Ok(good));
        }
        let table = [
            (of(4, 60), "idle_minutes"),
            (of(-1, 60), "idle_minutes"),
            (of(61, 60), "idle_minutes"),
            (of(5, 14), "longest_minutes"),
            (of(5, 1441), "longest_minutes"),
            (of(1441, 1441), "longest_minutes"),
        ];
        for (bad, field) in table {
            assert_eq!(bad.checked().unwrap_err().field, field, "{bad:?}");
        }
        let days = |remember_days| SessionLimits {
            remember_days,
            ..SessionLimits::DEFAULT
        };
        assert!(days(30).checked().is_ok());
        for bad in [-1, 31, i64::MAX] {
            assert_eq!(days(bad).checked().unwrap_err().field, "remember_days");
        }
    }

    #[test]
    fn more_than_an_hour_without_use_and_a_password_alone_go_against_nist() {
        let of = |idle_minutes| SessionLimits {
            idle_minutes,
            longest_minutes: 1440,
            remember_days: 0,
        };
        assert_eq!(of(60).deviations(), []);
        assert_eq!(of(61).deviations(), [SessionDeviation::IdleOverAnHour]);
        let alone = SessionLimits {
            remember_days: 1,
            ..of(60)
        };
        assert_eq!(alone.deviations(), [SessionDeviation::PasswordAlone]);
    }
}
