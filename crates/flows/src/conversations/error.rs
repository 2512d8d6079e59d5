use wd_channels::ChannelsError;
use wd_db::DbError;
use wd_desk::DeskError;
use wd_kernel::{Denied, Problem, ProblemCode};
use wd_web::Fails;

/// A directory of names failed.
pub type NamesError = Box<dyn std::error::Error + Send + Sync>;

/// Why a use case refuses, or fails.
#[derive(Debug, thiserror::Error)]
pub enum ConversationsError {
    /// The right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is nothing, or the actor may not know.
    #[error("there is nothing here")]
    NotFound,
    /// The state does not allow it.
    #[error("{0}")]
    Conflict(&'static str),
    /// A field is wrong.
    #[error("{field}: {message}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong.
        message: &'static str,
    },
    /// The desk refused or failed.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The delivery service refused or failed.
    #[error(transparent)]
    Channels(#[from] ChannelsError),
    /// Somebody could not be told.
    #[error("a notice could not be queued")]
    Notice(#[from] crate::notices::NoticeError),
    /// The names could not be read.
    #[error("the names could not be read")]
    Names(#[source] NamesError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Fails for ConversationsError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Conflict(detail) => Problem::new(ProblemCode::Conflict).detail(*detail),
            Self::Invalid { field, message } => Problem::invalid(*field, *message),
            Self::Desk(error) => error.problem(),
            Self::Channels(error) => error.problem(),
            Self::Notice(_) | Self::Names(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

wd_web::fails!(ConversationsError);
