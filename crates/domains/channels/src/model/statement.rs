use std::fmt;

use serde::{Deserialize, Serialize};
use wd_crypto::jws;
use wd_kernel::{ConversationId, CustomerId, DeviceId, StaffId, TeamId, Timestamp};

use super::PublicKey;
use crate::ChannelsError;

/// `typ` of a device statement.
pub const DEVICE_TYPE: &str = "wardesk-device+jws";
/// `typ` of a grant.
pub const GRANT_TYPE: &str = "wardesk-grant+jws";

/// Whose device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// A staff member's.
    Staff,
    /// A customer's.
    Customer,
}

impl DeviceKind {
    /// The word in the database and in statements.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Customer => "customer",
        }
    }
}

/// Who a device belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A staff member.
    Staff(StaffId),
    /// A customer.
    Customer(CustomerId),
}

impl Subject {
    /// Staff or customer.
    pub const fn kind(self) -> DeviceKind {
        match self {
            Self::Staff(_) => DeviceKind::Staff,
            Self::Customer(_) => DeviceKind::Customer,
        }
    }

    /// The staff member, if it is one.
    pub const fn staff(self) -> Option<StaffId> {
        match self {
            Self::Staff(id) => Some(id),
            Self::Customer(_) => None,
        }
    }

    /// The customer, if it is one.
    pub const fn customer(self) -> Option<CustomerId> {
        match self {
            Self::Customer(id) => Some(id),
            Self::Staff(_) => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staff(id) => id.fmt(f),
            Self::Customer(id) => id.fmt(f),
        }
    }
}

/// The organisation's word about a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceStatement {
    /// The organisation.
    pub iss: String,
    /// Whose device: `stf_…` or `cus_…`.
    pub sub: String,
    /// Staff or customer.
    pub kind: DeviceKind,
    /// The shown name; none for an anonymous visitor.
    pub name: Option<String>,
    /// The device.
    pub device: DeviceId,
    /// Its Ed25519 signature key, also the key of its MLS leaf.
    pub mls_key: PublicKey,
    /// Its X25519 key.
    pub hpke_key: PublicKey,
    /// The teams a staff device may hold keys of.
    pub teams: Vec<TeamId>,
    /// Seconds since the epoch.
    pub iat: i64,
    /// Seconds since the epoch.
    pub exp: i64,
}

/// What a grant lets a commit do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Enter by external commit.
    Join,
    /// Be added.
    Add,
    /// Be removed.
    Remove,
}

/// As what somebody takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The agent the conversation is assigned to.
    Agent,
    /// Another staff member.
    Colleague,
    /// The customer.
    Customer,
}

/// The organisation's leave to change a conversation's members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The organisation.
    pub iss: String,
    /// Who enters or leaves: `stf_…` or `cus_…`.
    pub sub: String,
    /// Staff or customer.
    pub kind: DeviceKind,
    /// What may be done.
    pub act: Act,
    /// In which conversation.
    pub conversation: ConversationId,
    /// With which devices.
    pub devices: Vec<DeviceId>,
    /// As what.
    #[serde(rename = "as")]
    pub role: Role,
    /// Why.
    pub reason: String,
    /// Who gave leave: `stf_…` or `system`.
    pub by: String,
    /// Whether the earlier history may be read.
    pub history: bool,
    /// Seconds since the epoch.
    pub iat: i64,
    /// Seconds since the epoch.
    pub exp: i64,
}

/// The organisation and its public keys: what statements are checked against.
pub(crate) struct Trust {
    pub(crate) organisation: String,
    pub(crate) keys: Vec<[u8; 32]>,
}

impl Trust {
    /// A device statement of this organisation, whatever its time.
    pub(crate) fn device(&self, text: &str) -> Result<DeviceStatement, ChannelsError> {
        let bad = ChannelsError::InvalidMls("a device statement does not check");
        match jws::verify::<DeviceStatement>(text, DEVICE_TYPE, &self.keys) {
            Ok(statement) if statement.iss == self.organisation => Ok(statement),
            _ => Err(bad),
        }
    }

    /// A grant of this organisation for a conversation that was valid at a time.
    pub(crate) fn grant(
        &self,
        text: &str,
        conversation: ConversationId,
        at: Timestamp,
    ) -> Result<Grant, ChannelsError> {
        let grant: Grant = jws::verify(text, GRANT_TYPE, &self.keys)
            .map_err(|_| ChannelsError::InvalidMls("a grant does not check"))?;
        if grant.iss != self.organisation || grant.conversation != conversation {
            return Err(ChannelsError::InvalidMls("a grant is for something else"));
        }
        if !valid(grant.iat, grant.exp, at) {
            return Err(ChannelsError::InvalidMls("a grant is not valid at this time"));
        }
        Ok(grant)
    }
}

/// Whether something signed for `iat..exp` counts at a time. Nodes' clocks may differ by a minute.
pub(crate) const fn valid(iat: i64, exp: i64, at: Timestamp) -> bool {
    at.seconds() + 60 >= iat && at.seconds() < exp
}
