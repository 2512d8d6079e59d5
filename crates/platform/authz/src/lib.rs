//! Rights as data, decided by policies. Cedar is inside and not visible outside.
//!
//! Roles hold grants: a permission and how far it reaches. They compile to one Cedar policy each and are validated
//! strictly against the schema; a set that does not validate is refused and the set before stays. At a decision only the
//! entities of the request are built. Any error while evaluating is a refusal and an alarm, since Cedar skips a
//! policy that errs, forbids included.

mod compile;
mod decide;

pub use compile::{Grant, PolicyError};
pub use decide::Authz;

#[cfg(test)]
mod tests;
