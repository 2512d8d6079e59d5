//! From published lists to corpora.

use std::path::{Path, PathBuf};

use super::*;
use crate::import::{self, Begun, ImportError, Next, Options, Outcome, Source};

pub(super) const OPTIONS: Options = Options {
    detail: Detail::Keys,
    made_at: 1_700_000_000,
    fresh: false,
    incomplete: false,
};

/// A folder for one import.
pub(super) struct Place {
    pub(super) folder: tempfile::TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn output(&self) -> PathBuf {
        self.folder.path().join("corpus")
    }

    /// A source of this text.
    pub(super) fn source(&self, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join("source.txt");
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(super) fn import(&self, source: &Path, options: &Options) -> Result<Outcome, ImportError> {
        import::run(Source::Path(source), &self.output(), options, &mut |_| Next::Go)
    }

    fn import_text(&self, text: impl AsRef<[u8]>, detail: Detail) -> Result<Outcome, ImportError> {
        self.import(&self.source(text), &Options { detail, ..OPTIONS })
    }

    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn a_sorted_file_of_either_kind_with_either_line_end_becomes_the_corpus_of_its_rows() {
    for kind in [Kind::Sha1, Kind::Ntlm] {
        for detail in [Detail::Keys, Detail::Full] {
            let rows: Vec<Row> = rows(20, 3000)
                .into_iter()
                .map(|row| Row {
                    hash: Hash::parse(kind, line(kind, &row).split(':').next().unwrap().as_bytes()).unwrap(),
                    ..row
                })
                .collect();
            let expected = bytes_of(kind, detail, rows.clone());
            let lf = text(kind, &rows, "\n");
            let crlf = text(kind, &rows, "\r\n");
            let open_end = lf.trim_end().to_owned();
            let lower = crlf.to_lowercase();
            let marked = format!("\u{feff}{lf}");
            for text in [lf, crlf, open_end, lower, marked] {
                let place = Place::new();
                let outcome = place.import_text(&text, detail).unwrap();
                assert_eq!((outcome.kind, outcome.entries, outcome.rows), (kind, 3000, 3000));
                assert!(std::fs::read(place.output()).unwrap() == expected);
                assert_eq!(place.names(), ["corpus", "source.txt"], "nothing else is left");
            }
        }
    }
}

#[test]
fn a_folder_of_range_files_becomes_the_same_corpus() {
    for kind in [Kind::Sha1, Kind::Ntlm] {
        let rows: Vec<Row> = rows(21, 4000)
            .into_iter()
            .map(|row| Row {
                hash: Hash::parse(kind, line(kind, &row).split(':').next().unwrap().as_bytes()).unwrap(),
                ..row
            })
            .collect();
        let place = Place::new();
        let source = place.folder.path().join("ranges");
        std::fs::create_dir(&source).unwrap();
        let mut files = std::collections::BTreeMap::<String, Vec<String>>::new();
        for row in &rows {
            let line = line(kind, row);
            files
                .entry(line[..5].to_owned())
                .or_default()
                .push(line[5..].to_owned());
        }
        files.insert("FFFFF".into(), Vec::new());
        for (number, (prefix, lines)) in files.iter().enumerate() {
            let name = if number % 2 == 0 {
                format!("{prefix}.txt")
            } else {
                prefix.to_lowercase()
            };
            std::fs::write(source.join(name), lines.join("\r\n")).unwrap();
        }
        let outcome = place
            .import(
                &source,
                &Options {
                    detail: Detail::Full,
                    incomplete: true,
                    ..OPTIONS
                },
            )
            .unwrap();
        assert_eq!(outcome.kind, kind);
        assert_eq!(outcome.missing_ranges, Some((1 << 20) - files.len() as u64));
        assert!(std::fs::read(place.output()).unwrap() == bytes_of(kind, Detail::Full, rows));
    }
}

#[test]
fn a_stream_becomes_the_same_corpus_however_it_trickles() {
    struct Trickle<'a>(&'a [u8]);
    impl std::io::Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let most = self.0.len().min(buffer.len()).min(7);
            std::io::Read::read(&mut self.0, &mut buffer[..most])
        }
    }
    let rows = rows(22, 500);
    let text = "\u{feff}".to_owned() + &text(Kind::Sha1, &rows, "\r\n");
    let place = Place::new();
    let source = Source::Stream(Box::new(Trickle(text.trim_end().as_bytes())));
    let outcome = import::run(source, &place.output(), &OPTIONS, &mut |_| Next::Go).unwrap();
    assert_eq!((outcome.entries, outcome.begun), (500, Begun::Anew));
    assert!(std::fs::read(place.output()).unwrap() == bytes_of(Kind::Sha1, Detail::Keys, rows));
}

