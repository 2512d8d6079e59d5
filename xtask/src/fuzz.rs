//! `cargo xtask fuzz`: runs the targets of the crates under libFuzzer, beginning with the committed seeds.
//!
//! The fuzzer counts which edges of the compiled code an input reaches; the flags for that are stable ones of the
//! compiler. They and the features that open private functions belong to the workspace in `fuzz/` alone.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::proc::{self, cargo};
use crate::report::Report;
use crate::setup::node;
use crate::tally::Tally;
use crate::workspace::Workspace;

const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table";
/// Far above what any target needs, far below what hurts.
const MOST_MEMORY_MIB: u32 = 1024;
const LARGEST_ALLOCATION_MIB: u32 = 64;
const LARGEST_INPUT: u32 = 4096;
const LONGEST_INPUT_SECONDS: u32 = 10;

#[derive(Args)]
pub struct Options {
    /// The target; all of them when none is named
    target: Option<String>,
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
}

pub fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    let mut targets = targets(workspace)?;
    if let Some(wanted) = &options.target {
        if !targets.contains(wanted) {
            bail!("there is no target {wanted}; there are {}", targets.join(", "));
        }
        targets.retain(|target| target == wanted);
    }
    let mut report = Report::default();
    let triple = host(workspace)?;
    let built = report.step("build the fuzzer", || build(workspace, &triple));
    if built.is_some() {
        let program = workspace.target.join("fuzz").join(&triple).join("release/fuzz");
        let mut rows = Vec::new();
        report.suite("fuzz", || {
            let mut tally = Tally::NONE;
            for target in &targets {
                let (held, row) = fuzz(workspace, &program, target, options.seconds)?;
                tally += if held {
                    Tally { passed: 1, failed: 0 }
                } else {
                    Tally::ONE_FAILED
                };
                rows.push(row);
            }
            Ok(tally)
        });
        for row in rows {
            println!("{row}");
        }
    }
    Ok(report.finish())
}

/// A target has a folder of seeds.
fn targets(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let folders = std::fs::read_dir(workspace.root.join("fuzz/seeds")).context("reading fuzz/seeds")?;
    let mut names: Vec<String> = folders
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

fn host(workspace: &Workspace) -> anyhow::Result<String> {
    let said = proc::output(Command::new("rustc").current_dir(&workspace.root).arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what it runs on")?.to_owned())
}

/// For a named target, so that the flags do not reach what runs while building.
fn build(workspace: &Workspace, triple: &str) -> anyhow::Result<()> {
    node::ensure_built(workspace)?;
    proc::must(
        cargo(&workspace.root.join("fuzz"))
            .args(["build", "--release", "--target", triple])
            .env("RUSTFLAGS", COVERAGE)
            .env("CARGO_TARGET_DIR", workspace.target.join("fuzz")),
    )
}

/// Runs one target; whether it held, and a line about it.
fn fuzz(workspace: &Workspace, program: &Path, target: &str, seconds: u32) -> anyhow::Result<(bool, String)> {
    let found = workspace.target.join("fuzz/found").join(target);
    let crashes = workspace.target.join("fuzz/crashes");
    for folder in [&found, &crashes] {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let mut command = Command::new(program);
    command.env("WARDESK_FUZZ_TARGET", target);
    command.args([
        format!("-max_total_time={seconds}"),
        format!("-rss_limit_mb={MOST_MEMORY_MIB}"),
        format!("-malloc_limit_mb={LARGEST_ALLOCATION_MIB}"),
        format!("-max_len={LARGEST_INPUT}"),
        format!("-timeout={LONGEST_INPUT_SECONDS}"),
        format!("-artifact_prefix={}/{target}-", crashes.display()),
        "-print_final_stats=1".into(),
        "-verbosity=0".into(),
    ]);
    command.arg(&found).arg(workspace.root.join("fuzz/seeds").join(target));
    let (mut runs, mut memory) = (0, 0);
    eprintln!("── {target}");
    let status = proc::lines(&mut command, |_, line| {
        if let Some(number) = stat(line, "number_of_executed_units") {
            runs = number;
        } else if let Some(number) = stat(line, "peak_rss_mb") {
            memory = number;
        } else if !line.starts_with("stat::") {
            eprintln!("{line}");
        }
    })?;
    let verdict = if status.success() { "held" } else { "BROKE" };
    let kept = std::fs::read_dir(&found).map_or(0, Iterator::count);
    let row =
        format!("{target:<16} {verdict}  {runs:>10} runs in {seconds:>4} s, {kept:>5} inputs kept, {memory:>4} MiB");
    Ok((status.success(), row))
}

fn stat(line: &str, name: &str) -> Option<u64> {
    line.strip_prefix("stat::")?
        .strip_prefix(name)?
        .strip_prefix(':')?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fuzzers_own_figures_are_read() {
        assert_eq!(
            stat("stat::number_of_executed_units: 15233", "number_of_executed_units"),
            Some(15233)
        );
        assert_eq!(stat("stat::peak_rss_mb:   44", "peak_rss_mb"), Some(44));
        assert_eq!(stat("stat::peak_rss_mb:   44", "number_of_executed_units"), None);
    }
}
