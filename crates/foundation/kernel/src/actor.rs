//! Who acts.

use std::sync::Arc;

use crate::{CustomerId, DeviceId, DirectoryTokenId, SessionId, StaffId, TeamId, Timestamp};

/// Who acts in a request or a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody is known: before sign-in.
    Nobody,
    /// A staff member with a full session.
    Staff(Arc<StaffActor>),
    /// A customer through the widget.
    Customer {
        /// Who.
        id: CustomerId,
        /// The widget's device, once it has shown its keys.
        device: Option<DeviceId>,
    },
    /// The company's directory, with one of its tokens.
    Directory(Arc<DirectoryActor>),
    /// Wardesk itself, or the administrator at the command line.
    System(&'static str),
}

/// The company's directory, as policies and the audit log see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryActor {
    /// The token it showed.
    pub token: DirectoryTokenId,
    /// What people call the token.
    pub name: String,
}

/// A signed-in staff member, as policies see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffActor {
    /// Who.
    pub id: StaffId,
    /// The session.
    pub session: SessionId,
    /// Names of the roles they hold.
    pub roles: Vec<String>,
    /// The teams they are in.
    pub teams: Vec<TeamId>,
    /// Until when the second factor counts as fresh.
    pub stepped_up_until: Option<Timestamp>,
}

impl Actor {
    /// The staff member, if it is one.
    pub fn staff(&self) -> Option<&StaffActor> {
        match self {
            Self::Staff(staff) => Some(staff),
            _ => None,
        }
    }

    /// The customer's id, if it is one.
    pub const fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::Customer { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// Kind and id for the audit log: `("staff", "stf_…")`; of a directory's token also the name that people gave it.
    pub fn name(&self) -> (&'static str, String) {
        match self {
            Self::Nobody => ("nobody", String::new()),
            Self::Staff(staff) => ("staff", staff.id.to_string()),
            Self::Customer { id, .. } => ("customer", id.to_string()),
            Self::Directory(directory) => ("directory", format!("{} ({})", directory.name, directory.token)),
            Self::System(part) => ("system", (*part).to_owned()),
        }
    }
}
