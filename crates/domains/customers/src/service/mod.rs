//! The use cases, one file each.

mod change;
mod import;
mod proof;
mod read;
mod record;
mod reveal;
mod search;
mod widget;

pub use change::{CustomerChange, NewCustomer};
pub(crate) use import::JOB as IMPORT_JOB;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use import::rows;
pub use import::{Import, ImportError, ImportProblem, ImportState};
pub use proof::OnFile;
pub use read::{Customer, CustomerSummary, Masked};
pub use reveal::Revealed;
pub use widget::{Identified, IdentityKey, IdentityKeys, Visitor, WidgetError};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use widget::{LONGEST_IDENTITY, check as check_identity};

use wd_db::DbError;
use wd_kernel::{Denied, FieldProblem, Problem, ProblemCode};
use wd_vault::VaultError;

/// Why a use case on records did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CustomerError {
    /// A right is missing.
    #[error("not permitted")]
    Denied(#[from] Denied),
    /// There is no such customer.
    #[error("there is no such customer")]
    NotFound,
    /// Somebody changed the record since it was read.
    #[error("the record was changed meanwhile")]
    Stale,
    /// Some fields are wrong.
    #[error("some fields are wrong")]
    Invalid(Vec<FieldProblem>),
    /// Another record has this external id.
    #[error("another record has this external id")]
    ExternalIdTaken,
    /// Keys failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl wd_web::Fails for CustomerError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Stale => {
                Problem::new(ProblemCode::StaleVersion).detail("Load the record again and repeat your change.")
            }
            Self::Invalid(fields) => Problem {
                fields: fields.clone(),
                ..ProblemCode::InvalidFields.into()
            },
            Self::ExternalIdTaken => {
                Problem::new(ProblemCode::Conflict).field("external_id", "Another customer has this external id.")
            }
            Self::Vault(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

wd_web::fails!(CustomerError);
