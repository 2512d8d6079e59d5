//! Which problem each error is.

use wd_kernel::{Problem, ProblemCode};
use wd_web::Fails;

use super::StaffFlowError;

wd_web::fails!(StaffFlowError);

impl Fails for StaffFlowError {
    fn problem(&self) -> Problem {
        match self {
            Self::Invite(error) => error.problem(),
            Self::Staff(error) => error.problem(),
            Self::Disable(error) => error.problem(),
            Self::Enable(error) => error.problem(),
            Self::Roles(error) => error.problem(),
            Self::Teams(error) => error.problem(),
            Self::Team(error) => error.problem(),
            Self::Left => Problem::new(ProblemCode::Conflict).detail("This person has left."),
            Self::AlreadySetUp => Problem::new(ProblemCode::Conflict).detail("This account is set up already."),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}
