//! SQL of the team vault.

pub(crate) mod entry;
pub(crate) mod folder;
pub(crate) mod key;
pub(crate) mod known;
pub(crate) mod opening;
