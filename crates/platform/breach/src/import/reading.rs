//! Rows in order: padding left out, neighbours that are one entry merged.

use crate::{
    layout::Detail,
    line::{Form, Taken},
    range::Row,
};

/// How far the source was read. With it and the source, reading goes on as if it had never stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reading {
    /// Which input: always 0 but in a folder.
    pub(crate) input: u64,
    /// Bytes of this input.
    pub(crate) offset: u64,
    /// Lines of this input.
    pub(crate) line: u64,
    /// Bytes of all inputs.
    pub(crate) bytes: u64,
    /// Of all bytes of a stream.
    pub(crate) checksum: u32,
    pub(crate) rows: u64,
    pub(crate) padding: u64,
    pub(crate) merged: u64,
    /// The last row, which may still be merged with the next one.
    pub(crate) pending: Option<Row>,
    /// The widest gap so far.
    pub(crate) widest: Gap,
}

/// First 64 bits between which there is nothing. The ends of all numbers are its ends too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Gap {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Gap {
    const fn width(self) -> u64 {
        self.to - self.from
    }

    /// How many entries belong there when so many are spread evenly over all numbers.
    pub(crate) const fn expected(self, entries: u64) -> u64 {
        ((self.width() as u128 * entries as u128) >> 64) as u64
    }
}

/// What came of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A row of so many bytes was taken, and by it an earlier one is ready.
    Row { used: usize, ready: Option<Row> },
    /// More text is needed.
    Incomplete,
    /// No row.
    Garbage,
    /// A row that is below the one before.
    Unsorted,
}

impl Reading {
    /// Takes the row at the beginning of the text.
    #[inline]
    pub(crate) fn next(&mut self, form: Form, text: &[u8], detail: Detail) -> Step {
        let (hash, count, used) = match form.take(text) {
            Taken::Row { hash, count, used } => (hash, count, used),
            Taken::Incomplete => return Step::Incomplete,
            Taken::Garbage => return Step::Garbage,
        };
        // Padding of an answer may stand anywhere in it.
        if count == 0 {
            self.line += 1;
            self.rows += 1;
            self.padding += 1;
            return Step::Row { used, ready: None };
        }
        let row = Row { hash, count };
        let ready = match &mut self.pending {
            Some(before) if hash < before.hash => return Step::Unsorted,
            Some(before) if is_one(before, &row, detail) => {
                before.count = before.count.saturating_add(count);
                // Order is still held against the whole hash.
                before.hash = hash;
                self.merged += 1;
                None
            }
            pending => {
                let ready = pending.replace(row);
                self.came_to(ready.map_or(0, |before| before.hash.prefix()), hash.prefix());
                ready
            }
        };
        self.line += 1;
        self.rows += 1;
        Step::Row { used, ready }
    }

    /// The source is at its end: the widest gap of all.
    pub(crate) fn ended(&self) -> Gap {
        let mut all = *self;
        all.came_to(self.pending.map_or(0, |last| last.hash.prefix()), u64::MAX);
        all.widest
    }

    #[inline]
    fn came_to(&mut self, from: u64, to: u64) {
        let gap = Gap { from, to };
        if gap.width() > self.widest.width() {
            self.widest = gap;
        }
    }
}

#[inline]
fn is_one(before: &Row, row: &Row, detail: Detail) -> bool {
    match detail {
        Detail::Keys => before.hash.prefix() == row.hash.prefix(),
        Detail::Full => before.hash == row.hash,
    }
}
