//! What roles ask of factors: read and changed by administrators, held to at each sign-in.

mod change;
mod hold;
mod preview;

pub use change::{FactorPolicyChange, FactorPolicyError, LeftBehind, RoleFactors};
pub use preview::FactorReach;
