//! The file's outline: header, segments of pages, and where each of them lies. All numbers are little endian.

use crate::hash::Kind;

/// Bytes of the header. Pages begin behind it.
pub(crate) const HEADER: usize = 4096;
const MAGIC: &[u8; 8] = b"WDBREACH";
/// The format described in `docs/BREACH-FILE.md`.
pub(crate) const VERSION: u16 = 2;
/// Where the header's checksum stands.
const CHECKSUM_AT: usize = HEADER - 4;

/// What a corpus keeps of each entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Detail {
    /// The first 64 bits of the hash.
    Keys,
    /// The whole hash and how often it was seen.
    Full,
}

impl Detail {
    /// Bytes of a page.
    pub(crate) const fn page(self) -> usize {
        match self {
            Self::Keys => 512,
            Self::Full => 4096,
        }
    }

    /// Pages of a segment: as many as leave the index of the segment in whole pages.
    pub(crate) const fn pages_per_segment(self) -> u64 {
        match self {
            Self::Keys => 2047,
            Self::Full => 511,
        }
    }

    /// The least distance of two neighbours. Whole hashes may share their first 64 bits.
    pub(crate) const fn least(self) -> u64 {
        match self {
            Self::Keys => 1,
            Self::Full => 0,
        }
    }

    /// Bytes of the index of a segment of so many pages: eight for each and a checksum, in whole pages.
    pub(crate) const fn index(self, pages: u64) -> u64 {
        (pages * 8 + 4).next_multiple_of(self.page() as u64)
    }

    /// Where a page lies; counted over all segments, the first is 0.
    pub(crate) const fn page_at(self, number: u64) -> u64 {
        let segments = number / self.pages_per_segment();
        HEADER as u64 + number * self.page() as u64 + segments * self.index(self.pages_per_segment())
    }

    /// Bytes of a file of so many pages; `None` when no file can be so long.
    pub(crate) fn length(self, pages: u64) -> Option<u64> {
        // Far above any list of hashes, and far below where the sums would overflow.
        if pages > 1 << 40 {
            return None;
        }
        let rest = pages % self.pages_per_segment();
        let last = if rest == 0 { 0 } else { self.index(rest) };
        Some(self.page_at(pages) + last)
    }
}

/// The header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) detail: Detail,
    pub(crate) entries: u64,
    pub(crate) pages: u64,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub(crate) made_at: i64,
    /// Of everything behind the header, see `docs/BREACH-FILE.md`.
    pub(crate) digest: [u8; 32],
}

/// Why a header is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoHeader {
    Magic,
    Version(u16),
    Damaged,
}

impl Header {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.push(code(self.kind));
        bytes.push(detail_code(self.detail));
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&self.entries.to_le_bytes());
        bytes.extend_from_slice(&self.pages.to_le_bytes());
        bytes.extend_from_slice(&self.made_at.to_le_bytes());
        bytes.extend_from_slice(&self.digest);
        bytes.resize(CHECKSUM_AT, 0);
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, NoHeader> {
        let mut reader = Reader(bytes);
        if reader.take() != Some(*MAGIC) {
            return Err(NoHeader::Magic);
        }
        let version = u16::from_le_bytes(reader.take().ok_or(NoHeader::Magic)?);
        if version != VERSION {
            return Err(NoHeader::Version(version));
        }
        let header = Self::decode_rest(&mut reader).ok_or(NoHeader::Damaged)?;
        // Also whatever stands in the part without meaning.
        if header.encode() == bytes {
            Ok(header)
        } else {
            Err(NoHeader::Damaged)
        }
    }

    fn decode_rest(reader: &mut Reader<'_>) -> Option<Self> {
        let [kind, detail, ..] = reader.take::<6>()?;
        Some(Self {
            kind: match kind {
                1 => Kind::Sha1,
                2 => Kind::Ntlm,
                _ => return None,
            },
            detail: match detail {
                1 => Detail::Keys,
                2 => Detail::Full,
                _ => return None,
            },
            entries: u64::from_le_bytes(reader.take()?),
            pages: u64::from_le_bytes(reader.take()?),
            made_at: i64::from_le_bytes(reader.take()?),
            digest: reader.take()?,
        })
    }
}

pub(crate) const fn code(kind: Kind) -> u8 {
    match kind {
        Kind::Sha1 => 1,
        Kind::Ntlm => 2,
    }
}

pub(crate) const fn detail_code(detail: Detail) -> u8 {
    match detail {
        Detail::Keys => 1,
        Detail::Full => 2,
    }
}

/// Takes fields from the front.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl Reader<'_> {
    pub(crate) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }
}

/// Checksum of a page: it also says which one it is and where its entries begin, so that a page in the wrong place, or
/// under the index of another corpus, is found.
pub(crate) fn page_checksum(number: u64, first: u64, bytes: &[u8]) -> u32 {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&number.to_le_bytes());
    checksum.update(&first.to_le_bytes());
    checksum.update(bytes);
    checksum.finalize()
}

/// Checksum of the index of a segment: it also says which one it is.
pub(crate) fn checksum(number: u64, bytes: &[u8]) -> u32 {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&number.to_le_bytes());
    checksum.update(bytes);
    checksum.finalize()
}

/// The digest before the first segment.
pub(crate) fn first_link(kind: Kind, detail: Detail) -> [u8; 32] {
    use sha2::Digest as _;
    let mut state = sha2::Sha256::new();
    state.update(MAGIC);
    state.update(VERSION.to_le_bytes());
    state.update([code(kind), detail_code(detail)]);
    state.finalize().into()
}

/// The digest with one more segment.
pub(crate) fn next_link(before: &[u8; 32], segment: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    let mut state = sha2::Sha256::new();
    state.update(before);
    state.update(segment);
    state.finalize().into()
}
