//! What happens here, for those who react to it. No number, no block of numbers: only the country.

use serde::{Deserialize, Serialize};
use wd_kernel::Event;

/// Many different numbers were asked for and hardly any code was used: somebody seems to earn by messages that we pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PumpingSuspected {
    /// The calling code, in digits.
    pub country: String,
    /// How many different numbers within an hour.
    pub numbers: i64,
    /// How many messages within an hour.
    pub messages: i64,
    /// How many of their codes were used.
    pub used: i64,
    /// Whether it is one block of numbers, to which nothing goes for an hour; otherwise the country as a whole.
    pub blocked: bool,
}

impl Event for PumpingSuspected {
    const KIND: &'static str = "sms.pumping-suspected";
}

/// What may be spent is spent, and a message was not sent for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendLimitReached {
    /// `hour` or `day`.
    pub of: String,
    /// What was spent, in thousandths of the currency.
    pub spent: i64,
    /// The currency.
    pub currency: String,
    /// Whether it is the share of customers alone: staff still get messages.
    #[serde(default)]
    pub customers: bool,
}

impl Event for SpendLimitReached {
    const KIND: &'static str = "sms.spend-limit-reached";
}
