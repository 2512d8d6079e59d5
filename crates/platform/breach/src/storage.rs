//! Where the bytes of a corpus lie.

use std::{fs::File, io, os::unix::fs::FileExt as _};

/// Bytes that can be read at any place by several at once.
pub trait Storage {
    /// How many there are.
    fn size(&self) -> io::Result<u64>;

    /// Fills the buffer from there on. Fewer bytes than that are an error of the kind `UnexpectedEof`.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

/// By positioned reads (`pread`). A memory map would save a copy, but a mapped file that somebody cuts short ends the
/// process with SIGBUS; a read gives an error.
impl Storage for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(buffer, offset)
    }
}

/// A whole corpus in memory, for who asks often and has the room: `Corpus::from_storage(std::fs::read(path)?)`.
impl Storage for Vec<u8> {
    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let there = usize::try_from(offset)
            .ok()
            .and_then(|from| self.get(from..)?.get(..buffer.len()));
        buffer.copy_from_slice(there.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}
