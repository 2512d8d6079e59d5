//! What must hold for any bytes. Run by the fuzzer, and with the committed seeds by the tests.

mod groups;

use serde::{Serialize, de::DeserializeOwned};
use wd_crypto::jws::SigningKey;
use wd_kernel::{ConversationId, Id as _, Timestamp};

use crate::{
    Act, Commit, DEVICE_TYPE, DeviceStatement, GRANT_TYPE, Record, RecordType, SealedHistoryKey, SealedNoteKey,
    mls::{self, TrackedGroup},
    model::Trust,
};

/// Name and body of a target.
pub type Target = (&'static str, fn(&[u8]));

/// The targets of this crate.
pub const TARGETS: &[Target] = &[
    ("mls-messages", mls_messages),
    ("mls-changes", groups::changes),
    ("records", records),
    ("grants", grants),
];

fn conversation() -> ConversationId {
    ConversationId::from_uuid(uuid::Uuid::from_u128(7))
}

/// Anything a client can send where an MLS message belongs. Nothing of it is a group of this conversation by chance,
/// and what is read is no longer than what a message may be.
fn mls_messages(bytes: &[u8]) {
    let now = Timestamp::from_seconds(1_800_000_000);
    if mls::check_application(bytes, conversation()).is_ok() {
        assert!(bytes.len() <= 96 * 1024);
    }
    let _ = mls::check_welcome(bytes);
    if let Ok(package) = mls::check_key_package(bytes, now) {
        assert!(package.life_time().not_after() > 1_800_000_000);
    }
    if let Ok(group) = TrackedGroup::create(conversation(), bytes) {
        assert_eq!(group.leaves().map(|leaves| leaves.len()).ok(), Some(1));
    }
    groups::read(bytes);
}

/// What a record's header says is what was asked for, and what is read is written so that it reads the same.
fn records(bytes: &[u8]) {
    again::<Record>(bytes);
    again::<Commit>(bytes);
    again::<SealedHistoryKey>(bytes);
    again::<SealedNoteKey>(bytes);
    let _ = serde_json::from_slice::<crate::NewConversation>(bytes);
    // Bytes that are no record may still be the header of one.
    let record = serde_json::from_slice::<Record>(bytes).unwrap_or_else(|_| Record {
        header: crate::Bytes(bytes.to_vec()),
        nonce: crate::Bytes(vec![1; 12]),
        ciphertext: crate::Bytes(vec![2; 40]),
        signature: crate::Bytes(vec![3; 64]),
    });
    for typ in [RecordType::Letter, RecordType::Archive, RecordType::Note] {
        if let Ok(header) = record.header(typ, conversation(), "AAAAAAAAAAAAAAAAAAAAAA") {
            assert_eq!((header.v, header.typ, header.conversation), (1, typ, conversation()));
            assert!(header.key >= 0 && record.nonce.0.len() == 12 && record.header.0.len() <= 1024);
        }
    }
    assert!(record.check(crate::PublicKey([9; 32])).is_err(), "nobody signed it");
}

fn again<T: Serialize + DeserializeOwned + PartialEq>(bytes: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(bytes) else {
        return;
    };
    let written = serde_json::to_vec(&read).unwrap_or_default();
    assert!(serde_json::from_slice::<T>(&written).is_ok_and(|again| again == read));
}

/// The bytes are the payload of a statement and of a grant that the organisation signs: only what is for this
/// organisation, this conversation and this time counts. As they are, nobody signed them.
fn grants(bytes: &[u8]) {
    let Ok(key) = SigningKey::from_seed(&[5; 32]) else {
        return;
    };
    let trust = Trust {
        organisation: "https://desk.example.org".into(),
        keys: vec![key.public()],
    };
    let now = Timestamp::from_seconds(1_800_000_000);
    if let Ok(text) = str::from_utf8(bytes) {
        assert!(trust.device(text).is_err() && trust.grant(text, conversation(), now).is_err());
    }
    let Ok(payload) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return;
    };
    if let Ok(signed) = key.sign(DEVICE_TYPE, &payload) {
        let read: Result<DeviceStatement, _> = trust.device(&signed);
        assert!(read.is_err() || payload.get("iss").is_some_and(|iss| iss == "https://desk.example.org"));
        assert!(
            trust.grant(&signed, conversation(), now).is_err(),
            "a statement is no grant"
        );
    }
    if let Ok(signed) = key.sign(GRANT_TYPE, &payload) {
        if let Ok(grant) = trust.grant(&signed, conversation(), now) {
            assert_eq!(grant.conversation, conversation());
            assert!(matches!(grant.act, Act::Join | Act::Add | Act::Remove));
            assert!(grant.exp > now.seconds() && grant.iat <= now.seconds() + 60);
        }
        assert!(trust.device(&signed).is_err(), "a grant is no statement");
    }
}

#[cfg(test)]
#[path = "../../../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    #[test]
    fn what_must_hold_for_any_bytes_holds_for_the_seeds() {
        super::replay::every_seed(super::TARGETS);
    }
}
