//! What happens here, for those who react to it. Never a token, and no name of a person.

use serde::{Deserialize, Serialize};
use wd_kernel::{DirectoryTokenId, Event, StaffId};

use crate::model::settings::Setting;

/// What the directory may do, or what its groups give, was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryChanged {
    /// The version of the settings from now on.
    pub version: i64,
    /// Which settings are others than before; what they are, the audit log says.
    pub changed: Vec<Setting>,
    /// By whom of the staff.
    pub by: Option<StaffId>,
}

impl Event for DirectoryChanged {
    const KIND: &'static str = "provisioning.changed";
}

/// There is one more token by which a directory shows that it is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenMade {
    /// Which one.
    pub token: DirectoryTokenId,
    /// What people call it.
    pub name: String,
    /// For how many days it works.
    pub days: u32,
    /// By whom of the staff.
    pub by: Option<StaffId>,
}

impl Event for TokenMade {
    const KIND: &'static str = "provisioning.token-made";
}

/// A token works no more, because somebody ended it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRevoked {
    /// Which one.
    pub token: DirectoryTokenId,
    /// What people call it.
    pub name: String,
    /// By whom of the staff.
    pub by: Option<StaffId>,
}

impl Event for TokenRevoked {
    const KIND: &'static str = "provisioning.token-revoked";
}

/// The directory wanted somebody switched off, was refused, and the person still has access. Security is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaverStays {
    /// Who.
    pub staff: StaffId,
}

impl Event for LeaverStays {
    const KIND: &'static str = "provisioning.leaver-stays";
}
