//! What a password must be: a policy per role. Who holds several roles gets the strictest of each field.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{normalised, words};

/// Fewest and most characters a policy may ask for as the shortest password. NIST SP 800-63B-4 wants 64 to be possible.
pub const SHORTEST_BOUNDS: std::ops::RangeInclusive<u16> = 6..=64;
/// The strictest estimate of zxcvbn is 4.
pub const MOST_SCORE: u8 = 4;
/// How many passwords of before are remembered at most; each costs a hash when a new one is set.
pub const MOST_HISTORY: u8 = 8;
/// From how many known uses on a breached password is refused at most.
pub const BREACH_LIMIT_BOUNDS: std::ops::RangeInclusive<u32> = 1..=1000;
/// After how many days a policy may ask for a new password.
pub const ROTATION_BOUNDS: std::ops::RangeInclusive<u16> = 30..=730;
/// Of the four kinds of characters so many must be there, where composition counts.
pub const CLASSES_WANTED: usize = 3;
/// Fewest characters beside a second factor (NIST SP 800-63B-4).
const NIST_SHORTEST: u16 = 8;
/// Fewest characters of a password that signs in alone (NIST SP 800-63B-4).
const NIST_SHORTEST_ALONE: u16 = 15;

/// Whether a password must mix small and capital letters, digits and other characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Composition {
    /// It does not count.
    Off,
    /// It is a suggestion.
    Advice,
    /// Three of the four kinds are needed.
    Required,
}

/// What a password must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordPolicy {
    /// Fewest characters (code points after NFC), 6 to 64, where a second factor always follows.
    #[schema(minimum = 6, maximum = 64)]
    pub shortest: u16,
    /// Fewest characters, 6 to 64, for who may have a browser remembered: the password signs in alone there.
    #[serde(default = "nist_alone")]
    #[schema(minimum = 6, maximum = 64)]
    pub shortest_alone: u16,
    /// The lowest estimate of zxcvbn, 0 to 4.
    #[schema(maximum = 4)]
    pub score: u8,
    /// Whether it must not be made of the login, the person's name or words of the organisation.
    pub context_words: bool,
    /// How many passwords of before cannot come back, 0 to 8.
    #[schema(maximum = 8)]
    pub history: u8,
    /// From how many known uses in breaches on it is refused, 1 to 1000. A corpus without counts refuses each it has.
    #[serde(default = "once")]
    #[schema(minimum = 1, maximum = 1000)]
    pub breach_limit: u32,
    /// Whether kinds of characters count.
    pub composition: Composition,
    /// After how many days it must be changed, 30 to 730; `null`: time alone changes nothing.
    #[schema(minimum = 30, maximum = 730)]
    pub rotation_days: Option<u16>,
}

words! {
    /// Where a policy goes against NIST SP 800-63B-4.
    Deviation {
        /// Fewer than eight characters are enough.
        ShorterThanNist = "shorter-than-nist",
        /// Fewer than fifteen characters are enough where the password signs in alone.
        ShorterAloneThanNist = "shorter-alone-than-nist",
        /// Passwords made of the person's or the organisation's name are allowed.
        NoContextWords = "no-context-words",
        /// Passwords that were found in breaches are allowed, up to a number of uses.
        BreachesAllowed = "breaches-allowed",
        /// Kinds of characters are required.
        CompositionRequired = "composition-required",
        /// Passwords change because time passes.
        Rotation = "rotation",
    }
}

words! {
    /// Why a password must be changed before anything else.
    ChangeReason {
        /// It is older than the policy allows.
        Rotation = "rotation",
        /// It was set under a policy that asked for less.
        Policy = "policy",
        /// It is in a known breach.
        Breach = "breach",
        /// Somebody else signed in with it, says its owner.
        Disowned = "disowned",
    }
}

/// A ready-made policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its name in the interface.
    pub id: &'static str,
    /// The name people read.
    pub title: &'static str,
    /// What it asks for.
    pub policy: PasswordPolicy,
}

/// The ready-made policies, the default first.
pub const PRESETS: [Preset; 3] = [
    Preset {
        id: "nist",
        title: "NIST SP 800-63B-4, and OWASP ASVS 5 level 2",
        policy: PasswordPolicy::NIST,
    },
    Preset {
        id: "asvs-3",
        title: "OWASP ASVS 5 level 3, with the length it recommends",
        policy: PasswordPolicy {
            shortest: 15,
            ..PasswordPolicy::NIST
        },
    },
    Preset {
        id: "legacy",
        title: "Legacy complexity: mixed characters, changed every 90 days",
        policy: PasswordPolicy {
            shortest: 12,
            history: 8,
            composition: Composition::Required,
            rotation_days: Some(90),
            ..PasswordPolicy::NIST
        },
    },
];

/// A field is out of its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct BadPolicy {
    /// Which field.
    pub field: &'static str,
    /// What it must be, as a sentence.
    pub why: &'static str,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::NIST
    }
}

