//! What happens in one domain because something happened in another; use cases that change several domains at once.
//!
//! - [`staff`]: people with roles and teams (identity, access).
//! - [`relay`]: hands on what the outbox holds, in order.

pub mod relay;
pub mod staff;
