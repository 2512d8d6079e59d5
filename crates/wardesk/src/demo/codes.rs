//! The authenticator codes on the demo page. The server takes each 30-second step once and only a later one than the
//! last, within one step of its clock; so the page shows the earliest code that will be taken.

use wd_client::{Code, Codes};
use wd_kernel::Timestamp;

const STEP: i64 = 30;

/// What the page shows of an authenticator.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct ShownCode {
    /// The code that will be taken now; none when both that could be were used.
    code: Option<String>,
    /// Seconds until this changes.
    seconds: i64,
}

/// The code to type now, after the server took `last`.
pub(super) fn shown(secret: &str, last: i64, now: Timestamp) -> Option<ShownCode> {
    let (seconds, present) = (now.seconds(), now.seconds().div_euclid(STEP));
    let step = present.max(last + 1);
    if step > present + 1 {
        return Some(ShownCode {
            code: None,
            seconds: (step - 1) * STEP - seconds,
        });
    }
    match Codes::new(secret).ok()?.next(Timestamp::from_seconds(step * STEP)) {
        Code::Now(code) => Some(ShownCode {
            code: Some(code),
            seconds: (step + 1) * STEP - seconds,
        }),
        Code::Wait(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238's test secret, the ASCII digits 12345678901234567890.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(seconds: i64, last: i64) -> ShownCode {
        shown(SECRET, last, Timestamp::from_seconds(seconds)).unwrap()
    }

    #[test]
    fn an_unused_step_is_shown_until_it_ends() {
        // RFC 6238: at 59 seconds, in step 1, the code is 94287082.
        assert_eq!(
            at(59, 0),
            ShownCode {
                code: Some("287082".into()),
                seconds: 1
            }
        );
    }

    #[test]
    fn after_a_code_was_used_the_next_steps_code_is_shown_at_once() {
        assert_eq!(
            at(29, 0),
            ShownCode {
                code: Some("287082".into()),
                seconds: 31
            }
        );
    }

    #[test]
    fn when_both_codes_were_used_the_page_says_how_long_to_wait() {
        assert_eq!(at(29, 1), ShownCode { code: None, seconds: 1 });
        assert!(at(30, 1).code.is_some());
    }

    #[test]
    fn a_secret_that_is_none_shows_nothing() {
        assert_eq!(shown("not base32!", 0, Timestamp::from_seconds(0)), None);
    }
}
