use wd_kernel::{Duration, Timestamp};

use super::words;

words! {
    /// What a session is good for.
    SessionKind {
        /// The password was right; the second factor is missing. No rights.
        Pending = "pending",
        /// An account is being set up: factors can be added. No other rights.
        Enrol = "enrol",
        /// What was shown was right, but the password must be changed first. No other rights.
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
/// How long a session lasts at most, whatever is decided for its owner's roles.
pub const FULL_FOR: Duration = Duration::from_hours(24);
/// How many full sessions a person has at most: enough for every device anybody works with, and few enough to look
/// through. A new one takes the place of the one that was used longest ago.
pub const MOST_SESSIONS: i64 = 20;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_signed_in_is_short() {
        let now = Timestamp::from_seconds(0);
        assert!(lives_until(SessionKind::Pending, now) < lives_until(SessionKind::Enrol, now));
        assert!(lives_until(SessionKind::ChangePassword, now) < lives_until(SessionKind::Full, now));
        assert!(lives_until(SessionKind::Enrol, now) < lives_until(SessionKind::Full, now));
    }
}
