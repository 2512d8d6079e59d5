//! Lock files and settings say what is needed, not where one machine fetched it.

use super::Finding;
use crate::files::TextFile;

pub fn check(texts: &[TextFile]) -> Vec<Finding> {
    texts.iter().flat_map(of_file).collect()
}

fn of_file(file: &TextFile) -> Vec<Finding> {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let (is_address, remedy): (fn(&str) -> bool, _) = match name {
        "package-lock.json" => (
            |line| line.trim().starts_with("\"resolved\": \"http"),
            "run `npm install` again with the `.npmrc` of `web/`",
        ),
        ".npmrc" => (|line| line.contains("registry="), "leave the registry to the machine"),
        "config.toml" if file.path.contains(".cargo/") => (
            |line| line.starts_with("[source") || line.starts_with("[registr"),
            "leave sources and registries to the machine",
        ),
        _ => return Vec::new(),
    };
    let lines = file.text.lines().enumerate().filter(|(_, line)| is_address(line));
    // One finding a file: an address comes a thousand times or never.
    lines
        .take(1)
        .map(|(index, _)| {
            Finding::new(
                format!("{}:{}", file.path, index + 1),
                "records a download address",
                remedy,
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(path: &str, text: &str) -> Vec<String> {
        let file = TextFile {
            path: path.into(),
            text: text.into(),
        };
        check(&[file]).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn links_between_packages_of_the_workspace_are_in_order() {
        assert_eq!(
            places("web/package-lock.json", "\"resolved\": \"api\",\n\"link\": true"),
            [""; 0]
        );
        assert_eq!(
            places("web/.npmrc", "omit-lockfile-registry-resolved=true\nfund=false"),
            [""; 0]
        );
        assert_eq!(places(".cargo/config.toml", "[alias]\nxtask = \"run\""), [""; 0]);
    }

    #[test]
    fn download_addresses_are_found_once_a_file() {
        let lock = "{\n  \"resolved\": \"https://example.org/a.tgz\",\n  \"resolved\": \"https://example.org/b.tgz\"";
        assert_eq!(places("web/package-lock.json", lock), ["web/package-lock.json:2"]);
        assert_eq!(places(".npmrc", "registry=https://example.org"), [".npmrc:1"]);
        assert_eq!(
            places(".cargo/config.toml", "[source.crates-io]"),
            [".cargo/config.toml:1"]
        );
    }
}
