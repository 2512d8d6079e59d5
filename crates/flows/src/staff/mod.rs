//! Staff with roles and teams: identity knows the people, access knows what they may do; here the two change together.

mod change;
mod command_line;
mod http;
mod invite;
mod problems;
mod read;
mod rights;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use wd_access::{Access, CreateTeamError, SetRolesError, SetTeamsError};
use wd_db::{Db, DbError};
use wd_identity::{DisableError, EnableError, Identity, InviteError, StaffError};
use wd_kernel::StaffId;

pub use http::router;
pub use invite::{InvitedStaff, NewStaff};
pub use read::{Colleague, StaffMember};
pub use rights::RightsFromAccess;

/// Knows who has a socket open.
pub trait Presence: Send + Sync {
    /// Whether this person is reachable now.
    fn is_online(&self, staff: StaffId) -> bool;
}

/// The use cases about staff that concern identity and access. Clones share everything.
#[derive(Clone)]
pub struct StaffFlows {
    db: Db,
    identity: Identity,
    access: Access,
    presence: Arc<dyn Presence>,
}

impl StaffFlows {
    /// Puts them together.
    pub fn new(db: Db, identity: Identity, access: Access, presence: Arc<dyn Presence>) -> Self {
        Self {
            db,
            identity,
            access,
            presence,
        }
    }
}

/// Why a change of staff did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StaffFlowError {
    /// Identity refused the invitation.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// Identity does not show the person.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// Identity did not disable the person.
    #[error(transparent)]
    Disable(#[from] DisableError),
    /// Identity did not let the person come back.
    #[error(transparent)]
    Enable(#[from] EnableError),
    /// Access refused the roles.
    #[error(transparent)]
    Roles(#[from] SetRolesError),
    /// Access refused the teams.
    #[error(transparent)]
    Teams(#[from] SetTeamsError),
    /// Access refused the new team, or to show them.
    #[error(transparent)]
    Team(#[from] CreateTeamError),
    /// The person has left.
    #[error("this person has left")]
    Left,
    /// The account is set up already.
    #[error("this account is set up already")]
    AlreadySetUp,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}
