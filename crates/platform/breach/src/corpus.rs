//! An open corpus.

use std::{fmt, io, path::Path};

use thiserror::Error;

use crate::{
    hash::{Hash, Kind},
    index::Index,
    layout::{Detail, HEADER, Header, NoHeader, checksum},
    page::{MARGIN, Page},
    storage::{Mapped, Storage},
};

/// So many look-ups of [`Corpus::contains_each`] go side by side.
const AT_ONCE: usize = 16;

/// A corpus whose header and index were read and fit their checksums. Look-ups may come from several threads at once.
pub struct Corpus<S = Mapped> {
    storage: S,
    header: Header,
    length: u64,
    index: Index,
}

/// What a corpus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// Which hash it is of.
    pub kind: Kind,
    /// What it keeps of each.
    pub detail: Detail,
    /// How many entries it has.
    pub entries: u64,
    /// In how many pages they lie.
    pub pages: u64,
    /// When it was made: seconds since 1970-01-01T00:00:00Z.
    pub made_at: i64,
    /// Bytes of the file.
    pub length: u64,
    /// Names the contents: equal for equal entries, whenever and wherever they were imported (SHA-256).
    pub digest: [u8; 32],
    /// Bytes of memory the open corpus holds.
    pub memory: u64,
}

impl Info {
    /// Bits of the file for each entry; `None` when it has none.
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub fn bits_per_entry(&self) -> Option<f64> {
        (self.entries > 0).then(|| self.length as f64 * 8.0 / self.entries as f64)
    }
}

/// Why a file was not opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// It cannot be read.
    #[error("the corpus cannot be read")]
    Io(#[from] io::Error),
    /// It is something else, or an import that was not finished.
    #[error("this is not a breach corpus")]
    NotACorpus,
    /// Another Wardesk made it.
    #[error("this breach corpus has format {0}; this program knows format 2: import it again")]
    Version(u16),
    /// It is longer or shorter than it says.
    #[error("the corpus is damaged: it has {found} bytes and says it has {expected}")]
    Length {
        /// What it should have, in bytes.
        expected: u64,
        /// What it has, in bytes.
        found: u64,
    },
    /// A part does not fit its checksum.
    #[error("the corpus is damaged: {0}")]
    Damaged(Damage),
}

/// Where a corpus is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Damage {
    /// The header.
    #[error("its header does not fit its checksum")]
    Header,
    /// The index of a segment, counted from 0; or the order of what it says.
    #[error("the index of segment {0} is wrong")]
    Index(u64),
    /// A page, counted from 0.
    #[error("page {0} is wrong")]
    Page(u64),
    /// The number of entries.
    #[error("it has another number of entries than its header says")]
    Entries,
    /// The digest of the whole.
    #[error("its contents do not fit its digest")]
    Digest,
}

impl From<Damage> for io::Error {
    fn from(damage: Damage) -> Self {
        Self::new(io::ErrorKind::InvalidData, damage)
    }
}

impl Corpus {
    /// Maps a file into memory and reads its index.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        if std::fs::metadata(path)?.len() < HEADER as u64 {
            return Err(OpenError::NotACorpus);
        }
        Self::from_storage(Mapped::open(path)?)
    }
}

impl<S: Storage> Corpus<S> {
    /// Opens what lies elsewhere. Allocates less memory than the storage has bytes.
    pub fn from_storage(storage: S) -> Result<Self, OpenError> {
        let length = storage.size()?;
        if length < HEADER as u64 {
            return Err(OpenError::NotACorpus);
        }
        let mut bytes = vec![0; HEADER];
        storage.read_at(&mut bytes, 0)?;
        let header = Header::decode(&bytes).map_err(|error| match error {
            NoHeader::Magic => OpenError::NotACorpus,
            NoHeader::Version(version) => OpenError::Version(version),
            NoHeader::Damaged => OpenError::Damaged(Damage::Header),
        })?;
        let expected = header.detail.length(header.pages);
        if expected != Some(length) {
            return Err(OpenError::Length {
                expected: expected.unwrap_or(u64::MAX),
                found: length,
            });
        }
        let index = read_index(&storage, &header)?;
        Ok(Self {
            storage,
            header,
            length,
            index,
        })
    }

    /// What it is.
    pub const fn info(&self) -> Info {
        Info {
            kind: self.header.kind,
            detail: self.header.detail,
            entries: self.header.entries,
            pages: self.header.pages,
            made_at: self.header.made_at,
            length: self.length,
            digest: self.header.digest,
            memory: self.index.memory() as u64,
        }
    }

    /// Whether an entry has these first 64 bits. Reads one page.
    ///
    /// Errors: the page cannot be read, or ([`Damage`] in an error of the kind `InvalidData`) does not fit its checksum.
    pub fn contains(&self, prefix: u64) -> io::Result<bool> {
        let Some((number, first)) = self.index.page_of(prefix) else {
            return Ok(false);
        };
        match self.header.detail {
            Detail::Keys => self.page_has::<{ Detail::Keys.page() + MARGIN }>(number, first, prefix - first),
            Detail::Full => self.page_has::<{ Detail::Full.page() + MARGIN }>(number, first, prefix - first),
        }
    }

