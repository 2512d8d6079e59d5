//! `cargo xtask bench`: measures a release build against a PostgreSQL and a NATS of its own.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::peers::Peers;
use crate::proc::{self, cargo};
use crate::setup::{debian, node};
use crate::workspace::Workspace;

/// The package that holds the measurements.
const PACKAGE: &str = "wd-bench";
/// The package that is measured, and its program.
const MEASURED: &str = "wardesk";

#[derive(Args)]
pub struct Options {
    /// The measurements to take; all of them when none is named
    names: Vec<String>,
}

pub fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    if workspace.package(PACKAGE).is_none() {
        bail!("this workspace has no package {PACKAGE}, so there is nothing to measure");
    }
    debian::ensure(&[debian::POSTGRESQL, debian::NATS])?;
    node::ensure_built(workspace)?;
    proc::must(cargo(&workspace.root).args(["build", "--release", "--package", PACKAGE, "--package", MEASURED]))?;
    let peers = Peers::without_mail()?;
    let mut command = cargo(&workspace.root);
    command
        .env("WARDESK_BIN", workspace.target.join("release").join(MEASURED))
        .args(["run", "--release", "--quiet", "--package", PACKAGE, "--"])
        .args(&options.names);
    let status = proc::status(peers.known_to(&mut command))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