#[test]
fn padding_is_left_out_wherever_it_stands() {
    let rows = rows(23, 100);
    let mut padded = String::new();
    for row in &rows {
        padded += &(line(Kind::Sha1, row) + "\r\n");
        let nothing = Row {
            count: 0,
            hash: hash(row.hash.prefix() ^ (1 << 63), 1),
        };
        padded += &(line(Kind::Sha1, &nothing) + "\r\n");
    }
    let place = Place::new();
    let outcome = place.import_text(padded, Detail::Keys).unwrap();
    assert_eq!((outcome.entries, outcome.padding, outcome.rows), (100, 100, 200));
    assert!(std::fs::read(place.output()).unwrap() == bytes_of(Kind::Sha1, Detail::Keys, rows));
}

#[test]
fn a_source_of_padding_alone_is_a_corpus_of_nothing() {
    let place = Place::new();
    let nothing = Row {
        count: 0,
        hash: hash(5, 1),
    };
    let outcome = place
        .import_text(text(Kind::Ntlm, &[nothing; 3], "\n"), Detail::Keys)
        .unwrap();
    assert_eq!((outcome.entries, outcome.padding, outcome.kind), (0, 3, Kind::Ntlm));
    assert!(!Corpus::open(place.output()).unwrap().contains(5).unwrap());
}

#[test]
fn rows_that_are_one_entry_are_merged() {
    let row = |tail, count| Row {
        hash: Hash::new(7, [tail, 0, 0]),
        count,
    };
    let text = text(Kind::Sha1, &[row(1, 2), row(1, 3), row(2, 4), row(2, 1)], "\n");
    let place = Place::new();
    let outcome = place.import_text(&text, Detail::Keys).unwrap();
    assert_eq!((outcome.entries, outcome.merged), (1, 3), "the first 64 bits are one");
    let outcome = place.import_text(&text, Detail::Full).unwrap();
    assert_eq!((outcome.entries, outcome.merged), (2, 2));
    let corpus = Corpus::open(place.output()).unwrap();
    assert_eq!(
        corpus.occurrences(&row(1, 0).hash).unwrap(),
        Some(5),
        "counts of one hash are added"
    );
}

#[test]
fn what_is_out_of_order_is_refused_with_its_line_and_the_old_corpus_stays() {
    let place = Place::new();
    place
        .import_text(text(Kind::Sha1, &rows(24, 10), "\n"), Detail::Keys)
        .unwrap();
    let before = std::fs::read(place.output()).unwrap();
    let mut unsorted = rows(25, 50);
    unsorted.swap(30, 31);
    let error = place
        .import_text(text(Kind::Sha1, &unsorted, "\n"), Detail::Keys)
        .unwrap_err();
    assert!(matches!(&error, ImportError::Unsorted(at) if at.line == 32), "{error}");
    // Also where only what is cut off is out of order.
    let row = |tail| Row {
        hash: Hash::new(7, [tail, 0, 0]),
        count: 1,
    };
    let error = place
        .import_text(text(Kind::Sha1, &[row(1), row(3), row(2)], "\n"), Detail::Keys)
        .unwrap_err();
    assert!(matches!(&error, ImportError::Unsorted(at) if at.line == 3), "{error}");
    assert!(std::fs::read(place.output()).unwrap() == before);
}

#[test]
fn what_is_no_row_is_refused_with_its_line_and_is_not_repeated() {
    let rows = rows(26, 4);
    let good = text(Kind::Sha1, &rows, "\n");
    let ntlm = text(Kind::Ntlm, &rows[3..], "\n");
    for bad in [
        "hunter2\n",
        "hunter2",
        "\n",
        &ntlm,
        &"5".repeat(500),
        "secret:hunter2\n",
    ] {
        for (text, line) in [(format!("{good}{bad}"), 5), (bad.to_owned(), 1)] {
            if text == ntlm {
                continue;
            }
            let place = Place::new();
            let error = place.import_text(&text, Detail::Keys).unwrap_err();
            assert!(
                matches!(&error, ImportError::Garbage(at) if at.line == line),
                "{bad:?}: {error}"
            );
            assert!(!format!("{error} {error:?}").contains("hunter2"));
            assert_eq!(place.names(), ["source.txt"], "nothing is left");
        }
    }
}

