//! Imports that were stopped go on, and end as if they had not been.

use std::io::Read as _;

use super::{
    imports::{OPTIONS, Place},
    *,
};
use crate::import::{self, Begun, ImportError, Next, Options, Source};

/// So many that there is more than one segment.
const MANY: usize = 450_000;

/// Stops at every checkpoint. How often that was, and how the last run began.
fn in_pieces(place: &Place, options: &Options, source: &dyn Fn() -> Source<'static>) -> (u32, Begun) {
    let mut stops = 0;
    loop {
        let mut saved = false;
        let outcome = import::run(source(), &place.output(), options, &mut |progress| {
            if saved {
                return Next::Stop;
            }
            saved = progress.can_save;
            if saved { Next::Checkpoint } else { Next::Go }
        });
        match outcome {
            Ok(outcome) => {
                assert_eq!(outcome.rows, MANY as u64 + 1);
                assert_eq!((outcome.merged, outcome.padding), (1, 0));
                return (stops, outcome.begun);
            }
            Err(ImportError::Stopped) => stops += 1,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The same rows in a few range files.
fn ranges(place: &Place, rows: &mut [Row]) -> std::path::PathBuf {
    let source = place.folder.path().join("ranges");
    std::fs::create_dir(&source).unwrap();
    for (number, rows) in rows.chunks_mut(MANY / 7).enumerate() {
        let begin = 0x1_1111 * (number as u64 + 1);
        let mut text = String::new();
        for row in rows {
            row.hash = row.hash.with_prefix(begin << 44 | row.hash.prefix() >> 20);
            text += &(line(Kind::Sha1, row)[5..].to_owned() + "\r\n");
        }
        std::fs::write(source.join(format!("{begin:05X}.txt")), text).unwrap();
    }
    source
}

/// Rows with a neighbour that is merged, far behind the first segment.
fn many() -> (Vec<Row>, String) {
    let rows = rows(40, MANY);
    assert_eq!(rows.len(), MANY);
    let mut doubled = rows.clone();
    doubled.insert(300_000, rows[300_000]);
    (rows, text(Kind::Sha1, &doubled, "\r\n"))
}

#[test]
fn a_file_a_folder_and_a_stream_go_on_where_they_were_stopped() {
    let (mut rows, text) = many();
    let expected = bytes_of(Kind::Sha1, Detail::Keys, rows.clone());
    let place = Place::new();
    let file = place.source(&text).leak();
    let (stops, begun) = in_pieces(&place, &OPTIONS, &|| Source::Path(file));
    assert!(stops >= 2, "it was stopped {stops} times");
    assert_eq!(begun, Begun::Resumed);
    assert!(std::fs::read(place.output()).unwrap() == expected);

    let place = Place::new();
    let text: &'static [u8] = text.into_bytes().leak();
    let (stops, begun) = in_pieces(&place, &OPTIONS, &|| Source::Stream(Box::new(text)));
    assert!(stops >= 2, "it was stopped {stops} times");
    assert_eq!(begun, Begun::Resumed);
    assert!(std::fs::read(place.output()).unwrap() == expected);
    assert_eq!(place.names(), ["corpus"]);

    let place = Place::new();
    rows.insert(300_000, rows[300_000]);
    let folder = ranges(&place, &mut rows).leak();
    let options = Options {
        incomplete: true,
        ..OPTIONS
    };
    let (stops, begun) = in_pieces(&place, &options, &|| Source::Path(folder));
    assert!(stops >= 1, "it was stopped {stops} times");
    assert_eq!(begun, Begun::Resumed);
    rows.dedup_by_key(|row| row.hash.prefix());
    assert!(std::fs::read(place.output()).unwrap() == bytes_of(Kind::Sha1, Detail::Keys, rows));
}

#[test]
fn what_is_missing_before_the_place_where_an_import_goes_on_is_still_seen() {
    let (_, text) = many();
    let lines: Vec<&str> = text.lines().collect();
    let cut = [&lines[..1000], &lines[2000..]].concat().join("\n");
    let place = stopped(cut.as_bytes());
    let again = Source::Stream(Box::new(cut.as_bytes()));
    let outcome = import::run(again, &place.output(), &OPTIONS, &mut |_| Next::Go);
    assert!(matches!(outcome, Err(ImportError::Gap { .. })));
    let again = Source::Stream(Box::new(cut.as_bytes()));
    let options = Options {
        incomplete: true,
        ..OPTIONS
    };
    let outcome = import::run(again, &place.output(), &options, &mut |_| Next::Go).unwrap();
    assert_eq!(outcome.begun, Begun::Resumed, "nothing is read twice for saying so");
}

#[test]
fn counts_are_right_after_going_on() {
    let (mut rows, text) = many();
    rows[300_000].count *= 2;
    let place = Place::new();
    let file = place.source(&text).leak();
    let options = Options {
        detail: Detail::Full,
        ..OPTIONS
    };
    let (stops, _) = in_pieces(&place, &options, &|| Source::Path(file));
    assert!(stops >= 2, "it was stopped {stops} times");
    assert!(std::fs::read(place.output()).unwrap() == bytes_of(Kind::Sha1, Detail::Full, rows));
}

/// An import that was stopped after its first checkpoint.
fn stopped(text: &[u8]) -> Place {
    let place = Place::new();
    let mut saved = false;
    let outcome = import::run(
        Source::Stream(Box::new(text)),
        &place.output(),
        &OPTIONS,
        &mut |progress| {
            if saved {
                return Next::Stop;
            }
            saved = progress.can_save;
            if saved { Next::Checkpoint } else { Next::Go }
        },
    );
    assert!(matches!(outcome, Err(ImportError::Stopped)));
    assert_eq!(place.names(), ["corpus.journal", "corpus.partial"]);
    place
}

#[test]
fn another_source_begins_anew_and_says_so() {
    let (_, text) = many();
    let place = stopped(text.as_bytes());
    let other = rows(41, 100);
    let source = place.source(super::text(Kind::Sha1, &other, "\n"));
    let outcome = place.import(&source, &OPTIONS).unwrap();
    assert_eq!(outcome.begun, Begun::AnotherSource);
    assert!(std::fs::read(place.output()).unwrap() == bytes_of(Kind::Sha1, Detail::Keys, other));
}

#[test]
fn a_stream_that_turns_out_to_be_another_is_refused_until_one_begins_anew() {
    let (_, text) = many();
    let place = stopped(text.as_bytes());
    let mut other = text.clone().into_bytes();
    // The count of a row well behind what a stream is known again by.
    let at = 200_000 + other[200_000..].iter().position(|byte| *byte == b':').unwrap() + 1;
    other[at] = if other[at] == b'1' { b'2' } else { b'1' };
    let again = |fresh| {
        let options = Options { fresh, ..OPTIONS };
        import::run(
            Source::Stream(Box::new(other.as_slice())),
            &place.output(),
            &options,
            &mut |_| Next::Go,
        )
    };
    assert!(matches!(again(false), Err(ImportError::AnotherStream)));
    let shorter = Source::Stream(Box::new(text.as_bytes().take(100_000)));
    let outcome = import::run(shorter, &place.output(), &OPTIONS, &mut |_| Next::Go);
    assert!(matches!(outcome, Err(ImportError::AnotherStream)));
    assert_eq!(again(true).unwrap().begun, Begun::Anew);
}

#[test]
fn a_journal_that_is_not_whole_or_has_lost_its_file_is_not_believed() {
    let (rows, text) = many();
    let expected = bytes_of(Kind::Sha1, Detail::Keys, rows);
    for harm in [
        |place: &Place| {
            let journal = place.folder.path().join("corpus.journal");
            let mut bytes = std::fs::read(&journal).unwrap();
            bytes[60] ^= 1;
            std::fs::write(journal, bytes).unwrap();
        },
        |place: &Place| std::fs::write(place.folder.path().join("corpus.partial"), "").unwrap(),
    ] {
        let place = stopped(text.as_bytes());
        harm(&place);
        let stream = Source::Stream(Box::new(text.as_bytes()));
        let outcome = import::run(stream, &place.output(), &OPTIONS, &mut |_| Next::Go).unwrap();
        assert_eq!(outcome.begun, Begun::Anew);
        assert!(std::fs::read(place.output()).unwrap() == expected);
    }
}

#[test]
fn what_was_written_behind_the_checkpoint_is_written_again() {
    let (rows, text) = many();
    let place = stopped(text.as_bytes());
    let partial = place.folder.path().join("corpus.partial");
    let mut bytes = std::fs::read(&partial).unwrap();
    bytes.extend_from_slice(&vec![0xaa; 100_000]);
    std::fs::write(&partial, bytes).unwrap();
    let stream = Source::Stream(Box::new(text.as_bytes()));
    let outcome = import::run(stream, &place.output(), &OPTIONS, &mut |_| Next::Go).unwrap();
    assert_eq!(outcome.begun, Begun::Resumed);
    assert!(std::fs::read(place.output()).unwrap() == bytes_of(Kind::Sha1, Detail::Keys, rows));
}
