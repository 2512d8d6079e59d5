//! Passkeys of customers' own: kept from the widget, and shown when the agent asks for one.

mod http;
mod keep;
mod prove;
#[cfg(test)]
mod tests;
mod words;

use serde::Serialize;
use wd_customer_proof::CustomerPasskey;

pub(super) use http::router;

/// The passkeys of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CustomerPasskeys)]
pub struct PasskeyList {
    /// The passkeys, the oldest first.
    pub passkeys: Vec<CustomerPasskey>,
    /// Whether this session may add and remove some: the company's site vouches for the customer in it, or a proof was
    /// given in it that counts now.
    pub may_add: bool,
}
