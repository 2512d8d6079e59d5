//! Which problem each error is.

use wd_kernel::{Problem, ProblemCode};
use wd_web::Fails;

use crate::{CreateTeamError, SetRolesError, SetTeamsError};

wd_web::fails!(SetRolesError, SetTeamsError, CreateTeamError);

impl Fails for SetRolesError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Unknown(role) => Problem::invalid("roles", format!("There is no role “{role}”.")),
            Self::Beyond(role) => Problem {
                permission: Some("roles.assign"),
                ..ProblemCode::Forbidden.into()
            }
            .detail(format!("The role “{role}” has rights that you do not have yourself.")),
            Self::LastAdministrator => Problem::new(ProblemCode::Conflict)
                .detail("This is the last administrator. Make somebody else one first."),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for SetTeamsError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Unknown(team) => Problem::invalid("teams", format!("There is no team {team}.")),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for CreateTeamError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Name => Problem::invalid("name", "A name has 1 to 128 characters and no line breaks."),
            Self::Taken => Problem::invalid("name", "A team has this name already."),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}
