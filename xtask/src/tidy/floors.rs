//! A crate depends only on crates of lower floors, tests included.
//!
//! One exception, so that mechanisms may stand on mechanisms (the vault on the database): crates of the foundation and
//! of the platform may also use crates of their own floor, as long as no circle arises. Domains never do: what one needs
//! of another goes through `flows`.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::manifests::Member;

/// The highest floor whose crates may use each other.
const HIGHEST_WITH_NEIGHBOURS: u64 = 1;
const HIGHEST: u64 = 5;

/// The floor that a folder stands for.
const FOLDERS: [(&str, u64); 3] = [
    ("crates/foundation/", 0),
    ("crates/platform/", 1),
    ("crates/domains/", 2),
];

pub fn check(members: &[Member]) -> Vec<Finding> {
    let floors: BTreeMap<&str, u64> = members
        .iter()
        .filter_map(|member| Some((member.name.as_str(), member.floor?)))
        .collect();
    let mut findings = Vec::new();
    for member in members.iter().filter(|member| member.folder.starts_with("crates/")) {
        match member.floor {
            Some(floor) if floor <= HIGHEST => {
                findings.extend(wrong_folder(member, floor));
                findings.extend(
                    member
                        .uses
                        .iter()
                        .filter_map(|used| edge(member, floor, used, *floors.get(used.as_str())?)),
                );
            }
            _ => findings.push(Finding::new(
                member.manifest(),
                "no floor",
                format!("add `[package.metadata.wardesk]` with `floor = N`, N from 0 to {HIGHEST}"),
            )),
        }
    }
    findings.extend(circle(members));
    findings
}

fn wrong_folder(member: &Member, floor: u64) -> Option<Finding> {
    let (folder, meant) = FOLDERS
        .into_iter()
        .find(|(folder, _)| member.folder.starts_with(folder))?;
    (floor != meant).then(|| {
        Finding::new(
            member.manifest(),
            format!("floor {floor} in {folder}"),
            format!("this folder is floor {meant}"),
        )
    })
}

fn edge(member: &Member, floor: u64, used: &str, used_floor: u64) -> Option<Finding> {
    let neighbours = floor == used_floor && floor <= HIGHEST_WITH_NEIGHBOURS;
    if used_floor < floor || neighbours || used == member.name {
        return None;
    }
    let direction = if used_floor == floor { "sideways" } else { "up" };
    Some(Finding::new(
        member.manifest(),
        format!("depends {direction}: floor {floor} on {used}, floor {used_floor}"),
        "declare a small trait here and implement it on a higher floor, or move the code down",
    ))
}

/// A circle that development dependencies would allow. The first one found.
fn circle(members: &[Member]) -> Option<Finding> {
    let uses: BTreeMap<&str, &BTreeSet<String>> = members
        .iter()
        .map(|member| (member.name.as_str(), &member.uses))
        .collect();
    for start in members {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = neighbours(&uses, &start.name).collect();
        while let Some(name) = open.pop() {
            if name == start.name {
                return Some(Finding::new(
                    start.manifest(),
                    format!("{name} depends on itself by way of other crates"),
                    "cut the circle: move what both need to a crate below",
                ));
            }
            if reached.insert(name) {
                open.extend(neighbours(&uses, name));
            }
        }
    }
    None
}

/// What a crate uses, without the edge to itself by which a crate turns on a feature for its own tests.
fn neighbours<'a>(uses: &BTreeMap<&str, &'a BTreeSet<String>>, name: &str) -> impl Iterator<Item = &'a str> {
    let name = name.to_owned();
    uses.get(name.as_str())
        .copied()
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(move |used| *used != name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(folder: &str, name: &str, floor: u64, uses: &[&str]) -> Member {
        Member {
            name: name.into(),
            folder: folder.into(),
            floor: Some(floor),
            licence: Some("Apache-2.0".into()),
            uses: uses.iter().map(|used| (*used).to_owned()).collect(),
        }
    }

    fn whats(members: &[Member]) -> Vec<String> {
        check(members).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn crates_that_look_down_are_in_order() {
        let members = [
            member("crates/foundation/kernel", "wd-kernel", 0, &[]),
            member("crates/platform/db", "wd-db", 1, &["wd-kernel", "wd-db"]),
            member("crates/platform/vault", "wd-vault", 1, &["wd-kernel", "wd-db", "sqlx"]),
            member("crates/domains/desk", "wd-desk", 2, &["wd-vault"]),
        ];
        assert_eq!(whats(&members), [""; 0]);
    }

    #[test]
    fn an_edge_that_goes_up_is_found() {
        let members = [
            member("crates/platform/db", "wd-db", 1, &["wd-desk"]),
            member("crates/domains/desk", "wd-desk", 2, &[]),
        ];
        assert_eq!(whats(&members), ["depends up: floor 1 on wd-desk, floor 2"]);
    }

    #[test]
    fn an_edge_between_domains_is_found() {
        let members = [
            member("crates/domains/channels", "wd-channels", 2, &["wd-desk"]),
            member("crates/domains/desk", "wd-desk", 2, &[]),
        ];
        assert_eq!(whats(&members), ["depends sideways: floor 2 on wd-desk, floor 2"]);
    }

    #[test]
    fn a_circle_on_the_platform_is_found() {
        let members = [
            member("crates/platform/a", "wd-a", 1, &["wd-b"]),
            member("crates/platform/b", "wd-b", 1, &["wd-c"]),
            member("crates/platform/c", "wd-c", 1, &["wd-a"]),
        ];
        assert_eq!(whats(&members), ["wd-a depends on itself by way of other crates"]);
    }

    #[test]
    fn a_missing_floor_and_one_that_is_not_the_folders_are_found() {
        let mut without = member("crates/server", "wd-server", 4, &[]);
        without.floor = None;
        let wrong = member("crates/domains/desk", "wd-desk", 3, &[]);
        assert_eq!(whats(&[without, wrong]), ["no floor", "floor 3 in crates/domains/"]);
    }
}
