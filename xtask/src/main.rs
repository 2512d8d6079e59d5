//! The commands of this workspace, run as `cargo xtask NAME`.
//!
//! `demo` and `test` are the two commands of the README: on a fresh Debian with git, a Rust toolchain and Node they do
//! all set-up themselves. `ci` is what `.ci/run` calls. `gen` writes the generated files, `tidy` holds the tree against
//! the rules of the house, `judge` lets programs of others look at the built one, `fuzz` throws bytes at what reads
//! them, `bench` measures.

mod bench;
mod ci;
mod demo;
mod files;
mod fuzz;
mod generate;
mod interrupt;
mod judge;
mod peers;
mod proc;
mod report;
mod setup;
mod stopwatch;
mod tally;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "The commands of the Wardesk workspace"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build Wardesk and start it with a made-up organisation to look at
    Demo(demo::Options),
    /// Run all tests, bringing PostgreSQL, NATS and Chromium
    Test(test::Options),
    /// Everything a change must pass: format, clippy, tidy, licences and bans, tests
    Ci,
    /// Write the files that are generated from the code
    Gen(generate::Options),
    /// Hold the tree against the rules of the house
    Tidy,
    /// Let programs that others wrote judge the built one
    #[command(subcommand)]
    Judge(judge::Judge),
    /// Throw bytes at what reads them
    Fuzz(fuzz::Options),
    /// Measure a release build
    Bench(bench::Options),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    interrupt::listen()?;
    let workspace = Workspace::load()?;
    match cli.command {
        Command::Demo(options) => demo::run(&workspace, &options),
        Command::Test(options) => Ok(test::run(&workspace, &options)),
        Command::Ci => Ok(ci::run(&workspace)),
        Command::Gen(options) => generate::run(&workspace, &options),
        Command::Tidy => tidy::run(&workspace),
        Command::Judge(judge) => Ok(judge::run(&workspace, &judge)),
        Command::Fuzz(options) => fuzz::run(&workspace, &options),
        Command::Bench(options) => bench::run(&workspace, &options),
    }
}
