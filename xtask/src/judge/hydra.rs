//! hydra guesses the password of somebody whose password stands in its list.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::json;

use super::metrics::requests;
use super::people;
use crate::peers::wardesk::Node;
use crate::proc::{self, Stream};
use crate::report::Report;
use crate::setup::debian;
use crate::tally::Tally;
use crate::workspace::Workspace;

const PATH: &str = "/api/v1/session/password";
/// How many words the list has, all but one of them wrong.
const WORDS: usize = 1000;
/// How many wrong ones come before the right one.
const BEFORE: usize = 200;
/// At most so many words may be judged, the right one not among them: three at once, then one after 10 seconds and one
/// after 30 more, in less time than hydra gets.
const JUDGED: u64 = 8;
/// hydra gets no longer than this, in seconds.
const LONGEST: &str = "40";
/// How long its first refusals may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whom hydra guesses at, as `wd-judge` prints it.
#[derive(Deserialize)]
struct Guessed {
    login: String,
    password: String,
    /// Name and value of the header by which the owner's browser is known.
    browser: (String, String),
    /// Somebody else with the same password.
    control: String,
}

/// What hydra said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    found: Vec<String>,
    is_complete: bool,
}

pub fn within(report: &mut Report, workspace: &Workspace) {
    let Some(()) = report.step("install hydra", || debian::ensure(&[debian::HYDRA])) else {
        return;
    };
    report.suite("hydra guesses passwords", || guess(workspace));
}

fn guess(workspace: &Workspace) -> anyhow::Result<Tally> {
    let node = Node::start(&workspace.binary("debug"), "http://localhost:PORT", &[])?;
    let people = people(workspace, &node)?;
    let guessed: Guessed = serde_json::from_value(people.get("guessed").context("nobody can be guessed at")?.clone())?;
    let folder = tempfile::tempdir().context("making a folder for the lists")?;
    let right = std::slice::from_ref(&guessed.password);
    let mut checks = Checks(Tally::NONE);

    // Without that, a condition that never holds would look like a server that holds out.
    let control = run(&node, folder.path(), &guessed.control, right)?;
    checks.check(
        "hydra knows a right password when it gets to it",
        control.found == right,
        &control,
    );

    let before = count(&node)?;
    let mut words: Vec<String> = (1..WORDS).map(|word| format!("guess{word:04}")).collect();
    words.insert(BEFORE, guessed.password.clone());
    let is_over = AtomicBool::new(false);
    let (said, meanwhile) = std::thread::scope(|scope| {
        let meanwhile = scope.spawn(|| meanwhile(&node, &guessed, before.refused, &is_over));
        let said = run(&node, folder.path(), &guessed.login, &words);
        is_over.store(true, Ordering::SeqCst);
        (said, meanwhile.join())
    });
    let (said, meanwhile) = (said?, meanwhile.map_err(|_| anyhow::anyhow!("the owner gave up"))??);
    let after = count(&node)?;
    // One of those that were refused was the right password from a browser that nobody knows.
    let judged = after.judged - before.judged;
    let refused = after.refused - before.refused - u64::from(meanwhile.stranger == 429);
    eprintln!(
        "tries sent: {}; tries judged: {judged}; refused with 429: {refused}; hydra found: {}",
        judged + refused,
        said.found.len()
    );
    checks.check(
        "hydra sent its whole list",
        said.is_complete && judged + refused >= words.len() as u64,
        &said,
    );
    checks.check(
        "hydra found nothing, although it is in its list",
        said.found.is_empty(),
        &said,
    );
    checks.check(
        "few tries were judged, all others refused",
        judged <= JUDGED && refused > 0,
        &judged,
    );
    checks.check(
        "meanwhile the right password of a stranger is answered with 429 and Retry-After",
        meanwhile.stranger == 429 && meanwhile.retry_after.is_some_and(|seconds| seconds > 0),
        &meanwhile,
    );
    checks.check(
        "meanwhile the owner signs in with the password in a known browser",
        meanwhile.owner == 200 && !meanwhile.was_over,
        &meanwhile,
    );
    let errors = node.errors()?;
    checks.check("the node's log has no error", errors.is_empty(), &errors);
    Ok(checks.0)
}

struct Checks(Tally);

