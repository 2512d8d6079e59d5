//! Ranges of a corpus with counts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{Prefix, RangeError, body, pad};

/// Rows of which many share their first 64 bits.
fn crowded() -> impl Strategy<Value = BTreeMap<Hash, u64>> {
    let key = prop_oneof![Just(5_u64 << 44), (0..4_u64).prop_map(|n| (5 << 44) | n), any::<u64>()];
    proptest::collection::btree_map(
        (key, any::<u32>()).prop_map(|(key, tail)| hash(key, tail)),
        1..u64::MAX >> 1,
        0..900,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_range_has_exactly_its_rows_and_each_hash_its_count(all in crowded(), prefix in prop_oneof![Just(5_u32), 0..1_u32 << 20]) {
        let rows = all.iter().map(|(hash, count)| Row { hash: *hash, count: *count });
        let corpus = corpus_of(Kind::Sha1, Detail::Full, rows.clone());
        corpus.verify(&mut |_| {}).unwrap();
        for (hash, count) in &all {
            prop_assert_eq!(corpus.occurrences(hash).unwrap(), Some(*count));
        }
        prop_assert_eq!(corpus.occurrences(&hash(5 << 44, 0)).unwrap(), all.get(&hash(5 << 44, 0)).copied());
        let wanted = Prefix::parse(format!("{prefix:05x}").as_bytes()).unwrap();
        let expected: Vec<Row> = rows.filter(|row| row.hash.prefix() >> 44 == u64::from(prefix)).collect();
        prop_assert!(corpus.range(wanted).unwrap() == expected);
    }
}

#[test]
fn an_answer_is_written_as_the_published_interface_writes_it() {
    for (kind, expected) in [
        (Kind::Sha1, "1E4C9B93F3F0682250B6CF8331B7EE68FD8:52256179"),
        (Kind::Ntlm, "7EAEE8FB117AD06BDD830B7586C:52256179"),
    ] {
        let password = Row {
            hash: Hash::of_password(kind, b"password").unwrap(),
            count: 52_256_179,
        };
        let corpus = corpus_of(kind, Detail::Full, [password]);
        let prefix = format!("{:05x}", password.hash.prefix() >> 44);
        let rows = corpus.range(Prefix::parse(prefix.as_bytes()).unwrap()).unwrap();
        assert_eq!(String::from_utf8(body(kind, &rows)).unwrap(), expected);
    }
    let two: Vec<Row> = rows(7, 2);
    let text = String::from_utf8(body(Kind::Sha1, &two)).unwrap();
    assert_eq!(text.split("\r\n").count(), 2);
}

#[test]
fn a_corpus_without_counts_has_no_ranges() {
    let corpus = corpus_of(Kind::Sha1, Detail::Keys, rows(8, 10));
    let range = corpus.range(Prefix::parse(b"00000").unwrap());
    assert!(matches!(range, Err(RangeError::NoCounts)));
}

#[test]
fn padding_fills_up_to_800_to_1000_rows_and_changes_no_real_one() {
    let prefix = Prefix::parse(b"ABCDE").unwrap();
    let mut numbers = Numbers(9);
    let mut chance = |buffer: &mut [u8]| buffer.fill_with(|| numbers.next().to_le_bytes()[0]);
    let mut lengths = Vec::new();
    for real in [0, 1, 500, 999, 1500] {
        let real: Vec<Row> = rows(10, real)
            .into_iter()
            .map(|row| Row {
                hash: hash((0xABCDE << 44) | (row.hash.prefix() >> 20), 1),
                ..row
            })
            .collect();
        let mut padded = real.clone();
        pad(&mut padded, prefix, &mut chance);
        lengths.push(padded.len());
        assert!(padded.is_sorted());
        assert!(padded.iter().all(|row| row.hash.prefix() >> 44 == 0xABCDE));
        let kept: Vec<Row> = padded.iter().copied().filter(|row| row.count > 0).collect();
        assert!(kept == real);
        assert!(padded.len() == real.len() || (800..=1000).contains(&padded.len()));
    }
    assert!(
        lengths[..3].windows(2).any(|pair| pair[0] != pair[1]),
        "the length is chance"
    );
}

#[test]
fn only_five_digits_are_a_prefix() {
    for bad in ["", "0000", "000000", "0000G", "0000 ", "é000"] {
        assert!(Prefix::parse(bad.as_bytes()).is_none(), "{bad}");
    }
    assert_eq!(Prefix::parse(b"abcde"), Prefix::parse(b"ABCDE"));
}
