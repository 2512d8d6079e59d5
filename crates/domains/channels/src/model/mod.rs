//! What travels, as types: statements, grants, records, items of the log. Pure.

mod bytes;
mod item;
mod record;
mod statement;

pub use bytes::{Bytes, PublicKey, Signature};
pub use item::{
    Appended, AppendedItem, Commit, ItemKind, JoinedDevice, LogItem, LogPage, SealedHistoryKey, SealedNoteKey,
};
pub(crate) use record::check_client_id;
pub use record::{Record, RecordHeader, RecordType};
pub use statement::{Act, DEVICE_TYPE, DeviceKind, DeviceStatement, GRANT_TYPE, Grant, Role, Subject};
pub(crate) use statement::{Trust, valid};

/// What a commit carries in its authenticated data.
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthenticatedData {
    pub(crate) v: i64,
    pub(crate) grants: Vec<String>,
}
