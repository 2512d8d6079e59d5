//! What may be linked or bundled: licences, banned packages and sources, as `deny.toml` says.
//!
//! cargo-deny reads the same file and sees more, where it is installed. This check needs nothing but cargo, so it holds
//! on every machine, and it covers the npm packages that go into the bundles as well.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;
use spdx::{Expression, ParseMode};

use super::Finding;
use crate::proc::{self, cargo};
use crate::workspace::Workspace;

const RULES: &str = "deny.toml";
const NPM_LOCK: &str = "web/package-lock.json";

#[derive(Deserialize)]
struct Rules {
    graph: Graph,
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    package: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    package: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// A package of the resolved tree; without a source it is a folder.
#[derive(Deserialize)]
struct Linked {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Linked>,
}

#[derive(Deserialize)]
struct NpmLock {
    packages: BTreeMap<String, Bundled>,
}

/// A package in the lock file of npm.
#[derive(Deserialize)]
struct Bundled {
    license: Option<String>,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    link: bool,
}

pub fn check(workspace: &Workspace) -> anyhow::Result<Vec<Finding>> {
    let rules = read(&workspace.root.join(RULES))?;
    let rules: Rules = toml::from_str(&rules).with_context(|| format!("reading {RULES}"))?;
    let mut command = cargo(&workspace.root);
    command.args(["metadata", "--format-version=1", "--locked"]);
    for target in &rules.graph.targets {
        command.args(["--filter-platform", target]);
    }
    let metadata = proc::output(&mut command)?;
    let metadata: Metadata = serde_json::from_str(&metadata).context("reading what `cargo metadata` prints")?;
    let mut findings: Vec<Finding> = metadata
        .packages
        .iter()
        .flat_map(|package| linked(&rules, &workspace.root, package))
        .collect();
    findings.extend(banned(&rules, &tree(workspace, &rules)?));
    let lock = workspace.root.join(NPM_LOCK);
    if lock.exists() {
        let lock: NpmLock = serde_json::from_str(&read(&lock)?).with_context(|| format!("reading {NPM_LOCK}"))?;
        findings.extend(bundled(&rules, &lock));
    }
    Ok(findings)
}

fn linked(rules: &Rules, root: &Path, package: &Linked) -> Vec<Finding> {
    let place = format!("{} {}", package.name, package.version);
    let mut findings = Vec::new();
    if let Some(why) = refusal(rules, &package.name, package.license.as_deref()) {
        findings.push(Finding::new(
            &*place,
            why,
            format!("use another package, or allow it in {RULES} with the reason"),
        ));
    }
    let known = match &package.source {
        Some(source) => source
            .strip_prefix("registry+")
            .is_some_and(|url| rules.sources.allow_registry.iter().any(|one| one == url)),
        None => package.manifest_path.starts_with(root),
    };
    if !known {
        let source = package.source.as_deref().unwrap_or("a folder outside of the workspace");
        findings.push(Finding::new(
            &*place,
            format!("comes from {source}"),
            "take it from the registry",
        ));
    }
    findings
}

/// The names of everything that is compiled, one a line. `cargo metadata` also lists optional packages that no feature
/// turns on; for licences that is caution, for bans it would be wrong.
fn tree(workspace: &Workspace, rules: &Rules) -> anyhow::Result<String> {
    let mut command = cargo(&workspace.root);
    command.args([
        "tree",
        "--workspace",
        "--locked",
        "--edges=normal,build,dev",
        "--prefix=none",
        "--format={p}",
    ]);
    for target in &rules.graph.targets {
        command.args(["--target", target]);
    }
    proc::output(&mut command)
}

fn banned(rules: &Rules, tree: &str) -> Vec<Finding> {
    tree.lines()
        .filter_map(|line| {
            let name = line.split(' ').next()?;
            let ban = rules.bans.deny.iter().find(|ban| ban.package == name)?;
            Some(Finding::new(
                line,
                format!("banned ({})", ban.reason),
                "`cargo tree -i` tells who wants it",
            ))
        })
        .collect()
}

/// Only what is bundled; tools that build and test are not given to anybody.
fn bundled(rules: &Rules, lock: &NpmLock) -> Vec<Finding> {
    let shipped = lock
        .packages
        .iter()
        .filter(|(_, package)| !package.dev && !package.link);
    shipped
        .filter_map(|(path, package)| {
            let why = refusal(rules, path, package.license.as_deref())?;
            Some(Finding::new(format!("{NPM_LOCK}, {path}"), why, "use another package"))
        })
        .collect()
}

/// Why a licence is not acceptable, or nothing if it is.
fn refusal(rules: &Rules, package: &str, licence: Option<&str>) -> Option<String> {
    let Some(licence) = licence else {
        return Some("names no licence".into());
    };
    let exceptions = rules
        .licenses
        .exceptions
        .iter()
        .filter(|exception| exception.package == package);
    let allowed: Vec<&String> = rules
        .licenses
        .allow
        .iter()
        .chain(exceptions.flat_map(|exception| &exception.allow))
        .collect();
    match Expression::parse_mode(licence, ParseMode::LAX) {
        Err(_) => Some(format!("the licence \"{licence}\" is not an SPDX expression")),
        Ok(expression) => {
            let accepted = expression.evaluate(|term| allowed.iter().any(|one| **one == term.to_string()));
            (!accepted).then(|| format!("the licence {licence} is not allowed"))
        }
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "registry+https://github.com/rust-lang/crates.io-index";

    fn rules() -> Rules {
        toml::from_str(
            r#"
            [graph]
            targets = []
            [licenses]
            allow = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]
            exceptions = [{ crate = "one-of-a-kind", allow = ["OpenSSL"] }]
            [bans]
            deny = [{ crate = "openssl", reason = "TLS is rustls" }]
            [sources]
            allow-registry = ["https://github.com/rust-lang/crates.io-index"]
            "#,
        )
        .unwrap()
    }

    fn whats(name: &str, licence: Option<&str>, source: Option<&str>) -> Vec<String> {
        let package = Linked {
            name: name.into(),
            version: "1.0.0".into(),
            license: licence.map(Into::into),
            source: source.map(Into::into),
            manifest_path: "/elsewhere/Cargo.toml".into(),
        };
        linked(&rules(), Path::new("/project"), &package)
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn licences_are_read_as_expressions() {
        for fine in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "Apache-2.0 WITH LLVM-exception AND MIT",
        ] {
            assert_eq!(whats("a", Some(fine), Some(INDEX)), [""; 0], "{fine}");
        }
        assert_eq!(whats("one-of-a-kind", Some("MIT AND OpenSSL"), Some(INDEX)), [""; 0]);
        assert_eq!(
            whats("a", Some("MIT AND OpenSSL"), Some(INDEX)),
            ["the licence MIT AND OpenSSL is not allowed"]
        );
        assert_eq!(
            whats("a", Some("AGPL-3.0-only"), Some(INDEX)),
            ["the licence AGPL-3.0-only is not allowed"]
        );
        assert_eq!(
            whats("a", Some("as you like"), Some(INDEX)),
            ["the licence \"as you like\" is not an SPDX expression"]
        );
        assert_eq!(whats("a", None, Some(INDEX)), ["names no licence"]);
    }

    #[test]
    fn banned_packages_and_strange_sources_are_found() {
        let findings = banned(&rules(), "rustls v0.23.0\nopenssl v1.0.0\nopenssl-probe v0.2.2 (*)");
        assert_eq!(
            findings.into_iter().map(|finding| finding.what).collect::<Vec<_>>(),
            ["banned (TLS is rustls)"]
        );
        assert_eq!(
            whats("a", Some("MIT"), Some("git+https://example.org/a")),
            ["comes from git+https://example.org/a"]
        );
        assert_eq!(
            whats("a", Some("MIT"), None),
            ["comes from a folder outside of the workspace"]
        );
    }

    #[test]
    fn npm_packages_that_are_bundled_need_an_allowed_licence_and_tools_do_not() {
        let lock: NpmLock = serde_json::from_str(
            r#"{"packages":{
                "node_modules/good":{"license":"(MIT OR GPL-3.0)"},
                "node_modules/tool":{"license":"CC-BY-4.0","dev":true},
                "node_modules/bad":{"license":"SSPL-1.0"},
                "node_modules/mute":{}}}"#,
        )
        .unwrap();
        let findings: Vec<String> = bundled(&rules(), &lock)
            .into_iter()
            .map(|finding| finding.what)
            .collect();
        assert_eq!(findings, ["the licence SSPL-1.0 is not allowed", "names no licence"]);
    }
}
