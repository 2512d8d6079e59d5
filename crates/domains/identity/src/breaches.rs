//! Passwords are held against a corpus of breached ones. It is a file of this node; another one may take its place while
//! the node runs.

use std::{
    fmt, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tracing::{error, warn};
use wd_breach::{Detail, Hash, Info, Live, OpenError, Prefix, RangeError, Row, pad};
use wd_kernel::{Duration, SecretBytes, Timestamp};

/// How often the file is looked at, whether another one stands in its place.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The corpus of breached passwords. Clones share it.
#[derive(Clone)]
pub struct BreachCorpus(Arc<Opened>);

struct Opened {
    live: Live,
    started: Timestamp,
    trouble: AtomicBool,
}

/// What the corpus says of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// Which corpus said it.
    pub corpus: Vec<u8>,
    /// What.
    pub found: Found,
}

/// Whether a password is in the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is not.
    No,
    /// It is; how often it was seen, if the corpus knows.
    Yes(Option<u64>),
}

/// The corpus as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorpusNow {
    /// What it is.
    pub info: Info,
    /// The file was replaced by something that cannot be used, or a part of it could not be read. Until another one takes
    /// its place.
    pub trouble: bool,
}

/// The corpus could not be read. What is in it is unknown then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the corpus of breached passwords cannot be read")]
pub(crate) struct Unreadable;

/// Why a range of the corpus was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRange {
    #[error("the corpus has no counts, or not SHA-1 hashes")]
    Kind,
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl Sighting {
    /// Whether a password seen so often must not be used, by a policy that refuses from `limit` times on. Where the
    /// times are not known, once is too often.
    pub fn is_refused(&self, limit: u32) -> bool {
        match self.found {
            Found::No => false,
            Found::Yes(None) => true,
            Found::Yes(Some(times)) => times >= u64::from(limit),
        }
    }
}

impl BreachCorpus {
    /// Opens the file, made by `wardesk breach import`.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        Ok(Self(Arc::new(Opened {
            live: Live::open(path, LOOK_EVERY, Duration::ZERO)?,
            started: now,
            trouble: AtomicBool::new(false),
        })))
    }

    /// Looks a password up. It costs one read of the file.
    pub(crate) async fn look_up(&self, now: Timestamp, password: SecretBytes) -> Result<Sighting, Unreadable> {
        self.off_the_loop(move |opened| {
            let corpus = opened.newest(now);
            let info = corpus.info();
            let found = match Hash::of_password(info.kind, password.expose()) {
                Some(hash) if info.detail == Detail::Full => {
                    match opened.read(corpus.occurrences(&hash).map_err(Broken::from))? {
                        None => Found::No,
                        times => Found::Yes(times),
                    }
                }
                Some(hash) if opened.read(corpus.contains(hash.prefix()).map_err(Broken::from))? => Found::Yes(None),
                // What is not UTF-8 has no hash in some corpora; it is no password here either.
                Some(_) | None => Found::No,
            };
            Ok(Sighting {
                corpus: info.digest.to_vec(),
                found,
            })
        })
        .await
        .unwrap_or(Err(Unreadable))
    }

    /// What the corpus is now.
    pub(crate) async fn now(&self, now: Timestamp) -> Result<CorpusNow, Unreadable> {
        self.off_the_loop(move |opened| CorpusNow {
            info: opened.newest(now).info(),
            trouble: opened.trouble.load(Ordering::Relaxed),
        })
        .await
    }

    /// The corpus at the path; the one before, if what stands there now cannot be used.
    pub(crate) async fn newest(&self, now: Timestamp) -> Result<Arc<wd_breach::Corpus>, Unreadable> {
        self.off_the_loop(move |opened| opened.newest(now)).await
    }

    /// All entries whose SHA-1 begins with these five digits, among made-up ones, so that the length of the answer tells
    /// nobody which digits they were.
    pub(crate) async fn range(
        &self,
        now: Timestamp,
        prefix: Prefix,
        mut chance: impl FnMut(&mut [u8]) + Send + 'static,
    ) -> Result<Vec<Row>, NoRange> {
        self.off_the_loop(move |opened| {
            let corpus = opened.newest(now);
            let info = corpus.info();
            if info.kind != wd_breach::Kind::Sha1 || info.detail != Detail::Full {
                return Err(NoRange::Kind);
            }
            let mut rows = opened.read(corpus.range(prefix).map_err(Broken::from))?;
            pad(&mut rows, prefix, &mut chance);
            Ok(rows)
        })
        .await?
    }

    /// Files are read where waiting keeps nobody else waiting.
    async fn off_the_loop<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Opened) -> T + Send + 'static,
    ) -> Result<T, Unreadable> {
        let opened = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || job(&opened))
            .await
            .map_err(|_| Unreadable)
    }
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Range(#[from] RangeError),
}

impl Opened {
    /// The corpus at the path; the one before, if what stands there now cannot be used.
    fn newest(&self, now: Timestamp) -> Arc<wd_breach::Corpus> {
        let before = self.live.last();
        match self.live.current(now.since(self.started)) {
            Ok(corpus) => {
                if !Arc::ptr_eq(&before, &corpus) {
                    self.trouble.store(false, Ordering::Relaxed);
                }
                corpus
            }
            Err(error) => {
                self.trouble.store(true, Ordering::Relaxed);
                warn!(%error, "the corpus was replaced by something that cannot be used; the old one stays");
                self.live.last()
            }
        }
    }

    fn read<T>(&self, answer: Result<T, Broken>) -> Result<T, Unreadable> {
        answer.map_err(|error| {
            self.trouble.store(true, Ordering::Relaxed);
            error!(%error, "the corpus of breached passwords cannot be read");
            Unreadable
        })
    }
}

impl fmt::Debug for BreachCorpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreachCorpus").finish_non_exhaustive()
    }
}
