//! Programs from PyPI: each pinned, in an environment of its own under `target/judge`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::debian;
use crate::proc;
use crate::workspace::Workspace;

/// A program and the one version of its package that is used.
pub struct Tool {
    pub package: &'static str,
    pub version: &'static str,
    /// What else goes into its environment, as pip writes it: `name==version`.
    pub with: &'static [&'static str],
}

/// Written last, so that an interrupted installation is simply done again. It says what was installed besides.
const INSTALLED: &str = ".installed";

/// Installs the tool where it is not yet, and gives the path of its program.
pub fn ensure(workspace: &Workspace, tool: &Tool) -> anyhow::Result<PathBuf> {
    Ok(environment(workspace, tool)?.join(tool.package))
}

/// Installs the tool where it is not yet, and gives the folder with the programs of its environment, `python` among them.
pub fn environment(workspace: &Workspace, tool: &Tool) -> anyhow::Result<PathBuf> {
    let Tool { package, version, with } = tool;
    let folder = workspace.target.join("judge").join(format!("{package}-{version}"));
    let besides = with.join("\n");
    if std::fs::read_to_string(folder.join(INSTALLED)).ok().as_ref() != Some(&besides) {
        debian::ensure(&[debian::PYTHON])?;
        proc::must(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        proc::must(
            Command::new(folder.join("bin").join("pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .arg(format!("{package}=={version}"))
                .args(*with),
        )?;
        std::fs::write(folder.join(INSTALLED), &besides).context("recording that the environment is complete")?;
    }
    Ok(folder.join("bin"))
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
