//! `cargo xtask test`: set-up, then every suite, then one line that adds them up.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::Deserialize;

use crate::generate;
use crate::judge;
use crate::peers::Peers;
use crate::proc::{self, Stream, cargo};
use crate::report::Report;
use crate::setup::{debian, node};
use crate::tally::{self, Tally};
use crate::workspace::Workspace;

#[derive(Args, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "parts are chosen independently of each other"
)]
pub struct Options {
    /// Run the Rust tests
    #[arg(long)]
    rust: bool,
    /// Check and test the web packages
    #[arg(long)]
    web: bool,
    /// Run the end-to-end tests in a browser
    #[arg(long)]
    e2e: bool,
    /// Let programs that others wrote judge the built one, with a small budget
    #[arg(long)]
    judges: bool,
    /// Only these Rust packages
    #[arg(short, long = "package", value_name = "NAME")]
    packages: Vec<String>,
    /// Only tests that match, as the runner of each part understands it
    #[arg(last = true, value_name = "FILTER")]
    filter: Vec<String>,
}

impl Options {
    /// Without a choice, all parts run; naming a package chooses the Rust part.
    fn parts(&self) -> Parts {
        let rust = self.rust || !self.packages.is_empty();
        let all = !(rust || self.web || self.e2e || self.judges);
        Parts {
            rust: rust || all,
            web: self.web || all,
            e2e: self.e2e || all,
            judges: self.judges || (all && !self.is_narrow()),
            generated: all && !self.is_narrow(),
        }
    }

    fn is_narrow(&self) -> bool {
        !self.filter.is_empty()
    }
}

#[derive(Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "parts are chosen independently of each other"
)]
struct Parts {
    rust: bool,
    web: bool,
    e2e: bool,
    judges: bool,
    generated: bool,
}

pub fn run(workspace: &Workspace, options: &Options) -> ExitCode {
    let mut report = Report::default();
    within(&mut report, workspace, options);
    report.finish()
}

/// The same as a part of a longer report. A failing set-up ends it, a failing suite does not.
pub fn within(report: &mut Report, workspace: &Workspace, options: &Options) {
    let parts = options.parts();
    let Some(()) = report.step("set-up", || set_up(workspace, &parts)) else {
        return;
    };
    if parts.rust {
        rust(report, workspace, options);
    }
    if parts.web {
        report.step("web: types and style", || web_types(workspace));
        report.suite("web tests", || web(workspace, options));
    }
    if parts.e2e || parts.judges || parts.generated {
        let Some(()) = report.step("build wardesk", || proc::must(&mut build_for_judges(workspace))) else {
            return;
        };
    }
    if parts.generated {
        report.step("generated files are fresh", || generate::check(workspace));
    }
    if parts.e2e {
        report.suite("end-to-end tests", || e2e(workspace, options));
    }
    if parts.judges {
        judge::within(report, workspace);
    }
}

/// Builds the program that users run, in the debug profile. With the features of the whole workspace, so that what the
/// tests have compiled is used again.
pub fn build(workspace: &Workspace) -> std::process::Command {
    let mut command = cargo(&workspace.root);
    command.args(["build", "--workspace", "--bin", "wardesk"]);
    command
}

/// The same, and what judges need besides.
pub fn build_for_judges(workspace: &Workspace) -> std::process::Command {
    let mut command = build(workspace);
    command.args(["--bin", "wd-judge"]);
    command
}

fn set_up(workspace: &Workspace, parts: &Parts) -> anyhow::Result<()> {
    let mut needs = Vec::new();
    if parts.rust {
        needs.extend([debian::POSTGRESQL, debian::NATS, debian::PYTHON, debian::OATHTOOL]);
        needs.extend([debian::KANNEL, debian::FAKESMSC]);
    }
    if parts.e2e {
        needs.push(debian::CHROMIUM);
    }
    if parts.judges {
        needs.push(debian::HYDRA);
        if !parts.rust {
            needs.push(debian::PYTHON);
        }
    }
    debian::ensure(&needs)?;
    // Also for the Rust part: the server embeds the bundles, so it does not compile without them.
    node::ensure_built(workspace)
}

fn rust(report: &mut Report, workspace: &Workspace, options: &Options) {
    let with_nextest = proc::find("cargo-nextest").is_some();
    let compiled = report.step("compile the Rust tests", || {
        proc::must(
            cargo(&workspace.root)
                .args(["test", "--no-run"])
                .args(selection(options)),
        )
    });
    let Some(()) = compiled else { return };
    let Some(peers) = report.step("start what the tests talk to", || Peers::start(workspace)) else {
        return;
    };
    if with_nextest {
        report.suite("Rust tests", || {
            let mut command = cargo(&workspace.root);
            command
                .args(["nextest", "run", "--no-fail-fast", "--no-tests=pass"])
                .args(selection(options));
            command.arg("--").args(&options.filter);
            counted(peers.known_to(&mut command), tally::nextest, options.is_narrow())
        });
        // nextest leaves these out. There need not be any.
        if may_have_documentation_tests(workspace, options) {
            report.suite("Rust documentation tests", || {
                let mut command = cargo(&workspace.root);
                command
                    .args(["test", "--doc", "--quiet", "--no-fail-fast"])
                    .args(selection(options));
                command.arg("--").args(&options.filter);
                counted(peers.known_to(&mut command), tally::libtest, true)
            });
        }
    } else {
        report.suite("Rust tests", || {
            let mut command = cargo(&workspace.root);
            command
                .args(["test", "--no-fail-fast"])
                .args(selection(options))
                .arg("--")
                .args(&options.filter);
            counted(peers.known_to(&mut command), tally::libtest, options.is_narrow())
        });
    }
    report.step("stop what the tests talk to", || {
        drop(peers);
        Ok(())
    });
}

