//! The files of the project: what git tracks, and what it would.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::proc;

/// One text file; paths are relative to the workspace and use `/`.
pub struct TextFile {
    pub path: String,
    pub text: String,
}

impl TextFile {
    pub fn has_extension(&self, extensions: &[&str]) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|own| extensions.iter().any(|one| own == *one))
    }

    /// Whether a tool wrote it and says so at its head.
    pub fn is_generated(&self) -> bool {
        let marks = ["@generated", "auto-generated"];
        self.text
            .lines()
            .take(5)
            .any(|line| marks.iter().any(|mark| line.contains(mark)))
    }
}

/// The paths of all files that are tracked or would be.
pub fn paths(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut git = Command::new("git");
    git.current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = proc::output(&mut git)?;
    let mut paths: Vec<String> = listed
        .split('\0')
        .filter(|path| !path.is_empty() && root.join(path).is_file())
        .map(ToOwned::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// Those of `paths` that are UTF-8 text.
pub fn texts(root: &Path, paths: &[String]) -> anyhow::Result<Vec<TextFile>> {
    let mut texts = Vec::new();
    for path in paths {
        let bytes = std::fs::read(root.join(path)).with_context(|| format!("reading {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            texts.push(TextFile {
                path: path.clone(),
                text,
            });
        }
    }
    Ok(texts)
}
