use wd_db::DbError;
use wd_kernel::{Denied, Problem, ProblemCode};
use wd_vault::VaultError;

/// Why the delivery service refuses, or fails.
#[derive(Debug, thiserror::Error)]
pub enum ChannelsError {
    /// The right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// It does not exist, or the actor may not know that it does.
    #[error("there is nothing here")]
    NotFound,
    /// Another commit won the epoch.
    #[error("another commit won the epoch")]
    EpochConflict,
    /// Devices must be removed from the group first.
    #[error("devices must be removed from the group first")]
    RemovalPending,
    /// No staff device is in the group.
    #[error("no staff device is in the group")]
    NotTaken,
    /// A staff device is in the group.
    #[error("a staff device is in the group")]
    Taken,
    /// It exists already, or stands in the way.
    #[error("{0}")]
    Conflict(&'static str),
    /// Larger than the protocol allows.
    #[error("larger than the protocol allows")]
    TooLarge,
    /// Not what the protocol asks for here.
    #[error("{0}")]
    InvalidMls(&'static str),
    /// A field is wrong.
    #[error("{field}: {message}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong.
        message: &'static str,
    },
    /// More than a visitor may do in this time.
    #[error("too much in this time")]
    RateLimited {
        /// Seconds until the next one.
        retry_after: u64,
    },
    /// What is stored cannot be read.
    #[error("stored data cannot be read: {0}")]
    Stored(&'static str),
    /// JSON could not be written.
    #[error("JSON could not be written")]
    Json(#[from] serde_json::Error),
    /// The organisation key does not work.
    #[error("the organisation key does not work")]
    OrganisationKey(#[from] wd_crypto::jws::JwsError),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl ChannelsError {
    /// A wrong field.
    pub(crate) const fn invalid(field: &'static str, message: &'static str) -> Self {
        Self::Invalid { field, message }
    }
}

impl wd_web::Fails for ChannelsError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::EpochConflict => ProblemCode::EpochConflict.into(),
            Self::RemovalPending => ProblemCode::RemovalPending.into(),
            Self::NotTaken => ProblemCode::NotTaken.into(),
            Self::Taken => ProblemCode::Taken.into(),
            Self::Conflict(detail) => Problem::new(ProblemCode::Conflict).detail(*detail),
            Self::TooLarge => ProblemCode::TooLarge.into(),
            Self::InvalidMls(detail) => Problem::new(ProblemCode::InvalidMls).detail(*detail),
            Self::Invalid { field, message } => Problem::invalid(*field, *message),
            Self::RateLimited { retry_after } => Problem::new(ProblemCode::RateLimited).retry_after(*retry_after),
            Self::Stored(_) | Self::Json(_) | Self::OrganisationKey(_) | Self::Vault(_) | Self::Db(_) => {
                ProblemCode::Internal.into()
            }
        }
    }
}

wd_web::fails!(ChannelsError);
