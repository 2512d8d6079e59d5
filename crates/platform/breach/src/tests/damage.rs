//! Damaged files are refused, when they are opened or when they are asked. What was there is never "not there".

use super::*;
use crate::{OpenError, VerifyError};

#[test]
fn a_flipped_bit_anywhere_is_an_error_or_changes_no_answer() {
    for detail in [Detail::Keys, Detail::Full] {
        let rows = rows(2, 400);
        let sound = bytes_of(Kind::Sha1, detail, rows.clone());
        let mut numbers = Numbers(3);
        for byte in 0..sound.len() {
            // Every byte of the header and the heads of pages, and a sample of the rest.
            if byte > 128 && byte % 512 > 16 && !numbers.next().is_multiple_of(40) {
                continue;
            }
            let mut damaged = sound.clone();
            damaged[byte] ^= 1 << (numbers.next() % 8);
            let Ok(corpus) = Corpus::from_storage(damaged) else {
                continue;
            };
            assert!(
                corpus.verify(&mut |_| {}).is_err(),
                "byte {byte} was flipped and nobody saw it"
            );
            for row in &rows {
                assert_ne!(corpus.contains(row.hash.prefix()).ok(), Some(false), "byte {byte}");
            }
        }
    }
}

#[test]
fn a_file_of_another_length_is_refused() {
    let sound = bytes_of(Kind::Sha1, Detail::Keys, rows(4, 2000));
    for length in [0, 1, 4095, 4096, 5000, sound.len() - 512, sound.len() - 1] {
        let opened = Corpus::from_storage(sound[..length].to_vec());
        assert!(
            matches!(opened, Err(OpenError::Length { .. } | OpenError::NotACorpus)),
            "{length}"
        );
    }
    let longer = [sound.as_slice(), &[0]].concat();
    assert!(matches!(Corpus::from_storage(longer), Err(OpenError::Length { .. })));
}

#[test]
fn pages_that_changed_places_are_seen() {
    let mut bytes = bytes_of(Kind::Sha1, Detail::Keys, rows(5, 2000));
    let (first, second) = bytes[4096..4096 + 1024].split_at_mut(512);
    first.swap_with_slice(second);
    let corpus = Corpus::from_storage(bytes).unwrap();
    assert!(matches!(corpus.verify(&mut |_| {}), Err(VerifyError::Damaged(_))));
    assert_eq!(
        corpus.contains(rows(5, 2000)[3].hash.prefix()).unwrap_err().kind(),
        std::io::ErrorKind::InvalidData
    );
}

#[test]
fn what_is_something_else_says_so() {
    let text = vec![b'x'; 10_000];
    assert!(matches!(Corpus::from_storage(text), Err(OpenError::NotACorpus)));
    assert!(
        matches!(Corpus::from_storage(vec![0; 10_000]), Err(OpenError::NotACorpus)),
        "an unfinished import"
    );
    let mut later = bytes_of(Kind::Sha1, Detail::Keys, []);
    later[8] = 3;
    assert!(matches!(Corpus::from_storage(later), Err(OpenError::Version(3))));
}

#[test]
fn a_file_that_is_cut_short_while_it_is_open_is_an_error_and_not_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus");
    let rows = rows(6, 5000);
    std::fs::write(&path, bytes_of(Kind::Sha1, Detail::Keys, rows.clone())).unwrap();
    let corpus = Corpus::open(&path).unwrap();
    assert!(corpus.contains(rows[4000].hash.prefix()).unwrap());
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(5000)
        .unwrap();
    let error = corpus.contains(rows[4000].hash.prefix()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    let all: Vec<u64> = rows.iter().map(|row| row.hash.prefix()).collect();
    assert_eq!(
        corpus.contains_each(&all).unwrap_err().kind(),
        std::io::ErrorKind::UnexpectedEof
    );
}

#[test]
fn a_file_that_is_written_over_while_it_is_open_is_an_error_and_never_a_wrong_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus");
    let (before, after) = (rows(7, 5000), rows(8, 6000));
    std::fs::write(&path, bytes_of(Kind::Sha1, Detail::Keys, before.clone())).unwrap();
    let corpus = Corpus::open(&path).unwrap();
    std::fs::write(&path, bytes_of(Kind::Sha1, Detail::Keys, after)).unwrap();
    for row in before {
        assert_ne!(corpus.contains(row.hash.prefix()).ok(), Some(false));
        assert_ne!(corpus.contains_each(&[row.hash.prefix()]).ok(), Some(vec![false]));
    }
}

#[test]
fn a_file_without_a_byte_is_no_corpus() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(matches!(Corpus::open(file.path()), Err(OpenError::NotACorpus)));
}