/// Cargo refuses to look for documentation tests where there is no library.
fn may_have_documentation_tests(workspace: &Workspace, options: &Options) -> bool {
    let is_selected = |name: &String| options.packages.is_empty() || options.packages.contains(name);
    let mut selected = workspace.packages.iter().filter(|package| is_selected(&package.name));
    selected.any(|package| package.targets.iter().any(|target| target.doctest))
}

fn selection(options: &Options) -> Vec<&str> {
    if options.packages.is_empty() {
        return vec!["--workspace"];
    }
    options
        .packages
        .iter()
        .flat_map(|package| ["--package", package])
        .collect()
}

/// Every package of `web/`, each by its own `check` script. All at once, as each keeps one processor busy, and the console
/// is half of the work.
fn web_types(workspace: &Workspace) -> anyhow::Result<()> {
    let packages = packages_with("check", workspace)?;
    let results: Vec<_> = std::thread::scope(|scope| {
        let checks: Vec<_> = packages
            .iter()
            .map(|package| scope.spawn(|| proc::must(node::npm(workspace).args(["run", "check", "-w", package]))))
            .collect();
        checks.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    results
        .into_iter()
        .try_for_each(|result| result.map_err(|_| anyhow::anyhow!("checking a package of web/ panicked"))?)
}

/// Every package of `web/` that has tests, each by its own `test` script.
fn web(workspace: &Workspace, options: &Options) -> anyhow::Result<Tally> {
    let reports = tempfile::tempdir().context("making a folder for the reports of Vitest")?;
    let mut total = Tally::NONE;
    for package in packages_with("test", workspace)? {
        let file = reports.path().join(format!("{package}.json"));
        let mut command = node::npm(workspace);
        command.args([
            "run",
            "test",
            "-w",
            &package,
            "--",
            "--reporter=default",
            "--reporter=json",
        ]);
        command
            .arg(format!("--outputFile.json={}", file.display()))
            .args(&options.filter);
        if options.is_narrow() {
            command.arg("--passWithNoTests");
        }
        let status = proc::status(&mut command)?;
        let tally = match std::fs::read_to_string(&file) {
            Ok(text) => tally::vitest(&text).with_context(|| format!("reading the report of {package}"))?,
            Err(_) => Tally::NONE, // It did not get as far as a report; its status says the rest.
        };
        total += tally.of_suite(status.success(), options.is_narrow());
    }
    Ok(total.of_suite(true, options.is_narrow()))
}

/// The packages of `web/` that have this script, in the order of the workspace.
fn packages_with(script: &str, workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Manifest {
        #[serde(default)]
        workspaces: Vec<String>,
        #[serde(default)]
        scripts: std::collections::BTreeMap<String, String>,
    }
    let read = |path: std::path::PathBuf| -> anyhow::Result<Manifest> {
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
    };
    let mut with_script = Vec::new();
    for package in read(workspace.web().join("package.json"))?.workspaces {
        if read(workspace.web().join(&package).join("package.json"))?
            .scripts
            .contains_key(script)
        {
            with_script.push(package);
        }
    }
    Ok(with_script)
}

fn e2e(workspace: &Workspace, options: &Options) -> anyhow::Result<Tally> {
    let mut command = node::npm(workspace);
    command
        .args(["run", "e2e", "-w", "e2e", "--if-present"])
        .env("WARDESK_BIN", workspace.binary("debug"));
    if options.is_narrow() {
        command.arg("--").args(&options.filter);
    }
    counted(&mut command, tally::plain, options.is_narrow())
}

/// Runs a suite, shows what it says, and adds up its closing lines.
fn counted(
    command: &mut std::process::Command,
    closing_line: fn(&str) -> Option<Tally>,
    may_be_empty: bool,
) -> anyhow::Result<Tally> {
    use std::io::IsTerminal as _;
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    eprintln!("$ {}", proc::spoken(command));
    let mut total = Tally::NONE;
    let status = proc::lines(command, |stream, line| {
        match stream {
            Stream::Out => println!("{line}"),
            Stream::Err => eprintln!("{line}"),
        }
        if let Some(tally) = closing_line(line) {
            total += tally;
        }
    })?;
    Ok(total.of_suite(status.success(), may_be_empty))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn without_a_choice_all_parts_run() {
        let all = Parts {
            rust: true,
            web: true,
            e2e: true,
            judges: true,
            generated: true,
        };
        assert_eq!(Options::default().parts(), all);
        let web = Options {
            web: true,
            ..Options::default()
        };
        assert_eq!(
            web.parts(),
            Parts {
                rust: false,
                web: true,
                e2e: false,
                judges: false,
                generated: false
            }
        );
        let one = Options {
            packages: vec!["wd-kernel".into()],
            ..Options::default()
        };
        assert_eq!(
            one.parts(),
            Parts {
                rust: true,
                web: false,
                e2e: false,
                judges: false,
                generated: false
            }
        );
    }

    #[test]
    fn the_closing_lines_of_a_suite_are_added_up() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo '2 passed, 0 failed'; echo '3 passed, 1 failed' >&2; exit 1"]);
        assert_eq!(
            counted(&mut command, tally::plain, false).unwrap(),
            Tally { passed: 5, failed: 1 }
        );
    }

    #[test]
    fn a_suite_that_says_nothing_is_a_failure() {
        let mut command = Command::new("true");
        assert_eq!(counted(&mut command, tally::plain, false).unwrap(), Tally::ONE_FAILED);
    }
}
