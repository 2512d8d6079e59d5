//! Programs from PyPI: each pinned, in an environment of its own under `target/judge`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::debian;
use crate::proc;
use crate::workspace::Workspace;

/// A program and the one version of its package that is used.
pub struct Tool {
    pub package: &'static str,
    pub version: &'static str,
}

/// Written last, so that an interrupted installation is simply done again.
const INSTALLED: &str = ".installed";

/// Installs the tool where it is not yet, and gives the path of its program.
pub fn ensure(workspace: &Workspace, tool: &Tool) -> anyhow::Result<PathBuf> {
    let Tool { package, version } = tool;
    let folder = workspace.target.join("judge").join(format!("{package}-{version}"));
    if !folder.join(INSTALLED).exists() {
        debian::ensure(&[debian::PYTHON])?;
        proc::must(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        proc::must(
            Command::new(folder.join("bin").join("pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .arg(format!("{package}=={version}")),
        )?;
        std::fs::write(folder.join(INSTALLED), "").context("recording that the environment is complete")?;
    }
    Ok(program(&folder, package))
}

fn program(folder: &Path, package: &str) -> PathBuf {
    folder.join("bin").join(package)
}

/// Whether environments with pip can be made: Debian has that in a package of its own.
pub fn is_there() -> bool {
    let mut python = Command::new("python3");
    python
        .args(["-c", "import ensurepip, venv"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    proc::output(&mut python).is_ok()
}
