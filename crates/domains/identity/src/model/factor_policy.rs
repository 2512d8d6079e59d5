use wd_kernel::{Duration, Timestamp};

use super::{FactorKind, STEP_UP_FOR, words};

words! {
    /// What a second factor withstands. The order is the order of strength.
    #[derive(PartialOrd, Ord)]
    FactorStrength {
        /// Whatever shows more than the password.
        Any = "any",
        /// A false page gets nothing that it could use: a passkey or security key that has verified its user.
        PhishingResistant = "phishing-resistant",
    }
}

/// What a role asks of the factors of those who hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactorPolicy {
    /// What signing in must be done with.
    pub sign_in: FactorStrength,
    /// What dangerous acts must be confirmed with.
    pub step_up: FactorStrength,
    /// From when on; until then people are asked to get ready.
    pub due_at: Timestamp,
}

impl FactorPolicy {
    /// Whether this asks for less than what was decided before, or for the same later. Before the first decision any
    /// factor was enough.
    pub fn asks_less_than(&self, before: Option<&Self>) -> bool {
        let Some(before) = before else { return false };
        let strict = before.sign_in.max(before.step_up) > FactorStrength::Any;
        self.sign_in < before.sign_in || self.step_up < before.step_up || (strict && self.due_at > before.due_at)
    }
}

/// What is asked of one person, by all their roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// What signing in must be done with.
    pub sign_in: FactorStrength,
    /// What dangerous acts must be confirmed with.
    pub step_up: FactorStrength,
}

impl Demand {
    /// Nothing but a second factor.
    pub const LEAST: Self = Self {
        sign_in: FactorStrength::Any,
        step_up: FactorStrength::Any,
    };

    /// The strictest of these policies.
    pub fn strictest<'a>(policies: impl IntoIterator<Item = &'a FactorPolicy>) -> Self {
        policies.into_iter().fold(Self::LEAST, |demand, policy| Self {
            sign_in: demand.sign_in.max(policy.sign_in),
            step_up: demand.step_up.max(policy.step_up),
        })
    }

    /// The strictest of those that hold already.
    pub fn now(policies: &[FactorPolicy], now: Timestamp) -> Self {
        Self::strictest(policies.iter().filter(|policy| policy.due_at <= now))
    }

    /// What a person must have, to be able to do all that is asked.
    pub fn to_have(self) -> FactorStrength {
        self.sign_in.max(self.step_up)
    }
}

/// When the first of the policies that do not hold yet begins to ask for more than a person has.
pub fn next_due(policies: &[FactorPolicy], had: FactorStrength, now: Timestamp) -> Option<Timestamp> {
    policies
        .iter()
        .filter(|policy| policy.due_at > now && policy.sign_in.max(policy.step_up) > had)
        .map(|policy| policy.due_at)
        .min()
}

/// What a factor withstands. Recovery codes let somebody begin anew and count for no more than a code.
pub const fn strength(kind: FactorKind) -> FactorStrength {
    match kind {
        FactorKind::Passkey => FactorStrength::PhishingResistant,
        FactorKind::Totp | FactorKind::Recovery | FactorKind::Sms => FactorStrength::Any,
    }
}

/// The strongest factor that somebody has here; `None`: there is none. Recovery codes only help out and are none.
pub fn own_strength(kinds: &[FactorKind]) -> Option<FactorStrength> {
    let own = kinds.iter().copied().filter(|kind| *kind != FactorKind::Recovery);
    own.map(strength).max()
}

/// The strongest of these.
pub fn strongest(kinds: impl IntoIterator<Item = FactorKind>) -> FactorStrength {
    kinds.into_iter().map(strength).max().unwrap_or(FactorStrength::Any)
}

/// What a sign-in withstood, by the word it has in the audit log. What is not known to withstand more, does not.
pub fn strength_shown(by: &str) -> FactorStrength {
    if by == FactorKind::Passkey.as_str() {
        FactorStrength::PhishingResistant
    } else {
        FactorStrength::Any
    }
}

/// The word in the audit log for a password alone, in a browser that is remembered.
pub const REMEMBERED: &str = "remembered";

