//! The case of somebody who lost all factors: from the request to new factors. Pure: no database, no clock.

use wd_kernel::{Duration, StaffId, Timestamp};

use super::{Privilege, words};

/// How long a request waits to be decided.
pub const REQUEST_FOR: Duration = Duration::from_hours(7 * 24);
/// How long new factors can be set up after the waiting period.
const WINDOW: Duration = Duration::from_hours(24);
/// Requests about one person that are looked at within [`REQUESTS_WITHIN`].
pub const MOST_REQUESTS: i64 = 3;
/// The time in which requests are counted.
pub const REQUESTS_WITHIN: Duration = Duration::from_hours(30 * 24);

words! {
    /// Where a case stands.
    ReProofingState {
        /// Somebody asked; nobody has decided.
        Requested = "requested",
        /// One of two approvals is there.
        Approved = "approved",
        /// Approved; the waiting period runs.
        Waiting = "waiting",
        /// The waiting period is over: new factors can be set up, once.
        Ready = "ready",
        /// New factors were begun with it.
        Used = "used",
        /// It will not happen.
        Refused = "refused",
        /// The person, or a change of the account, ended it.
        Withdrawn = "withdrawn",
        /// Nobody decided, or nobody used it, in time.
        Expired = "expired",
    }
}

words! {
    /// A step of a case that others hear of.
    ReProofingStep {
        /// Somebody asked.
        Requested = "requested",
        /// The procedure says that it is the person.
        Verified = "verified",
        /// The procedure was stopped by an answer.
        Stopped = "stopped",
        /// One of two approved.
        ApprovedOnce = "approved-once",
        /// Approved; the waiting period runs.
        Waiting = "waiting",
        /// The waiting period is over: new factors can be set up.
        Ready = "ready",
        /// Refused.
        Refused = "refused",
        /// Withdrawn.
        Withdrawn = "withdrawn",
        /// The person says that it was somebody else.
        NotMe = "not-me",
        /// New factors can be set up in a session of their own, now.
        Used = "used",
        /// There is a new factor, and the old ones do not work any more.
        Finished = "finished",
    }
}

words! {
    /// Why a case ended without new factors.
    ReProofingReason {
        /// A colleague: this is not the person.
        NotThePerson = "not-the-person",
        /// A colleague: something is odd.
        Suspicious = "suspicious",
        /// A colleague: it is not needed.
        NotNeeded = "not-needed",
        /// An answer of the procedure stopped it.
        Stopped = "stopped",
        /// The procedure proved nothing.
        NotProven = "not-proven",
        /// Who vouched has left, or has fewer rights than the person now.
        ApproverGone = "approver-gone",
        /// The person has a factor after all.
        Found = "found",
        /// The person did not ask for it.
        NotMe = "not-me",
        /// The account was disabled.
        Disabled = "disabled",
        /// A link from the command line set up the account anew.
        OtherWay = "other-way",
    }
}

impl ReProofingReason {
    /// Whether a colleague may refuse with it.
    pub const fn is_given_by_people(self) -> bool {
        matches!(self, Self::NotThePerson | Self::Suspicious | Self::NotNeeded)
    }
}

/// How long people wait after the approval, in whole hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// Most people.
    pub ordinary_hours: i64,
    /// Those with administrative rights.
    pub administrative_hours: i64,
}

impl Waits {
    /// At least an hour, at most two weeks, and not shorter for those who can do more.
    pub fn are_allowed(self) -> bool {
        let allowed = 1..=14 * 24;
        allowed.contains(&self.ordinary_hours)
            && allowed.contains(&self.administrative_hours)
            && self.administrative_hours >= self.ordinary_hours
    }

    /// How many hours this person waits.
    pub fn hours_of(self, person: &Privilege) -> i64 {
        let hours = if person.is_administrative() {
            self.administrative_hours
        } else {
            self.ordinary_hours
        };
        hours.max(1)
    }

    /// How long who can do most waits.
    pub fn longest(self) -> Duration {
        hours(self.administrative_hours.max(1))
    }

