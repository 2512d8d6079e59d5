//! One-time codes (RFC 6238: SHA-1, six digits, 30 seconds), each used once.

use totp_rs::{Algorithm, Builder, Secret, Totp};
use wd_kernel::{Duration, Timestamp};

use crate::ClientError;

const STEP: i64 = 30;

/// Makes codes from a secret. The server takes a step once, and only a later one than the last, within one step of
/// its clock: so at most two codes are at hand at any moment, this step's and the next one's.
pub struct Codes {
    secret: String,
    totp: Totp,
    last: i64,
}

/// What to do about a code now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// Use this one; it is used up.
    Now(String),
    /// Every code the server would take was used: ask again after this span.
    Wait(Duration),
}

impl Codes {
    /// From a base32 secret.
    pub fn new(secret: &str) -> Result<Self, ClientError> {
        let bytes = Secret::try_from_base32(secret.trim_end_matches('=')).map_err(|_| ClientError::TotpSecret)?;
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(STEP.unsigned_abs())
            .with_secret(bytes)
            .build()
            .map_err(|_| ClientError::TotpSecret)?;
        Ok(Self {
            secret: secret.to_owned(),
            totp,
            last: 0,
        })
    }

    /// The secret.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The next unused code, or how long to wait for one.
    pub fn next(&mut self, now: Timestamp) -> Code {
        let present = now.seconds().div_euclid(STEP);
        let step = present.max(self.last + 1);
        if step > present + 1 {
            // The step before the wanted one has to begin.
            let begins = Timestamp::from_seconds((step - 1) * STEP);
            return Code::Wait(begins.since(now));
        }
        self.last = step;
        Code::Now(self.totp.generate((step * STEP).unsigned_abs()).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238's test secret, the ASCII digits 12345678901234567890.
    fn codes() -> Codes {
        Codes::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap()
    }

    #[test]
    fn a_code_answers_rfc_6238() {
        assert_eq!(codes().next(Timestamp::from_seconds(59)), Code::Now("287082".into()));
        assert_eq!(
            codes().next(Timestamp::from_seconds(1_111_111_109)),
            Code::Now("081804".into())
        );
    }

    #[test]
    fn the_second_code_is_the_next_steps_and_the_third_has_to_wait() {
        let (mut codes, now) = (codes(), Timestamp::from_seconds(1_000_005));
        let (Code::Now(first), Code::Now(second)) = (codes.next(now), codes.next(now)) else {
            panic!("two codes are at hand")
        };
        assert_ne!(first, second);
        // 1,000,005 lies in the step from 999,990 to 1,000,020.
        assert_eq!(codes.next(now), Code::Wait(Duration::from_secs(15)));
        assert!(matches!(codes.next(Timestamp::from_seconds(1_000_020)), Code::Now(_)));
    }

    #[test]
    fn a_secret_that_is_not_base32_is_refused() {
        assert!(matches!(Codes::new("not base32!"), Err(ClientError::TotpSecret)));
    }
}