impl Checks {
    fn check(&mut self, what: &str, holds: bool, seen: &impl std::fmt::Debug) {
        if holds {
            eprintln!("ok: {what}");
            self.0.passed += 1;
        } else {
            eprintln!("failed: {what}: {seen:?}");
            self.0.failed += 1;
        }
    }
}

/// What others got while hydra guessed.
#[derive(Debug)]
struct Meanwhile {
    stranger: u16,
    retry_after: Option<u64>,
    owner: u16,
    /// Whether hydra had ended by then.
    was_over: bool,
}

/// Waits until hydra is refused, then signs in as the owner would: in a new browser, and in a known one.
fn meanwhile(node: &Node, guessed: &Guessed, before: u64, is_over: &AtomicBool) -> anyhow::Result<Meanwhile> {
    let step = Duration::from_millis(50);
    let mut waited = Duration::ZERO;
    while count(node)?.refused == before {
        if waited >= PATIENCE {
            bail!("no try was refused within {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(step);
        waited += step;
    }
    let body = json!({ "login": guessed.login, "password": guessed.password }).to_string();
    let (name, value) = &guessed.browser;
    let stranger = node.post(PATH, None, &body)?;
    let owner = node.post(PATH, Some((name, value)), &body)?;
    Ok(Meanwhile {
        stranger: stranger.status,
        retry_after: stranger.header("retry-after").and_then(|text| text.parse().ok()),
        owner: owner.status,
        was_over: is_over.load(Ordering::SeqCst),
    })
}

/// Lets hydra try these words for one login, sixteen at a time.
fn run(node: &Node, folder: &Path, login: &str, words: &[String]) -> anyhow::Result<Said> {
    let list = folder.join("words");
    std::fs::write(&list, words.join("\n") + "\n").context("writing the list of words")?;
    let mut command = Command::new("timeout");
    // Here it leaves what it needs to go on after a stop.
    command.current_dir(folder).args([LONGEST, "hydra", "-I", "-t", "16"]);
    command.args(["-l", login, "-P"]).arg(&list);
    command.args(["-s", &node.port.to_string(), "127.0.0.1", "http-post-form", &form()]);
    let mut said = Said::default();
    proc::lines(&mut command, |stream, line| {
        if !is_about_401(line) {
            eprintln!("{line}");
        }
        if stream == Stream::Out {
            said.read(line);
        }
    })?;
    Ok(said)
}

/// Where and how hydra asks. `g=`: without a page before. `S=`: what the answer to a right password says. With a
/// condition on failure (`F=`) each answer that says something else would count as success, a 429 among them.
fn form() -> String {
    let body = r#"{"login"\:"^USER^","password"\:"^PASS^"}"#;
    format!(r#"{PATH}:{body}:g=:H=Content-Type\: application/json:S="state"\:"second-factor""#)
}

/// hydra remarks on each answer of 401 that another of its modules might fit better.
fn is_about_401(line: &str) -> bool {
    line.contains("received HTTP error code 401")
}

impl Said {
    fn read(&mut self, line: &str) {
        if let Some((_, password)) = line.split_once(" password: ").filter(|_| line.contains(" login: ")) {
            self.found.push(password.trim().to_owned());
        }
        self.is_complete |= line.starts_with("1 of 1 target") && line.contains("completed");
    }
}

/// What the node answered to those who showed a password.
struct Count {
    judged: u64,
    refused: u64,
}

fn count(node: &Node) -> anyhow::Result<Count> {
    let metrics = node.get("/metrics", None)?;
    let of = |status| requests(&metrics, status, PATH);
    Ok(Count {
        judged: of("401"),
        refused: of("429"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &[&str]) -> Said {
        let mut said = Said::default();
        for line in lines {
            said.read(line);
        }
        said
    }

    #[test]
    fn what_hydra_found_and_that_it_came_to_its_end_is_read() {
        let lines = [
            "[DATA] max 16 tasks per 1 server, overall 16 tasks, 200 login tries (l:1/p:200), ~13 tries per task",
            "[1234][http-post-form] host: 127.0.0.1   login: ada   password: plumgranite",
            "1 of 1 target successfully completed, 1 valid password found",
        ];
        assert_eq!(
            said(&lines),
            Said {
                found: vec!["plumgranite".into()],
                is_complete: true
            }
        );
        let nothing = said(&["1 of 1 target completed, 0 valid password found"]);
        assert!(nothing.found.is_empty() && nothing.is_complete);
        assert!(!said(&lines[..1]).is_complete, "it was stopped");
    }
}