    fn of(self, person: &Privilege) -> Duration {
        hours(self.hours_of(person))
    }
}

fn hours(hours: i64) -> Duration {
    Duration::from_hours(u64::try_from(hours).unwrap_or(1))
}

/// What decides about a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Whose account.
    pub staff: StaffId,
    /// As it was stored.
    pub stored: ReProofingState,
    /// The colleague who asked; `None` is the person.
    pub requested_by: Option<StaffId>,
    /// Who ran the procedure, which passed.
    pub verified_by: Option<StaffId>,
    /// The first of two who approved.
    pub first_by: Option<StaffId>,
    /// The end of the waiting period.
    pub ready_at: Option<Timestamp>,
    /// When it is over by itself.
    pub expires_at: Timestamp,
}

/// Why an approval does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was decided already, or it is over.
    #[error("the case does not wait for a decision")]
    NotOpen,
    /// Nobody approves their own case.
    #[error("one's own case")]
    Own,
    /// The procedure has not passed.
    #[error("the procedure has not passed")]
    NotVerified,
    /// Who asked for it or ran the procedure does not decide.
    #[error("who ran the procedure does not approve")]
    Ran,
    /// The same person approved before; another one is needed.
    #[error("approved by the same person already")]
    Twice,
    /// The person may do more than who approves.
    #[error("the person has rights that who approves has not")]
    Beyond,
}

/// What an approval leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Another one must approve too.
    First,
    /// The waiting period runs.
    Wait {
        /// Its end.
        ready_at: Timestamp,
        /// The end of the time in which new factors can be set up.
        expires_at: Timestamp,
    },
}

impl Case {
    /// Where it stands now.
    pub fn state(&self, now: Timestamp) -> ReProofingState {
        use ReProofingState::{Approved, Expired, Ready, Requested, Waiting};
        match self.stored {
            Requested | Approved | Waiting if now >= self.expires_at => Expired,
            Waiting if self.ready_at.is_some_and(|at| now >= at) => Ready,
            stored => stored,
        }
    }

    /// Whether it can still lead to new factors.
    pub fn is_open(&self, now: Timestamp) -> bool {
        use ReProofingState::{Approved, Ready, Requested, Waiting};
        matches!(self.state(now), Requested | Approved | Waiting | Ready)
    }

    /// How many must approve: two for an administrator, unless there is only one other who can.
    pub const fn approvals_needed(person: &Privilege, other_administrators: usize) -> i64 {
        if person.administrator && other_administrators >= 2 {
            2
        } else {
            1
        }
    }
}

/// What an approval by this person leads to. `other_administrators` can sign in and are not the person.
pub fn approval(
    case: &Case,
    (approver, theirs): (StaffId, &Privilege),
    person: &Privilege,
    other_administrators: usize,
    waits: Waits,
    now: Timestamp,
) -> Result<Move, Refusal> {
    if !matches!(case.state(now), ReProofingState::Requested | ReProofingState::Approved) {
        return Err(Refusal::NotOpen);
    }
    if approver == case.staff {
        return Err(Refusal::Own);
    }
    if case.verified_by == Some(approver) || case.requested_by == Some(approver) {
        return Err(Refusal::Ran);
    }
    if !theirs.covers(person) {
        return Err(Refusal::Beyond);
    }
    if case.verified_by.is_none() {
        return Err(Refusal::NotVerified);
    }
    if case.first_by == Some(approver) {
        return Err(Refusal::Twice);
    }
    if case.first_by.is_none() && Case::approvals_needed(person, other_administrators) > 1 {
        return Ok(Move::First);
    }
    let ready_at = now + waits.of(person);
    Ok(Move::Wait {
        ready_at,
        expires_at: ready_at + WINDOW,
    })
}

#[cfg(test)]
mod tests {
    use wd_kernel::Id as _;

    use super::*;

    fn staff(n: u128) -> StaffId {
        StaffId::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_seconds(hours * 3600)
    }

    const WAITS: Waits = Waits {
        ordinary_hours: 24,
        administrative_hours: 48,
    };

