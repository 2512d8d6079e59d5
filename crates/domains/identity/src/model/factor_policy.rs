use wd_kernel::{Duration, Timestamp};

use super::{FactorKind, Grade, Makes, STEP_UP_FOR, words};

words! {
    /// What a second factor withstands. The order is the order of strength.
    #[derive(PartialOrd, Ord)]
    FactorStrength {
        /// Whatever shows more than the password.
        Any = "any",
        /// A false page gets nothing that it could use: a passkey or security key that has verified its user.
        PhishingResistant = "phishing-resistant",
        /// The same, and its make is known: it showed by an attestation that was checked which make it is, and that make
        /// counts. Only policies ask for it; what a factor is worth, says [`Grade`].
        Attested = "attested",
    }
}

/// What a role asks of the factors of those who hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorPolicy {
    /// What signing in must be done with.
    pub sign_in: FactorStrength,
    /// What dangerous acts must be confirmed with.
    pub step_up: FactorStrength,
    /// Which makes count, where an attested one is asked for.
    pub makes: Makes,
    /// Whether one must be kept here. What another place vouches for is not there on the day that place fails.
    pub own: bool,
    /// From when on; until then people are asked to get ready.
    pub due_at: Timestamp,
}

impl FactorPolicy {
    /// The strictest that it asks.
    pub fn to_have(&self) -> FactorStrength {
        self.sign_in.max(self.step_up)
    }

    /// Whether this asks for less than what was decided before, or for the same later. Before the first decision any
    /// factor was enough.
    pub fn asks_less_than(&self, before: Option<&Self>) -> bool {
        let Some(before) = before else { return false };
        let strict = before.to_have() > FactorStrength::Any;
        let more_makes = before.to_have() == FactorStrength::Attested && !self.makes.within(&before.makes);
        self.sign_in < before.sign_in
            || self.step_up < before.step_up
            || more_makes
            || (strict && self.due_at > before.due_at)
    }
}

/// What is asked of one person, by all their roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// What signing in must be done with.
    pub sign_in: FactorStrength,
    /// What dangerous acts must be confirmed with.
    pub step_up: FactorStrength,
    /// Which makes count, where an attested one is asked for.
    pub makes: Makes,
    /// Whether one must be kept here, however little it withstands.
    pub own: bool,
}

impl Demand {
    /// Nothing but a second factor.
    pub const LEAST: Self = Self {
        sign_in: FactorStrength::Any,
        step_up: FactorStrength::Any,
        makes: Makes::Every,
        own: false,
    };

    /// The strictest of these policies. Of makes count those that count for every role that asks for attested ones.
    pub fn strictest<'a>(policies: impl IntoIterator<Item = &'a FactorPolicy>) -> Self {
        policies.into_iter().fold(Self::LEAST, |demand, policy| Self {
            sign_in: demand.sign_in.max(policy.sign_in),
            step_up: demand.step_up.max(policy.step_up),
            makes: if policy.to_have() == FactorStrength::Attested {
                demand.makes.and(&policy.makes)
            } else {
                demand.makes
            },
            own: demand.own || policy.own,
        })
    }

    /// The strictest of those that hold already.
    pub fn now(policies: &[FactorPolicy], now: Timestamp) -> Self {
        Self::strictest(policies.iter().filter(|policy| policy.due_at <= now))
    }

    /// What a person must have, to be able to do all that is asked.
    pub fn to_have(&self) -> FactorStrength {
        self.sign_in.max(self.step_up)
    }

    /// Whether one can sign in with such a factor.
    pub fn signs_in(&self, shown: Grade) -> bool {
        shown.does(self.sign_in, &self.makes)
    }

    /// Whether dangerous acts can be confirmed with such a factor.
    pub fn confirms(&self, shown: Grade) -> bool {
        shown.does(self.step_up, &self.makes)
    }

    /// Whether such a factor does for all of it.
    pub fn is_met_by(&self, shown: Grade) -> bool {
        shown.does(self.to_have(), &self.makes)
    }

    /// Whether such a factor does for all of it that is kept elsewhere.
    pub fn is_met_from_elsewhere(&self, shown: Grade) -> bool {
        !self.own && self.is_met_by(shown)
    }

    /// Whether one of these factors does for all of it. Where any factor is enough and it may be kept elsewhere, none is
    /// missed here. Recovery codes only help out: leave them out.
    pub fn is_met_by_one_of(&self, had: &[Grade]) -> bool {
        (!self.own && self.to_have() == FactorStrength::Any) || had.iter().any(|grade| self.is_met_by(*grade))
    }

    /// Whether this refuses a factor that was enough before. Whether one must be kept here is another question.
    pub fn asks_more_than(&self, before: &Self) -> bool {
        let fewer_makes = self.to_have() == FactorStrength::Attested && !before.makes.within(&self.makes);
        self.sign_in > before.sign_in || self.step_up > before.step_up || fewer_makes
    }
}

