//! Types and rules, without database and network.

pub mod discovery;
pub mod id_token;
pub mod keys;
pub mod settings;
