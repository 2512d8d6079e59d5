//! A page: how to find a key in it.
//!
//! Eight bytes of head (checksum, number of entries, Rice parameter `k`), then the gaps between neighbours as a Rice
//! code in two parts: the low `k` bits of every gap, then the rest of every gap in unary (so many zeros, then a one).
//! Bits are counted from the lowest of each byte. The first key is not here but in the index.

use crate::layout::{Detail, page_checksum};

/// Bytes before the gaps.
pub(crate) const HEAD: usize = 8;
/// Zero bytes that a buffer has behind the page, so that a word can be read anywhere in it.
pub(crate) const MARGIN: usize = 8;
/// With more low bits than this a gap would not lie in one word at any bit.
pub(crate) const MOST_LOW_BITS: u32 = 56;

/// The page does not fit its checksum, or is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// A page that fits its checksum, with its margin.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    bytes: &'a [u8],
    gaps: u64,
    low_bits: u32,
    least: u64,
}

impl<'a> Page<'a> {
    /// `bytes`: the page and [`MARGIN`] zeros.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], number: u64, first: u64, detail: Detail) -> Result<Self, Malformed> {
        let (claimed, rest) = bytes.split_first_chunk::<4>().ok_or(Malformed)?;
        let covered = rest.get(..detail.page() - 4).ok_or(Malformed)?;
        if page_checksum(number, first, covered) != u32::from_le_bytes(*claimed) {
            return Err(Malformed);
        }
        let [low, high, low_bits, _] = *rest.first_chunk::<4>().ok_or(Malformed)?;
        let gaps = u64::from(u16::from_le_bytes([low, high]))
            .checked_sub(1)
            .ok_or(Malformed)?;
        let low_bits = u32::from(low_bits);
        if low_bits > MOST_LOW_BITS {
            return Err(Malformed);
        }
        Ok(Self {
            bytes,
            gaps,
            low_bits,
            least: detail.least(),
        })
    }

    /// How many entries it has.
    pub(crate) const fn entries(&self) -> u64 {
        self.gaps + 1
    }

    /// Whether an entry is `distance` above the first one.
    #[inline]
    pub(crate) fn has(&self, distance: u64) -> Result<bool, Malformed> {
        if distance == 0 {
            return Ok(true);
        }
        let mut found = false;
        self.walk(|at| {
            found = at == distance;
            at < distance
        })?;
        Ok(found)
    }

    /// All keys, ascending; the bit behind the last gap.
    pub(crate) fn keys(&self, first: u64, keys: &mut Vec<u64>) -> Result<u64, Malformed> {
        keys.clear();
        keys.push(first);
        let (mut before, mut sound) = (0, true);
        let end = self.walk(|at| {
            // What wrapped around is no key.
            sound &= at >= before && at - before >= self.least && first.checked_add(at).is_some();
            before = at;
            keys.push(first.wrapping_add(at));
            sound
        })?;
        if sound { Ok(end) } else { Err(Malformed) }
    }

    /// The bytes from this bit on, whole bytes only, without the margin.
    pub(crate) fn bytes_from(&self, bit: u64) -> &'a [u8] {
        let from = usize::try_from(bit.div_ceil(8)).unwrap_or(usize::MAX);
        let end = self.bytes.len().saturating_sub(MARGIN);
        self.bytes.get(from..end).unwrap_or_default()
    }

    /// Tells each entry behind the first by its distance from the first, until told to stop; the bit behind the last
    /// gap it read. On a page that nobody wrote distances may wrap around; nothing worse happens.
    #[inline]
    fn walk(&self, mut on: impl FnMut(u64) -> bool) -> Result<u64, Malformed> {
        let low_bits = u64::from(self.low_bits);
        let mask = (1 << low_bits) - 1;
        let mut low_at = HEAD as u64 * 8;
        let unary_at = low_at + self.gaps * low_bits;
        let mut base = unary_at & !63;
        let mut ones = self.word(base / 8)? & (u64::MAX << (unary_at & 63));
        // The low bits of all gaps so far, and what each gap has at least.
        let mut sum = 0_u64;
        for before in 0..self.gaps {
            sum = sum
                .wrapping_add((self.word(low_at / 8)? >> (low_at & 7)) & mask)
                .wrapping_add(self.least);
            low_at += low_bits;
            while ones == 0 {
                base += 64;
                ones = self.word(base / 8)?;
            }
            let one_at = base + u64::from(ones.trailing_zeros());
            ones &= ones - 1;
            // The zeros before the one: the high bits of all gaps so far.
            let high = one_at - unary_at - before;
            if !on((high << low_bits).wrapping_add(sum)) {
                return Ok(one_at + 1);
            }
            if before + 1 == self.gaps {
                return Ok(one_at + 1);
            }
        }
        Ok(unary_at)
    }

    #[inline]
    fn word(&self, byte: u64) -> Result<u64, Malformed> {
        let from = usize::try_from(byte).map_err(|_| Malformed)?;
        let word = self.bytes.get(from..).and_then(<[u8]>::first_chunk).ok_or(Malformed)?;
        Ok(u64::from_le_bytes(*word))
    }
}
