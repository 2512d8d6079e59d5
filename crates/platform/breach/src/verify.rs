//! Reads a whole corpus and holds it against every checksum, the order of its entries, their number and its digest.

use std::io;

use thiserror::Error;

use crate::{
    corpus::{Corpus, Damage},
    layout::{Detail, first_link, next_link},
    page::{MARGIN, Page},
    range,
    storage::Storage,
};

/// Why a corpus was not found sound.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// It could not be read.
    #[error("the corpus cannot be read")]
    Io(#[from] io::Error),
    /// It is damaged.
    #[error("the corpus is damaged: {0}")]
    Damaged(#[from] Damage),
}

impl<S: Storage> Corpus<S> {
    /// Reads everything once. `progress` hears how many bytes were read so far, after each segment.
    pub fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<(), VerifyError> {
        let header = self.header();
        let detail = header.detail;
        let mut checker = Checker::default();
        let mut digest = first_link(header.kind, detail);
        let mut segment = Vec::new();
        let mut done = 0;
        while done < header.pages {
            let pages = (header.pages - done).min(detail.pages_per_segment());
            let length = pages * detail.page() as u64 + detail.index(pages);
            segment.resize(usize::try_from(length).unwrap_or_default(), 0);
            self.storage().read_in_order(&mut segment, detail.page_at(done))?;
            for (number, page) in (done..done + pages).zip(segment.chunks_exact(detail.page())) {
                let first = self.index().first(number).ok_or(Damage::Page(number))?;
                checker.page(self, number, first, page).ok_or(Damage::Page(number))?;
            }
            digest = next_link(&digest, &segment);
            done += pages;
            progress(detail.page_at(done));
        }
        if checker.entries != header.entries {
            return Err(Damage::Entries.into());
        }
        if digest != header.digest {
            return Err(Damage::Digest.into());
        }
        Ok(())
    }
}

#[derive(Default)]
struct Checker {
    entries: u64,
    last: Option<u64>,
    buffer: Vec<u8>,
    keys: Vec<u64>,
}

impl Checker {
    /// `None` when the page is wrong.
    fn page<S: Storage>(&mut self, corpus: &Corpus<S>, number: u64, first: u64, bytes: &[u8]) -> Option<()> {
        let header = corpus.header();
        self.buffer.clear();
        self.buffer.extend_from_slice(bytes);
        self.buffer.resize(bytes.len() + MARGIN, 0);
        let page = Page::new(&self.buffer, number, first, header.detail).ok()?;
        let least = header.detail.least();
        if self
            .last
            .is_some_and(|last| first.checked_sub(last).is_none_or(|gap| gap < least))
        {
            return None;
        }
        let end = page.keys(first, &mut self.keys).ok()?;
        if header.detail == Detail::Full {
            range::rows(&page, header.kind, &self.keys, end, |_| {})?;
        }
        self.entries += page.entries();
        self.last = self.keys.last().copied();
        Some(())
    }
}
