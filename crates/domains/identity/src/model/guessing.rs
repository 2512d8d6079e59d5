//! How long a password holds against guessing, and where it is weak, in words.

use zxcvbn::{
    Entropy, Match, Score,
    matching::patterns::{DictionaryPattern, MatchPattern},
};

/// What somebody with strong hardware tries in a second, once the hashes and the key file are stolen. Argon2id with
/// 19 MiB makes it about that; the same assumption as zxcvbn's for slow hashes.
const GUESSES_A_SECOND: u64 = 10_000;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const MONTH: u64 = 30 * DAY;
const YEAR: u64 = 365 * DAY;

/// How long so many guesses take. Only the size is told: a number of hours would claim more than an estimate knows.
pub(super) const fn lasts(guesses: u64) -> &'static str {
    let seconds = guesses / GUESSES_A_SECOND;
    if seconds < 1 {
        "less than a second"
    } else if seconds < MINUTE {
        "seconds"
    } else if seconds < HOUR {
        "minutes"
    } else if seconds < DAY {
        "hours"
    } else if seconds < MONTH {
        "days"
    } else if seconds < YEAR {
        "months"
    } else if seconds < 100 * YEAR {
        "years"
    } else {
        "centuries"
    }
}

/// The weakest thing about a password: what covers most of it and is no chance. Nothing when it is strong. The password
/// itself is never in the sentence.
pub(super) fn weakness(estimate: &Entropy) -> Option<String> {
    if estimate.score() == Score::Four {
        return None;
    }
    let warning = estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning);
    warning
        .map(|warning| warning.to_string())
        .or_else(|| covered(estimate.sequence()).map(str::to_owned))
}

/// What the longest part is that is no chance.
fn covered(sequence: &[Match]) -> Option<&'static str> {
    let parts = sequence
        .iter()
        .filter_map(|found| Some((found.token.chars().count(), pattern(found)?)));
    parts.max_by_key(|(length, _)| *length).map(|(_, words)| words)
}

fn pattern(found: &Match) -> Option<&'static str> {
    let passwords = DictionaryPattern::default().dictionary_name;
    Some(match &found.pattern {
        MatchPattern::Dictionary(word) if word.dictionary_name == passwords => {
            "A part of it is among the passwords that people use most."
        }
        MatchPattern::Dictionary(_) => "A part of it is a common word or name.",
        MatchPattern::Spatial(_) => "A part of it is a row of neighbouring keys.",
        MatchPattern::Repeat(_) => "A part of it repeats itself.",
        MatchPattern::Sequence(_) => "A part of it goes on by a simple rule, as abc or 246 do.",
        MatchPattern::Regex(_) | MatchPattern::Date(_) => "A part of it is a date or a year.",
        MatchPattern::BruteForce => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_told_by_its_size() {
        let table = [
            (0, "less than a second"),
            (10_000, "seconds"),
            (10_000 * MINUTE, "minutes"),
            (10_000 * HOUR, "hours"),
            (10_000 * DAY, "days"),
            (10_000 * MONTH, "months"),
            (10_000 * YEAR, "years"),
            (10_000 * 100 * YEAR, "centuries"),
            (u64::MAX, "centuries"),
        ];
        for (guesses, expected) in table {
            assert_eq!(lasts(guesses), expected, "{guesses}");
        }
    }

    #[test]
    fn what_is_weak_is_named_without_the_password() {
        let table = [
            ("qwertyuiop", "common password"),
            ("hunter2gate", "commonly used password"),
            ("zzzzzzzzzz", "Repeats"),
            ("abcdefghij", "Sequences"),
        ];
        for (password, expected) in table {
            let said = weakness(&zxcvbn::zxcvbn(password, &[])).unwrap_or_default();
            assert!(said.contains(expected), "{password}: {said}");
            assert!(!said.contains(password));
        }
    }

    #[test]
    fn the_longest_part_that_is_no_chance_is_named() {
        let covers = |password| covered(zxcvbn::zxcvbn(password, &[]).sequence());
        assert_eq!(
            covers("xq7baseball"),
            Some("A part of it is among the passwords that people use most.")
        );
        assert_eq!(covers("ŁøŋĦŧđ"), None);
    }

    #[test]
    fn nothing_is_held_against_what_is_strong() {
        assert_eq!(weakness(&zxcvbn::zxcvbn("abacus-zoom-marble-otter-pines", &[])), None);
    }
}
