//! Which problem each error is.

use wd_kernel::{Problem, ProblemCode};
use wd_web::Fails;

use crate::{ConfigureError, MOST_TOKENS, ShowError, TokenError};

wd_web::fails!(ConfigureError, TokenError, ShowError);

impl Fails for ConfigureError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Setting(bad) => Problem::invalid(bad.field, bad.message),
            Self::Stale => ProblemCode::StaleVersion.into(),
            Self::Stored(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for TokenError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Setting(bad) => Problem::invalid(bad.field, bad.message),
            Self::Enough => Problem::new(ProblemCode::Conflict).detail(format!(
                "There are {MOST_TOKENS} tokens that work. Revoke one that is not used any more."
            )),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for ShowError {
    fn problem(&self) -> Problem {
        match self {
            Self::RateLimited(seconds) => Problem::new(ProblemCode::RateLimited).retry_after(*seconds),
            Self::Refused => ProblemCode::Unauthenticated.into(),
            Self::Settings(error) => error.problem(),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}
