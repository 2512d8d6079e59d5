use wd_db::DbError;
use wd_kernel::{Denied, Problem, ProblemCode};

/// Why the desk refuses, or fails.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// It does not exist, or the actor may not know that it does.
    #[error("there is nothing here")]
    NotFound,
    /// The state of the case does not allow it.
    #[error(transparent)]
    Refused(#[from] crate::Refusal),
    /// A field is wrong.
    #[error("{field}: {message}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong.
        message: &'static str,
    },
    /// What is stored cannot be read.
    #[error("stored data cannot be read: {0}")]
    Stored(&'static str),
    /// JSON could not be written.
    #[error("JSON could not be written")]
    Json(#[from] serde_json::Error),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl wd_web::Fails for DeskError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Refused(crate::Refusal::AlreadyTaken) => ProblemCode::AlreadyTaken.into(),
            Self::Refused(refusal) => Problem::new(ProblemCode::Conflict).detail(refusal.to_string()),
            Self::Invalid { field, message } => Problem::invalid(*field, *message),
            Self::Stored(_) | Self::Json(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

wd_web::fails!(DeskError);