    fn verified() -> Case {
        Case {
            staff: staff(1),
            stored: ReProofingState::Requested,
            requested_by: None,
            verified_by: Some(staff(2)),
            first_by: None,
            ready_at: None,
            expires_at: at(7 * 24),
        }
    }

    fn administrator() -> Privilege {
        Privilege {
            administrator: true,
            ..Privilege::default()
        }
    }

    #[test]
    fn the_wait_is_longer_for_who_can_do_more() {
        let by = (staff(3), &administrator());
        let wait = |person: &Privilege| approval(&verified(), by, person, 1, WAITS, at(0));
        assert_eq!(
            wait(&Privilege::default()),
            Ok(Move::Wait {
                ready_at: at(24),
                expires_at: at(48)
            })
        );
        assert_eq!(
            wait(&administrator()),
            Ok(Move::Wait {
                ready_at: at(48),
                expires_at: at(72)
            })
        );
    }

    #[test]
    fn administrators_need_two_where_there_are_two() {
        let (one, person) = (administrator(), administrator());
        let case = verified();
        assert_eq!(
            approval(&case, (staff(3), &one), &person, 2, WAITS, at(0)),
            Ok(Move::First)
        );
        let case = Case {
            stored: ReProofingState::Approved,
            first_by: Some(staff(3)),
            ..case
        };
        assert_eq!(
            approval(&case, (staff(3), &one), &person, 2, WAITS, at(1)),
            Err(Refusal::Twice)
        );
        // Also when the others have left meanwhile.
        assert_eq!(
            approval(&case, (staff(3), &one), &person, 1, WAITS, at(1)),
            Err(Refusal::Twice)
        );
        assert!(matches!(
            approval(&case, (staff(4), &one), &person, 2, WAITS, at(1)),
            Ok(Move::Wait { .. })
        ));
    }

    #[test]
    fn who_has_a_hand_in_it_does_not_approve() {
        let (all, person) = (administrator(), Privilege::default());
        let try_by = |case: &Case, n: u128| approval(case, (staff(n), &all), &person, 1, WAITS, at(0));
        let case = verified();
        assert_eq!(try_by(&case, 1), Err(Refusal::Own));
        assert_eq!(try_by(&case, 2), Err(Refusal::Ran));
        let asked = Case {
            requested_by: Some(staff(5)),
            ..case
        };
        assert_eq!(try_by(&asked, 5), Err(Refusal::Ran));
        let unknown = Case {
            verified_by: None,
            ..case
        };
        assert_eq!(try_by(&unknown, 3), Err(Refusal::NotVerified));
        let weak = Privilege::default();
        assert_eq!(
            approval(&case, (staff(3), &weak), &administrator(), 1, WAITS, at(0)),
            Err(Refusal::Beyond)
        );
    }

    #[test]
    fn time_moves_a_case_by_itself() {
        use ReProofingState::{Expired, Ready, Refused, Requested, Waiting};
        let asked = verified();
        assert_eq!([asked.state(at(0)), asked.state(at(168))], [Requested, Expired]);
        let waiting = Case {
            stored: Waiting,
            ready_at: Some(at(24)),
            expires_at: at(48),
            ..asked
        };
        let states = [0, 23, 24, 47, 48].map(|hour| waiting.state(at(hour)));
        assert_eq!(states, [Waiting, Waiting, Ready, Ready, Expired]);
        let refused = Case {
            stored: Refused,
            ..waiting
        };
        assert_eq!(refused.state(at(30)), Refused);
        assert!(waiting.is_open(at(47)) && !waiting.is_open(at(48)) && !refused.is_open(at(0)));
    }

    #[test]
    fn nobody_waits_less_than_an_hour() {
        let allowed = |ordinary_hours, administrative_hours| {
            Waits {
                ordinary_hours,
                administrative_hours,
            }
            .are_allowed()
        };
        assert!(allowed(24, 48) && allowed(1, 1) && allowed(336, 336));
        assert!(!allowed(0, 48) && !allowed(24, 0) && !allowed(48, 24) && !allowed(24, 337) && !allowed(-1, 5));
    }
}
