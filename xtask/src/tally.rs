//! Counting tests by what the runners print.

use std::fmt;
use std::ops::AddAssign;

use serde::Deserialize;

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
}

impl Tally {
    pub const NONE: Self = Self { passed: 0, failed: 0 };
    pub const ONE_FAILED: Self = Self { passed: 0, failed: 1 };

    /// What a suite that ended this way counts as: one that failed without naming a test, or that should have had tests
    /// and had none, is one failure.
    pub fn of_suite(self, succeeded: bool, may_be_empty: bool) -> Self {
        let empty = self == Self::NONE && !may_be_empty;
        if self.failed == 0 && (!succeeded || empty) {
            Self { failed: 1, ..self }
        } else {
            self
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The closing line of one libtest program: `test result: ok. 3 passed; 0 failed; …`.
pub fn libtest(line: &str) -> Option<Tally> {
    let plain = without_colour(line);
    let counts = plain.strip_prefix("test result: ")?.split_once(". ")?.1;
    Some(sum(counts.split(';')))
}

/// The closing line of nextest: `Summary [ 0.005s] 4 tests run: 3 passed (1 slow), 1 failed, 0 skipped`.
pub fn nextest(line: &str) -> Option<Tally> {
    let plain = without_colour(line);
    let rest = plain.trim_start().strip_prefix("Summary [")?;
    let (run, counts) = rest.split_once(" run: ")?;
    (run.ends_with("tests") || run.ends_with("test")).then(|| sum(counts.split(',')))
}

/// The plain closing line: `3 passed, 1 failed`, and perhaps `, 2 skipped`.
pub fn plain(line: &str) -> Option<Tally> {
    let plain = without_colour(line);
    let parts: Vec<&str> = plain.trim().split(", ").collect();
    let words: Vec<&str> = parts
        .iter()
        .filter_map(|part| part.split_once(' '))
        .map(|(_, word)| word)
        .collect();
    matches!(words.as_slice(), ["passed", "failed"] | ["passed", "failed", "skipped"]).then(|| sum(parts.into_iter()))
}

/// The JSON report of Vitest. A file that could not even be loaded is one failure.
pub fn vitest(report: &str) -> serde_json::Result<Tally> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Report {
        num_passed_tests: u64,
        num_failed_tests: u64,
        test_results: Vec<File>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct File {
        status: String,
        assertion_results: Vec<Assertion>,
    }
    #[derive(Deserialize)]
    struct Assertion {
        status: String,
    }
    let report: Report = serde_json::from_str(report)?;
    let unloadable = report
        .test_results
        .iter()
        .filter(|file| file.status == "failed" && file.assertion_results.iter().all(|test| test.status != "failed"))
        .count();
    Ok(Tally {
        passed: report.num_passed_tests,
        failed: report.num_failed_tests + u64::try_from(unloadable).unwrap_or(u64::MAX),
    })
}

/// Adds up parts such as `3 passed (1 slow)` and `1 timed out`; what is skipped or measured is no result.
fn sum<'a>(parts: impl Iterator<Item = &'a str>) -> Tally {
    let mut tally = Tally::NONE;
    for part in parts {
        let Some((number, word)) = part.trim().split_once(' ') else {
            continue;
        };
        let Ok(number) = number.parse::<u64>() else { continue };
        match word.split(" (").next() {
            Some("passed") => tally.passed += number,
            Some("failed" | "timed out" | "exec failed") => tally.failed += number,
            _ => {}
        }
    }
    tally
}

/// The text without terminal colours.
pub fn without_colour(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // A control sequence ends with its first letter.
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64) -> Tally {
        Tally { passed, failed }
    }

    #[test]
    fn libtest_lines_are_counted() {
        let line = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.00s";
        assert_eq!(libtest(line), Some(tally(3, 0)));
        let line = "test result: \u{1b}[31mFAILED\u{1b}[0m. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(libtest(line), Some(tally(1, 2)));
        assert_eq!(libtest("running 3 tests"), None);
    }

    #[test]
    fn nextest_summaries_are_counted() {
        let line = "     Summary [   0.005s] 3 tests run: 3 passed (1 slow), 0 skipped";
        assert_eq!(nextest(line), Some(tally(3, 0)));
        let line = "     Summary [   9.1s] 6/7 tests run: 2 passed, 1 failed, 2 timed out, 1 exec failed, 9 skipped";
        assert_eq!(nextest(line), Some(tally(2, 4)));
        assert_eq!(
            nextest("     Summary [   0.005s] 1 test run: 1 passed, 0 skipped"),
            Some(tally(1, 0))
        );
        assert_eq!(nextest("        PASS [   0.004s] tests run: 3 passed"), None);
    }

    #[test]
    fn plain_lines_are_counted_only_alone_on_their_line() {
        assert_eq!(plain("12 passed, 3 failed"), Some(tally(12, 3)));
        assert_eq!(plain("  12 passed, 0 failed, 2 skipped"), Some(tally(12, 0)));
        assert_eq!(plain("of which 12 passed, 3 failed"), None);
        assert_eq!(plain("12 passed"), None);
    }

    #[test]
    fn vitest_reports_are_counted_and_an_unloadable_file_is_a_failure() {
        let report = r#"{"numPassedTests":4,"numFailedTests":1,"success":false,"testResults":[
            {"status":"failed","assertionResults":[{"status":"failed"},{"status":"passed"}]},
            {"status":"failed","assertionResults":[]},
            {"status":"passed","assertionResults":[{"status":"passed"}]}]}"#;
        assert_eq!(vitest(report).unwrap(), tally(4, 2));
        assert!(vitest("{}").is_err());
    }

    #[test]
    fn a_suite_that_failed_without_a_failed_test_counts_as_one_failure() {
        assert_eq!(tally(3, 0).of_suite(false, false), tally(3, 1));
        assert_eq!(tally(3, 2).of_suite(false, false), tally(3, 2));
        assert_eq!(Tally::NONE.of_suite(true, false), Tally::ONE_FAILED);
        assert_eq!(Tally::NONE.of_suite(true, true), Tally::NONE);
    }
}
