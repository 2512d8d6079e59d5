//! Which problem each error is.

use wd_kernel::{Problem, ProblemCode};
use wd_web::Fails;

use crate::{BeginError, BindError, ChangeError, ProveError, TryError};

wd_web::fails!(ChangeError, TryError, BeginError, ProveError, BindError);

const UNREACHABLE: &str = "The sign-in provider cannot be used just now. Try again in a minute, or sign in with your password. If it stays so, tell your administrator.";
const AGAIN: &str = "This sign-in took too long, or was answered already. Begin again with the button.";
const NOT_TRUSTED: &str = "What the sign-in provider answered does not check, so nobody was signed in. Begin again with the button; if it happens again, tell your administrator.";

fn again(detail: &str) -> Problem {
    Problem::new(ProblemCode::Unauthenticated).detail(detail)
}

impl Fails for ChangeError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Setting(bad) => Problem::invalid(bad.field, bad.message),
            Self::Stale => ProblemCode::StaleVersion.into(),
            Self::Stored(_) | Self::Vault(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for TryError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
        }
    }
}

impl Fails for BeginError {
    fn problem(&self) -> Problem {
        match self {
            Self::NoProvider => Problem::new(ProblemCode::NotFound)
                .detail("Nobody signs in through a provider here. Sign in with your name and password."),
            Self::RateLimited(seconds) => Problem::new(ProblemCode::RateLimited).retry_after(*seconds),
            Self::Provider(_) => Problem::new(ProblemCode::Overloaded)
                .detail(UNREACHABLE)
                .retry_after(60),
            Self::Settings(error) => error.problem(),
            Self::Vault(_) | Self::Ticket(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for ProveError {
    fn problem(&self) -> Problem {
        match self {
            Self::NoAttempt | Self::Code(_) => again(AGAIN),
            Self::OtherIssuer | Self::Token(_) => again(NOT_TRUSTED),
            Self::Refused => again(
                "The sign-in provider did not let you in, or you went back. Begin again, or sign in with your password.",
            ),
            Self::Provider(_) => Problem::new(ProblemCode::Overloaded)
                .detail(UNREACHABLE)
                .retry_after(60),
            Self::Begin(error) => error.problem(),
            Self::Settings(error) => error.problem(),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for BindError {
    fn problem(&self) -> Problem {
        match self {
            Self::Taken => Problem::new(ProblemCode::Conflict)
                .detail("This account at the provider belongs to somebody else here, or you have bound another one. Unbind that first."),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}
