//! Walks through all entries.

use proptest::prelude::*;

use super::*;
use crate::Entry;

fn entry(detail: Detail, row: &Row) -> Entry {
    Entry {
        prefix: row.hash.prefix(),
        count: (detail == Detail::Full).then_some(row.count),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn wherever_a_walk_is_stopped_the_parts_together_are_all_entries_in_order(
        seed: u64,
        count in 0..4000_usize,
        full: bool,
        stops in proptest::collection::vec(0..9_usize, 0..40),
    ) {
        let detail = if full { Detail::Full } else { Detail::Keys };
        let mut rows = rows(seed, count);
        if full {
            // Whole hashes that share their first 64 bits, more than a page has room for.
            let shared = 0x7777_7777_7777_7777;
            rows.extend((0..count.min(400)).map(|n| Row { hash: hash(shared, u32::try_from(n).unwrap()), count: 3 }));
            rows.sort_unstable();
        }
        let corpus = corpus_of(Kind::Sha1, detail, rows.clone());
        let (mut walked, mut page) = (Vec::new(), 0);
        for pages in stops {
            let mut walk = corpus.pages_from(page);
            for entries in walk.by_ref().take(pages) {
                walked.extend(entries.unwrap());
            }
            page = walk.next_page();
        }
        let mut rest = corpus.pages_from(page);
        walked.extend(rest.by_ref().flat_map(Result::unwrap));
        prop_assert_eq!(rest.next_page(), corpus.info().pages);
        let all: Vec<_> = rows.iter().map(|row| entry(detail, row)).collect();
        prop_assert_eq!(walked, all);
        prop_assert!(corpus.pages_from(u64::MAX).next().is_none());
    }
}

#[test]
fn a_damaged_page_ends_the_walk_with_an_error_and_is_not_passed_over() {
    for detail in [Detail::Keys, Detail::Full] {
        let rows = rows(8, 3000);
        let mut bytes = bytes_of(Kind::Sha1, detail, rows.clone());
        let at = usize::try_from(detail.page_at(3)).unwrap();
        bytes[at + 40] ^= 1;
        let corpus = Corpus::from_storage(bytes).unwrap();
        let mut walk = corpus.pages_from(0);
        let sound: Vec<_> = walk.by_ref().take(3).flat_map(Result::unwrap).collect();
        let before: Vec<_> = rows.iter().take(sound.len()).map(|row| entry(detail, row)).collect();
        assert_eq!(sound, before);
        let error = walk.next().unwrap().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
        assert!(walk.next().is_none(), "what lies behind it is not given either");
        assert_eq!(walk.next_page(), 3, "and a walk that goes on begins with it");
    }
}