impl PasswordPolicy {
    /// NIST SP 800-63B-4 for a password beside a second factor; the default.
    pub const NIST: Self = Self {
        shortest: NIST_SHORTEST,
        shortest_alone: NIST_SHORTEST_ALONE,
        score: 3,
        context_words: true,
        history: 0,
        breach_limit: 1,
        composition: Composition::Off,
        rotation_days: None,
    };

    /// The same, if every field is within its bounds.
    pub fn checked(self) -> Result<Self, BadPolicy> {
        let bad = |field, why| Err(BadPolicy { field, why });
        if !SHORTEST_BOUNDS.contains(&self.shortest) {
            return bad("policy.shortest", "The shortest password has 6 to 64 characters.");
        }
        if !SHORTEST_BOUNDS.contains(&self.shortest_alone) {
            return bad("policy.shortest_alone", "The shortest password has 6 to 64 characters.");
        }
        if self.score > MOST_SCORE {
            return bad("policy.score", "The estimate is 0 to 4.");
        }
        if self.history > MOST_HISTORY {
            return bad("policy.history", "At most 8 passwords of before are remembered.");
        }
        if !BREACH_LIMIT_BOUNDS.contains(&self.breach_limit) {
            return bad(
                "policy.breach_limit",
                "A breached password is refused from 1 to 1000 known uses on.",
            );
        }
        if self.rotation_days.is_some_and(|days| !ROTATION_BOUNDS.contains(&days)) {
            return bad(
                "policy.rotation_days",
                "A password changes after 30 to 730 days, or never.",
            );
        }
        Ok(self)
    }

    /// What satisfies both: the stricter of each field.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            shortest: self.shortest.max(other.shortest),
            shortest_alone: self.shortest_alone.max(other.shortest_alone),
            score: self.score.max(other.score),
            context_words: self.context_words | other.context_words,
            history: self.history.max(other.history),
            breach_limit: self.breach_limit.min(other.breach_limit),
            composition: self.composition.max(other.composition),
            rotation_days: match (self.rotation_days, other.rotation_days) {
                (Some(one), Some(two)) => Some(one.min(two)),
                (one, two) => one.or(two),
            },
        }
    }

    /// The policy of who holds roles with these; the default for who holds none.
    pub fn strictest(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().reduce(Self::and).unwrap_or_default()
    }

    /// The same for somebody whose password may sign in alone: then the longer of the two lengths counts.
    #[must_use]
    pub fn alone(self) -> Self {
        Self {
            shortest: self.shortest.max(self.shortest_alone),
            ..self
        }
    }

    /// What is kept of a password that satisfies this: where it is long enough to sign in alone, that it is.
    #[must_use]
    pub fn met_by(self, password: &str) -> Self {
        let length = normalised(password).chars().count();
        if length >= usize::from(self.shortest_alone) {
            self.alone()
        } else {
            self
        }
    }

    /// Whether a password set under this may fall short of the other in what it is. How long it may stay, and what
    /// came before it, do not count.
    pub fn asks_less_than(&self, other: &Self) -> bool {
        let required = |policy: &Self| policy.composition == Composition::Required;
        self.shortest < other.shortest
            || self.score < other.score
            || (!self.context_words && other.context_words)
            || (!required(self) && required(other))
    }

    /// Where it goes against NIST SP 800-63B-4.
    pub fn deviations(&self) -> Vec<Deviation> {
        [
            (self.shortest < NIST_SHORTEST, Deviation::ShorterThanNist),
            (
                self.shortest_alone < NIST_SHORTEST_ALONE,
                Deviation::ShorterAloneThanNist,
            ),
            (!self.context_words, Deviation::NoContextWords),
            (self.breach_limit > 1, Deviation::BreachesAllowed),
            (
                self.composition == Composition::Required,
                Deviation::CompositionRequired,
            ),
            (self.rotation_days.is_some(), Deviation::Rotation),
        ]
        .into_iter()
        .filter_map(|(deviates, code)| deviates.then_some(code))
        .collect()
    }

    /// Why a password that was set so many whole days ago, under `set_under`, must be changed.
    pub fn must_change(&self, set_under: &Self, days_old: u64) -> Option<ChangeReason> {
        if set_under.asks_less_than(self) {
            return Some(ChangeReason::Policy);
        }
        self.rotation_days
            .is_some_and(|days| days_old >= u64::from(days))
            .then_some(ChangeReason::Rotation)
    }
}

/// What a policy of before there were two lengths means.
const fn nist_alone() -> u16 {
    NIST_SHORTEST_ALONE
}

/// What a policy of before there was the limit means.
const fn once() -> u32 {
    1
}

