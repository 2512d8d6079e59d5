//! Node, the npm packages, and the two bundles that the server embeds.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::files;
use crate::proc;
use crate::workspace::Workspace;

/// The lowest major version of Node that the tools in `web/` run on.
const NODE: u32 = 20;

/// Where the bundles stand that the server embeds.
const BUNDLES: [&str; 2] = ["console/dist/index.html", "widget/dist"];

/// A command of npm in `web/`.
pub fn npm(workspace: &Workspace) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(workspace.web());
    // The browser is Debian's; a browser of Playwright's own would be a download nobody uses.
    command.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    command
}

/// Fails with advice unless Node and npm are there and new enough.
pub fn ensure_node() -> anyhow::Result<()> {
    let advice = "please install Node 20 or newer with npm: it builds the console and the widget";
    let Ok(version) = proc::output(Command::new("node").arg("--version").stderr(Stdio::null())) else {
        bail!("Node is missing; {advice}");
    };
    if major(&version).is_none_or(|major| major < NODE) {
        bail!("Node {} is too old; {advice}", version.trim());
    }
    if proc::find("npm").is_none() {
        bail!("npm is missing; {advice}");
    }
    Ok(())
}

/// What still has to be done to `web/`; empty when all is fresh.
pub fn pending(workspace: &Workspace) -> anyhow::Result<Vec<(&'static str, Work)>> {
    let mut work = Vec::new();
    if packages_are_stale(&workspace.web())? {
        work.push(("npm packages", Work::Packages));
    }
    if !work.is_empty() || bundles_are_stale(&workspace.web())? {
        work.push(("console and widget", Work::Bundles));
    }
    Ok(work)
}

/// One thing to do; [`Work::command`] does it and [`Work::done`] records it.
#[derive(Clone, Copy)]
pub enum Work {
    Packages,
    Bundles,
}

impl Work {
    pub fn command(self, workspace: &Workspace) -> Command {
        let mut npm = npm(workspace);
        match self {
            Self::Packages => npm.arg("ci"),
            Self::Bundles => npm.args(["run", "build"]),
        };
        npm
    }

    /// Written only after success, so an interrupted run is simply done again.
    pub fn done(self, workspace: &Workspace) -> anyhow::Result<()> {
        let web = workspace.web();
        match self {
            Self::Packages => {
                std::fs::copy(web.join("package-lock.json"), web.join(INSTALLED))
                    .context("recording which npm packages are installed")?;
            }
            Self::Bundles => {
                std::fs::write(web.join(BUILT), fingerprint(&web)?)
                    .context("recording what the bundles are built from")?;
            }
        }
        Ok(())
    }
}

/// Installs the packages and builds the bundles, where stale.
pub fn ensure_built(workspace: &Workspace) -> anyhow::Result<()> {
    ensure_node()?;
    for (_, work) in pending(workspace)? {
        proc::must(&mut work.command(workspace))?;
        work.done(workspace)?;
    }
    Ok(())
}

/// A copy of the lock file that the installed packages come from.
const INSTALLED: &str = "node_modules/.installed-lock.json";
/// The fingerprint of what the bundles were built from. It goes with the packages, so that new ones mean a new build.
const BUILT: &str = "node_modules/.built-from";
/// Tests of the built program, no part of it.
const NOT_BUNDLED: &str = "e2e/";

fn packages_are_stale(web: &Path) -> anyhow::Result<bool> {
    let wanted = std::fs::read(web.join("package-lock.json"))
        .context("reading web/package-lock.json (made by `npm install` in web/, and committed)")?;
    Ok(std::fs::read(web.join(INSTALLED))
        .ok()
        .is_none_or(|installed| installed != wanted))
}

fn bundles_are_stale(web: &Path) -> anyhow::Result<bool> {
    if BUNDLES.iter().any(|bundle| !web.join(bundle).exists()) {
        return Ok(true);
    }
    let Ok(built_from) = std::fs::read_to_string(web.join(BUILT)) else {
        return Ok(true);
    };
    Ok(built_from != fingerprint(web)?)
}

/// Tells one state of the sources of the bundles from another.
fn fingerprint(web: &Path) -> anyhow::Result<String> {
    let mut hasher = DefaultHasher::new();
    for path in files::paths(web)?.iter().filter(|path| !path.starts_with(NOT_BUNDLED)) {
        path.hash(&mut hasher);
        std::fs::read(web.join(path))
            .with_context(|| format!("reading web/{path}"))?
            .hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn major(version: &str) -> Option<u32> {
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("nonsense"), None);
    }

    #[test]
    fn packages_are_stale_until_the_lock_file_is_the_one_they_came_from() {
        let web = tempfile::tempdir().unwrap();
        assert!(packages_are_stale(web.path()).is_err(), "no lock file at all");
        std::fs::write(web.path().join("package-lock.json"), "{\"a\":1}").unwrap();
        assert!(packages_are_stale(web.path()).unwrap());
        std::fs::create_dir(web.path().join("node_modules")).unwrap();
        std::fs::write(web.path().join(INSTALLED), "{\"a\":1}").unwrap();
        assert!(!packages_are_stale(web.path()).unwrap());
        std::fs::write(web.path().join("package-lock.json"), "{\"a\":2}").unwrap();
        assert!(packages_are_stale(web.path()).unwrap());
    }
    #[test]
    fn bundles_are_stale_until_built_from_what_is_there() {
        let web = tempfile::tempdir().unwrap();
        let git = Command::new("git")
            .current_dir(web.path())
            .args(["init", "--quiet"])
            .status()
            .unwrap();
        assert!(git.success());
        for bundle in BUNDLES {
            let file = web.path().join(bundle);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        std::fs::create_dir(web.path().join("node_modules")).unwrap();
        std::fs::write(web.path().join(".gitignore"), "node_modules/").unwrap();
        assert!(bundles_are_stale(web.path()).unwrap(), "never built");
        std::fs::write(web.path().join(BUILT), fingerprint(web.path()).unwrap()).unwrap();
        assert!(!bundles_are_stale(web.path()).unwrap());
        std::fs::write(web.path().join("main.ts"), "changed").unwrap();
        assert!(bundles_are_stale(web.path()).unwrap());
    }
}
