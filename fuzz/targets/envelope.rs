//! Sealed values from a database that somebody else wrote into.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wd_crypto::{Aad, Key, envelope};

fuzz_target!(|bytes: &[u8]| {
    let _ = envelope::key_ref(bytes);
    let opened = envelope::open(&Key::from_bytes([7; 32]), &Aad::field("org", "table", "column", &[0; 16]), bytes);
    assert!(opened.is_err(), "bytes that nobody sealed opened");
});
