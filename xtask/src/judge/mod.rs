//! `cargo xtask judge`: programs that others wrote look at the built one from outside.

mod api;
mod document;
mod hydra;
mod metrics;
mod scim;
mod tls;

use std::process::{Command, ExitCode};

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::Value;

use crate::peers::wardesk::Node;
use crate::proc;
use crate::report::Report;
use crate::setup::node;
use crate::test;
use crate::workspace::Workspace;

#[derive(Subcommand)]
pub enum Judge {
    /// sslyze: does TLS follow Mozilla's "modern" recommendations?
    Tls,
    /// schemathesis: does the interface keep what its document promises?
    Api(api::Options),
    /// scim2-tester: does the interface for directories follow SCIM 2.0?
    Scim,
    /// hydra: is somebody who guesses passwords held back, and their owner not?
    Hydra,
}

pub fn run(workspace: &Workspace, judge: &Judge) -> ExitCode {
    let mut report = Report::default();
    let built = report.step("build wardesk", || {
        node::ensure_built(workspace)?;
        proc::must(&mut test::build_for_judges(workspace))
    });
    if built.is_some() {
        match judge {
            Judge::Tls => tls::within(&mut report, workspace),
            Judge::Api(options) => api::within(&mut report, workspace, options),
            Judge::Scim => scim::within(&mut report, workspace),
            Judge::Hydra => hydra::within(&mut report, workspace),
        }
    }
    report.finish()
}

/// All judges as parts of a longer report, schemathesis with a small budget. Needs the built programs.
pub fn within(report: &mut Report, workspace: &Workspace) {
    tls::within(report, workspace);
    api::within(report, workspace, &api::Options::small());
    scim::within(report, workspace);
    hydra::within(report, workspace);
}

/// Who is there, as `wd-judge` prints it.
fn people(workspace: &Workspace, node: &Node) -> anyhow::Result<Value> {
    let mut fill = Command::new(workspace.binary("debug").with_file_name("wd-judge"));
    fill.args([format!("http://127.0.0.1:{}", node.port), node.link()?]);
    serde_json::from_str(&proc::output(&mut fill)?).context("reading who is there")
}
