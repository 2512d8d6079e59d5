//! From a published list to a corpus, as a stream: in bounded memory, and so that an import that was killed goes on.
//!
//! The new file grows beside the old one as `NAME.partial`, with what is needed to go on in `NAME.journal`. Only when
//! it is whole and on the disk is it renamed, so whoever opens `NAME` finds the old corpus or the new one.

mod error;
mod files;
mod journal;
mod reading;
mod source;

use std::{fs::File, path::Path};

pub use self::{
    error::{ImportError, Place},
    source::Source,
};
use self::{
    files::Files,
    journal::Journal,
    reading::{Reading, Step},
    source::Feed,
};
use crate::{
    hash::Kind,
    layout::Detail,
    writer::{Boundary, Writer},
};

/// A gap is believed to be chance while fewer entries than this belong there: it would be wider once in e⁶⁴ gaps.
const MOST_BY_CHANCE: u64 = 64;

/// How to import.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What to keep of each entry.
    pub detail: Detail,
    /// For [`crate::Info`]: seconds since 1970-01-01T00:00:00Z.
    pub made_at: i64,
    /// Begin anew even if an import of the same source was not finished.
    pub fresh: bool,
    /// Take a source from which a part is missing.
    pub incomplete: bool,
}

/// How an import began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// At the beginning.
    Anew,
    /// Where an earlier one was stopped.
    Resumed,
    /// At the beginning, because the unfinished one was of another source, or with other options.
    AnotherSource,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How it began.
    pub begun: Begun,
    /// Bytes of the source that were read, those of before a resumption included.
    pub bytes: u64,
    /// Bytes of the source; `None` for a stream.
    pub total: Option<u64>,
    /// Rows that were read, padding included.
    pub rows: u64,
    /// Whether [`Next::Checkpoint`] would save something new.
    pub can_save: bool,
}

/// What the caller wants after a piece of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Go on.
    Go,
    /// Save what is needed to go on from here, then go on. It waits for the disk: once in some seconds is enough.
    Checkpoint,
    /// Save, and end with [`ImportError::Stopped`].
    Stop,
}

/// A finished import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// How it began.
    pub begun: Begun,
    /// Which hash the source is of.
    pub kind: Kind,
    /// Rows of the source.
    pub rows: u64,
    /// Entries of the corpus.
    pub entries: u64,
    /// Rows with count 0, which are padding.
    pub padding: u64,
    /// Rows that are one entry with their neighbour: the same hash, or without counts the same first 64 bits.
    pub merged: u64,
    /// Of a folder: range files that are not there, of 1,048,576.
    pub missing_ranges: Option<u64>,
}

/// Imports a source. `watch` is told after each piece (1 MiB, or a range file) and says what is next.
///
/// Errors: see [`ImportError`]. What was at `output` before is untouched then. What was begun is kept if the same import
/// can go on from it, and deleted if not.
pub fn run(
    source: Source<'_>,
    output: &Path,
    options: &Options,
    watch: &mut dyn FnMut(&Progress) -> Next,
) -> Result<Outcome, ImportError> {
    // A source that cannot be opened costs nobody an import that can go on.
    let feed = Feed::open(source)?;
    if let Some((missing, first)) = feed
        .missing_ranges()
        .filter(|(missing, _)| *missing > 0 && !options.incomplete)
    {
        return Err(ImportError::MissingRanges { missing, first });
    }
    let files = Files::lock(output)?;
    let outcome = into(&files, feed, options, watch);
    if let Err(error) = &outcome {
        files.abandon(error.is_final());
    }
    outcome
}

fn into(
    files: &Files,
    mut feed: Feed<'_>,
    options: &Options,
    watch: &mut dyn FnMut(&Progress) -> Next,
) -> Result<Outcome, ImportError> {
    let (begun, journal) = earlier(files, &feed, options)?;
    let (mut reading, kind, writer);
    if let Some(journal) = journal {
        feed.go_to(&journal.reading)?;
        kind = journal.kind;
        reading = journal.reading;
        files.cut(options.detail.page_at(journal.boundary.pages))?;
        writer = Writer::resume(files.partial(), kind, options.detail, journal.boundary)?;
    } else {
        files.cut(0)?;
        reading = Reading::default();
        kind = feed.kind(&mut reading)?;
        writer = Writer::new(files.partial(), kind, options.detail)?;
    }
    let mut import = Import {
        files,
        begun,
        kind,
        detail: options.detail,
        skip_to: *writer.boundary(),
        saved: writer.boundary().pages,
        resumable: None,
        writer,
    };
    import.read_all(&mut feed, &mut reading, watch)?;
    let entries = import.writer.entries();
    let gap = reading.ended();
    let expected = gap.expected(entries);
    if expected >= MOST_BY_CHANCE && !options.incomplete {
        let digits = |key| format!("{:08X}", key >> 32);
        return Err(ImportError::Gap {
            from: digits(gap.from),
            to: digits(gap.to),
            expected,
        });
    }
    let outcome = Outcome {
        begun,
        kind,
        rows: reading.rows,
        entries,
        padding: reading.padding,
        merged: reading.merged,
        missing_ranges: feed.missing_ranges().map(|(missing, _)| missing),
    };
    import.writer.finish(options.made_at)?;
    files.publish()?;
    Ok(outcome)
}

