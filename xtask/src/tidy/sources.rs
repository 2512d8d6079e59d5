//! What must not stand in a source file.

use super::Finding;
use crate::files::TextFile;

/// More lines than this have more than one subject.
const MOST_LINES: usize = 600;

const RUST: &[&str] = &["rs"];
const SCRIPT: &[&str] = &["ts", "tsx", "js", "jsx", "mjs"];
const COUNTED: &[&str] = &["rs", "ts", "tsx", "js", "jsx", "mjs", "css", "sql", "sh"];

/// A text that means unfinished work or a switched-off check. Cut in two, so that this file may stand beside them.
struct Mark {
    extensions: &'static [&'static str],
    text: &'static str,
    remedy: &'static str,
}

const MARKS: [Mark; 12] = [
    Mark {
        extensions: RUST,
        text: concat!("#[al", "low("),
        remedy: "mend it, or expect it with a reason: `#[expect(…, reason = …)]`",
    },
    Mark {
        extensions: RUST,
        text: concat!("#![al", "low("),
        remedy: "mend it, or expect it with a reason: `#![expect(…, reason = …)]`",
    },
    Mark {
        extensions: RUST,
        text: concat!("#[ig", "nore"),
        remedy: "a test runs or is deleted",
    },
    Mark {
        extensions: RUST,
        text: concat!("to", "do!"),
        remedy: "finish it",
    },
    Mark {
        extensions: RUST,
        text: concat!("unimple", "mented!"),
        remedy: "finish it",
    },
    Mark {
        extensions: RUST,
        text: concat!("db", "g!("),
        remedy: "remove it; log with `tracing` what is worth it",
    },
    Mark {
        extensions: SCRIPT,
        text: concat!(".sk", "ip("),
        remedy: "a test runs or is deleted",
    },
    Mark {
        extensions: SCRIPT,
        text: concat!(".on", "ly("),
        remedy: "run all tests",
    },
    Mark {
        extensions: SCRIPT,
        text: concat!(".to", "do("),
        remedy: "write the test or delete it",
    },
    Mark {
        extensions: SCRIPT,
        text: concat!("@ts-ig", "nore"),
        remedy: "mend the type",
    },
    Mark {
        extensions: SCRIPT,
        text: concat!("@ts-no", "check"),
        remedy: "mend the types",
    },
    Mark {
        extensions: SCRIPT,
        text: concat!("debug", "ger;"),
        remedy: "remove it",
    },
];

/// How paths begin that exist on one machine only.
const MACHINE_PATHS: [&str; 4] = [
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
];

pub fn check(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    if file.has_extension(COUNTED) && !file.is_generated() {
        let lines = file.text.lines().count();
        if lines > MOST_LINES {
            findings.push(Finding::new(
                &*file.path,
                format!("{lines} lines"),
                format!("split it by subject; {MOST_LINES} lines are the most"),
            ));
        }
    }
    for (index, line) in file.text.lines().enumerate() {
        let place = || format!("{}:{}", file.path, index + 1);
        for mark in MARKS
            .iter()
            .filter(|mark| file.has_extension(mark.extensions) && stands_in(mark.text, line))
        {
            findings.push(Finding::new(place(), format!("`{}`", mark.text), mark.remedy));
        }
        if let Some(start) = MACHINE_PATHS.iter().find(|start| begins_a_path(start, line)) {
            findings.push(Finding::new(
                place(),
                format!("a path of one machine, {start}…"),
                "make it relative",
            ));
        }
    }
    findings
}

/// Whether the text stands there, not as the end of a longer word.
fn stands_in(text: &str, line: &str) -> bool {
    let begins_a_word = text.starts_with(char::is_alphabetic);
    line.match_indices(text)
        .any(|(at, _)| !(begins_a_word && before(line, at).is_some_and(is_of_a_word)))
}

/// Whether an absolute path begins so: not in the middle of a longer path or an address, and followed by a name.
fn begins_a_path(start: &str, line: &str) -> bool {
    line.match_indices(start).any(|(at, _)| {
        let inside = before(line, at).is_some_and(|character| is_of_a_word(character) || ".-/}~*".contains(character));
        let named = line
            .get(at + start.len()..)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
        !inside && named
    })
}

fn before(line: &str, at: usize) -> Option<char> {
    line.get(..at)?.chars().next_back()
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(path: &str, text: &str) -> Vec<String> {
        let file = TextFile {
            path: path.into(),
            text: text.into(),
        };
        check(&file).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn every_mark_is_found_in_its_kind_of_file_and_only_there() {
        for mark in &MARKS {
            let line = format!("  {}", mark.text);
            let extension = mark.extensions.first().unwrap();
            assert_eq!(
                whats(&format!("a.{extension}"), &line),
                [format!("`{}`", mark.text)],
                "{}",
                mark.text
            );
            assert_eq!(whats("a.md", &line), [""; 0], "{}", mark.text);
        }
    }

    #[test]
    fn ordinary_words_that_contain_a_mark_are_in_order() {
        assert_eq!(
            whats("a.rs", &format!("my{}(x); rows.skip(3)", concat!("to", "do!"))),
            [""; 0]
        );
    }

    #[test]
    fn files_of_more_than_600_lines_are_found_unless_generated() {
        let long = "x\n".repeat(601);
        assert_eq!(whats("a.rs", &long), ["601 lines"]);
        assert_eq!(
            whats("a.ts", &format!("/** This file was auto-generated. */\n{long}")),
            [""; 0]
        );
        assert_eq!(whats("a.json", &long), [""; 0]);
        assert_eq!(whats("a.rs", &"x\n".repeat(600)), [""; 0]);
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        for start in MACHINE_PATHS {
            assert_eq!(
                whats("a.md", &format!("see {start}ada/x")),
                [format!("a path of one machine, {start}…")]
            );
            assert_eq!(
                whats("a.md", &format!("https://example.org{start}ada or src{start}x")),
                [""; 0]
            );
        }
    }
}
