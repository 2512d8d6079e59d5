//! `cargo xtask judge`: programs that others wrote look at the built one from outside.

mod api;
mod document;
mod tls;

use std::process::ExitCode;

use clap::Subcommand;

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
        }
    }
    report.finish()
}

/// Both judges as parts of a longer report, the second one with a small budget. Needs the built programs.
pub fn within(report: &mut Report, workspace: &Workspace) {
    tls::within(report, workspace);
    api::within(report, workspace, &api::Options::small());
}
