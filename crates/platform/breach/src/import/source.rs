//! Where rows come from: one file, a folder of range files, or a stream.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, Cursor, Read, Seek as _, SeekFrom},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{
    error::{ImportError, Place},
    reading::Reading,
};
use crate::{hash::Kind, line::Form};

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;
/// More than any row has. While so many bytes or fewer are there, more are read before rows are taken.
const LONGEST_ROW: usize = 64;
/// Bytes by which a source is known again, beside its length and time.
const HEAD: u64 = 1 << 16;
/// All values of five hexadecimal digits.
const ALL_RANGES: u64 = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A published list.
pub enum Source<'a> {
    /// A sorted file, a folder of range files, or a named pipe.
    Path(&'a Path),
    /// A sorted list that comes once, from the beginning.
    Stream(Box<dyn Read + 'a>),
}

/// A source that is being read.
pub(crate) struct Feed<'a> {
    inputs: Inputs<'a>,
    fingerprint: [u8; 32],
    total: Option<u64>,
    /// The input that is open, if it is.
    open: Option<Box<dyn Read + 'a>>,
    /// Text that was not taken yet lies from `begin` to `end`.
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
    /// The input has nothing behind that text.
    is_last: bool,
}

enum Inputs<'a> {
    File(PathBuf),
    Folder(Vec<RangeFile>),
    /// Until it is open.
    Stream(Option<Box<dyn Read + 'a>>),
}

struct RangeFile {
    path: PathBuf,
    name: String,
    prefix: [u8; 5],
}

/// Text of one input.
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a [u8],
    /// Nothing of this input comes behind it.
    pub(crate) is_last: bool,
    prefix: Option<[u8; 5]>,
    file: Option<&'a str>,
}

impl Piece<'_> {
    pub(crate) const fn form(&self, kind: Kind) -> Form {
        Form {
            kind,
            prefix: self.prefix,
        }
    }

    pub(crate) fn place(&self, line: u64) -> Place {
        Place {
            file: self.file.map(str::to_owned),
            line,
        }
    }
}

impl<'a> Feed<'a> {
    pub(crate) fn open(source: Source<'a>) -> Result<Self, ImportError> {
        match source {
            Source::Stream(stream) => Self::of_stream(stream),
            Source::Path(path) => {
                let metadata = std::fs::metadata(path).map_err(ImportError::Source)?;
                if metadata.is_dir() {
                    return Self::of_folder(path);
                }
                let file = File::open(path).map_err(ImportError::Source)?;
                if metadata.is_file() {
                    Self::of_file(path, file)
                } else {
                    Self::of_stream(Box::new(file))
                }
            }
        }
    }

    fn of_file(path: &Path, file: File) -> Result<Self, ImportError> {
        let metadata = file.metadata().map_err(ImportError::Source)?;
        let mut state = Sha256::new();
        state.update(b"file");
        known_by(&mut state, &metadata);
        state.update(head(file)?);
        let inputs = Inputs::File(path.to_owned());
        Ok(Self::new(inputs, state, Some(metadata.len())))
    }