/// How many of the four kinds of characters are there: small letters, capital letters, digits, others.
pub fn classes(password: &str) -> usize {
    let kinds: [fn(char) -> bool; 4] = [char::is_lowercase, char::is_uppercase, char::is_numeric, |c| {
        !c.is_lowercase() && !c.is_uppercase() && !c.is_numeric()
    }];
    kinds.iter().filter(|kind| password.chars().any(**kind)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_policy() -> impl Strategy<Value = PasswordPolicy> {
        let composition = prop_oneof![
            Just(Composition::Off),
            Just(Composition::Advice),
            Just(Composition::Required)
        ];
        let rotation = proptest::option::of(ROTATION_BOUNDS);
        (
            (SHORTEST_BOUNDS, SHORTEST_BOUNDS),
            0..=MOST_SCORE,
            any::<bool>(),
            0..=MOST_HISTORY,
            BREACH_LIMIT_BOUNDS,
            composition,
            rotation,
        )
            .prop_map(
                |(
                    (shortest, shortest_alone),
                    score,
                    context_words,
                    history,
                    breach_limit,
                    composition,
                    rotation_days,
                )| PasswordPolicy {
                    shortest,
                    shortest_alone,
                    score,
                    context_words,
                    history,
                    breach_limit,
                    composition,
                    rotation_days,
                },
            )
    }

    proptest! {
        #[test]
        fn together_is_never_weaker_than_a_part(one in any_policy(), two in any_policy()) {
            let both = one.and(two);
            for part in [one, two] {
                prop_assert!(!both.asks_less_than(&part));
                prop_assert!(!both.alone().asks_less_than(&part.alone()));
                prop_assert!(!part.alone().asks_less_than(&part));
                prop_assert!(both.history >= part.history);
                prop_assert!(both.breach_limit <= part.breach_limit);
                prop_assert!(both.composition >= part.composition);
                prop_assert!(part.rotation_days.is_none_or(|days| both.rotation_days.is_some_and(|both| both <= days)));
            }
            prop_assert_eq!(both.checked(), Ok(both));
        }

        #[test]
        fn the_order_of_roles_does_not_count(one in any_policy(), two in any_policy(), three in any_policy()) {
            prop_assert_eq!(one.and(two), two.and(one));
            prop_assert_eq!(one.and(two).and(three), one.and(two.and(three)));
            prop_assert_eq!(one.and(one), one);
            prop_assert_eq!(PasswordPolicy::strictest([one, two, three]), PasswordPolicy::strictest([three, one, two]));
        }

        #[test]
        fn who_set_a_password_under_the_present_policy_need_not_change_it(policy in any_policy()) {
            prop_assert_eq!(policy.must_change(&policy, 0), None);
        }
    }

    #[test]
    fn who_holds_no_role_has_the_default() {
        assert_eq!(PasswordPolicy::strictest([]), PasswordPolicy::NIST);
    }

    #[test]
    fn only_the_legacy_preset_goes_against_nist() {
        let found: Vec<_> = PRESETS.iter().map(|preset| preset.policy.deviations()).collect();
        let legacy = vec![Deviation::CompositionRequired, Deviation::Rotation];
        assert_eq!(found, [vec![], vec![], legacy]);
        let lax = PasswordPolicy {
            shortest: 7,
            context_words: false,
            ..PasswordPolicy::NIST
        };
        assert_eq!(
            lax.deviations(),
            [Deviation::ShorterThanNist, Deviation::NoContextWords]
        );
    }

    #[test]
    fn a_field_out_of_bounds_is_named() {
        let base = PasswordPolicy::NIST;
        let table = [
            (PasswordPolicy { shortest: 5, ..base }, "policy.shortest"),
            (PasswordPolicy { shortest: 65, ..base }, "policy.shortest"),
            (PasswordPolicy { score: 5, ..base }, "policy.score"),
            (PasswordPolicy { history: 9, ..base }, "policy.history"),
            (
                PasswordPolicy {
                    rotation_days: Some(29),
                    ..base
                },
                "policy.rotation_days",
            ),
            (
                PasswordPolicy {
                    rotation_days: Some(731),
                    ..base
                },
                "policy.rotation_days",
            ),
        ];
        for (policy, field) in table {
            assert_eq!(policy.checked().unwrap_err().field, field);
        }
    }

    #[test]
    fn a_password_is_to_be_changed_when_its_days_are_over_or_the_policy_asks_for_more() {
        let [nist, long, legacy] = PRESETS.map(|preset| preset.policy);
        let monthly = PasswordPolicy {
            rotation_days: Some(30),
            ..nist
        };
        assert_eq!(monthly.must_change(&nist, 29), None);
        assert_eq!(monthly.must_change(&nist, 30), Some(ChangeReason::Rotation));
        assert_eq!(long.must_change(&nist, 0), Some(ChangeReason::Policy));
        assert_eq!(nist.must_change(&legacy, 10_000), None);
    }

    #[test]
    fn kinds_of_characters_are_counted_in_every_script() {
        for (password, count) in [("abc", 1), ("aB", 2), ("aB1", 3), ("aB1 ", 4), ("ёЖ٣", 3), ("", 0)] {
            assert_eq!(classes(password), count, "{password:?}");
        }
    }
}
