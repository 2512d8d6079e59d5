use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use wd_kernel::{Actor, Decide, Scope, StaffId, TeamId};

/// How many answers one person's socket keeps.
const ANSWERS: usize = 4096;

type Question = (&'static str, Option<TeamId>, Option<StaffId>);

/// Remembers what the policies answered about one person, for as long as their socket is open. Roles and teams are part
/// of the person, and a socket closes when they change; policies change only when a node starts.
pub(super) struct Remembered {
    of: Actor,
    decide: Arc<dyn Decide>,
    answers: Mutex<HashMap<Question, bool>>,
}

impl Remembered {
    pub(super) fn new(of: Actor, decide: Arc<dyn Decide>) -> Self {
        Self {
            of,
            decide,
            answers: Mutex::default(),
        }
    }
}

impl Decide for Remembered {
    fn allows(&self, actor: &Actor, permission: &'static str, scope: Scope) -> bool {
        if *actor != self.of {
            return self.decide.allows(actor, permission, scope);
        }
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= ANSWERS {
            answers.clear();
        }
        *answers
            .entry((permission, scope.team, scope.owner))
            .or_insert_with(|| self.decide.allows(actor, permission, scope))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counting(AtomicUsize);
    impl Decide for Counting {
        fn allows(&self, _: &Actor, _: &'static str, scope: Scope) -> bool {
            self.0.fetch_add(1, Ordering::Relaxed);
            scope.team.is_some()
        }
    }

    #[test]
    fn a_question_is_asked_once_and_another_persons_answer_is_not_taken_for_it() {
        let actor = |n| Actor::Customer {
            id: format!("cus_{n:032x}").parse().unwrap(),
            device: None,
        };
        let policies = Arc::new(Counting::default());
        let remembered = Remembered::new(actor(1), policies.clone());
        let team = Scope::team(format!("tea_{:032x}", 9).parse().unwrap());
        for _ in 0..3 {
            assert!(remembered.allows(&actor(1), "a", team));
            assert!(!remembered.allows(&actor(1), "a", Scope::ORGANISATION));
        }
        assert_eq!(policies.0.load(Ordering::Relaxed), 2);
        remembered.allows(&actor(2), "a", team);
        assert_eq!(policies.0.load(Ordering::Relaxed), 3);
    }
}
