//! The whole crate: what was put in is found, whatever happens to the file.

mod damage;
mod imports;
mod live;
mod lookups;
mod ranges;
mod resuming;
mod walks;

use std::io::Cursor;

use crate::{Corpus, Detail, Hash, Kind, Row, Storage, Writer};

/// Numbers that look random and are the same each time (SplitMix64).
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

pub(super) fn hash(key: u64, tail: u32) -> Hash {
    Hash::new(key, [tail, tail ^ 0x5555_5555, !tail])
}

/// Ascending rows whose keys are spread as those of real hashes.
pub(super) fn rows(seed: u64, count: usize) -> Vec<Row> {
    let mut numbers = Numbers(seed);
    let mut keys: Vec<u64> = (0..count).map(|_| numbers.next()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut row = |key: u64| Row {
        hash: hash(key, u32::try_from(numbers.next() >> 32).unwrap()),
        count: numbers.next() % 1000 + 1,
    };
    keys.into_iter().map(&mut row).collect()
}

/// The bytes of a corpus.
pub(super) fn bytes_of(kind: Kind, detail: Detail, rows: impl IntoIterator<Item = Row>) -> Vec<u8> {
    let mut writer = Writer::new(Cursor::new(Vec::new()), kind, detail).unwrap();
    for row in rows {
        writer.push(&row.hash, row.count).unwrap();
    }
    writer.finish(1_700_000_000).unwrap().into_inner()
}

pub(super) fn corpus_of(kind: Kind, detail: Detail, rows: impl IntoIterator<Item = Row>) -> Corpus<Vec<u8>> {
    Corpus::from_storage(bytes_of(kind, detail, rows)).unwrap()
}

/// A row as a published list has it.
pub(super) fn line(kind: Kind, row: &Row) -> String {
    let mut text = format!("{:05X}", row.hash.prefix() >> 44).into_bytes();
    row.hash.suffix_into(kind, &mut text);
    format!("{}:{}", String::from_utf8(text).unwrap(), row.count)
}

pub(super) fn text(kind: Kind, rows: &[Row], end: &str) -> String {
    rows.iter().map(|row| line(kind, row) + end).collect()
}
