//! Clocks and statistics.

use std::time::{Duration, Instant};

/// Now, for differences only.
#[expect(
    clippy::disallowed_methods,
    reason = "a measurement reads the real clock; nothing of Wardesk gets it from here"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// The value in the middle.
pub fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value that this share of the others does not exceed.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are far below 2^52 and shares lie between 0 and 1"
)]
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let at = (last as f64 * share).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

/// A count as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub const fn count(n: usize) -> f64 {
    n as f64
}

/// A span as seconds.
pub const fn seconds(span: Duration) -> f64 {
    span.as_secs_f64()
}

/// What else goes on here: figures of a busy machine are worth less.
pub fn machine() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    format!("machine: {cores} cores, load {}; {profile} build", load.join(" "))
}
