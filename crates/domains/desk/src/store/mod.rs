//! SQL.

pub(crate) mod case;
pub(crate) mod colleague;
pub(crate) mod count;
pub(crate) mod list;
pub(crate) mod settings;
pub(crate) mod sight;
