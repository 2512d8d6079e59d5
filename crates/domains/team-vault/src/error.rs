use wd_db::DbError;
use wd_kernel::{Denied, Problem, ProblemCode};

/// Why the team vault refuses, or fails.
#[derive(Debug, thiserror::Error)]
pub enum TeamVaultError {
    /// The right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// It does not exist, or the actor is no member.
    #[error("there is nothing here")]
    NotFound,
    /// The actor's role in the folder does not cover it.
    #[error("the role in this folder does not cover it")]
    Role,
    /// Somebody changed the entry, or the folder's key, meanwhile.
    #[error("it was changed meanwhile")]
    Stale,
    /// It stands in the way.
    #[error("{0}")]
    Conflict(&'static str),
    /// As many entries as one may open within an hour were opened; seconds until the next one.
    #[error("as many entries as within an hour were opened, {0} seconds to wait")]
    TooMany(u64),
    /// More than the vault takes.
    #[error("more than the vault takes")]
    TooLarge,
    /// A field is wrong.
    #[error("{field}: {message}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong.
        message: &'static str,
    },
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl TeamVaultError {
    /// A wrong field.
    pub(crate) const fn invalid(field: &'static str, message: &'static str) -> Self {
        Self::Invalid { field, message }
    }
}

impl wd_web::Fails for TeamVaultError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Role => Problem::new(ProblemCode::Forbidden).detail(
                "Your role in this folder does not cover this. Somebody who may share the folder can change it.",
            ),
            Self::Stale => {
                Problem::new(ProblemCode::StaleVersion).detail("Load the folder again and repeat your change.")
            }
            Self::Conflict(detail) => Problem::new(ProblemCode::Conflict).detail(*detail),
            Self::TooMany(seconds) => Problem::new(ProblemCode::RateLimited)
                .detail(
                    "You have opened many entries within an hour. Wait a little, or let somebody who may share the folder check or export it.",
                )
                .retry_after(*seconds),
            Self::TooLarge => ProblemCode::TooLarge.into(),
            Self::Invalid { field, message } => Problem::invalid(*field, *message),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

wd_web::fails!(TeamVaultError);
