//! The files of the data folder, read as they lie on the disk.

use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use memchr::memmem;

const CHUNK: usize = 1024 * 1024;

/// Keeps every file open for as long as the demo runs. SQLite locks with POSIX locks, which a process loses as soon as
/// it closes any descriptor of the file; so what was opened here is never closed while the database is.
pub(crate) struct Files {
    folder: PathBuf,
    open: Mutex<HashMap<(PathBuf, u64), std::sync::Arc<File>>>,
}

/// A file and how often each form of a text occurs in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Searched {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) counts: Vec<usize>,
}

impl Files {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            open: Mutex::default(),
        }
    }

    /// Counts the forms (each a list of spellings) in every file of the folder and the folders in it.
    pub(super) fn search(&self, forms: &[Vec<Vec<u8>>]) -> io::Result<Vec<Searched>> {
        let mut paths = Vec::new();
        list(&self.folder, &mut paths)?;
        paths.sort();
        let mut all = Vec::new();
        for path in paths {
            // A file that went away between listing and opening holds nothing.
            let Some(file) = self.open(&path)? else { continue };
            let (bytes, counts) = count(&file, forms)?;
            let name = path.strip_prefix(&self.folder).unwrap_or(&path).display().to_string();
            all.push(Searched { name, bytes, counts });
        }
        Ok(all)
    }

    fn open(&self, path: &Path) -> io::Result<Option<std::sync::Arc<File>>> {
        let found = match fs::metadata(path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let key = (path.to_owned(), identity(&found));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&key) {
            return Ok(Some(file.clone()));
        }
        let file = std::sync::Arc::new(File::open(path)?);
        open.insert(key, file.clone());
        Ok(Some(file))
    }
}

fn list(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), into)?;
        } else if kind.is_file() {
            into.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(unix)]
fn identity(found: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> u64 {
    0
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

/// The size and the counts. Reads piece by piece; a find that lies across two pieces counts once.
fn count(file: &File, forms: &[Vec<Vec<u8>>]) -> io::Result<(u64, Vec<usize>)> {
    let longest = forms.iter().flatten().map(Vec::len).max().unwrap_or(0);
    let finders: Vec<Vec<memmem::Finder<'_>>> = forms
        .iter()
        .map(|form| form.iter().map(memmem::Finder::new).collect())
        .collect();
    let mut counts = vec![0; forms.len()];
    let mut piece = vec![0; CHUNK];
    let mut window: Vec<u8> = Vec::new();
    let mut at = 0_u64;
    loop {
        let read = read_at(file, &mut piece, at)?;
        if read == 0 {
            return Ok((at, counts));
        }
        at += read as u64;
        let carried = window.len();
        window.extend_from_slice(piece.get(..read).unwrap_or_default());
        for (total, form) in counts.iter_mut().zip(&finders) {
            for finder in form {
                let length = finder.needle().len();
                // What ends in the carried part was counted with the piece before.
                *total += finder
                    .find_iter(&window)
                    .filter(|start| start + length > carried)
                    .count();
            }
        }
        let keep = window.len().min(longest.saturating_sub(1));
        window.drain(..window.len() - keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needle(text: &str) -> Vec<Vec<Vec<u8>>> {
        vec![vec![text.as_bytes().to_vec()]]
    }

    #[test]
    fn a_find_across_two_pieces_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = vec![b'.'; CHUNK * 2];
        bytes[CHUNK - 3..CHUNK + 3].copy_from_slice(b"needle");
        bytes[10..16].copy_from_slice(b"needle");
        fs::write(folder.path().join("wardesk.db"), &bytes).unwrap();
        let found = Files::new(folder.path()).search(&needle("needle")).unwrap();
        assert_eq!(found[0].counts, [2]);
        assert_eq!(found[0].bytes, (CHUNK * 2) as u64);
    }

    #[test]
    fn files_in_folders_are_searched_too_and_each_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("scripted")).unwrap();
        fs::write(folder.path().join("scripted/a.state"), b"xx KING xx KING").unwrap();
        fs::write(folder.path().join("b.log"), b"nothing").unwrap();
        let files = Files::new(folder.path());
        let found = files.search(&needle("KING")).unwrap();
        let named: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.counts[0])).collect();
        assert_eq!(named, [("b.log", 0), ("scripted/a.state", 2)]);
    }

    #[test]
    fn what_was_written_since_the_last_search_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wal");
        fs::write(&path, b"first").unwrap();
        let files = Files::new(folder.path());
        assert_eq!(files.search(&needle("second")).unwrap()[0].counts, [0]);
        fs::write(&path, b"first second").unwrap();
        assert_eq!(files.search(&needle("second")).unwrap()[0].counts, [1]);
    }
}
