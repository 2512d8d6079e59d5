//! What happens here, for those who react to it.

use serde::{Deserialize, Serialize};
use wd_kernel::{Event, StaffId, TeamId};

/// The roles of a staff member changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolesChanged {
    /// Whose.
    pub staff: StaffId,
    /// The roles they hold now.
    pub roles: Vec<String>,
    /// By whom of the staff; `None` is the command line, or Wardesk itself.
    #[serde(default)]
    pub by: Option<StaffId>,
}

impl Event for RolesChanged {
    const KIND: &'static str = "access.roles-changed";
}

/// The teams of a staff member changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamsChanged {
    /// Whose.
    pub staff: StaffId,
    /// The teams they are newly in.
    pub joined: Vec<TeamId>,
    /// The teams they are no longer in.
    pub left: Vec<TeamId>,
}

impl Event for TeamsChanged {
    const KIND: &'static str = "access.teams-changed";
}

/// There is a new team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamCreated {
    /// Which one.
    pub team: TeamId,
}

impl Event for TeamCreated {
    const KIND: &'static str = "access.team-created";
}
