//! The tables of this domain.

pub mod groups;
pub mod people;
pub mod requests;
pub mod settings;
pub mod tokens;
