//! What must hold for any bytes. Run by the fuzzer, and with the committed seeds by the tests.

use crate::{
    Corpus, Detail, Hash, Kind, Prefix,
    layout::{HEADER, Header, checksum, page_checksum},
    line::{Form, Taken},
};

/// Name and body of a target.
pub type Target = (&'static str, fn(&[u8]));

/// The targets of this crate.
pub const TARGETS: &[Target] = &[("breach-rows", rows), ("breach-files", files)];

/// A row that is taken has the hash and the count that its line says in plain reading; what is not taken is no such line.
fn rows(bytes: &[u8]) {
    for kind in [Kind::Sha1, Kind::Ntlm] {
        for prefix in [None, Some(*b"0a1B2")] {
            let form = Form { kind, prefix };
            match form.take(bytes) {
                Taken::Row { hash, count, used } => {
                    let line = bytes.get(..used).unwrap_or_default();
                    assert_eq!(plain(form, line), Some((hash, count)));
                }
                Taken::Incomplete => assert!(bytes.len() < 60 || !bytes.contains(&b'\n')),
                Taken::Garbage => {
                    let line = bytes.split_inclusive(|byte| *byte == b'\n').next();
                    assert_eq!(plain(form, line.unwrap_or_default()), None);
                }
            }
        }
    }
}

/// Reads a whole line without haste.
fn plain(form: Form, line: &[u8]) -> Option<(Hash, u64)> {
    let line = line.strip_suffix(b"\n")?;
    let line = str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)).ok()?;
    let (digits, count) = line.split_once(':')?;
    let whole = form.prefix.map_or(String::new(), |prefix| {
        prefix.iter().map(|byte| char::from(*byte)).collect()
    });
    let whole = whole + digits;
    let is_count = (1..=12).contains(&count.len()) && count.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != form.kind.digits() || !whole.bytes().all(|byte| byte.is_ascii_hexdigit()) || !is_count {
        return None;
    }
    let bytes: Option<Vec<u8>> = (0..whole.len())
        .step_by(2)
        .map(|from| u8::from_str_radix(whole.get(from..from + 2)?, 16).ok())
        .collect();
    Some((Hash::of_bytes(&bytes?), count.parse().ok()?))
}

/// Whatever a file holds, also under checksums that fit: it is refused, or what it says it has is found.
fn files(bytes: &[u8]) {
    look_around(bytes.to_vec());
    for detail in [Detail::Keys, Detail::Full] {
        look_around(with_fitting_checksums(bytes, detail));
    }
}

fn look_around(bytes: Vec<u8>) {
    let Ok(corpus) = Corpus::from_storage(bytes) else {
        return;
    };
    let sound = corpus.verify(&mut |_| {}).is_ok();
    for key in [0, 1, 1 << 44, u64::MAX / 3, u64::MAX] {
        let asked = corpus.contains(key);
        assert!(!sound || asked.is_ok());
    }
    for digits in [b"00000", b"0a1B2", b"FFFFF"] {
        let range = Prefix::parse(digits).map(|prefix| corpus.range(prefix));
        if let (true, Some(Ok(rows))) = (sound, range) {
            for row in rows {
                assert!(corpus.contains(row.hash.prefix()).is_ok_and(|there| there));
            }
        }
    }
}

/// A file of pages with these contents, 128 bytes for each.
fn with_fitting_checksums(bytes: &[u8], detail: Detail) -> Vec<u8> {
    let mut pages: Vec<(u64, &[u8])> = bytes
        .chunks(128)
        .map(|chunk| {
            chunk
                .split_first_chunk()
                .map_or((0, chunk), |(key, rest)| (u64::from_le_bytes(*key), rest))
        })
        .collect();
    pages.sort_unstable();
    pages.dedup_by_key(|(key, _)| *key);
    let mut file = vec![0; HEADER];
    for (number, (first, contents)) in pages.iter().enumerate() {
        let mut page = contents.to_vec();
        page.resize(detail.page() - 4, 0);
        file.extend_from_slice(&page_checksum(number as u64, *first, &page).to_le_bytes());
        file.extend_from_slice(&page);
    }
    if !pages.is_empty() {
        let mut index: Vec<u8> = pages.iter().flat_map(|(key, _)| key.to_le_bytes()).collect();
        index.resize(index.len().saturating_add(4).next_multiple_of(detail.page()) - 4, 0);
        file.extend_from_slice(&index);
        file.extend_from_slice(&checksum(0, &index).to_le_bytes());
    }
    let header = Header {
        kind: Kind::Sha1,
        detail,
        entries: pages.iter().map(|(_, page)| entries_of(page)).sum(),
        pages: pages.len() as u64,
        made_at: 0,
        digest: crate::layout::next_link(
            &crate::layout::first_link(Kind::Sha1, detail),
            file.get(HEADER..).unwrap_or_default(),
        ),
    };
    file.splice(..HEADER, header.encode());
    file
}

fn entries_of(page: &[u8]) -> u64 {
    page.first_chunk()
        .map_or(0, |entries| u16::from_le_bytes(*entries).into())
}

#[cfg(test)]
#[path = "../../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    #[test]
    fn what_must_hold_for_any_bytes_holds_for_the_seeds() {
        super::replay::every_seed(super::TARGETS);
    }

    proptest! {
        #[test]
        fn what_must_hold_for_any_bytes_holds_for_what_chance_makes(
            pages in proptest::collection::vec((any::<u64>(), 0..300_u16, 0..60_u8, any::<[u8; 32]>()), 0..4),
            row in "\\PC{0,2}[0-9a-fA-F]{26,41}[:;]?[0-9]{0,13}(\r|\n|\r\n){0,2}",
        ) {
            super::rows(row.as_bytes());
            let mut bytes = Vec::new();
            for (key, entries, low_bits, gaps) in pages {
                bytes.extend_from_slice(&key.to_le_bytes());
                bytes.extend_from_slice(&entries.to_le_bytes());
                bytes.extend_from_slice(&[low_bits, 0]);
                bytes.extend_from_slice(&gaps);
                bytes.resize(bytes.len().next_multiple_of(128), gaps[0]);
            }
            super::files(&bytes);
        }
    }
}
