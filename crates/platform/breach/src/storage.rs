//! Where the bytes of a corpus lie.

use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom},
    os::unix::fs::FileExt as _,
    path::Path,
};

use memmap2::Advice;
use mmap_guard::FileData;

/// Bytes that can be read at any place by several at once.
pub trait Storage {
    /// How many there are.
    fn size(&self) -> io::Result<u64>;

    /// Fills the buffer from there on. Fewer bytes than that are an error of the kind `UnexpectedEof`.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Fills several buffers, each from its own place on; after an error some may be filled.
    fn read_each<'a>(&self, mut reads: impl Iterator<Item = (&'a mut [u8], u64)>) -> io::Result<()> {
        reads.try_for_each(|(buffer, offset)| self.read_at(buffer, offset))
    }

    /// As [`Storage::read_at`], for who goes on with what lies behind.
    fn read_in_order(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_at(buffer, offset)
    }
}

/// A file mapped into memory. Before each read, or several at once, the file's length is asked for: one that somebody has cut short since is
/// an error, where touching what is gone would end the process (SIGBUS). What remains is the moment between the two, and
/// a disk that fails under a page.
pub struct Mapped {
    bytes: FileData,
    file: File,
}

impl Mapped {
    /// Maps as many bytes as the file has now, and holds a shared advisory lock on it.
    ///
    /// Errors: an empty file is one of the kind `InvalidInput`, one that is being written `WouldBlock`.
    pub fn open(path: &Path) -> io::Result<Self> {
        let bytes = mmap_guard::map_file(path)?;
        let FileData::Mapped(map, file, ..) = &bytes else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        // Else the system reads megabytes around each page that it has to fetch.
        map.advise(Advice::Random)?;
        let file = file.try_clone()?;
        Ok(Self { bytes, file })
    }

    pub(crate) const fn file(&self) -> &File {
        &self.file
    }
}

impl Storage for Mapped {
    /// By a seek, the cheapest question there is: nothing reads from the file's own place.
    fn size(&self) -> io::Result<u64> {
        (&self.file).seek(SeekFrom::End(0))
    }

    #[inline]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.saturating_add(buffer.len() as u64);
        if self.size()? < end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        copy(&self.bytes, buffer, offset)
    }

    /// Asks for the length once for all of them.
    #[inline]
    fn read_each<'a>(&self, mut reads: impl Iterator<Item = (&'a mut [u8], u64)>) -> io::Result<()> {
        let there = usize::try_from(self.size()?).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(..there).unwrap_or(&self.bytes);
        reads.try_for_each(|(buffer, offset)| copy(bytes, buffer, offset))
    }

    /// By positioned reads, for which the system reads ahead.
    fn read_in_order(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }
}

/// By positioned reads (`pread`): about a third as fast, for a file system that does not map.
impl Storage for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(buffer, offset)
    }
}

/// A whole corpus in memory: `Corpus::from_storage(std::fs::read(path)?)`.
impl Storage for Vec<u8> {
    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        copy(self, buffer, offset)
    }
}

#[inline]
fn copy(from: &[u8], buffer: &mut [u8], offset: u64) -> io::Result<()> {
    let there = usize::try_from(offset)
        .ok()
        .and_then(|offset| from.get(offset..)?.get(..buffer.len()));
    buffer.copy_from_slice(there.ok_or(io::ErrorKind::UnexpectedEof)?);
    Ok(())
}
