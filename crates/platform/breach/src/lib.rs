//! Is this password in a known breach? A compact, sorted file of truncated hashes, and look-ups in it.
//!
//! The published lists hold about a thousand million hashes of breached passwords as text. [`import`](import::run)
//! streams such a list into one file of about 37 bits an entry at that size. [`Corpus`] maps it into memory and answers
//! from one page of it; [`Live`] does so while the file is being replaced. `docs/BREACH-FILE.md` describes the file byte
//! for byte.
//!
//! What always holds:
//!
//! - **No false negative.** A hash that was imported is found, or the look-up is an error. A page that does not fit its
//!   checksum is an error, never "not there".
//! - A false positive needs a hash that shares its first 64 bits with an entry: 1 in 2³⁴ at 10⁹ entries. A corpus with
//!   counts ([`Detail::Full`]) keeps whole hashes and can tell ([`Corpus::occurrences`]).
//! - A file that somebody cuts short or writes over gives an error ([`Mapped`] says what remains).
//! - Time and place are arguments: nothing here reads a clock, and there is no global state.
//! - Passwords and hashes that are asked for are in no error and no `Debug`.

mod corpus;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod hash;
mod hex;
pub mod import;
mod index;
mod layout;
mod line;
mod live;
mod page;
mod page_builder;
mod range;
mod storage;
#[cfg(test)]
mod tests;
mod verify;
mod walk;
mod writer;

pub use corpus::{Corpus, Damage, Info, OpenError};
pub use hash::{Hash, Kind};
pub use layout::Detail;
pub use live::Live;
pub use range::{Prefix, RangeError, Row, body, pad};
pub use storage::{Mapped, Storage};
pub use verify::VerifyError;
pub use walk::{Entry, Pages};
pub use writer::{Writer, WriterError};