/// The journal of an import that can go on, and what to say about it.
fn earlier(files: &Files, feed: &Feed<'_>, options: &Options) -> Result<(Begun, Option<Journal>), ImportError> {
    let Some(journal) = files.journal()? else {
        return Ok((Begun::Anew, None));
    };
    if options.fresh || files.length()? < options.detail.page_at(journal.boundary.pages) {
        return Ok((Begun::Anew, None));
    }
    if journal.source == *feed.fingerprint() && journal.detail == options.detail {
        return Ok((Begun::Resumed, Some(journal)));
    }
    Ok((Begun::AnotherSource, None))
}

struct Import<'a> {
    files: &'a Files,
    begun: Begun,
    kind: Kind,
    detail: Detail,
    /// What is up to here was written before.
    skip_to: Boundary,
    /// Pages in the last journal.
    saved: u64,
    /// The last whole segment, and where the piece began in which it ended.
    resumable: Option<(Reading, Boundary)>,
    writer: Writer<&'a File>,
}

impl Import<'_> {
    fn read_all(
        &mut self,
        feed: &mut Feed<'_>,
        reading: &mut Reading,
        watch: &mut dyn FnMut(&Progress) -> Next,
    ) -> Result<(), ImportError> {
        while let Some(piece) = feed.piece(reading)? {
            let before = *reading;
            let pages = self.writer.boundary().pages;
            let used = self.rows(&piece, reading)?;
            feed.used(used, reading);
            if self.writer.boundary().pages > pages {
                self.resumable = Some((before, *self.writer.boundary()));
            }
            let progress = Progress {
                begun: self.begun,
                bytes: reading.bytes,
                total: feed.total(),
                rows: reading.rows,
                can_save: self.resumable.is_some_and(|(_, boundary)| boundary.pages > self.saved),
            };
            match watch(&progress) {
                Next::Go => {}
                Next::Checkpoint => self.save(feed)?,
                Next::Stop => {
                    self.save(feed)?;
                    return Err(ImportError::Stopped);
                }
            }
        }
        self.write(reading.pending)
    }

    /// Takes all whole rows of a piece; how many bytes those are.
    fn rows(&mut self, piece: &source::Piece<'_>, reading: &mut Reading) -> Result<usize, ImportError> {
        let form = piece.form(self.kind);
        let mut rest = piece.text;
        loop {
            match reading.next(form, rest, self.detail) {
                Step::Row { used, ready } => {
                    rest = rest.get(used..).unwrap_or_default();
                    if ready.is_some() {
                        self.write(ready)?;
                    }
                }
                Step::Unsorted => return Err(ImportError::Unsorted(piece.place(reading.line + 1))),
                Step::Incomplete if rest.is_empty() || !piece.is_last => return Ok(piece.text.len() - rest.len()),
                Step::Garbage | Step::Incomplete => return Err(ImportError::Garbage(piece.place(reading.line + 1))),
            }
        }
    }

    #[inline]
    fn write(&mut self, row: Option<crate::Row>) -> Result<(), ImportError> {
        let Some(row) = row else { return Ok(()) };
        let written = self.skip_to.last.is_some_and(|last| match self.detail {
            Detail::Keys => row.hash.prefix() <= last.prefix(),
            Detail::Full => row.hash <= last,
        });
        if !written {
            self.writer.push(&row.hash, row.count)?;
        }
        Ok(())
    }

    fn save(&mut self, feed: &Feed<'_>) -> Result<(), ImportError> {
        let Some((reading, boundary)) = self.resumable.filter(|(_, boundary)| boundary.pages > self.saved) else {
            return Ok(());
        };
        self.files.save(&Journal {
            kind: self.kind,
            detail: self.detail,
            source: *feed.fingerprint(),
            reading,
            boundary,
        })?;
        self.saved = boundary.pages;
        Ok(())
    }
}
