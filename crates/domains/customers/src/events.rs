//! What happens to customers, as others hear of it.

use serde::{Deserialize, Serialize};
use wd_kernel::{CustomerId, Event, ImportId};

/// A customer became known.
#[derive(Debug, Serialize, Deserialize)]
pub struct CustomerCreated {
    /// Who.
    pub customer: CustomerId,
}

impl Event for CustomerCreated {
    const KIND: &'static str = "customers.created";
}

/// A record changed.
#[derive(Debug, Serialize, Deserialize)]
pub struct CustomerChanged {
    /// Whose.
    pub customer: CustomerId,
}

impl Event for CustomerChanged {
    const KIND: &'static str = "customers.changed";
}

/// A customer signed out of a widget.
#[derive(Debug, Serialize, Deserialize)]
pub struct CustomerSignedOut {
    /// Who.
    pub customer: CustomerId,
}

impl Event for CustomerSignedOut {
    const KIND: &'static str = "customers.signed_out";
}

/// An import got on or ended.
#[derive(Debug, Serialize, Deserialize)]
pub struct ImportProgressed {
    /// Which.
    pub import: ImportId,
}

impl Event for ImportProgressed {
    const KIND: &'static str = "customers.import_progressed";
}
