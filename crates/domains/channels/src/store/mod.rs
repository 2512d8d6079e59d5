//! SQL. Functions take the transaction and nothing else that could write.

pub(crate) mod device;
pub(crate) mod group;
pub(crate) mod log;
pub(crate) mod notes;
pub(crate) mod organisation;
pub(crate) mod push;
pub(crate) mod rate;
pub(crate) mod receipts;
pub(crate) mod team_key;
