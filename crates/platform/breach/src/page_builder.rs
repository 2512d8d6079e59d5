//! Fills pages.

use crate::{
    hash::{Hash, Kind},
    layout::{Detail, page_checksum},
    page::{HEAD, MOST_LOW_BITS},
};

/// Collects entries until a page is full.
pub(crate) struct PageBuilder {
    kind: Kind,
    detail: Detail,
    first: Option<u64>,
    last: u64,
    /// Distances less the least one.
    gaps: Vec<u64>,
    low_bits: u32,
    /// What the gaps take with these low bits.
    bits: u64,
    /// Tails of the hashes, for a corpus with counts.
    tails: Vec<u8>,
    /// Counts (LEB128), for a corpus with counts.
    counts: Vec<u8>,
}

impl PageBuilder {
    /// `low_bits`: those of the page before, as a first guess.
    pub(crate) fn new(kind: Kind, detail: Detail, low_bits: u32) -> Self {
        Self {
            kind,
            detail,
            first: None,
            last: 0,
            gaps: Vec::new(),
            low_bits,
            bits: 0,
            tails: Vec::new(),
            counts: Vec::new(),
        }
    }

    pub(crate) const fn low_bits(&self) -> u32 {
        self.low_bits
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Takes an entry that is not below the one before; false when it has no room, and belongs on the next page.
    #[inline]
    pub(crate) fn push(&mut self, hash: &Hash, count: u64) -> bool {
        let key = hash.prefix();
        if self.first.is_none() {
            self.first = Some(key);
        } else {
            let gap = (key - self.last).wrapping_sub(self.detail.least());
            let bits = self.bits + code_length(gap, self.low_bits);
            self.gaps.push(gap);
            let more = self.more(count);
            if self.has_room(bits, more) {
                self.bits = bits;
            } else if let Some((low_bits, bits)) = self.better().filter(|(_, bits)| self.has_room(*bits, more)) {
                self.low_bits = low_bits;
                self.bits = bits;
            } else {
                self.gaps.pop();
                return false;
            }
        }
        self.last = key;
        if self.detail == Detail::Full {
            self.tails.extend(hash.tail().iter().take(self.kind.tail()));
            leb128(count, &mut self.counts);
        }
        true
    }

    /// Writes the page, begins the next one, and says the first key of this one.
    pub(crate) fn seal(&mut self, number: u64, out: &mut Vec<u8>) -> u64 {
        let begin = out.len();
        let entries = u16::try_from(self.gaps.len() + 1).unwrap_or(u16::MAX);
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&entries.to_le_bytes());
        out.extend_from_slice(&[u8::try_from(self.low_bits).unwrap_or(u8::MAX), 0]);
        let mut writer = BitWriter::new(out);
        let mask = (1 << self.low_bits) - 1;
        for gap in &self.gaps {
            writer.write(gap & mask, self.low_bits);
        }
        for gap in &self.gaps {
            writer.unary(gap >> self.low_bits);
        }
        writer.end();
        out.extend_from_slice(&self.tails);
        out.extend_from_slice(&self.counts);
        out.resize(begin + self.detail.page(), 0);
        let first = self.first.take().unwrap_or_default();
        let covered = out.get(begin + 4..);
        let sum = covered.map_or(0, |covered| page_checksum(number, first, covered));
        if let Some(place) = out.get_mut(begin..begin + 4) {
            place.copy_from_slice(&sum.to_le_bytes());
        }
        self.gaps.clear();
        self.tails.clear();
        self.counts.clear();
        self.bits = 0;
        first
    }

    /// Bytes beside the gaps, with one entry more of this count.
    const fn more(&self, count: u64) -> u64 {
        match self.detail {
            Detail::Keys => 0,
            Detail::Full => (self.tails.len() + self.counts.len() + self.kind.tail() + leb128_length(count)) as u64,
        }
    }

    const fn has_room(&self, bits: u64, more: u64) -> bool {
        HEAD as u64 + bits.div_ceil(8) + more <= self.detail.page() as u64
    }

    /// The number of low bits that suits these gaps best, and what they take with it.
    fn better(&self) -> Option<(u32, u64)> {
        let sum = self.gaps.iter().fold(0_u64, |sum, gap| sum.saturating_add(*gap));
        let mean = sum / (self.gaps.len() as u64).max(1);
        let about = mean.max(1).ilog2().min(MOST_LOW_BITS);
        // The best is at the mean's logarithm or one below it, unless the gaps are of very different sizes.
        (about.saturating_sub(2)..=MOST_LOW_BITS.min(about + 1))
            .map(|low_bits| {
                let bits = self
                    .gaps
                    .iter()
                    .fold(0_u64, |bits, gap| bits.saturating_add(code_length(*gap, low_bits)));
                (low_bits, bits)
            })
            .min_by_key(|(_, bits)| *bits)
    }
}

const fn code_length(gap: u64, low_bits: u32) -> u64 {
    (gap >> low_bits) + 1 + low_bits as u64
}

fn leb128(mut number: u64, out: &mut Vec<u8>) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

const fn leb128_length(number: u64) -> usize {
    if number == 0 {
        1
    } else {
        (number.ilog2() as usize) / 7 + 1
    }
}

/// Appends bits, the lowest first.
struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    word: u64,
    filled: u32,
}

impl<'a> BitWriter<'a> {
    const fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            word: 0,
            filled: 0,
        }
    }

    /// At most 63 bits; `bits` has no others.
    fn write(&mut self, bits: u64, width: u32) {
        self.word |= bits << self.filled;
        self.filled += width;
        if self.filled >= 64 {
            self.out.extend_from_slice(&self.word.to_le_bytes());
            self.filled -= 64;
            // What did not fit; nothing, when the width was used up exactly.
            self.word = bits.checked_shr(width - self.filled).unwrap_or(0);
        }
    }

    fn unary(&mut self, mut zeros: u64) {
        while zeros >= 32 {
            self.write(0, 32);
            zeros -= 32;
        }
        self.write(1 << zeros, u32::try_from(zeros).unwrap_or_default() + 1);
    }

    fn end(self) {
        let bytes = self.filled.div_ceil(8) as usize;
        self.out.extend(self.word.to_le_bytes().into_iter().take(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_take_as_many_bytes_as_said() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            leb128(number, &mut bytes);
            assert_eq!(bytes.len(), leb128_length(number), "{number}");
        }
    }

    #[test]
    fn bits_are_written_lowest_first_across_words() {
        let mut out = Vec::new();
        let mut writer = BitWriter::new(&mut out);
        writer.write(0b101, 3);
        writer.unary(70);
        writer.write(0x1234_5678_9abc, 48);
        writer.write(1, 6);
        writer.end();
        let mut expected = 0b101_u128 | (1 << 73) | (0x1234_5678_9abc << 74) | (1 << 122);
        for byte in out {
            assert_eq!(u128::from(byte), expected & 0xff);
            expected >>= 8;
        }
        assert_eq!(expected, 0);
    }
}
