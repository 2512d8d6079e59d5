//! `cargo xtask gen`: what is written from the code, and committed: the OpenAPI document, the TypeScript types made from
//! it, and the documented sample of the settings.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::files;
use crate::proc;
use crate::setup::node;
use crate::test;
use crate::workspace::Workspace;

const OPENAPI: &str = "web/api/openapi.json";
const SAMPLE: &str = "docs/wardesk.sample.toml";
const TYPES: &str = "web/api";

#[derive(Args)]
pub struct Options {
    /// Change nothing; fail when a generated file is stale
    #[arg(long)]
    check: bool,
}

pub fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    node::ensure_built(workspace)?;
    proc::must(&mut test::build(workspace))?;
    if options.check {
        check(workspace)?;
        eprintln!("the generated files are fresh");
    } else {
        for path in write(workspace)? {
            eprintln!("changed {path}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails when a generated file is stale, and leaves all of them as they were. Needs the built program.
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let before = snapshot(&workspace.root)?;
    let changed = write(workspace);
    restore(&workspace.root, &before)?;
    let changed = changed?;
    if !changed.is_empty() {
        bail!(
            "stale: {}; run `cargo xtask gen` and commit what it writes",
            changed.join(", ")
        );
    }
    Ok(())
}

/// Writes all generated files and names those that changed.
fn write(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let before = snapshot(&workspace.root)?;
    for (file, argument) in [(OPENAPI, "openapi"), (SAMPLE, "config-sample")] {
        let text = proc::output(Command::new(workspace.binary("debug")).arg(argument))?;
        std::fs::write(workspace.root.join(file), with_final_newline(text))
            .with_context(|| format!("writing {file}"))?;
    }
    proc::must(node::npm(workspace).args(["run", "gen", "-w", "api"]))?;
    let after = snapshot(&workspace.root)?;
    Ok(after
        .into_iter()
        .filter(|(path, text)| before.get(path) != Some(text))
        .map(|(path, _)| path)
        .collect())
}

/// The contents of every file that generating may touch.
fn snapshot(root: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut contents = BTreeMap::new();
    for path in files::paths(root)? {
        if path == SAMPLE || path.starts_with(TYPES) {
            let bytes = std::fs::read(root.join(&path)).with_context(|| format!("reading {path}"))?;
            contents.insert(path, bytes);
        }
    }
    Ok(contents)
}

/// Puts every file back that differs from the snapshot, and removes what was not there.
fn restore(root: &Path, before: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    for (path, now) in snapshot(root)? {
        match before.get(&path) {
            Some(then) if *then == now => Ok(()),
            Some(then) => std::fs::write(root.join(&path), then),
            None => std::fs::remove_file(root.join(&path)),
        }
        .with_context(|| format!("putting back {path}"))?;
    }
    Ok(())
}

fn with_final_newline(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
