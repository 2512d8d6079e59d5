//! What an import that was killed needs to go on.

use super::reading::{Gap, Reading};
use crate::{
    hash::{Hash, Kind},
    layout::{Detail, Reader, code, detail_code},
    range::Row,
    writer::Boundary,
};

const MAGIC: &[u8; 8] = b"WDBJRNL2";

/// `boundary` is on the disk; `reading` is at or before the first row that is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Journal {
    pub(crate) kind: Kind,
    pub(crate) detail: Detail,
    pub(crate) source: [u8; 32],
    pub(crate) reading: Reading,
    pub(crate) boundary: Boundary,
}

impl Journal {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (reading, boundary) = (&self.reading, &self.boundary);
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&[code(self.kind), detail_code(self.detail)]);
        bytes.extend_from_slice(&self.source);
        let numbers = [
            reading.input,
            reading.offset,
            reading.line,
            reading.bytes,
            reading.rows,
            reading.padding,
            reading.merged,
            reading.widest.from,
            reading.widest.to,
            reading.pending.map_or(0, |row| row.count),
            boundary.pages,
            boundary.entries,
        ];
        for number in numbers {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&reading.checksum.to_le_bytes());
        bytes.extend_from_slice(&boundary.low_bits.to_le_bytes());
        bytes.extend_from_slice(&boundary.digest);
        for hash in [reading.pending.map(|row| row.hash), boundary.last] {
            bytes.push(u8::from(hash.is_some()));
            bytes.extend_from_slice(&hash.unwrap_or_default().to_bytes());
        }
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// `None` when it is not whole.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (covered, checksum) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(covered) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let mut reader = Reader(covered);
        if reader.take::<8>()? != *MAGIC {
            return None;
        }
        let [kind, detail] = reader.take()?;
        let source = reader.take()?;
        let mut number = || Some(u64::from_le_bytes(reader.take()?));
        let mut reading = Reading {
            input: number()?,
            offset: number()?,
            line: number()?,
            bytes: number()?,
            rows: number()?,
            padding: number()?,
            merged: number()?,
            widest: Gap {
                from: number()?,
                to: number()?,
            },
            ..Reading::default()
        };
        let count = number()?;
        let (pages, entries) = (number()?, number()?);
        reading.checksum = u32::from_le_bytes(reader.take()?);
        let low_bits = u32::from_le_bytes(reader.take()?);
        let digest = reader.take()?;
        reading.pending = hash(&mut reader)?.map(|hash| Row { hash, count });
        let last = hash(&mut reader)?;
        reader.0.is_empty().then_some(Self {
            kind: [Kind::Sha1, Kind::Ntlm]
                .into_iter()
                .find(|known| code(*known) == kind)?,
            detail: [Detail::Keys, Detail::Full]
                .into_iter()
                .find(|known| detail_code(*known) == detail)?,
            source,
            reading,
            boundary: Boundary {
                pages,
                entries,
                last,
                low_bits,
                digest,
            },
        })
    }
}

#[expect(
    clippy::option_option,
    reason = "a field that is not there and one that says `none` are two answers"
)]
fn hash(reader: &mut Reader<'_>) -> Option<Option<Hash>> {
    let [there] = reader.take()?;
    let bytes: [u8; 20] = reader.take()?;
    Some((there == 1).then(|| Hash::sha1(&bytes)))
}
