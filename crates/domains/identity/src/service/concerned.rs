//! Whom a change of a policy would concern, by name. Numbers are for all who may read the policy; names only for who may
//! see who works here.

use serde::Serialize;
use utoipa::ToSchema;
use wd_kernel::{Ctx, Scope, StaffId};

use crate::{model::words, permissions::StaffRead};

/// Most people who are named; how many there are besides is a number.
const MOST_NAMED: usize = 50;

words! {
    /// What a change of a policy does to somebody.
    Consequence {
        /// They must add a second factor that does for what is asked.
        MustEnrol = "must-enrol",
        /// They must change the password when they sign in with it.
        MustChangePassword = "must-change-password",
        /// A session of theirs ends at once.
        SignedOut = "signed-out",
        /// Their sessions end sooner than now, and none at once.
        SignedOutSooner = "signed-out-sooner",
    }
}

/// Somebody whom a change would concern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConcernedPerson {
    /// Who.
    pub id: StaffId,
    /// The shown name.
    pub name: String,
    /// What it does to them.
    pub what: Consequence,
}

/// Whom a change would concern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Concerned {
    /// How many, whether they are named or not.
    pub total: usize,
    /// Who, at most 50: whom it hits at once first, and then by login.
    pub people: Vec<ConcernedPerson>,
}

impl Concerned {
    /// These, who come in order, for who asks; nothing for who may not see who works here.
    pub(super) fn named_to(ctx: &Ctx, all: impl IntoIterator<Item = (StaffId, String, Consequence)>) -> Option<Self> {
        if !ctx.holds::<StaffRead>(Scope::ORGANISATION) {
            return None;
        }
        let mut people: Vec<ConcernedPerson> = all
            .into_iter()
            .map(|(id, name, what)| ConcernedPerson { id, name, what })
            .collect();
        let total = people.len();
        people.truncate(MOST_NAMED);
        Some(Self { total, people })
    }
}
