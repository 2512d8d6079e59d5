//! Testing passwords against a newer corpus without sign-in, by a blind index: off until somebody decides so.

mod change;
mod keep;
mod run;

#[cfg(test)]
pub(crate) use run::Claimed;

pub use change::{BlindScan, BlindScanChange, BlindScanDecision, BlindScanError, BlindScanRun};
