//! What can go wrong.

use std::{fmt, io};

use thiserror::Error;

use crate::writer::WriterError;

/// Why a source was not imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The source cannot be read.
    #[error("the source cannot be read")]
    Source(#[source] io::Error),
    /// The new file cannot be written. With room again, the import goes on.
    #[error("the corpus cannot be written")]
    Output(#[source] io::Error),
    /// A line is no row of a published list of this kind.
    #[error("{0} is not HASH:COUNT as in the rest of the source")]
    Garbage(Place),
    /// A row is below the one before.
    #[error("{0} is not in ascending order; sort the source by hash, for example with `LC_ALL=C sort`")]
    Unsorted(Place),
    /// A folder has a file that is no range file.
    #[error("the folder has a file that is no range file (00000.txt to FFFFF.txt): {0}")]
    NotARangeFile(String),
    /// A folder lacks range files.
    #[error("{missing} of 1,048,576 range files are not there, {first}.txt the first of them")]
    MissingRanges {
        /// How many.
        missing: u64,
        /// Five hexadecimal digits.
        first: String,
    },
    /// Hashes are spread evenly, and the source has none where it should have many.
    #[error("the source is not whole: it has nothing from {from} to {to}, where about {expected} hashes belong")]
    Gap {
        /// The first eight digits of the hash before; zeros, where there is none.
        from: String,
        /// Those of the hash behind; `FFFFFFFF`, where there is none.
        to: String,
        /// How many hashes belong there.
        expected: u64,
    },
    /// The source has no line, so nobody knows which hash it is of.
    #[error("the source is empty")]
    Empty,
    /// Somebody else imports into this file.
    #[error("another import into this file is running")]
    Busy,
    /// A stream begins like that of the unfinished import and is another one.
    #[error("the stream is not the one that the unfinished import read; begin anew")]
    AnotherStream,
    /// The caller wanted so. The next import of the same source goes on.
    #[error("the import was stopped")]
    Stopped,
}

impl ImportError {
    /// The source itself is wrong: importing it again ends in the same way.
    pub(crate) const fn is_final(&self) -> bool {
        matches!(self, Self::Garbage(_) | Self::Unsorted(_) | Self::Empty)
    }
}

impl From<WriterError> for ImportError {
    fn from(error: WriterError) -> Self {
        match error {
            WriterError::Io(error) => Self::Output(error),
            // The order was checked when the row was read.
            WriterError::NotAscending => Self::Output(io::Error::other(error)),
        }
    }
}

/// Where in the source. What stands there is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The range file, in a folder.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "line {} of {file}", self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}
