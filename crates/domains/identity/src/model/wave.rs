//! A part of a roll-out: the same people are asked for the same factor from one day on.

use wd_kernel::{Duration, Timestamp};

use super::{FactorPolicy, FactorStrength, Makes, words};

/// Most days between the beginning and the day from which a wave holds.
pub const MOST_GRACE_DAYS: i64 = 180;
/// Most characters of a name.
const LONGEST_NAME: usize = 80;
const DAY: Duration = Duration::from_hours(24);

words! {
    /// Where a wave stands.
    WaveState {
        /// It has not begun: nobody was told.
        Planned = "planned",
        /// People are asked, and can still do everything.
        Running = "running",
        /// Who is left can do nothing else.
        Holding = "holding",
        /// Nobody is asked any more.
        Ended = "ended",
    }
}

words! {
    /// When people are reminded who are left, in the order in which it is sent.
    #[derive(PartialOrd, Ord)]
    Reminder {
        /// When the wave begins.
        Start = "start",
        /// When half of the grace is over.
        Half = "half",
        /// Three days before the day.
        ThreeDays = "three-days",
        /// One day before.
        OneDay = "one-day",
        /// On the day itself.
        Due = "due",
    }
}

/// What a wave asks, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaveTerms {
    /// What its members must have.
    pub asks: FactorStrength,
    /// From when on they are told.
    pub starts_at: Timestamp,
    /// How many days after that they can do nothing else without it, from 0 to 180.
    pub grace_days: i64,
}

/// Why a wave is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadWave {
    /// The name is empty or has more than 80 characters.
    #[error("the name must have 1 to 80 characters")]
    Name,
    /// The days of grace are not from 0 to 180.
    #[error("the grace must be 0 to 180 days")]
    Grace,
    /// It asks for an attested factor, which only roles can.
    #[error("only roles can ask for attested factors")]
    Asks,
}

impl WaveTerms {
    /// The terms, if they are within their bounds.
    pub fn checked(self) -> Result<Self, BadWave> {
        if self.asks > FactorStrength::PhishingResistant {
            return Err(BadWave::Asks);
        }
        let within = (0..=MOST_GRACE_DAYS).contains(&self.grace_days);
        within.then_some(self).ok_or(BadWave::Grace)
    }

    /// From when on members without it can do nothing else.
    pub fn due_at(&self) -> Timestamp {
        self.starts_at + DAY * u32::try_from(self.grace_days).unwrap_or_default()
    }

    /// The wave as a policy: whoever must have a factor must also use it. A wave is about factors that are kept here.
    pub fn policy(&self) -> FactorPolicy {
        FactorPolicy {
            sign_in: self.asks,
            step_up: self.asks,
            makes: Makes::Every,
            own: true,
            due_at: self.due_at(),
        }
    }

    /// Where a wave with these terms stands that nobody has ended.
    pub fn state(&self, now: Timestamp) -> WaveState {
        if now < self.starts_at {
            WaveState::Planned
        } else if now < self.due_at() {
            WaveState::Running
        } else {
            WaveState::Holding
        }
    }

    /// Whether these terms ask for less than others, or later.
    pub fn ask_less_than(&self, before: &Self) -> bool {
        self.asks < before.asks || self.due_at() > before.due_at()
    }

    /// When which reminder is due, each at a time of its own; of two at the same time the later kind counts.
    pub fn reminders(&self) -> Vec<(Reminder, Timestamp)> {
        let (start, due) = (self.starts_at, self.due_at());
        let half = start + due.since(start) / 2;
        let wanted = [
            (Reminder::Start, start),
            (Reminder::Half, half),
            (Reminder::ThreeDays, due - DAY * 3),
            (Reminder::OneDay, due - DAY),
            (Reminder::Due, due),
        ];
        let mut kept: Vec<(Reminder, Timestamp)> = Vec::new();
        for (kind, at) in wanted
            .into_iter()
            .filter(|(kind, at)| *kind == Reminder::Due || *at >= start)
        {
            // Half of a short grace comes after three days before its end, and is told by that.
            kept.retain(|(_, earlier)| *earlier < at);
            kept.push((kind, at));
        }
        kept
    }

