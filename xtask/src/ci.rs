//! `cargo xtask ci`: everything a change must pass. All steps run, so that one run tells all there is to mend.

use std::path::Path;
use std::process::ExitCode;

use crate::proc::{self, cargo};
use crate::report::Report;
use crate::setup::node;
use crate::test;
use crate::tidy;
use crate::workspace::Workspace;

pub fn run(workspace: &Workspace) -> ExitCode {
    // Asked for explicitly, cargo's own variable counts.
    if std::env::var_os("CARGO_INCREMENTAL").is_none() && !is_worked_in(&workspace.target) {
        proc::compile_once();
    }
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

/// Whether somebody has compiled our packages here the way one does who changes them: then all would be compiled anew
/// when it is not done like that. These tasks do not count, as cargo compiles them before they can say how.
fn is_worked_in(target: &Path) -> bool {
    let Ok(notes) = std::fs::read_dir(target.join("debug").join("incremental")) else {
        return false;
    };
    notes
        .flatten()
        .any(|note| !note.file_name().to_string_lossy().starts_with("xtask-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_worked_in_when_more_than_these_tasks_was_compiled_for_the_next_time() {
        let target = tempfile::tempdir().unwrap();
        assert!(!is_worked_in(target.path()), "nothing was compiled");
        let notes = target.path().join("debug").join("incremental");
        std::fs::create_dir_all(notes.join("xtask-1a2b")).unwrap();
        assert!(!is_worked_in(target.path()));
        std::fs::create_dir(notes.join("wd_kernel-3c4d")).unwrap();
        assert!(is_worked_in(target.path()));
    }
}
