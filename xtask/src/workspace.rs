//! Where things are, as cargo tells it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

use crate::proc;

/// The workspace this program belongs to.
pub struct Workspace {
    pub root: PathBuf,
    pub target: PathBuf,
    pub packages: Vec<Package>,
}

/// One of our own packages.
#[derive(Debug, Clone, Deserialize)]
pub struct Package {
    pub name: String,
    pub manifest_path: PathBuf,
    pub license: Option<String>,
    pub targets: Vec<Target>,
    pub dependencies: Vec<Dependency>,
    #[serde(default)]
    pub metadata: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Dependency {
    pub name: String,
}

/// Something that cargo builds from a package.
#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    pub doctest: bool,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

impl Workspace {
    /// Asks cargo; needs no network.
    pub fn load() -> anyhow::Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
        let root = Path::new(&manifest)
            .parent()
            .context("the folder of xtask has no parent")?
            .to_path_buf();
        let text = proc::output(proc::cargo(&root).args(["metadata", "--format-version=1", "--no-deps"]))?;
        let metadata: Metadata = serde_json::from_str(&text).context("reading what `cargo metadata` prints")?;
        Ok(Self {
            root,
            target: metadata.target_directory,
            packages: metadata.packages,
        })
    }

    pub fn web(&self) -> PathBuf {
        self.root.join("web")
    }

    /// The program that users run, as the profile `debug` or `release` builds it.
    pub fn binary(&self, profile: &str) -> PathBuf {
        self.target.join(profile).join("wardesk")
    }

    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}