/// The first day, over or to come, from which on more is asked than this says is there.
pub fn first_due(policies: &[FactorPolicy], is_met: impl Fn(&Demand) -> bool) -> Option<Timestamp> {
    let mut days: Vec<Timestamp> = policies.iter().map(|policy| policy.due_at).collect();
    days.sort_unstable();
    days.into_iter().find(|day| !is_met(&Demand::now(policies, *day)))
}

/// When the policies that do not hold yet begin to ask for more than this says is there.
pub fn next_due(policies: &[FactorPolicy], is_met: impl Fn(&Demand) -> bool, now: Timestamp) -> Option<Timestamp> {
    let later = policies.iter().map(|policy| policy.due_at).filter(|due| *due > now);
    let mut days: Vec<Timestamp> = later.collect();
    days.sort_unstable();
    days.into_iter().find(|day| !is_met(&Demand::now(policies, *day)))
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
    use crate::model::Aaguid;

    fn strengths() -> impl Strategy<Value = FactorStrength> {
        prop_oneof![
            Just(FactorStrength::Any),
            Just(FactorStrength::PhishingResistant),
            Just(FactorStrength::Attested)
        ]
    }

    fn make(byte: u8) -> Aaguid {
        uuid::Uuid::from_bytes([byte; 16]).try_into().unwrap()
    }

    fn makes() -> impl Strategy<Value = Makes> {
        prop_oneof![
            Just(Makes::Every),
            prop::collection::btree_set((1..4_u8).prop_map(make), 0..3).prop_map(Makes::Only)
        ]
    }

    fn grades() -> impl Strategy<Value = Vec<Grade>> {
        let make = prop::option::of((1..4_u8).prop_map(make));
        let passkey = make.prop_map(|make| Grade {
            make,
            ..Grade::of(FactorKind::Passkey)
        });
        let grade = prop_oneof![Just(Grade::of(FactorKind::Totp)), passkey];
        prop::collection::vec(grade, 0..4)
    }

    fn policies() -> impl Strategy<Value = Vec<FactorPolicy>> {
        let policy = (strengths(), strengths(), makes(), any::<bool>(), 0..100_i64);
        let policy = policy.prop_map(|(sign_in, step_up, makes, own, due)| FactorPolicy {
            sign_in,
            step_up,
            makes,
            own,
            due_at: Timestamp::from_seconds(due),
        });
        prop::collection::vec(policy, 0..6)
    }

    proptest! {
        #[test]
        fn one_more_role_never_asks_for_less(policies in policies(), more in policies(), had in grades(), now in 0..100_i64) {
            let now = Timestamp::from_seconds(now);
            let both: Vec<FactorPolicy> = policies.iter().chain(&more).cloned().collect();
            let (one, other, all) = (Demand::now(&policies, now), Demand::now(&more, now), Demand::now(&both, now));
            prop_assert_eq!(all.sign_in, one.sign_in.max(other.sign_in));
            prop_assert_eq!(all.step_up, one.step_up.max(other.step_up));
            for grade in had {
                prop_assert!(!all.signs_in(grade) || (one.signs_in(grade) && other.signs_in(grade)));
                prop_assert!(!all.confirms(grade) || (one.confirms(grade) && other.confirms(grade)));
                prop_assert!(all.is_met_by(grade) == (all.signs_in(grade) && all.confirms(grade)));
            }
            prop_assert!(!one.asks_more_than(&all));
        }

        #[test]
        fn what_asks_no_more_refuses_nothing_that_did(before in policies(), after in policies(), had in grades()) {
            let (before, after) = (Demand::strictest(&before), Demand::strictest(&after));
            if !after.asks_more_than(&before) {
                for grade in had {
                    prop_assert!(!before.signs_in(grade) || after.signs_in(grade));
                    prop_assert!(!before.confirms(grade) || after.confirms(grade));
                }
            }
        }

        #[test]
        fn time_alone_never_asks_for_less(policies in policies(), a in 0..100_i64, b in 0..100_i64) {
            let at = |second| Demand::now(&policies, Timestamp::from_seconds(second));
            let (early, late) = (at(a.min(b)), at(a.max(b)));
            prop_assert!(!early.asks_more_than(&late));
        }

        #[test]
        fn who_is_told_a_date_is_refused_from_then_and_not_before(policies in policies(), had in grades(), now in 0..100_i64) {
            let now = Timestamp::from_seconds(now);
            let met = |demand: &Demand| demand.is_met_by_one_of(&had);
            if met(&Demand::now(&policies, now)) {
                let due = next_due(&policies, met, now);
                prop_assert_eq!(due, first_due(&policies, met));
                match due {
                    Some(due) => {
                        prop_assert!(!met(&Demand::now(&policies, due)));
                        let before = Timestamp::from_seconds(due.seconds() - 1);
                        prop_assert!(met(&Demand::now(&policies, before)));
                    }
                    None => prop_assert!(met(&Demand::strictest(&policies))),
                }
            }
        }
    }

    #[test]
    fn any_factor_may_be_kept_elsewhere_unless_it_must_be_here() {
        let here = Demand {
            own: true,
            ..Demand::LEAST
        };
        assert!(Demand::LEAST.is_met_by_one_of(&[]) && !here.is_met_by_one_of(&[]));
        let vouched = Grade::of(FactorKind::Passkey);
        assert!(Demand::LEAST.is_met_from_elsewhere(vouched) && !here.is_met_from_elsewhere(vouched));
        let attested = Demand {
            sign_in: FactorStrength::Attested,
            ..Demand::LEAST
        };
        assert!(
            !attested.is_met_from_elsewhere(vouched),
            "nobody elsewhere vouches for a make"
        );
        assert!(here.is_met_by_one_of(&[Grade::of(FactorKind::Totp)]));
        assert!(
            here.signs_in(Grade::of(FactorKind::Totp)),
            "it changes nothing about what is shown"
        );
    }

    #[test]
    fn weaker_or_later_is_less_and_a_first_decision_never_is() {
        let policy = |sign_in, due| FactorPolicy {
            sign_in,
            step_up: FactorStrength::Any,
            makes: Makes::Every,
            own: false,
            due_at: Timestamp::from_seconds(due),
        };
        let (any, strong) = (FactorStrength::Any, FactorStrength::PhishingResistant);
        assert!(policy(any, 1).asks_less_than(Some(&policy(strong, 9))));
        assert!(policy(strong, 9).asks_less_than(Some(&policy(strong, 8))));
        assert!(!policy(strong, 8).asks_less_than(Some(&policy(strong, 9))));
        assert!(!policy(strong, 9).asks_less_than(Some(&policy(any, 1))));
        assert!(!policy(any, 9).asks_less_than(Some(&policy(any, 1))));
        assert!(!policy(any, 1).asks_less_than(None));
        let of = |byte| FactorPolicy {
            makes: Makes::Only([make(byte)].into()),
            ..policy(FactorStrength::Attested, 1)
        };
        assert!(
            policy(FactorStrength::Attested, 1).asks_less_than(Some(&of(1))),
            "every make is more than one"
        );
        assert!(of(2).asks_less_than(Some(&of(1))), "another one was not enough before");
        assert!(!of(1).asks_less_than(Some(&policy(FactorStrength::Attested, 1))));
        assert!(policy(strong, 1).asks_less_than(Some(&of(1))));
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
