//! Documents name only what exists, and decision records are numbered without a gap.

use std::path::Path;

use super::Finding;
use crate::files::TextFile;

/// A path that begins so is one of ours.
const OURS: [&str; 4] = ["crates/", "web/", "docs/", "xtask/"];
/// Folders that building makes.
const MADE: [&str; 3] = ["dist", "node_modules", "target"];
/// Decisions tell what was; the paths they name may be gone.
const DECISIONS: &str = "docs/adr/";

pub fn check(root: &Path, paths: &[String], texts: &[TextFile]) -> Vec<Finding> {
    let exists = |path: &str| root.join(path).exists();
    let mut findings = decisions(paths);
    for file in texts.iter().filter(|file| is_document(&file.path)) {
        findings.extend(dead_links(file, exists));
        if !file.path.starts_with(DECISIONS) {
            findings.extend(dead_paths(file, exists));
        }
    }
    findings
}

fn is_document(path: &str) -> bool {
    path.strip_suffix(".md")
        .is_some_and(|bare| path.starts_with("docs/") || !bare.contains('/'))
}

fn dead_paths(file: &TextFile, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        // What stands between backticks is every second piece.
        for piece in line.split('`').skip(1).step_by(2) {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
            let made = piece.split('/').any(|part| MADE.contains(&part));
            if OURS.iter().any(|ours| piece.starts_with(ours)) && piece.chars().all(plain) && !made && !exists(piece) {
                findings.push(Finding::new(
                    format!("{}:{}", file.path, index + 1),
                    format!("`{piece}` does not exist"),
                    "say what is true now",
                ));
            }
        }
    }
    findings
}

fn dead_links(file: &TextFile, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains(':') || path.contains(' ') {
                continue;
            }
            if !exists(format!("{folder}/{path}").trim_start_matches('/')) {
                findings.push(Finding::new(
                    format!("{}:{}", file.path, index + 1),
                    format!("the link to {target} leads nowhere"),
                    "link to what is there",
                ));
            }
        }
    }
    findings
}

fn decisions(paths: &[String]) -> Vec<Finding> {
    let records = paths
        .iter()
        .filter_map(|path| Some((path, path.strip_prefix(DECISIONS)?)));
    let mut findings = Vec::new();
    let mut expected = 1;
    for (path, name) in records.filter(|(_, name)| *name != "README.md") {
        let number = name
            .get(..4)
            .filter(|_| name.get(4..5) == Some("-"))
            .and_then(|digits| digits.parse::<u32>().ok());
        if number != Some(expected) {
            findings.push(Finding::new(
                path,
                "decision records are numbered without a gap",
                format!("call it {expected:04}-…"),
            ));
        }
        expected = number.unwrap_or(expected).max(expected) + 1;
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> TextFile {
        TextFile {
            path: "docs/GUIDE.md".into(),
            text: text.into(),
        }
    }

    fn whats(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_path_that_does_not_exist_is_found() {
        let text = document("in `crates/here` and\n`web/gone.ts`, made: `web/console/dist`, an idea: `docs/<name>`");
        let findings = dead_paths(&text, |path| path == "crates/here");
        assert_eq!(findings.first().unwrap().place, "docs/GUIDE.md:2");
        assert_eq!(whats(findings), ["`web/gone.ts` does not exist"]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let text = document("[a](OTHER.md#part) [b](https://example.org) [c](#here) [d](../gone.md)");
        let findings = dead_links(&text, |path| path == "docs/OTHER.md");
        assert_eq!(whats(findings), ["the link to ../gone.md leads nowhere"]);
    }

    #[test]
    fn only_documents_are_read() {
        assert!(is_document("README.md") && is_document("docs/how-to/backup.md"));
        assert!(!is_document("web/console/README.md") && !is_document("src/main.rs"));
    }

    #[test]
    fn a_gap_and_a_double_number_in_the_decisions_are_found() {
        let check = |names: &[&str]| {
            let paths: Vec<String> = names.iter().map(|name| format!("docs/adr/{name}")).collect();
            decisions(&paths)
                .into_iter()
                .map(|finding| finding.place)
                .collect::<Vec<_>>()
        };
        assert_eq!(check(&["0001-a.md", "0002-b.md", "README.md"]), [""; 0]);
        assert_eq!(check(&["0001-a.md", "0003-c.md", "0004-d.md"]), ["docs/adr/0003-c.md"]);
        assert_eq!(check(&["0001-a.md", "0001-b.md"]), ["docs/adr/0001-b.md"]);
    }
}
