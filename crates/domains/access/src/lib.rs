//! Roles, teams and who holds what.
//!
//! - A role is a list of rights with a reach each. The roles come with the program ([`Access::ensure_roles`]).
//! - Nobody gives or takes a role with rights they do not have themselves, administrators aside.
//! - Somebody holds the role of an administrator at all times, once anybody did.
//!
//! Who a staff member is, this domain does not know: it keeps ids.

pub mod events;
pub mod permissions;
mod problems;
mod service;
mod store;
#[cfg(test)]
mod tests;

use wd_db::Db;
use wd_kernel::Reach;

pub use service::{CreateTeamError, Rights, SetRolesError, SetTeamsError, Team};

/// The schema of this domain.
pub const MIGRATIONS: wd_db::Migrations = wd_db::migrations!("access": "0001_init");

/// The role that may give away every other one.
pub const ADMINISTRATOR: &str = "administrator";

/// A role as the program brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSpec {
    /// The name in the database and on the wire.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// The rights, each with its reach; each right at most once.
    pub grants: Vec<(&'static str, Reach)>,
}

/// One right of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: String,
    /// The right.
    pub permission: String,
    /// How far it reaches.
    pub reach: Reach,
}

/// The domain. Clones share the database.
#[derive(Clone)]
pub struct Access {
    db: Db,
}

impl Access {
    /// Puts the domain together.
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}