    fn of_folder(path: &Path) -> Result<Self, ImportError> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(ImportError::Source)? {
            let entry = entry.map_err(ImportError::Source)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(prefix) = prefix_of(&name) else {
                return Err(ImportError::NotARangeFile(name));
            };
            files.push(RangeFile {
                path: entry.path(),
                name,
                prefix,
            });
        }
        files.sort_by_key(|file| file.prefix);
        let mut state = Sha256::new();
        state.update(b"folder");
        let mut total = 0;
        for file in &files {
            let metadata = std::fs::metadata(&file.path).map_err(ImportError::Source)?;
            state.update(file.prefix);
            known_by(&mut state, &metadata);
            total += metadata.len();
        }
        Ok(Self::new(Inputs::Folder(files), state, Some(total)))
    }

    fn of_stream(mut stream: Box<dyn Read + 'a>) -> Result<Self, ImportError> {
        let head = head(&mut stream)?;
        let mut state = Sha256::new();
        state.update(b"stream");
        state.update(&head);
        let whole = Box::new(Cursor::new(head).chain(stream));
        Ok(Self::new(Inputs::Stream(Some(whole)), state, None))
    }

    fn new(inputs: Inputs<'a>, state: Sha256, total: Option<u64>) -> Self {
        Self {
            inputs,
            fingerprint: state.finalize().into(),
            total,
            open: None,
            // Room for the end of a last row that lacks it.
            buffer: vec![0; PIECE + 1],
            begin: 0,
            end: 0,
            is_last: false,
        }
    }

    /// Names the source, so that an import goes on with the same one only.
    pub(crate) const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    pub(crate) const fn total(&self) -> Option<u64> {
        self.total
    }

    /// Of a folder: how many range files it lacks, and the first digits that it lacks.
    pub(crate) fn missing_ranges(&self) -> Option<(u64, String)> {
        let Inputs::Folder(files) = &self.inputs else {
            return None;
        };
        let there: HashSet<[u8; 5]> = files.iter().map(|file| file.prefix).collect();
        let mut missing = (0..ALL_RANGES).map(|number| format!("{number:05X}"));
        let first = missing.find(|digits| {
            !digits
                .as_bytes()
                .first_chunk()
                .is_some_and(|digits| there.contains(digits))
        });
        Some((ALL_RANGES.saturating_sub(there.len() as u64), first.unwrap_or_default()))
    }

    /// Which hash the source is of, by its first line. Takes nothing but what is before it.
    pub(crate) fn kind(&mut self, reading: &mut Reading) -> Result<Kind, ImportError> {
        loop {
            let piece = self.piece(reading)?.ok_or(ImportError::Empty)?;
            if !piece.text.is_empty() {
                let form = Form::detect(piece.text, piece.prefix);
                return Ok(form.ok_or_else(|| ImportError::Garbage(piece.place(1)))?.kind);
            }
        }
    }

    /// Goes to where reading stopped.
    pub(crate) fn go_to(&mut self, reading: &Reading) -> Result<(), ImportError> {
        self.forget();
        let Some(mut input) = self.input(reading.input, reading.offset)? else {
            return Ok(());
        };
        if matches!(self.inputs, Inputs::Stream(_)) {
            let mut checksum = crc32fast::Hasher::new();
            let mut left = reading.offset;
            let mut buffer = vec![0; PIECE];
            while left > 0 {
                let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let read = read(&mut input, buffer.get_mut(..wanted).unwrap_or_default())?;
                if read == 0 {
                    return Err(ImportError::AnotherStream);
                }
                checksum.update(buffer.get(..read).unwrap_or_default());
                left -= read as u64;
            }
            if checksum.finalize() != reading.checksum {
                return Err(ImportError::AnotherStream);
            }
        }
        self.open = Some(input);
        Ok(())
    }

    /// More text, with what was not taken before it; `None` at the end of the source.
    pub(crate) fn piece(&mut self, reading: &mut Reading) -> Result<Option<Piece<'_>>, ImportError> {
        if self.is_last && self.begin == self.end {
            self.forget();
            reading.input += 1;
            reading.offset = 0;
            reading.line = 0;
        }
        if self.open.is_none() && !self.is_last {
            self.open = self.input(reading.input, reading.offset)?;
            if self.open.is_none() {
                return Ok(None);
            }
        }
        self.fill()?;
        if reading.offset == 0 && self.text().starts_with(BYTE_ORDER_MARK) {
            self.used(BYTE_ORDER_MARK.len(), reading);
        }
        let text = self.buffer.get(self.begin..self.end).unwrap_or_default();
        let (prefix, file) = match &self.inputs {
            Inputs::Folder(files) => {
                let file = usize::try_from(reading.input).ok().and_then(|input| files.get(input));
                (file.map(|file| file.prefix), file.map(|file| file.name.as_str()))
            }
            _ => (None, None),
        };
        Ok(Some(Piece {
            text,
            is_last: self.is_last,
            prefix,
            file,
        }))
    }

    /// So many bytes of the last piece were taken.
    pub(crate) fn used(&mut self, bytes: usize, reading: &mut Reading) {
        if matches!(self.inputs, Inputs::Stream(_)) {
            let mut checksum = crc32fast::Hasher::new_with_initial_len(reading.checksum, reading.offset);
            checksum.update(self.text().get(..bytes).unwrap_or_default());
            reading.checksum = checksum.finalize();
        }
        self.begin += bytes;
        reading.offset += bytes as u64;
        reading.bytes += bytes as u64;
    }

    fn text(&self) -> &[u8] {
        self.buffer.get(self.begin..self.end).unwrap_or_default()
    }

    fn forget(&mut self) {
        self.open = None;
        self.begin = 0;
        self.end = 0;
        self.is_last = false;
    }

    /// Opens an input at a place; `None` when there are no more.
    fn input(&mut self, number: u64, offset: u64) -> Result<Option<Box<dyn Read + 'a>>, ImportError> {
        let path = match &mut self.inputs {
            Inputs::Stream(stream) => return Ok(stream.take()),
            Inputs::File(path) if number == 0 => path,
            Inputs::File(_) => return Ok(None),
            Inputs::Folder(files) => match usize::try_from(number).ok().and_then(|number| files.get(number)) {
                Some(file) => &file.path,
                None => return Ok(None),
            },
        };
        let mut file = File::open(path).map_err(ImportError::Source)?;
        file.seek(SeekFrom::Start(offset)).map_err(ImportError::Source)?;
        Ok(Some(Box::new(file)))
    }

    /// Reads until there is more than a row, or the end.
    fn fill(&mut self) -> Result<(), ImportError> {
        let Some(input) = &mut self.open else { return Ok(()) };
        self.buffer.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.begin = 0;
        let enough = (self.end + LONGEST_ROW).min(PIECE);
        while self.end < enough {
            let room = self.buffer.get_mut(self.end..PIECE).unwrap_or_default();
            let read = read(input, room)?;
            if read == 0 {
                self.is_last = true;
                break;
            }
            self.end += read;
        }
        if self.is_last {
            self.open = None;
            self.end_last_row();
        }
        Ok(())
    }

    fn end_last_row(&mut self) {
        if self.text().last().is_some_and(|byte| *byte != b'\n')
            && let Some(behind) = self.buffer.get_mut(self.end)
        {
            *behind = b'\n';
            self.end += 1;
        }
    }
}

fn read(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, ImportError> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map_err(ImportError::Source),
        }
    }
}

fn head(input: impl Read) -> Result<Vec<u8>, ImportError> {
    let mut head = Vec::new();
    input.take(HEAD).read_to_end(&mut head).map_err(ImportError::Source)?;
    Ok(head)
}

fn known_by(state: &mut Sha256, metadata: &std::fs::Metadata) {
    state.update(metadata.len().to_le_bytes());
    state.update(metadata.mtime().to_le_bytes());
    state.update(metadata.mtime_nsec().to_le_bytes());
}

/// `0A1B2.txt`, or without the ending.
fn prefix_of(name: &str) -> Option<[u8; 5]> {
    let digits = name.strip_suffix(".txt").unwrap_or(name);
    let prefix: [u8; 5] = digits.as_bytes().try_into().ok()?;
    let upper = prefix.to_ascii_uppercase().try_into().ok()?;
    prefix.iter().all(u8::is_ascii_hexdigit).then_some(upper)
}