#[test]
fn the_range_file_of_a_bad_line_is_named_and_other_files_are_refused() {
    let place = Place::new();
    let source = place.folder.path().join("ranges");
    std::fs::create_dir(&source).unwrap();
    let suffix = &line(Kind::Sha1, &rows(27, 1)[0])[5..];
    std::fs::write(source.join("00000.txt"), format!("{suffix}\r\n")).unwrap();
    std::fs::write(source.join("0000A.txt"), format!("{suffix}\r\nx\r\n")).unwrap();
    let options = Options {
        incomplete: true,
        ..OPTIONS
    };
    let error = place.import(&source, &options).unwrap_err();
    assert!(error.to_string().starts_with("line 2 of 0000A.txt"), "{error}");
    std::fs::write(source.join("README"), "").unwrap();
    assert!(matches!(place.import(&source, &OPTIONS), Err(ImportError::NotARangeFile(name)) if name == "README"));
}

#[test]
fn a_list_from_which_a_part_is_missing_is_refused_and_the_old_corpus_stays() {
    let whole = rows(31, 20_000);
    let place = Place::new();
    place.import_text(text(Kind::Sha1, &whole, "\n"), Detail::Keys).unwrap();
    let before = std::fs::read(place.output()).unwrap();
    // As a download ends that was cut, begins that went on in the wrong place, and looks that lost some in between.
    for missing in [19_800..20_000, 0..200, 7_000..7_200] {
        let mut rows = whole.clone();
        rows.drain(missing.clone());
        for detail in [Detail::Keys, Detail::Full] {
            let source = place.source(text(Kind::Sha1, &rows, "\n"));
            let options = Options { detail, ..OPTIONS };
            let error = place.import(&source, &options).unwrap_err();
            let ImportError::Gap { from, to, expected } = &error else {
                panic!("{error}");
            };
            assert!((150..250).contains(expected), "{expected}");
            let first = |number: usize| whole.get(number).map_or(u64::MAX, |row| row.hash.prefix()) >> 32;
            let last = missing.start.checked_sub(1).map_or(0, first);
            assert_eq!(
                (from, to),
                (&format!("{last:08X}"), &format!("{:08X}", first(missing.end)))
            );
            assert!(std::fs::read(place.output()).unwrap() == before);
            assert_eq!(place.names(), ["corpus", "source.txt"], "nothing is left");
        }
    }
}

#[test]
fn a_part_of_a_list_is_taken_where_the_caller_says_so() {
    let mut rows = rows(31, 20_000);
    rows.truncate(10_000);
    let place = Place::new();
    let options = Options {
        incomplete: true,
        ..OPTIONS
    };
    let source = place.source(text(Kind::Sha1, &rows, "\n"));
    assert_eq!(place.import(&source, &options).unwrap().entries, 10_000);
}

#[test]
fn a_folder_that_lacks_range_files_is_refused_before_it_is_read() {
    let place = Place::new();
    let source = place.folder.path().join("ranges");
    std::fs::create_dir(&source).unwrap();
    for there in ["00000.txt", "00001", "00003.txt"] {
        std::fs::write(source.join(there), "not even rows").unwrap();
    }
    let error = place.import(&source, &OPTIONS).unwrap_err();
    assert!(
        matches!(&error, ImportError::MissingRanges { missing: 1_048_573, first } if first == "00002"),
        "{error}"
    );
    assert_eq!(place.names(), ["ranges"], "nothing is left");
}

#[test]
fn an_empty_source_is_refused() {
    let place = Place::new();
    assert!(matches!(place.import_text("", Detail::Keys), Err(ImportError::Empty)));
    let missing = place.folder.path().join("missing");
    assert!(matches!(place.import(&missing, &OPTIONS), Err(ImportError::Source(_))));
    assert_eq!(place.names(), ["source.txt"], "nothing is left");
}

#[test]
fn two_imports_into_one_file_do_not_meet() {
    let place = Place::new();
    let source = place.source(text(Kind::Sha1, &rows(28, 10), "\n"));
    let mut other = None;
    import::run(Source::Path(&source), &place.output(), &OPTIONS, &mut |_| {
        other = Some(place.import(&source, &OPTIONS));
        Next::Go
    })
    .unwrap();
    assert!(matches!(other, Some(Err(ImportError::Busy))));
}

#[test]
fn the_old_corpus_answers_until_the_new_one_is_whole() {
    let place = Place::new();
    place
        .import_text(text(Kind::Sha1, &rows(29, 10), "\n"), Detail::Keys)
        .unwrap();
    let old = Corpus::open(place.output()).unwrap();
    let key = rows(29, 10)[4].hash.prefix();
    let source = place.source(text(Kind::Sha1, &rows(30, 10), "\n"));
    import::run(Source::Path(&source), &place.output(), &OPTIONS, &mut |_| {
        assert!(Corpus::open(place.output()).unwrap().contains(key).unwrap());
        Next::Go
    })
    .unwrap();
    assert!(!Corpus::open(place.output()).unwrap().contains(key).unwrap());
    assert!(old.contains(key).unwrap(), "who has the old one open goes on");
}
