//! All entries in order, a page at a time: a walk can stop after any page, and go on there another day.

use std::{io, iter::FusedIterator};

use crate::{
    corpus::{Corpus, Damage},
    layout::Detail,
    page::MARGIN,
    range,
    storage::{Mapped, Storage},
};

/// What a corpus of any kind tells of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The first 64 bits of the hash, as a big-endian number.
    pub prefix: u64,
    /// How often it was seen, if the corpus has counts.
    pub count: Option<u64>,
}

/// The entries of the pages of a corpus, ascending. Where two whole hashes share their first 64 bits, so do two
/// neighbours.
///
/// A page that cannot be read, or does not fit its checksum ([`Damage`] in an error of the kind `InvalidData`), ends the
/// walk with its error.
#[derive(Debug)]
pub struct Pages<'a, S = Mapped> {
    corpus: &'a Corpus<S>,
    next: u64,
    failed: bool,
    buffer: Vec<u8>,
    keys: Vec<u64>,
}

impl<S: Storage> Corpus<S> {
    /// Walks through the pages from this one on, counted from 0; how many there are is in [`Info`](crate::Info).
    pub fn pages_from(&self, page: u64) -> Pages<'_, S> {
        Pages {
            corpus: self,
            next: page,
            failed: false,
            buffer: vec![0; self.header().detail.page() + MARGIN],
            keys: Vec::new(),
        }
    }
}

impl<S: Storage> Pages<'_, S> {
    /// The page that comes next. A walk that begins there gives what this one has not given, and nothing else; in the
    /// same contents, which the digest names.
    pub const fn next_page(&self) -> u64 {
        self.next
    }

    fn read(&mut self, first: u64) -> io::Result<Vec<Entry>> {
        let header = self.corpus.header();
        let damaged = || io::Error::from(Damage::Page(self.next));
        let page = self
            .corpus
            .read_page(self.next, first, &mut self.buffer, S::read_in_order)?;
        let end = page.keys(first, &mut self.keys).map_err(|_| damaged())?;
        if header.detail == Detail::Keys {
            let keys = self.keys.iter();
            return Ok(keys
                .map(|prefix| Entry {
                    prefix: *prefix,
                    count: None,
                })
                .collect());
        }
        let mut entries = Vec::with_capacity(self.keys.len());
        let on = |row: range::Row| {
            entries.push(Entry {
                prefix: row.hash.prefix(),
                count: Some(row.count),
            });
        };
        range::rows(&page, header.kind, &self.keys, end, on).ok_or_else(damaged)?;
        Ok(entries)
    }
}

impl<S: Storage> Iterator for Pages<'_, S> {
    type Item = io::Result<Vec<Entry>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let first = self.corpus.index().first(self.next)?;
        let read = self.read(first);
        match read {
            Ok(_) => self.next += 1,
            Err(_) => self.failed = true,
        }
        Some(read)
    }
}

impl<S: Storage> FusedIterator for Pages<'_, S> {}
