//! The demo's data folder: used only when it is empty or the demo's own, and by one demo at a time.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use super::installation::{Installation, MARKER};

const LOCK: &str = "demo.lock";
/// Where scripted people keep their keys, sealed.
const SCRIPTED: &str = "scripted";
/// The log of the server.
pub(super) const LOG: &str = "wardesk.log";
/// What `--fresh` deletes; the marker goes last, so that a broken-off deletion can be continued.
const OURS: [&str; 10] = [
    "wardesk.db",
    "wardesk.db-wal",
    "wardesk.db-shm",
    "wardesk.db-journal",
    "keys.json",
    "keys.new",
    "unlock.key",
    LOG,
    "demo.new",
    MARKER,
];

/// A folder that is ours as long as this lives.
pub(super) struct Folder {
    path: PathBuf,
    // Held, not read: the lock ends with it.
    _lock: File,
}

impl Folder {
    /// Takes the folder, and says what an earlier demo left in it.
    pub(super) fn take(path: &Path) -> anyhow::Result<(Self, Option<Installation>)> {
        make_private(path)?;
        let found = Installation::read(path)?;
        if found.is_none() && has_foreign_files(path)? {
            bail!(
                "{} holds something that is not a demo. Choose an empty folder, or one that does not exist yet, with --data-dir.",
                path.display()
            );
        }
        let lock = File::create(path.join(LOCK)).with_context(|| format!("{} cannot be written", path.display()))?;
        if lock.try_lock().is_err() {
            bail!(
                "another demo is running on {}. Stop it, or choose another folder with --data-dir.",
                path.display()
            );
        }
        let path = fs::canonicalize(path)?;
        Ok((Self { path, _lock: lock }, found))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where a scripted person keeps their keys.
    pub(super) fn scripted(&self, who: &str) -> PathBuf {
        self.path.join(SCRIPTED).join(format!("{who}.state"))
    }

    /// Deletes what the demo made, and nothing else.
    pub(super) fn clear(&self) -> anyhow::Result<()> {
        let scripted = self.path.join(SCRIPTED);
        deleted(&scripted, fs::remove_dir_all(&scripted))?;
        for name in OURS {
            let path = self.path.join(name);
            deleted(&path, fs::remove_file(&path))?;
        }
        Ok(())
    }

    /// Makes what has to be there before the set-up.
    pub(super) fn prepare(&self) -> anyhow::Result<()> {
        make_private(&self.path.join(SCRIPTED))
    }
}

/// What is not there needs no deleting.
fn deleted(path: &Path, result: std::io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be deleted", path.display()))
        }
        _ => Ok(()),
    }
}

fn make_private(path: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .with_context(|| format!("{} cannot be made", path.display()))
}

/// Whether there is anything but the lock of a demo that went no further.
fn has_foreign_files(path: &Path) -> anyhow::Result<bool> {
    for entry in fs::read_dir(path).with_context(|| format!("{} cannot be read", path.display()))? {
        if entry?.file_name() != LOCK {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use wd_kernel::SeededEntropy;

    use super::*;

    #[test]
    fn a_folder_that_holds_something_else_is_refused_and_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.odt"), b"years of work").unwrap();
        let refused = Folder::take(folder.path()).err().unwrap().to_string();
        assert!(refused.contains("is not a demo"), "{refused}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn two_demos_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let _first = Folder::take(folder.path()).unwrap();
        let refused = Folder::take(folder.path()).err().unwrap().to_string();
        assert!(refused.contains("another demo"), "{refused}");
    }

    #[test]
    fn clearing_deletes_what_the_demo_made_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, found) = Folder::take(dir.path()).unwrap();
        assert!(found.is_none());
        folder.prepare().unwrap();
        Installation::new(&SeededEntropy::new(1)).write(folder.path()).unwrap();
        fs::write(folder.path().join("wardesk.db"), b"rows").unwrap();
        fs::write(folder.scripted("robin"), b"sealed").unwrap();
        fs::write(folder.path().join("notes.txt"), b"written by a person").unwrap();
        folder.clear().unwrap();
        let mut left: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, [LOCK, "notes.txt"]);
    }

    #[test]
    fn what_an_earlier_demo_left_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let made = Installation::new(&SeededEntropy::new(3));
        made.write(dir.path()).unwrap();
        let (_, found) = Folder::take(dir.path()).unwrap();
        assert_eq!(found.unwrap().derive("x"), made.derive("x"));
    }
}
