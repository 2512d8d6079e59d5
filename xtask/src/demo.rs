//! `cargo xtask demo`: from a fresh clone to a running Wardesk.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::proc::{self, cargo};
use crate::setup::node;
use crate::stopwatch::{Spoken, Stopwatch};
use crate::tally::without_colour;
use crate::test;
use crate::workspace::Workspace;

#[derive(Args)]
pub struct Options {
    /// Forget what an earlier demo left and start anew
    #[arg(long)]
    fresh: bool,
    /// The port on this machine
    #[arg(long, default_value_t = 8017)]
    port: u16,
    /// Build with optimisation: slower to build, faster to use
    #[arg(long)]
    release: bool,
}

pub fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    node::ensure_node()?;
    for (name, work) in node::pending(workspace)? {
        step(name, &mut work.command(workspace))?;
        work.done(workspace)?;
    }
    let (profile, mut build) = if options.release {
        let mut build = cargo(&workspace.root);
        build.args(["build", "--release", "--package", "wardesk", "--bin", "wardesk"]);
        ("release", build)
    } else {
        ("debug", test::build(workspace))
    };
    step("Wardesk (the first build takes minutes)", &mut build)?;

    eprintln!(
        "Wardesk starts at http://localhost:{} and ends with Ctrl-C.\n",
        options.port
    );
    let mut wardesk = Command::new(workspace.binary(profile));
    wardesk.arg("demo").arg("--data-dir").arg(workspace.target.join("demo"));
    wardesk.args(["--port", &options.port.to_string()]);
    if options.fresh {
        wardesk.arg("--fresh");
    }
    // From here on this process is Wardesk: signals and the exit code need nobody in between.
    let error = wardesk.exec();
    bail!("starting {}: {error}", wardesk.get_program().to_string_lossy())
}

/// One step of the set-up: on a terminal a line with the time so far and what the program last said; everything it said
/// when it fails.
fn step(name: &'static str, command: &mut Command) -> anyhow::Result<()> {
    let watch = Stopwatch::start();
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template(
        "{spinner} {prefix}  {elapsed}  {wide_msg:.dim}",
    )?);
    bar.set_prefix(name);
    bar.enable_steady_tick(Duration::from_millis(120));
    if bar.is_hidden() {
        eprintln!("… {name}");
    }
    let mut said = Vec::new();
    let status = proc::lines(command, |_, line| {
        let line = without_colour(line);
        if !line.trim().is_empty() {
            bar.set_message(line.trim().to_owned());
        }
        said.push(line);
    });
    bar.finish_and_clear();
    let status = status?;
    if !status.success() {
        eprintln!("{}", said.join("\n"));
    }
    proc::succeeded(status, command)?;
    eprintln!("✓ {name}  {}", Spoken(watch.elapsed()));
    Ok(())
}
