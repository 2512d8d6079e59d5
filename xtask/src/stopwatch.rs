//! How long a step took. The one place of the workspace's tools that reads a clock.

use std::fmt;
use std::time::{Duration, Instant};

/// Runs from its creation.
#[derive(Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(
        clippy::disallowed_methods,
        reason = "measures a build, not a moment in the life of the product"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Shows a duration as people say it: `0.4 s`, `12.0 s`, `3 min 05 s`.
pub struct Spoken(pub Duration);

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if seconds < 60 {
            write!(f, "{:.1} s", self.0.as_secs_f64())
        } else {
            write!(f, "{} min {:02} s", seconds / 60, seconds % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_as_people_say_them() {
        assert_eq!(Spoken(Duration::from_millis(440)).to_string(), "0.4 s");
        assert_eq!(Spoken(Duration::from_secs(12)).to_string(), "12.0 s");
        assert_eq!(Spoken(Duration::from_secs(185)).to_string(), "3 min 05 s");
    }
}
