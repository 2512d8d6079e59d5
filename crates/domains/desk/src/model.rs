//! A conversation as a case, and what may happen to it. Pure.

use serde::{Deserialize, Serialize};
use wd_kernel::{ConversationId, CustomerId, Scope, StaffId, TeamId, Timestamp};

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ConversationState)]
pub enum State {
    /// Nobody has taken it.
    Waiting,
    /// Somebody works on it.
    Open,
    /// Done.
    Closed,
}

impl State {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// From the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Open, Self::Closed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// Who wrote last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LastFrom {
    /// The customer.
    Customer,
    /// Somebody of the staff.
    Staff,
}

impl LastFrom {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
        }
    }

    /// From the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Customer, Self::Staff]
            .into_iter()
            .find(|from| from.as_str() == text)
    }
}

/// Why a case does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody else has it.
    #[error("somebody else took this conversation")]
    AlreadyTaken,
    /// It is closed.
    #[error("the conversation is closed")]
    Closed,
    /// It is not closed.
    #[error("the conversation is not closed")]
    NotClosed,
    /// Nobody has it.
    #[error("nobody has taken this conversation")]
    NotTaken,
    /// They have it already.
    #[error("this person has the conversation already")]
    Already,
}

/// A conversation as a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: ConversationId,
    /// Whose queue it is in.
    pub team: TeamId,
    /// Whose conversation it is.
    pub customer: CustomerId,
    /// Where it stands.
    pub state: State,
    /// Who works on it, or did when it was closed.
    pub assignee: Option<StaffId>,
    /// When it began.
    pub opened_at: Timestamp,
    /// Since when it waits.
    pub waiting_since: Option<Timestamp>,
    /// When somebody last wrote.
    pub last_activity_at: Timestamp,
    /// Who that was.
    pub last_from: Option<LastFrom>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl Case {
    /// A customer begins.
    pub const fn open(id: ConversationId, team: TeamId, customer: CustomerId, at: Timestamp) -> Self {
        Self {
            id,
            team,
            customer,
            state: State::Waiting,
            assignee: None,
            opened_at: at,
            waiting_since: Some(at),
            last_activity_at: at,
            last_from: Some(LastFrom::Customer),
            closed_at: None,
        }
    }

    /// What rights are asked for.
    pub const fn scope(&self) -> Scope {
        Scope::case(self.team, self.assignee)
    }

    /// Somebody takes it out of the queue.
    pub fn take(mut self, staff: StaffId) -> Result<Self, Refusal> {
        match (self.state, self.assignee) {
            (State::Closed, _) => Err(Refusal::Closed),
            (State::Waiting, _) | (State::Open, None) => {
                self.work(staff);
                Ok(self)
            }
            (State::Open, Some(holder)) if holder == staff => Err(Refusal::Already),
            (State::Open, Some(_)) => Err(Refusal::AlreadyTaken),
        }
    }

    /// It is handed to somebody, out of the queue or from who has it.
    pub fn assign(mut self, staff: StaffId) -> Result<Self, Refusal> {
        match self.state {
            State::Closed => Err(Refusal::Closed),
            State::Open if self.assignee == Some(staff) => Err(Refusal::Already),
            State::Waiting | State::Open => {
                self.work(staff);
                Ok(self)
            }
        }
    }

    /// Back to the queue.
    pub fn release(mut self, at: Timestamp) -> Result<Self, Refusal> {
        match self.state {
            State::Closed => Err(Refusal::Closed),
            State::Waiting => Err(Refusal::NotTaken),
            State::Open => {
                self.state = State::Waiting;
                self.assignee = None;
                self.waiting_since = Some(at);
                Ok(self)
            }
        }
    }

    /// Done.
    pub fn close(mut self, at: Timestamp) -> Result<Self, Refusal> {
        if self.state == State::Closed {
            return Err(Refusal::Closed);
        }
        self.state = State::Closed;
        self.waiting_since = None;
        self.closed_at = Some(at);
        Ok(self)
    }

    /// Not done after all: back to who had it, or to the queue.
    pub fn reopen(mut self, at: Timestamp) -> Result<Self, Refusal> {
        if self.state != State::Closed {
            return Err(Refusal::NotClosed);
        }
        self.closed_at = None;
        if self.assignee.is_some() {
            self.state = State::Open;
        } else {
            self.state = State::Waiting;
            self.waiting_since = Some(at);
        }
        Ok(self)
    }

    /// Somebody wrote.
    #[must_use]
    pub fn touched(mut self, from: LastFrom, at: Timestamp) -> Self {
        self.last_from = Some(from);
        self.last_activity_at = at.max(self.last_activity_at);
        self
    }

    const fn work(&mut self, staff: StaffId) {
        self.state = State::Open;
        self.assignee = Some(staff);
        self.waiting_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;
    use wd_kernel::Id as _;

    fn staff(n: u128) -> StaffId {
        StaffId::from_uuid(Uuid::from_u128(n))
    }

    fn fresh() -> Case {
        let id = |n| Uuid::from_u128(n);
        Case::open(
            ConversationId::from_uuid(id(1)),
            TeamId::from_uuid(id(2)),
            CustomerId::from_uuid(id(3)),
            Timestamp::from_seconds(10),
        )
    }

    #[test]
    fn who_takes_second_is_refused() {
        let taken = fresh().take(staff(1)).unwrap();
        assert_eq!(taken.clone().take(staff(2)), Err(Refusal::AlreadyTaken));
        assert_eq!(taken.take(staff(1)), Err(Refusal::Already));
    }

    #[test]
    fn what_was_released_waits_from_then_on() {
        let released = fresh()
            .take(staff(1))
            .unwrap()
            .release(Timestamp::from_seconds(50))
            .unwrap();
        assert_eq!(
            (released.state, released.assignee, released.waiting_since),
            (State::Waiting, None, Some(Timestamp::from_seconds(50)))
        );
    }

    #[test]
    fn a_reopened_case_goes_back_to_who_had_it() {
        let at = Timestamp::from_seconds(60);
        assert_eq!(
            fresh()
                .take(staff(1))
                .unwrap()
                .close(at)
                .unwrap()
                .reopen(at)
                .unwrap()
                .assignee,
            Some(staff(1))
        );
        assert_eq!(fresh().close(at).unwrap().reopen(at).unwrap().state, State::Waiting);
    }

    proptest! {
        #[test]
        fn a_case_always_says_the_same_in_all_its_fields(steps: Vec<(u8, u8)>) {
            let mut case = fresh();
            for (step, who) in steps {
                let (who, at) = (staff(u128::from(who % 3)), Timestamp::from_seconds(100));
                let next = match step % 5 {
                    0 => case.clone().take(who),
                    1 => case.clone().assign(who),
                    2 => case.clone().release(at),
                    3 => case.clone().close(at),
                    _ => case.clone().reopen(at),
                };
                case = next.unwrap_or(case);
                prop_assert_eq!(case.state == State::Waiting, case.waiting_since.is_some());
                prop_assert_eq!(case.state == State::Closed, case.closed_at.is_some());
                prop_assert!(case.state != State::Open || case.assignee.is_some());
                prop_assert!(case.state != State::Waiting || case.assignee.is_none());
            }
        }
    }
}
