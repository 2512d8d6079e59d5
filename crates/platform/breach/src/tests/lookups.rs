//! Look-ups.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Hashes are spread evenly; what is not must be found as well.
fn keys() -> impl Strategy<Value = BTreeSet<u64>> {
    let cluster = (any::<u64>(), 1..1_000_000_u64).prop_map(|(from, step)| (from, step));
    let even = proptest::collection::btree_set(any::<u64>(), 0..600);
    let dense = (cluster, 0..6000_u64)
        .prop_map(|((from, step), count)| (0..count).map(|number| from.wrapping_add(number * step)).collect());
    let edges = proptest::collection::btree_set(prop_oneof![0..400_u64, (u64::MAX - 400)..=u64::MAX], 0..600);
    let mixed = (even, dense, edges).prop_map(|(a, b, c): (BTreeSet<_>, BTreeSet<_>, BTreeSet<_>)| &(&a | &b) | &c);
    prop_oneof![proptest::collection::btree_set(any::<u64>(), 0..2000), mixed,]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn exactly_what_was_put_in_is_found(keys in keys(), asked in proptest::collection::vec(any::<u64>(), 100), full: bool) {
        let detail = if full { Detail::Full } else { Detail::Keys };
        let rows = keys.iter().map(|key| Row { hash: hash(*key, 7), count: 1 });
        let corpus = corpus_of(Kind::Sha1, detail, rows);
        prop_assert_eq!(corpus.info().entries, keys.len() as u64);
        corpus.verify(&mut |_| {}).unwrap();
        for key in &keys {
            for near in [*key, key.wrapping_add(1), key.wrapping_sub(1), key ^ (1 << 40)] {
                prop_assert_eq!(corpus.contains(near).unwrap(), keys.contains(&near));
            }
        }
        for key in &asked {
            prop_assert_eq!(corpus.contains(*key).unwrap(), keys.contains(key));
        }
        let many: Vec<u64> = keys.iter().flat_map(|key| [*key, key ^ (1 << 40)]).chain(asked).collect();
        let expected: Vec<bool> = many.iter().map(|key| keys.contains(key)).collect();
        prop_assert_eq!(corpus.contains_each(&many).unwrap(), expected);
    }
}

#[test]
fn over_several_segments_everything_is_found_and_the_file_is_small() {
    let rows = rows(1, 500_000);
    let corpus = corpus_of(Kind::Sha1, Detail::Keys, rows.clone());
    let info = corpus.info();
    assert_eq!(info.entries, rows.len() as u64);
    for row in &rows {
        assert!(corpus.contains(row.hash.prefix()).unwrap());
        assert!(!corpus.contains(row.hash.prefix() ^ 1).unwrap());
    }
    corpus.verify(&mut |_| {}).unwrap();
    // No code can do with less than log2(2⁶⁴ / n) + 1.44 bits.
    let least = 64.0 - 500_000_f64.log2() + 1.44;
    let bits = info.bits_per_entry().unwrap();
    assert!(bits < least + 1.8, "{bits} bits, and {least:.2} are the least");
}

/// Counts how often it is read from.
struct Counting(Vec<u8>, std::cell::Cell<u32>);

impl Storage for Counting {
    fn size(&self) -> std::io::Result<u64> {
        self.0.size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
        // In a mapped file a read is of one page of the system where it does not cross into the next.
        if offset >= 4096 && buffer.len() <= 4096 {
            assert_eq!(offset / 4096, (offset + buffer.len() as u64 - 1) / 4096);
        }
        self.1.set(self.1.get() + 1);
        self.0.read_at(buffer, offset)
    }
}

#[test]
fn a_look_up_reads_one_page_and_one_with_its_count_two_at_most() {
    let rows = rows(2, 50_000);
    for detail in [Detail::Keys, Detail::Full] {
        let storage = Counting(bytes_of(Kind::Sha1, detail, rows.clone()), 0.into());
        let corpus = Corpus::from_storage(storage).unwrap();
        let reads = || corpus.storage().1.take();
        reads();
        for row in &rows {
            corpus.contains(row.hash.prefix()).unwrap();
            assert_eq!(reads(), 1);
            corpus.contains(row.hash.prefix() ^ 1).unwrap();
            assert!(reads() <= 1);
            if detail == Detail::Full {
                assert_eq!(corpus.occurrences(&row.hash).unwrap(), Some(row.count));
                assert!(reads() <= 2);
            }
        }
    }
}

#[test]
fn a_few_entries_far_apart_share_a_page() {
    let corpus = corpus_of(Kind::Sha1, Detail::Keys, rows(1, 5));
    // Header, one page, one page of index.
    assert_eq!(corpus.info().length, 4096 + 512 + 512);
}

#[test]
fn an_empty_corpus_finds_nothing() {
    for detail in [Detail::Keys, Detail::Full] {
        let corpus = corpus_of(Kind::Ntlm, detail, []);
        assert!(!corpus.contains(0).unwrap() && !corpus.contains(u64::MAX).unwrap());
        assert_eq!(corpus.info().bits_per_entry(), None);
        corpus.verify(&mut |_| {}).unwrap();
    }
}

#[test]
fn passwords_and_hashes_are_found_by_the_hash_the_corpus_is_of() {
    for kind in [Kind::Sha1, Kind::Ntlm] {
        let hash = Hash::of_password(kind, b"password").unwrap();
        let corpus = corpus_of(kind, Detail::Keys, [Row { hash, count: 1 }]);
        assert!(corpus.contains_password(b"password").unwrap());
        assert!(!corpus.contains_password(b"another").unwrap());
        let (sha1, ntlm) = (hash.to_bytes(), *hash.to_bytes().first_chunk::<16>().unwrap());
        assert_eq!(corpus.contains_sha1(&sha1).ok(), (kind == Kind::Sha1).then_some(true));
        assert_eq!(corpus.contains_ntlm(&ntlm).ok(), (kind == Kind::Ntlm).then_some(true));
    }
}

#[test]
fn entries_out_of_order_are_refused_and_change_nothing() {
    let mut writer = Writer::new(Cursor::new(Vec::new()), Kind::Sha1, Detail::Keys).unwrap();
    writer.push(&hash(10, 0), 1).unwrap();
    assert!(writer.push(&hash(10, 1), 1).is_err(), "without counts these are one");
    assert!(writer.push(&hash(9, 0), 1).is_err());
    writer.push(&hash(11, 0), 1).unwrap();
    let corpus = Corpus::from_storage(writer.finish(0).unwrap().into_inner()).unwrap();
    assert_eq!(corpus.info().entries, 2);
    assert!(!corpus.contains(9).unwrap() && corpus.contains(10).unwrap() && corpus.contains(11).unwrap());
}

#[test]
fn the_digest_names_the_contents_and_not_the_moment() {
    let digest = |made_at, key| {
        let mut writer = Writer::new(Cursor::new(Vec::new()), Kind::Sha1, Detail::Keys).unwrap();
        writer.push(&hash(key, 0), 1).unwrap();
        let info = Corpus::from_storage(writer.finish(made_at).unwrap().into_inner())
            .unwrap()
            .info();
        assert_eq!(info.made_at, made_at);
        info.digest
    };
    assert_eq!(digest(1, 5), digest(2, 5));
    assert_ne!(digest(1, 5), digest(1, 6));
}
