//! Reading a part of a corpus for the blind indexes of passwords: nothing but computing, away from the requests.

use std::{collections::HashSet, io, sync::Arc};

use tracing::error;
use wd_breach::{Corpus, Storage};
use wd_crypto::NumberIndex;

/// What stands in the database for a password, sealed: the HMAC of the first 64 bits of its SHA-1.
pub(crate) type Index = [u8; 16];

/// What is looked for. It has no `Debug`.
pub(crate) struct Wanted {
    pub key: NumberIndex,
    pub indexes: HashSet<Index>,
}

/// What a part of a corpus has.
pub(crate) struct Stretch {
    /// The page to go on with; `None`: that was the last one.
    pub next_page: Option<u64>,
    /// How many entries were read.
    pub entries: u64,
    /// What was looked for and is there, and how often it was seen, if the corpus knows.
    pub hits: Vec<(Index, Option<u64>)>,
}

/// Reads whole pages from this one on, until there were so many entries.
pub(crate) fn read<S: Storage>(corpus: &Corpus<S>, from: u64, most: u64, wanted: &Wanted) -> io::Result<Stretch> {
    let mut pages = corpus.pages_from(from);
    let (mut entries, mut hits) = (0, Vec::new());
    while entries < most {
        let Some(page) = pages.next().transpose()? else {
            break;
        };
        entries += page.len() as u64;
        for entry in page {
            let index = wanted.key.of(entry.prefix);
            if wanted.indexes.contains(&index) {
                hits.push((index, entry.count));
            }
        }
    }
    let next = pages.next_page();
    Ok(Stretch {
        next_page: (next < corpus.info().pages).then_some(next),
        entries,
        hits,
    })
}

/// The same on a thread where waiting keeps nobody else waiting. `None`: it could not be read, and the log says why.
pub(crate) async fn read_beside(corpus: Arc<Corpus>, from: u64, most: u64, wanted: Wanted) -> Option<Stretch> {
    let reading = tokio::task::spawn_blocking(move || read(&corpus, from, most, &wanted));
    match reading.await {
        Ok(read) => read
            .inspect_err(|error| error!(%error, "the corpus of breached passwords cannot be read to its end"))
            .ok(),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, io::Cursor};

    use proptest::prelude::*;
    use wd_breach::{Detail, Hash, Kind, Writer};
    use wd_crypto::BlindIndex;

    use super::*;

    fn corpus_of(keys: &BTreeSet<u64>, detail: Detail) -> Corpus<Vec<u8>> {
        let mut writer = Writer::new(Cursor::new(Vec::new()), Kind::Sha1, detail).unwrap();
        for key in keys {
            let mut hash = [0; 20];
            hash[..8].copy_from_slice(&key.to_be_bytes());
            writer.push(&Hash::sha1(&hash), 7).unwrap();
        }
        Corpus::from_storage(writer.finish(0).unwrap().into_inner()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn wherever_a_scan_is_stopped_it_finds_all_that_is_there_once_and_nothing_else(
            keys in proptest::collection::btree_set(any::<u64>(), 0..3000),
            strangers in proptest::collection::btree_set(any::<u64>(), 0..20),
            every in 1..40_usize,
            steps in proptest::collection::vec(1..900_u64, 1..20),
            full: bool,
        ) {
            let corpus = corpus_of(&keys, if full { Detail::Full } else { Detail::Keys });
            let column = BlindIndex::new(&[3; 32], "password_index", "sha1");
            let there: BTreeSet<u64> = keys.iter().copied().step_by(every).collect();
            let indexes = || there.union(&strangers).map(|key| column.of_numbers().of(*key)).collect();
            let (mut found, mut entries, mut from) = (Vec::new(), 0, Some(0));
            for most in steps.iter().cycle() {
                let Some(page) = from else { break };
                let wanted = Wanted { key: column.of_numbers(), indexes: indexes() };
                let stretch = read(&corpus, page, *most, &wanted).unwrap();
                entries += stretch.entries;
                found.extend(stretch.hits);
                from = stretch.next_page;
            }
            let count = full.then_some(7);
            let expected = keys.iter().filter(|key| there.contains(*key) || strangers.contains(*key));
            let expected: Vec<_> = expected.map(|key| (column.of_numbers().of(*key), count)).collect();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(entries, keys.len() as u64);
        }
    }
}
