//! All entries that begin with the same five digits, as the published interface answers them.

use std::io;

use thiserror::Error;

use crate::{
    corpus::{Corpus, Damage},
    hash::{Hash, Kind},
    hex,
    layout::Detail,
    page::{MARGIN, Page},
    storage::Storage,
};

/// Padded answers have so many rows at least …
const FEWEST_PADDED: u16 = 800;
/// … and so many at most, unless there are more real ones.
const MOST_PADDED: u16 = 1000;

/// Five hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix(u32);

impl Prefix {
    /// From five hexadecimal digits of either case.
    pub fn parse(digits: &[u8]) -> Option<Self> {
        let digits: &[u8; 5] = digits.try_into().ok()?;
        let mut eight = [b'0'; 8];
        let (_, tail) = eight.split_at_mut(3);
        tail.copy_from_slice(digits);
        hex::eight(eight).map(Self)
    }

    fn first_key(self) -> u64 {
        u64::from(self.0) << 44
    }

    fn last_key(self) -> u64 {
        self.first_key() | ((1 << 44) - 1)
    }
}

/// An entry of a corpus with counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The whole hash.
    pub hash: Hash,
    /// How often it was seen; 0 in padding.
    pub count: u64,
}

/// Why there is no range.
#[derive(Debug, Error)]
pub enum RangeError {
    /// The corpus has neither whole hashes nor counts.
    #[error("this corpus has no counts: import it with counts to serve ranges")]
    NoCounts,
    /// The corpus cannot be read, or is damaged.
    #[error("the corpus cannot be read")]
    Io(#[from] io::Error),
}

impl<S: Storage> Corpus<S> {
    /// All entries of a corpus with counts that begin with these digits, ascending.
    pub fn range(&self, prefix: Prefix) -> Result<Vec<Row>, RangeError> {
        let mut rows = Vec::new();
        self.between(prefix.first_key(), prefix.last_key(), &mut |row| rows.push(row))?;
        Ok(rows)
    }

    /// How often a password with exactly this hash was seen; `None` when it is not there. For a corpus with counts.
    pub fn occurrences(&self, hash: &Hash) -> Result<Option<u64>, RangeError> {
        let mut count = None;
        self.between(hash.prefix(), hash.prefix(), &mut |row| {
            if row.hash == *hash {
                count = Some(row.count);
            }
        })?;
        Ok(count)
    }

    fn between(&self, from: u64, to: u64, on: &mut dyn FnMut(Row)) -> Result<(), RangeError> {
        let header = self.header();
        if header.detail != Detail::Full {
            return Err(RangeError::NoCounts);
        }
        let mut buffer = vec![0; Detail::Full.page() + MARGIN];
        let mut keys = Vec::new();
        let mut number = self.index().first_page_for(from);
        while let Some(first) = self.index().first(number).filter(|first| *first <= to) {
            let damaged = || io::Error::from(Damage::Page(number));
            let page = self.read_page(number, first, &mut buffer, S::read_in_order)?;
            let end = page.keys(first, &mut keys).map_err(|_| damaged())?;
            let inside = |row: Row| {
                if (from..=to).contains(&row.hash.prefix()) {
                    on(row);
                }
            };
            rows(&page, header.kind, &keys, end, inside).ok_or_else(damaged)?;
            number += 1;
        }
        Ok(())
    }
}

/// Reads tails and counts behind the gaps of a page; `None` when they are not there.
pub(crate) fn rows(page: &Page<'_>, kind: Kind, keys: &[u64], end: u64, mut on: impl FnMut(Row)) -> Option<()> {
    let (tails, mut counts) = page.bytes_from(end).split_at_checked(keys.len() * kind.tail())?;
    for (key, tail) in keys.iter().zip(tails.chunks_exact(kind.tail())) {
        let mut rest = [0; 3];
        for (word, chunk) in rest.iter_mut().zip(tail.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*chunk);
        }
        let count = leb128(&mut counts)?;
        on(Row {
            hash: Hash::new(*key, rest),
            count,
        });
    }
    Some(())
}

fn leb128(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Adds rows of count 0 with random hashes until there are 800 to 1000, so that the length of an encrypted answer does
/// not tell which range it is. `chance` fills a buffer with random bytes.
pub fn pad(rows: &mut Vec<Row>, prefix: Prefix, chance: &mut dyn FnMut(&mut [u8])) {
    let mut bytes = [0; 8];
    chance(&mut bytes);
    let span = u64::from(MOST_PADDED - FEWEST_PADDED) + 1;
    let wanted = u64::from(FEWEST_PADDED) + u64::from_le_bytes(bytes) % span;
    while (rows.len() as u64) < wanted {
        let mut bytes = [0; 20];
        chance(&mut bytes);
        let random = Hash::of_bytes(&bytes);
        rows.push(Row {
            hash: random.with_prefix(prefix.first_key() | (random.prefix() >> 20)),
            count: 0,
        });
    }
    rows.sort_unstable();
}

/// The text of an answer: `SUFFIX:COUNT`, upper case, rows parted by CRLF.
pub fn body(kind: Kind, rows: &[Row]) -> Vec<u8> {
    let mut text = Vec::with_capacity(rows.len() * (kind.digits() + 4));
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            text.extend_from_slice(b"\r\n");
        }
        row.hash.suffix_into(kind, &mut text);
        text.push(b':');
        text.extend_from_slice(row.count.to_string().as_bytes());
    }
    text
}
