//! Rights are things one holds: [`Ctx::require`](crate::Ctx::require) gives a [`Permit`] or a [`Denied`].

use std::{fmt, marker::PhantomData};

use crate::{Actor, Problem, ProblemCode, StaffId, TeamId};

/// A right, as a type. Domains declare theirs with [`permissions!`](crate::permissions).
pub trait Permission: Send + Sync + 'static {
    /// The name in roles, policies and problems: `customer.read`.
    const NAME: &'static str;
    /// Whether a second factor shown in the last ten minutes is needed.
    const STEP_UP: bool = false;
}

/// Declares permissions: `permissions! { /// Sees customers. CustomerRead = "customer.read"; #[step_up] … }`.
#[macro_export]
macro_rules! permissions {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal $(, step_up = $step_up:literal)?;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug)]
            pub struct $name;
            impl $crate::Permission for $name {
                const NAME: &'static str = $text;
                $(const STEP_UP: bool = $step_up;)?
            }
        )*
        /// The names of this crate's permissions.
        pub const ALL: &[&str] = &[$($text,)*];
    };
}

/// What the right is asked for: which team's, whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    /// The team the thing belongs to.
    pub team: Option<TeamId>,
    /// The staff member it belongs or is assigned to.
    pub owner: Option<StaffId>,
}

impl Scope {
    /// A thing of the whole organisation.
    pub const ORGANISATION: Self = Self {
        team: None,
        owner: None,
    };

    /// A thing of a team.
    pub const fn team(team: TeamId) -> Self {
        Self {
            team: Some(team),
            owner: None,
        }
    }

    /// A thing of a person.
    pub const fn own(owner: StaffId) -> Self {
        Self {
            team: None,
            owner: Some(owner),
        }
    }

    /// A thing of a team that is assigned to somebody, or to nobody.
    pub const fn case(team: TeamId, owner: Option<StaffId>) -> Self {
        Self {
            team: Some(team),
            owner,
        }
    }
}

/// How far a granted right reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// What is one's own or assigned to one.
    Own,
    /// What belongs to one's teams.
    Team,
    /// Everything of the organisation.
    Organisation,
}

impl Reach {
    /// The word in the database and in policies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Team => "team",
            Self::Organisation => "organisation",
        }
    }

    /// From the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Own, Self::Team, Self::Organisation]
            .into_iter()
            .find(|r| r.as_str() == text)
    }
}

/// Decides about rights; implemented on policies, outside the kernel.
pub trait Decide: Send + Sync {
    /// Whether the actor has the right in the scope. An error in the check is a refusal.
    fn allows(&self, actor: &Actor, permission: &'static str, scope: Scope) -> bool;
}

/// Proof that the actor of this request holds the right `P` for a scope. Only [`Ctx::require`](crate::Ctx::require) makes one.
pub struct Permit<P> {
    scope: Scope,
    kind: PhantomData<P>,
}

impl<P: Permission> Permit<P> {
    pub(crate) const fn new(scope: Scope) -> Self {
        Self {
            scope,
            kind: PhantomData,
        }
    }

    /// The scope it was given for.
    pub const fn scope(&self) -> Scope {
        self.scope
    }
}

impl<P: Permission> fmt::Debug for Permit<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permit({})", P::NAME)
    }
}

/// Why there is no permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    Unauthenticated,
    /// The right is missing.
    #[error("the right {0} is missing")]
    Forbidden(&'static str),
    /// The right is there, the fresh second factor is not.
    #[error("the right {0} needs a fresh second factor")]
    StepUp(&'static str),
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unauthenticated => ProblemCode::Unauthenticated.into(),
            Denied::Forbidden(permission) => Self {
                permission: Some(permission),
                ..ProblemCode::Forbidden.into()
            },
            Denied::StepUp(permission) => Self {
                permission: Some(permission),
                ..ProblemCode::StepUpRequired.into()
            },
        }
    }
}
