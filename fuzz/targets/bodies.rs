//! Bodies that a device sends into a conversation.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wd_channels::{Commit, NewConversation, Record};

fuzz_target!(|bytes: &[u8]| {
    let _ = serde_json::from_slice::<Record>(bytes);
    let _ = serde_json::from_slice::<Commit>(bytes);
    let _ = serde_json::from_slice::<NewConversation>(bytes);
});
