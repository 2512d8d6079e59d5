//! Signing in through the company's provider: single-sign-on knows what the provider proved, identity who that is and
//! what it gives, access which roles and teams the groups give.

mod finish;
mod groups;
mod http;
mod problems;
mod settings;

use wd_access::{Access, SetRolesError, SetTeamsError};
use wd_db::{Db, DbError};
use wd_identity::{Identity, InviteError, ProviderSignInError};
use wd_kernel::Denied;
use wd_single_sign_on::{BeginError, BindError, ChangeError, ProveError, SingleSignOn};

pub use finish::{Finished, Shown};
pub use http::router;

/// The use cases. Clones share everything.
#[derive(Clone)]
pub struct SingleSignOnFlows {
    db: Db,
    provider: SingleSignOn,
    identity: Identity,
    access: Access,
}

impl SingleSignOnFlows {
    /// Puts them together.
    pub const fn new(db: Db, provider: SingleSignOn, identity: Identity, access: Access) -> Self {
        Self {
            db,
            provider,
            identity,
            access,
        }
    }
}

/// Why something did not happen.
#[derive(Debug, thiserror::Error)]
pub enum SingleSignOnError {
    /// No right, or not signed in.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Nothing began.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// Nothing was proven.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// What was proven lets nobody in.
    #[error(transparent)]
    SignIn(#[from] ProviderSignInError),
    /// The account was not bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Without the provider the person could not come in any more: there is no second factor for the password.
    #[error("this is the only way in, without a second factor")]
    OnlyWay,
    /// The same: there is no password that works.
    #[error("this is the only way in, without a password")]
    NoPassword,
    /// The person has a factor here, and shows that one.
    #[error("there is a factor to show here")]
    OwnFactor,
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ChangeError),
    /// A mapping names a role that is not there.
    #[error("there is no role {0}")]
    UnknownRole(String),
    /// A mapping names a team that is not there.
    #[error("a mapping names a team that is not there")]
    UnknownTeam,
    /// Nobody was created.
    #[error(transparent)]
    Create(#[from] InviteError),
    /// The roles were not set.
    #[error(transparent)]
    Roles(#[from] SetRolesError),
    /// The teams were not set.
    #[error(transparent)]
    Teams(#[from] SetTeamsError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}
