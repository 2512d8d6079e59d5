use wd_kernel::{Duration, Timestamp};

use super::words;

words! {
    /// What a session is good for.
    SessionKind {
        /// The password was right; the second factor is missing. No rights.
        Pending = "pending",
        /// An account is being set up: factors can be added. No other rights.
        Enrol = "enrol",
        /// Password and second factor were right, but the password must be changed first. No other rights.
        ChangePassword = "change-password",
        /// Signed in.
        Full = "full",
    }
}

/// How long the second factor may take.
pub const PENDING_FOR: Duration = Duration::from_mins(10);
/// How long setting up may take.
pub const ENROL_FOR: Duration = Duration::from_hours(1);
/// How long changing a password may take that must be changed first.
pub const CHANGE_FOR: Duration = Duration::from_mins(30);
/// How long a session lasts at most.
pub const FULL_FOR: Duration = Duration::from_hours(24);
/// How long a session lasts without a request.
pub const IDLE: Duration = Duration::from_hours(12);
/// How long a second factor counts as fresh.
pub const STEP_UP_FOR: Duration = Duration::from_mins(10);

/// The absolute end of a session that begins now.
pub fn lives_until(kind: SessionKind, now: Timestamp) -> Timestamp {
    now + match kind {
        SessionKind::Pending => PENDING_FOR,
        SessionKind::Enrol => ENROL_FOR,
        SessionKind::ChangePassword => CHANGE_FOR,
        SessionKind::Full => FULL_FOR,
    }
}

/// Whether a session still holds: before its absolute end, and used within the idle limit.
pub fn is_alive(last_seen_at: Timestamp, expires_at: Timestamp, now: Timestamp) -> bool {
    now < expires_at && now.since(last_seen_at) < IDLE
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (23, 24, 30, false),
        ];
        for (seen, expires, now, alive) in table {
            let at = |h: i64| Timestamp::from_seconds(h * hour);
            assert_eq!(
                is_alive(at(seen), at(expires), at(now)),
                alive,
                "seen {seen}, now {now}"
            );
        }
    }

    #[test]
    fn half_signed_in_is_short() {
        let now = Timestamp::from_seconds(0);
        assert!(lives_until(SessionKind::Pending, now) < lives_until(SessionKind::Enrol, now));
        assert!(lives_until(SessionKind::ChangePassword, now) < lives_until(SessionKind::Full, now));
        assert!(lives_until(SessionKind::Enrol, now) < lives_until(SessionKind::Full, now));
    }
}
