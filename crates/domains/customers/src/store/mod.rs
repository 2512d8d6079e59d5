//! SQL of this domain.

pub(crate) mod customer;
pub(crate) mod import;
pub(crate) mod widget;
