//! Who has which second factors, who is left, and how that went over time.

mod board;
mod census;

pub use board::{Coverage, CoverageDay, CoverageQuery, CoveredPerson, Figures, RoleCoverage};
pub(super) use census::{Census, Member};
