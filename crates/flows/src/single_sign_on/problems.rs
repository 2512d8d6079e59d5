//! Which problem each error is.

use wd_kernel::{Problem, ProblemCode};
use wd_web::Fails;

use super::SingleSignOnError;

wd_web::fails!(SingleSignOnError);

impl Fails for SingleSignOnError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Begin(error) => error.problem(),
            Self::Prove(error) => error.problem(),
            Self::SignIn(error) => error.problem(),
            Self::Bind(error) => error.problem(),
            Self::Settings(error) => error.problem(),
            Self::Create(error) => match error {
                wd_identity::InviteError::Db(_) => ProblemCode::Internal.into(),
                _ => Problem::new(ProblemCode::Conflict).detail(
                    "No account can be made for you: your name at the provider is taken here, or cannot be used. Ask your administrator.",
                ),
            },
            Self::OnlyWay => Problem::new(ProblemCode::Conflict)
                .detail("Without the provider you could not sign in any more. Add a second factor other than recovery codes first."),
            Self::NoPassword => Problem::new(ProblemCode::Conflict).detail(
                "You have no password here that works, so without the provider you could not sign in any more. The account stays bound. A password is chosen by a link, which whoever runs the server can make: ask your administrator.",
            ),
            Self::OwnFactor => {
                Problem::new(ProblemCode::Conflict).detail("You have a second factor here. Confirm with that one.")
            }
            Self::UnknownRole(role) => Problem::invalid("groups", format!("There is no role “{role}”.")),
            Self::UnknownTeam => Problem::invalid("groups", "A group in the table gives a team that is not there."),
            Self::Roles(_) | Self::Teams(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}
