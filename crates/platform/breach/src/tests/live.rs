//! A corpus that is replaced while it is in use.

use std::{path::Path, time::Duration};

use super::*;
use crate::Live;

const EVERY: Duration = Duration::from_secs(60);

fn put(path: &Path, key: u64) {
    let written = path.with_extension("new");
    let row = Row {
        hash: hash(key, 0),
        count: 1,
    };
    std::fs::write(&written, bytes_of(Kind::Sha1, Detail::Keys, [row])).unwrap();
    std::fs::rename(&written, path).unwrap();
}

#[test]
fn a_new_file_is_seen_when_it_is_time_to_look_and_who_holds_the_old_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus");
    put(&path, 1);
    let start = Duration::from_secs(1000);
    let live = Live::open(&path, EVERY, start).unwrap();
    let old = live.current(start).unwrap();
    put(&path, 2);
    assert!(
        live.current(start + EVERY / 2).unwrap().contains(1).unwrap(),
        "too early to look"
    );
    let new = live.current(start + EVERY).unwrap();
    assert!(new.contains(2).unwrap() && !new.contains(1).unwrap());
    assert!(old.contains(1).unwrap());
    assert!(live.last().contains(2).unwrap());
}

#[test]
fn a_file_that_stayed_is_not_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus");
    put(&path, 1);
    let live = Live::open(&path, EVERY, Duration::ZERO).unwrap();
    let (first, second) = (live.last(), live.current(EVERY * 2).unwrap());
    assert!(std::sync::Arc::ptr_eq(&first, &second));
}

#[test]
fn when_the_new_file_is_damaged_or_gone_one_is_told_and_the_old_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus");
    put(&path, 1);
    let live = Live::open(&path, EVERY, Duration::ZERO).unwrap();
    std::fs::write(folder.path().join("bad"), "this is no corpus").unwrap();
    std::fs::rename(folder.path().join("bad"), &path).unwrap();
    assert!(live.current(EVERY).is_err());
    assert!(live.last().contains(1).unwrap());
    std::fs::remove_file(&path).unwrap();
    assert!(live.current(EVERY * 2).is_err());
    assert!(
        live.current(EVERY * 2).unwrap().contains(1).unwrap(),
        "not yet time to look again"
    );
    put(&path, 3);
    assert!(live.current(EVERY * 3).unwrap().contains(3).unwrap());
}
