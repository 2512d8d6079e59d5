//! What a customer's fields may hold, how they are compared, and how little of them shows.

mod fields;
mod mask;

pub use fields::{CustomerFields, CustomerKind, FieldClass, Search, SearchKind};
pub(crate) use mask::hint;
