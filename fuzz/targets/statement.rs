//! Statements from the network.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wd_crypto::jws;

fuzz_target!(|text: &str| {
    let keys = [[7; 32], [9; 32]];
    assert!(jws::verify::<serde_json::Value>(text, "wardesk-device+jws", &keys).is_err(), "a statement that nobody signed verified");
});
