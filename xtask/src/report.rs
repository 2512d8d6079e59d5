//! The course of a command: its parts, how long each took, and the closing line.

use std::process::ExitCode;
use std::time::Duration;

use crate::stopwatch::{Spoken, Stopwatch};
use crate::tally::Tally;

/// Collects the parts of one command.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    total: Tally,
}

struct Row {
    name: &'static str,
    took: Duration,
    outcome: String,
}

impl Report {
    /// A part that counts tests. One that could not run counts as one failed.
    pub fn suite(&mut self, name: &'static str, run: impl FnOnce() -> anyhow::Result<Tally>) {
        self.part(name, || {
            let result = run();
            let tally = *result.as_ref().unwrap_or(&Tally::ONE_FAILED);
            (result.map(|_| ()), tally, tally.to_string())
        });
    }

    /// A part that has no tests and must succeed; gives what it made. Failing counts as one failed.
    pub fn step<T>(&mut self, name: &'static str, run: impl FnOnce() -> anyhow::Result<T>) -> Option<T> {
        self.part(name, || match run() {
            Ok(made) => (Ok(Some(made)), Tally::NONE, "done".to_owned()),
            Err(error) => (Err(error), Tally::ONE_FAILED, "failed".to_owned()),
        })
        .flatten()
    }

    /// Prints the table of parts and, as the last line, the sum of all tests.
    pub fn finish(self) -> ExitCode {
        eprintln!("\n── how long it took");
        for Row { name, took, outcome } in &self.rows {
            eprintln!("{name:<28} {:>14}   {outcome}", Spoken(*took).to_string());
        }
        println!("{}", self.total);
        if self.total.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn part<T>(&mut self, name: &'static str, run: impl FnOnce() -> (anyhow::Result<T>, Tally, String)) -> Option<T> {
        eprintln!("\n── {name}");
        let watch = Stopwatch::start();
        let (result, tally, outcome) = run();
        if let Err(error) = &result {
            eprintln!("error: {error:#}");
        }
        self.total += tally;
        self.rows.push(Row {
            name,
            took: watch.elapsed(),
            outcome,
        });
        result.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_a_part_that_could_not_run_is_one_failure() {
        let mut report = Report::default();
        report.suite("five", || Ok(Tally { passed: 5, failed: 0 }));
        report.suite("broken", || anyhow::bail!("no such program"));
        assert_eq!(report.step("made", || Ok(7)), Some(7));
        assert_eq!(report.step::<u8>("not made", || anyhow::bail!("disk full")), None);
        assert_eq!(report.total, Tally { passed: 5, failed: 2 });
        assert_eq!(
            report.rows.iter().map(|row| row.outcome.as_str()).collect::<Vec<_>>(),
            ["5 passed, 0 failed", "0 passed, 1 failed", "done", "failed"]
        );
        assert_eq!(report.finish(), ExitCode::FAILURE);
    }
}
