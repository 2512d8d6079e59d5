//! What every manifest says the same way: names, licence, lints, and who may name the database library.

use std::collections::BTreeSet;

use anyhow::Context as _;

use super::Finding;
use crate::files::TextFile;
use crate::workspace::{Package, Workspace};

const LICENCE: &str = "Apache-2.0";
/// The program itself carries the name of the product.
const WITHOUT_PREFIX: [&str; 1] = ["wardesk"];
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 5] = ["core", "common", "utils", "helpers", "manager"];
/// The only crate that may name SQLite, PostgreSQL and the library that speaks to them.
const DATABASE_CRATE: &str = "wd-db";
const DATABASE_LIBRARY: &str = "sqlx";

/// One of our packages, as the checks need it.
pub struct Member {
    pub name: String,
    /// Relative to the workspace, with `/`.
    pub folder: String,
    pub floor: Option<u64>,
    pub licence: Option<String>,
    /// Names of everything it depends on, of any kind.
    pub uses: BTreeSet<String>,
}

impl Member {
    pub fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

pub fn members(workspace: &Workspace) -> anyhow::Result<Vec<Member>> {
    workspace
        .packages
        .iter()
        .map(|package| member(workspace, package))
        .collect()
}

fn member(workspace: &Workspace, package: &Package) -> anyhow::Result<Member> {
    let folder = package.manifest_path.parent().context("a manifest without a folder")?;
    let folder = folder
        .strip_prefix(&workspace.root)
        .with_context(|| format!("{} is outside of the workspace", package.name))?;
    let floor = package
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.get("wardesk")?.get("floor")?.as_u64());
    Ok(Member {
        name: package.name.clone(),
        folder: folder.to_string_lossy().into_owned(),
        floor,
        licence: package.license.clone(),
        uses: package
            .dependencies
            .iter()
            .map(|dependency| dependency.name.clone())
            .collect(),
    })
}

pub fn check(members: &[Member], texts: &[TextFile]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = members.iter().flat_map(of_member).collect();
    for file in texts {
        if file.path.ends_with("Cargo.toml") && file.path != "Cargo.toml" {
            findings.extend(lints(file));
        }
        if file.path.ends_with("package.json") {
            findings.extend(npm_licence(file));
        }
        let of_the_database = file.path.starts_with("crates/platform/db/") || file.path.starts_with("xtask/");
        if file.has_extension(&["rs"]) && !of_the_database {
            findings.extend(names_the_library(file));
        }
    }
    findings
}

fn of_member(member: &Member) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |what: String, remedy: String| findings.push(Finding::new(member.manifest(), what, remedy));
    if member.folder.starts_with("crates/") {
        let bare = member.name.strip_prefix("wd-");
        if bare.is_none() && !WITHOUT_PREFIX.contains(&member.name.as_str()) {
            find(
                format!("the package is called {}", member.name),
                format!("call it wd-{}", member.name),
            );
        }
        if bare.is_some_and(|bare| EMPTY_NAMES.contains(&bare)) {
            find(
                format!("{} says nothing", member.name),
                "name it after its subject".into(),
            );
        }
    }
    if member.licence.as_deref() != Some(LICENCE) {
        find(
            format!("the licence is not {LICENCE}"),
            "write `license.workspace = true`".into(),
        );
    }
    if member.name != DATABASE_CRATE && member.uses.contains(DATABASE_LIBRARY) {
        find(
            format!("depends on {DATABASE_LIBRARY}"),
            format!("speak to the database through {DATABASE_CRATE}, the only crate that names it"),
        );
    }
    findings
}

fn lints(file: &TextFile) -> Option<Finding> {
    let table = file.text.parse::<toml::Table>().ok();
    let inherits = table
        .as_ref()
        .and_then(|table| table.get("lints")?.get("workspace")?.as_bool())
        == Some(true);
    (!inherits).then(|| {
        Finding::new(
            &*file.path,
            "the lints of the workspace are not on",
            "add `[lints]` with `workspace = true`",
        )
    })
}

fn npm_licence(file: &TextFile) -> Option<Finding> {
    let manifest = serde_json::from_str::<serde_json::Value>(&file.text).ok();
    let licence = manifest.as_ref().and_then(|manifest| manifest.get("license")?.as_str());
    (licence != Some(LICENCE)).then(|| {
        Finding::new(
            &*file.path,
            format!("the licence is not {LICENCE}"),
            format!("add `\"license\": \"{LICENCE}\"`"),
        )
    })
}

fn names_the_library(file: &TextFile) -> Option<Finding> {
    let path = format!("{DATABASE_LIBRARY}::");
    let number = file.text.lines().position(|line| line.contains(&path))? + 1;
    Some(Finding::new(
        format!("{}:{number}", file.path),
        format!("names {DATABASE_LIBRARY}"),
        format!("use what {DATABASE_CRATE} offers; it is the only crate that names the library"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Member {
        Member {
            name: name.into(),
            folder: "crates/domains/desk".into(),
            floor: Some(2),
            licence: Some(LICENCE.into()),
            uses: BTreeSet::new(),
        }
    }

    fn whats(members: &[Member], texts: &[(&str, &str)]) -> Vec<String> {
        let texts: Vec<TextFile> = texts
            .iter()
            .map(|(path, text)| TextFile {
                path: (*path).into(),
                text: (*text).into(),
            })
            .collect();
        check(members, &texts).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_manifest_in_order_has_no_findings() {
        let texts = [
            ("crates/domains/desk/Cargo.toml", "[lints]\nworkspace = true\n"),
            ("web/api/package.json", r#"{"license":"Apache-2.0"}"#),
            ("crates/platform/db/src/lib.rs", "use sqlx::Row;"),
        ];
        assert_eq!(whats(&[member("wd-desk"), member("wardesk")], &texts), [""; 0]);
    }

    #[test]
    fn names_without_prefix_and_names_that_say_nothing_are_found() {
        assert_eq!(
            whats(&[member("desk"), member("wd-utils")], &[]),
            ["the package is called desk", "wd-utils says nothing"]
        );
    }

    #[test]
    fn a_missing_licence_is_found() {
        let mut bare = member("wd-desk");
        bare.licence = None;
        let texts = [("web/api/package.json", r#"{"name":"api"}"#)];
        assert_eq!(whats(&[bare], &texts), ["the licence is not Apache-2.0"; 2]);
    }

    #[test]
    fn lints_that_are_not_inherited_are_found() {
        let texts = [("crates/domains/desk/Cargo.toml", "[package]\nname = \"wd-desk\"\n")];
        assert_eq!(whats(&[], &texts), ["the lints of the workspace are not on"]);
    }

    #[test]
    fn the_database_library_outside_of_its_crate_is_found() {
        let mut curious = member("wd-desk");
        curious.uses.insert("sqlx".into());
        let texts = [("crates/domains/desk/src/store.rs", "\nuse sqlx::Row;")];
        assert_eq!(whats(&[curious], &texts), ["depends on sqlx", "names sqlx"]);
    }
}