    /// The reminder whose time came last; `None` before the wave begins.
    pub fn reminder_now(&self, now: Timestamp) -> Option<Reminder> {
        let over = self.reminders().into_iter().rev().find(|(_, at)| *at <= now);
        over.map(|(kind, _)| kind)
    }
}

/// The name of a wave, without spaces around it.
pub fn wave_name(typed: &str) -> Result<String, BadWave> {
    let name = typed.trim();
    let bad = name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control);
    if bad { Err(BadWave::Name) } else { Ok(name.to_owned()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 1_800_000_000;

    fn terms(grace_days: i64) -> WaveTerms {
        WaveTerms {
            asks: FactorStrength::PhishingResistant,
            starts_at: Timestamp::from_seconds(START),
            grace_days,
        }
    }

    fn at(days: i64) -> Timestamp {
        Timestamp::from_seconds(START + days * 86_400)
    }

    #[test]
    fn two_weeks_are_reminded_of_five_times() {
        let days = [
            (Reminder::Start, at(0)),
            (Reminder::Half, at(7)),
            (Reminder::ThreeDays, at(11)),
            (Reminder::OneDay, at(13)),
            (Reminder::Due, at(14)),
        ];
        assert_eq!(terms(14).reminders(), days);
    }

    #[test]
    fn a_short_grace_has_fewer_reminders_and_none_before_its_beginning() {
        assert_eq!(terms(0).reminders(), [(Reminder::Due, at(0))]);
        assert_eq!(terms(1).reminders()[0], (Reminder::OneDay, at(0)));
        let six: Vec<_> = terms(6).reminders().into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(
            six,
            [Reminder::Start, Reminder::ThreeDays, Reminder::OneDay, Reminder::Due]
        );
    }

    #[test]
    fn the_state_follows_from_the_dates() {
        let state = |days| terms(14).state(at(days));
        assert_eq!(
            [state(-1), state(0), state(13), state(14)],
            [
                WaveState::Planned,
                WaveState::Running,
                WaveState::Running,
                WaveState::Holding
            ]
        );
        assert_eq!(terms(0).state(at(0)), WaveState::Holding);
    }

    #[test]
    fn later_or_weaker_is_less_and_earlier_or_stronger_is_not() {
        let weaker = WaveTerms {
            asks: FactorStrength::Any,
            ..terms(14)
        };
        assert!(weaker.ask_less_than(&terms(14)) && terms(15).ask_less_than(&terms(14)));
        assert!(!terms(13).ask_less_than(&terms(14)) && !terms(14).ask_less_than(&terms(14)));
        assert!(!terms(14).ask_less_than(&weaker));
        let later = WaveTerms {
            grace_days: 15,
            ..weaker
        };
        assert!(later.ask_less_than(&weaker), "any factor is something too");
    }

    #[test]
    fn names_and_days_have_bounds() {
        assert_eq!(wave_name("  Administrators "), Ok("Administrators".into()));
        for bad in ["", "   ", "a\nb", &"n".repeat(81)] {
            assert_eq!(wave_name(bad), Err(BadWave::Name), "{bad:?}");
        }
        for (days, good) in [(-1, false), (0, true), (180, true), (181, false), (i64::MAX, false)] {
            assert_eq!(terms(days).checked().is_ok(), good, "{days}");
        }
    }

    proptest! {
        #[test]
        fn reminders_come_one_after_another_within_the_grace(grace in 0..=MOST_GRACE_DAYS) {
            let reminders = terms(grace).reminders();
            prop_assert!(reminders.windows(2).all(|two| two[0].1 < two[1].1 && two[0].0 < two[1].0));
            prop_assert!(reminders.iter().all(|(_, time)| *time >= at(0) && *time <= at(grace)));
            prop_assert_eq!(reminders.last().copied(), Some((Reminder::Due, at(grace))));
            prop_assert_eq!(terms(grace).reminder_now(at(-1)), None);
            prop_assert!(terms(grace).reminder_now(at(0)).is_some());
        }
    }
}
