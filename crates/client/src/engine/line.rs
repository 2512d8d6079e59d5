//! What people see of a conversation.

use serde::{Deserialize, Serialize};
use wd_kernel::{DeviceId, Timestamp};

use super::{DeviceStatement, Kind, Refusal};

/// Somebody, by a device whose statement was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The device.
    pub device: DeviceId,
    /// `stf_…` or `cus_…`.
    pub subject: String,
    /// Staff or customer.
    pub kind: Kind,
    /// The shown name.
    pub name: Option<String>,
}

impl From<&DeviceStatement> for Person {
    fn from(statement: &DeviceStatement) -> Self {
        Self {
            device: statement.device,
            subject: statement.sub.clone(),
            kind: statement.kind,
            name: statement.name.clone(),
        }
    }
}

/// A line of the conversation's flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The item it comes from.
    pub seq: i64,
    /// When that was written.
    pub at: Timestamp,
    /// What it says.
    pub what: What,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Somebody wrote.
    Text {
        /// The sender's id for it.
        id: String,
        /// Who.
        from: Person,
        /// Plain text.
        body: String,
    },
    /// The conversation was opened by this person.
    Opened(Option<Person>),
    /// Devices came in.
    Joined {
        /// Who.
        people: Vec<Person>,
        /// As `agent`, `colleague` or `customer`.
        role: String,
        /// By whose leave.
        by: String,
        /// Why.
        reason: String,
    },
    /// Devices are out.
    Left {
        /// Who.
        people: Vec<Person>,
        /// By whose leave, if it needed one.
        by: Option<String>,
    },
    /// The server asks that devices be removed.
    Removal {
        /// Who.
        people: Vec<Person>,
        /// By whose leave.
        by: String,
    },
    /// Closed by `stf_…` or `system`.
    Closed(String),
    /// Opened again.
    Reopened(String),
    /// An item that did not check; shown, never dropped.
    Refused(Refusal),
}

impl Line {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.what {
            What::Text { body, .. } => Some(body),
            _ => None,
        }
    }
}
