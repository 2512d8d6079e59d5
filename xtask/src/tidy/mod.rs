//! `cargo xtask tidy`: the rules of the house that a machine can hold the tree against.
//!
//! Each check is a function from text to findings, so that its tests show it a tree that breaks the rule.

mod documents;
mod floors;
mod licences;
mod lockfiles;
mod manifests;
mod migrations;
mod sources;

use std::fmt;
use std::process::ExitCode;

use anyhow::bail;

use crate::files;
use crate::workspace::Workspace;

/// Something that breaks a rule: where, what, and what to do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    place: String,
    what: String,
    remedy: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.what, self.remedy)
    }
}

pub fn run(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    check(workspace)?;
    eprintln!("tidy");
    Ok(ExitCode::SUCCESS)
}

/// Prints every finding; having one is an error.
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let findings = findings(workspace)?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => bail!("things to put in order: {count}"),
    }
}

fn findings(workspace: &Workspace) -> anyhow::Result<Vec<Finding>> {
    let paths = files::paths(&workspace.root)?;
    let texts = files::texts(&workspace.root, &paths)?;
    let members = manifests::members(workspace)?;
    let mut findings = floors::check(&members);
    findings.extend(manifests::check(&members, &texts));
    findings.extend(migrations::check(&paths));
    findings.extend(documents::check(&workspace.root, &paths, &texts));
    findings.extend(lockfiles::check(&texts));
    findings.extend(licences::check(workspace)?);
    for file in &texts {
        findings.extend(sources::check(file));
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}
