//! Writes a corpus entry by entry.

use std::io::{self, Seek, SeekFrom, Write};

use thiserror::Error;

use crate::{
    hash::{Hash, Kind},
    layout::{Detail, HEADER, Header, checksum, first_link, next_link},
    page_builder::PageBuilder,
};

/// Writes entries in ascending order to the sink, one segment (1 or 2 MiB) after the other.
pub struct Writer<W> {
    sink: W,
    kind: Kind,
    detail: Detail,
    builder: PageBuilder,
    /// The pages of the segment so far, and their first keys.
    segment: Vec<u8>,
    firsts: Vec<u64>,
    pages: u64,
    entries: u64,
    last: Option<Hash>,
    boundary: Boundary,
}

/// What is known after a whole segment: enough to go on from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Boundary {
    pub(crate) pages: u64,
    pub(crate) entries: u64,
    /// The last entry in it.
    pub(crate) last: Option<Hash>,
    pub(crate) low_bits: u32,
    pub(crate) digest: [u8; 32],
}

/// Why an entry was not written.
#[derive(Debug, Error)]
pub enum WriterError {
    /// The entry is not above the one before; nothing changed.
    #[error("an entry is not above the one before")]
    NotAscending,
    /// The sink failed; what is in it is no corpus.
    #[error("writing the corpus")]
    Io(#[from] io::Error),
}

impl<W: Write + Seek> Writer<W> {
    /// Begins at the start of the sink. Until [`Writer::finish`] it has no header, and is no corpus.
    pub fn new(mut sink: W, kind: Kind, detail: Detail) -> Result<Self, WriterError> {
        sink.seek(SeekFrom::Start(0))?;
        sink.write_all(&[0; HEADER])?;
        let boundary = Boundary {
            pages: 0,
            entries: 0,
            last: None,
            low_bits: 0,
            digest: first_link(kind, detail),
        };
        Ok(Self::at(sink, kind, detail, boundary))
    }

    /// Goes on behind a whole segment. What the sink has beyond it must have been cut off.
    pub(crate) fn resume(mut sink: W, kind: Kind, detail: Detail, boundary: Boundary) -> Result<Self, WriterError> {
        sink.seek(SeekFrom::Start(detail.page_at(boundary.pages)))?;
        Ok(Self::at(sink, kind, detail, boundary))
    }

    fn at(sink: W, kind: Kind, detail: Detail, boundary: Boundary) -> Self {
        Self {
            sink,
            kind,
            detail,
            builder: PageBuilder::new(kind, detail, boundary.low_bits),
            segment: Vec::new(),
            firsts: Vec::new(),
            pages: boundary.pages,
            entries: boundary.entries,
            last: boundary.last,
            boundary,
        }
    }

    /// Adds an entry. Without counts its first 64 bits must be above those of the one before; with counts its whole hash.
    /// `count` is kept in a corpus with counts only.
    pub fn push(&mut self, hash: &Hash, count: u64) -> Result<(), WriterError> {
        let ascends = self.last.is_none_or(|last| match self.detail {
            Detail::Keys => last.prefix() < hash.prefix(),
            Detail::Full => last < *hash,
        });
        if !ascends {
            return Err(WriterError::NotAscending);
        }
        if !self.builder.push(hash, count) {
            self.end_page()?;
            // An empty page takes whatever comes.
            self.builder.push(hash, count);
        }
        self.last = Some(*hash);
        self.entries += 1;
        Ok(())
    }

    /// How many entries there are.
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// Writes what is left and the header. `made_at`: seconds since 1970-01-01T00:00:00Z, for [`crate::Info`]. The sink
    /// is flushed, not synced.
    pub fn finish(mut self, made_at: i64) -> Result<W, WriterError> {
        if !self.builder.is_empty() {
            self.end_page()?;
        }
        if !self.firsts.is_empty() {
            self.end_segment()?;
        }
        let header = Header {
            kind: self.kind,
            detail: self.detail,
            entries: self.entries,
            pages: self.pages,
            made_at,
            digest: self.boundary.digest,
        };
        self.sink.seek(SeekFrom::Start(0))?;
        self.sink.write_all(&header.encode())?;
        self.sink.flush()?;
        Ok(self.sink)
    }

    pub(crate) const fn boundary(&self) -> &Boundary {
        &self.boundary
    }

    fn end_page(&mut self) -> io::Result<()> {
        let first = self.builder.seal(self.pages, &mut self.segment);
        self.firsts.push(first);
        self.pages += 1;
        if self.firsts.len() as u64 == self.detail.pages_per_segment() {
            self.end_segment()?;
        }
        Ok(())
    }

    fn end_segment(&mut self) -> io::Result<()> {
        let begin = self.segment.len();
        let pages = self.firsts.len() as u64;
        for first in self.firsts.drain(..) {
            self.segment.extend_from_slice(&first.to_le_bytes());
        }
        let length = usize::try_from(self.detail.index(pages)).unwrap_or(usize::MAX);
        self.segment.resize(begin + length - 4, 0);
        let number = (self.pages - pages) / self.detail.pages_per_segment();
        let sum = self.segment.get(begin..).map_or(0, |index| checksum(number, index));
        self.segment.extend_from_slice(&sum.to_le_bytes());
        self.sink.write_all(&self.segment)?;
        self.boundary = Boundary {
            pages: self.pages,
            entries: self.entries,
            last: self.last,
            low_bits: self.builder.low_bits(),
            digest: next_link(&self.boundary.digest, &self.segment),
        };
        self.segment.clear();
        Ok(())
    }
}
