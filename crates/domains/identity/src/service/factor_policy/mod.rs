//! What roles ask of factors: read and changed by administrators, held to at each sign-in.

mod change;
mod hold;

pub use change::{FactorPolicyChange, FactorPolicyError, LeftBehind, RoleFactors};
