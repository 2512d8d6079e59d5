//! The protocol's parts, and what an administrator decides. No database, no clock.

pub mod attributes;
pub mod discovery;
mod error;
pub mod filter;
pub mod group;
pub mod patch;
pub mod render;
pub mod settings;
pub mod user;

pub use error::ScimError;
