//! A corpus that may be replaced while it is in use.

use std::{
    fs::Metadata,
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::corpus::{Corpus, OpenError};

/// Opens the file anew when another one stands at its path. Whoever holds the corpus of before goes on with it.
pub struct Live {
    path: PathBuf,
    every: Duration,
    state: Mutex<State>,
}

struct State {
    corpus: Arc<Corpus>,
    file: FileId,
    looked_at: Duration,
}

/// What changes when a file is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

impl Live {
    /// Opens the file. It is looked at again at most once in `every`. `now`: the time since any fixed moment, the same in
    /// all calls.
    pub fn open(path: impl AsRef<Path>, every: Duration, now: Duration) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        let (corpus, file) = open(&path)?;
        let state = State {
            corpus: Arc::new(corpus),
            file,
            looked_at: now,
        };
        Ok(Self {
            path,
            every,
            state: Mutex::new(state),
        })
    }

    /// The corpus that was in use last, without looking at the file.
    pub fn last(&self) -> Arc<Corpus> {
        self.locked().corpus.clone()
    }

    /// The corpus at the path now, if it is time to look; else the last one.
    ///
    /// Errors: what stands there now cannot be opened. [`Live::last`] still works, and the next look is `every` later.
    pub fn current(&self, now: Duration) -> Result<Arc<Corpus>, OpenError> {
        {
            let mut state = self.locked();
            if now.saturating_sub(state.looked_at) < self.every {
                return Ok(state.corpus.clone());
            }
            // Whoever comes while this one looks goes on with the last corpus.
            state.looked_at = now;
            if file_id(&std::fs::metadata(&self.path)?) == state.file {
                return Ok(state.corpus.clone());
            }
        }
        let (corpus, file) = open(&self.path)?;
        let corpus = Arc::new(corpus);
        let mut state = self.locked();
        state.corpus = corpus.clone();
        state.file = file;
        Ok(corpus)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The identity is that of the file that was opened, not of what may stand at the path a moment later.
fn open(path: &Path) -> Result<(Corpus, FileId), OpenError> {
    let corpus = Corpus::open(path)?;
    let metadata: io::Result<Metadata> = corpus.storage().file().metadata();
    let file = file_id(&metadata?);
    Ok((corpus, file))
}

fn file_id(metadata: &Metadata) -> FileId {
    FileId {
        device: metadata.dev(),
        inode: metadata.ino(),
        length: metadata.len(),
        changed: (metadata.mtime(), metadata.mtime_nsec()),
    }
}
