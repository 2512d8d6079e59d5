//! What one can do, one use case per file.

mod roles;
mod set_roles;
mod set_teams;
mod teams;

pub use roles::Rights;
pub use set_roles::SetRolesError;
pub use set_teams::SetTeamsError;
pub use teams::{CreateTeamError, Team};