/// How long what somebody signed in by counts as fresh, by the word it has in the audit log. A code by text message
/// never does: who takes over a number must not reach further than into a session. A password alone never does.
pub fn fresh_for(by: &str) -> Duration {
    if by == FactorKind::Sms.as_str() || by == REMEMBERED {
        Duration::ZERO
    } else {
        STEP_UP_FOR
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn strengths() -> impl Strategy<Value = FactorStrength> {
        prop_oneof![Just(FactorStrength::Any), Just(FactorStrength::PhishingResistant)]
    }

    fn policies() -> impl Strategy<Value = Vec<FactorPolicy>> {
        let policy = (strengths(), strengths(), 0..100_i64).prop_map(|(sign_in, step_up, due)| FactorPolicy {
            sign_in,
            step_up,
            due_at: Timestamp::from_seconds(due),
        });
        prop::collection::vec(policy, 0..6)
    }

    proptest! {
        #[test]
        fn one_more_role_never_asks_for_less(policies in policies(), more in policies(), now in 0..100_i64) {
            let now = Timestamp::from_seconds(now);
            let both: Vec<FactorPolicy> = policies.iter().chain(&more).copied().collect();
            let (one, all) = (Demand::now(&policies, now), Demand::now(&both, now));
            prop_assert!(all.sign_in >= one.sign_in && all.step_up >= one.step_up);
            let other = Demand::now(&more, now);
            prop_assert_eq!(all.sign_in, one.sign_in.max(other.sign_in));
            prop_assert_eq!(all.step_up, one.step_up.max(other.step_up));
        }

        #[test]
        fn time_alone_never_asks_for_less(policies in policies(), a in 0..100_i64, b in 0..100_i64) {
            let at = |second| Demand::now(&policies, Timestamp::from_seconds(second));
            let (early, late) = (at(a.min(b)), at(a.max(b)));
            prop_assert!(late.sign_in >= early.sign_in && late.step_up >= early.step_up);
        }

        #[test]
        fn who_is_told_a_date_is_refused_from_then_and_not_before(policies in policies(), now in 0..100_i64) {
            let now = Timestamp::from_seconds(now);
            let had = FactorStrength::Any;
            if Demand::now(&policies, now).to_have() <= had {
                match next_due(&policies, had, now) {
                    Some(due) => {
                        prop_assert!(Demand::now(&policies, due).to_have() > had);
                        let before = Timestamp::from_seconds(due.seconds() - 1);
                        prop_assert!(Demand::now(&policies, before).to_have() <= had);
                    }
                    None => prop_assert!(Demand::strictest(&policies).to_have() <= had),
                }
            }
        }
    }

    #[test]
    fn weaker_or_later_is_less_and_a_first_decision_never_is() {
        let policy = |sign_in, due| FactorPolicy {
            sign_in,
            step_up: FactorStrength::Any,
            due_at: Timestamp::from_seconds(due),
        };
        let (any, strong) = (FactorStrength::Any, FactorStrength::PhishingResistant);
        assert!(policy(any, 1).asks_less_than(Some(&policy(strong, 9))));
        assert!(policy(strong, 9).asks_less_than(Some(&policy(strong, 8))));
        assert!(!policy(strong, 8).asks_less_than(Some(&policy(strong, 9))));
        assert!(!policy(strong, 9).asks_less_than(Some(&policy(any, 1))));
        assert!(!policy(any, 9).asks_less_than(Some(&policy(any, 1))));
        assert!(!policy(any, 1).asks_less_than(None));
    }

    #[test]
    fn recovery_codes_and_apps_can_be_phished_and_passkeys_cannot() {
        assert_eq!(strength(FactorKind::Recovery), FactorStrength::Any);
        assert_eq!(strength(FactorKind::Totp), FactorStrength::Any);
        assert_eq!(strength(FactorKind::Passkey), FactorStrength::PhishingResistant);
        for by in ["totp", "recovery", "sms", "password", "invitation", "what comes later"] {
            assert_eq!(strength_shown(by), FactorStrength::Any);
        }
    }
}