    /// Whether an entry has these first 64 bits, for each of them and in their order. Faster than one after the other:
    /// what some of them need from memory is fetched while others wait for theirs.
    ///
    /// Errors: as [`Corpus::contains`], for all of them.
    pub fn contains_each(&self, prefixes: &[u64]) -> io::Result<Vec<bool>> {
        let detail = self.header.detail;
        let mut buffers = vec![0; AT_ONCE * (detail.page() + MARGIN)];
        let mut places = Vec::with_capacity(AT_ONCE);
        let mut answers = Vec::with_capacity(prefixes.len());
        for prefixes in prefixes.chunks(AT_ONCE) {
            places.clear();
            places.extend(prefixes.iter().map(|prefix| self.index.page_of(*prefix)));
            let pages = places.iter().zip(buffers.chunks_exact_mut(detail.page() + MARGIN));
            self.storage.read_each(pages.filter_map(|(place, buffer)| {
                let (number, _) = (*place)?;
                Some((buffer.get_mut(..detail.page())?, detail.page_at(number)))
            }))?;
            let pages = places.iter().zip(buffers.chunks_exact(detail.page() + MARGIN));
            for (prefix, (place, buffer)) in prefixes.iter().zip(pages) {
                answers.push(match *place {
                    Some((number, first)) => Page::new(buffer, number, first, detail)
                        .and_then(|page| page.has(prefix - first))
                        .map_err(|_| Damage::Page(number))?,
                    None => false,
                });
            }
        }
        Ok(answers)
    }

    /// Whether this SHA-1 is there; an error of the kind `InvalidInput` when the corpus is of another hash.
    pub fn contains_sha1(&self, hash: &[u8; 20]) -> io::Result<bool> {
        self.must_be(Kind::Sha1)?;
        self.contains(Hash::sha1(hash).prefix())
    }

    /// Whether this NTLM hash is there; an error of the kind `InvalidInput` when the corpus is of another hash.
    pub fn contains_ntlm(&self, hash: &[u8; 16]) -> io::Result<bool> {
        self.must_be(Kind::Ntlm)?;
        self.contains(Hash::ntlm(hash).prefix())
    }

    /// Whether this password is there, by the hash that the corpus is of. What is not UTF-8 has no NTLM hash and is an
    /// error of the kind `InvalidInput` there.
    pub fn contains_password(&self, password: &[u8]) -> io::Result<bool> {
        let hash = Hash::of_password(self.header.kind, password)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the password is not UTF-8"))?;
        self.contains(hash.prefix())
    }

    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) const fn storage(&self) -> &S {
        &self.storage
    }

    pub(crate) const fn index(&self) -> &Index {
        &self.index
    }

    fn must_be(&self, kind: Kind) -> io::Result<()> {
        if self.header.kind == kind {
            return Ok(());
        }
        let text = format!("this corpus is of {} hashes, not of {kind}", self.header.kind);
        Err(io::Error::new(io::ErrorKind::InvalidInput, text))
    }

    #[inline]
    fn page_has<const N: usize>(&self, number: u64, first: u64, distance: u64) -> io::Result<bool> {
        let mut buffer = [0; N];
        let page = self.read_page(number, first, &mut buffer, S::read_at)?;
        page.has(distance).map_err(|_| Damage::Page(number).into())
    }

    /// `first` is the first key of the page; `buffer` has the length of a page and its margin; `read` is one of the two ways a [`Storage`] has.
    #[inline]
    pub(crate) fn read_page<'a>(
        &self,
        number: u64,
        first: u64,
        buffer: &'a mut [u8],
        read: impl Fn(&S, &mut [u8], u64) -> io::Result<()>,
    ) -> io::Result<Page<'a>> {
        let detail = self.header.detail;
        if let Some(page) = buffer.get_mut(..detail.page()) {
            read(&self.storage, page, detail.page_at(number))?;
        }
        Page::new(buffer, number, first, detail).map_err(|_| Damage::Page(number).into())
    }
}

/// The file's path and the corpus's contents are nobody's secret, but its debug output would be long.
impl<S> fmt::Debug for Corpus<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Corpus")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

fn read_index(storage: &impl Storage, header: &Header) -> Result<Index, OpenError> {
    let detail = header.detail;
    // The length of the storage was compared with the number of pages before.
    let mut firsts = Vec::with_capacity(usize::try_from(header.pages).unwrap_or_default());
    let mut block = Vec::new();
    let (mut segment, mut done) = (0, 0);
    while done < header.pages {
        let pages = (header.pages - done).min(detail.pages_per_segment());
        block.resize(usize::try_from(detail.index(pages)).unwrap_or_default(), 0);
        storage.read_in_order(&mut block, detail.page_at(done) + pages * detail.page() as u64)?;
        let damaged = OpenError::Damaged(Damage::Index(segment));
        let Some((covered, claimed)) = block.split_last_chunk::<4>() else {
            return Err(damaged);
        };
        if checksum(segment, covered) != u32::from_le_bytes(*claimed) {
            return Err(damaged);
        }
        let keys = covered.as_chunks::<8>().0.iter().map(|key| u64::from_le_bytes(*key));
        firsts.extend(keys.take(usize::try_from(pages).unwrap_or_default()));
        done += pages;
        segment += 1;
    }
    Index::new(firsts, detail.least()).ok_or(OpenError::Damaged(Damage::Index(segment)))
}
