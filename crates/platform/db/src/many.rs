//! Asking for many rows by their ids at once: one question instead of one for each.

use uuid::Uuid;
use wd_kernel::Id;

use crate::{Bound, Column as _};

/// How many ids a statement of [`in_chunks`] takes.
const CHUNK: usize = 25;

/// The ids as binds for statements with `IN ($1, …, $25)`: filled up with the id that nothing has.
pub fn in_chunks<I: Id>(ids: &[I]) -> impl Iterator<Item = Vec<Bound>> {
    ids.chunks(CHUNK).map(|chunk| {
        chunk
            .iter()
            .map(|id| id.uuid())
            .chain(std::iter::repeat(Uuid::nil()))
            .take(CHUNK)
            .map(|id| id.bind())
            .collect()
    })
}
