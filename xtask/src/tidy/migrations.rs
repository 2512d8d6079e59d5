//! Migrations are twins: every step exists for both databases, under the same name.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;

const DATABASES: [&str; 2] = ["sqlite", "postgres"];

pub fn check(paths: &[String]) -> Vec<Finding> {
    let mut steps: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for path in paths {
        if let Some((folder, rest)) = path.split_once("/migrations/")
            && let Some((database, step)) = rest.split_once('/')
        {
            steps.entry((folder, step)).or_default().insert(database);
        }
    }
    let mut findings = Vec::new();
    for ((folder, step), present) in steps {
        for database in DATABASES.iter().filter(|database| !present.contains(*database)) {
            findings.push(Finding::new(
                format!("{folder}/migrations/{database}/{step}"),
                "missing",
                "write the same step for both databases",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(paths: &[&str]) -> Vec<String> {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        check(&paths).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn twins_are_in_order() {
        let twins = [
            "crates/a/migrations/sqlite/0001_a.sql",
            "crates/a/migrations/postgres/0001_a.sql",
            "README.md",
        ];
        assert_eq!(places(&twins), [""; 0]);
    }

    #[test]
    fn a_step_for_one_database_only_is_found() {
        let lone = [
            "crates/a/migrations/sqlite/0001_a.sql",
            "crates/b/migrations/postgres/0001_a.sql",
        ];
        assert_eq!(
            places(&lone),
            [
                "crates/a/migrations/postgres/0001_a.sql",
                "crates/b/migrations/sqlite/0001_a.sql"
            ]
        );
    }
}
