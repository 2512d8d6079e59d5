//! `cargo xtask ci`: everything a change must pass. All steps run, so that one run tells all there is to mend.

use std::process::ExitCode;

use crate::proc::{self, cargo};
use crate::report::Report;
use crate::setup::node;
use crate::test;
use crate::tidy;
use crate::workspace::Workspace;

pub fn run(workspace: &Workspace) -> ExitCode {
    let cargo = || cargo(&workspace.root);
    let mut report = Report::default();
    report.step("format", || {
        proc::must(cargo().args(["fmt", "--all", "--check"]))?;
        // A workspace of its own.
        proc::must(cargo().args(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))
    });
    report.step("tidy, licences and bans", || tidy::check(workspace));
    if proc::find("cargo-deny").is_some() {
        report.step("cargo deny", || {
            proc::must(cargo().args(["deny", "check", "bans", "licenses", "sources"]))
        });
    }
    // The server embeds the bundles, so clippy needs them, too.
    report.step("web bundles", || node::ensure_built(workspace));
    report.step("clippy", || {
        proc::must(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    });
    test::within(&mut report, workspace, &test::Options::default());
    report.finish()
}
