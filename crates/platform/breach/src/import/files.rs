//! The files of an import: the corpus, the new one that grows beside it, and the journal.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::{error::ImportError, journal::Journal};

/// Held by one import at a time.
pub(crate) struct Files {
    output: PathBuf,
    partial: PathBuf,
    journal: PathBuf,
    file: File,
}

impl Files {
    /// Opens and locks the growing file.
    pub(crate) fn lock(output: &Path) -> Result<Self, ImportError> {
        if output.is_dir() || output.file_name().is_none() {
            return Err(ImportError::Output(io::ErrorKind::IsADirectory.into()));
        }
        let partial = beside(output, ".partial");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&partial)
            .map_err(ImportError::Output)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ImportError::Busy),
            Err(TryLockError::Error(error)) => return Err(ImportError::Output(error)),
        }
        // An import that ended just now may have renamed the file between opening and locking: then it is the corpus.
        let (ours, there) = (file.metadata(), std::fs::metadata(&partial));
        match (ours.map_err(ImportError::Output)?, there) {
            (ours, Ok(there)) if (ours.dev(), ours.ino()) == (there.dev(), there.ino()) => {}
            _ => return Err(ImportError::Busy),
        }
        Ok(Self {
            output: output.to_owned(),
            journal: beside(output, ".journal"),
            partial,
            file,
        })
    }

    pub(crate) const fn partial(&self) -> &File {
        &self.file
    }

    pub(crate) fn length(&self) -> Result<u64, ImportError> {
        Ok(self.file.metadata().map_err(ImportError::Output)?.len())
    }

    /// Cuts the growing file; at 0 the journal, which would be about something else, goes first.
    pub(crate) fn cut(&self, length: u64) -> Result<(), ImportError> {
        if length == 0 {
            self.remove_journal().map_err(ImportError::Output)?;
        }
        self.file.set_len(length).map_err(ImportError::Output)
    }

    /// The journal; `None` when there is none that is whole.
    pub(crate) fn journal(&self) -> Result<Option<Journal>, ImportError> {
        match std::fs::read(&self.journal) {
            Ok(bytes) => Ok(Journal::decode(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ImportError::Output(error)),
        }
    }

    /// Saves a journal. What it speaks of is on the disk before.
    pub(crate) fn save(&self, journal: &Journal) -> Result<(), ImportError> {
        self.file.sync_data().map_err(ImportError::Output)?;
        let written = beside(&self.journal, ".new");
        let save = || {
            std::fs::write(&written, journal.encode())?;
            File::open(&written)?.sync_all()?;
            std::fs::rename(&written, &self.journal)
        };
        save().map_err(ImportError::Output)
    }

    /// The growing file becomes the corpus, in one step.
    pub(crate) fn publish(&self) -> Result<(), ImportError> {
        let publish = || {
            self.file.sync_all()?;
            std::fs::rename(&self.partial, &self.output)?;
            self.remove_journal()?;
            let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        publish().map_err(ImportError::Output)
    }

    /// Leaves what an import can go on from, if there is any and it may; deletes the rest. What cannot be deleted is in
    /// nobody's way.
    pub(crate) fn abandon(&self, all: bool) {
        if all {
            let _ = self.remove_journal();
        }
        if !self.journal.exists() {
            let _ = std::fs::remove_file(&self.partial);
        }
    }

    fn remove_journal(&self) -> io::Result<()> {
        match std::fs::remove_file(&self.journal) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(ending);
    path.with_file_name(name)
}
