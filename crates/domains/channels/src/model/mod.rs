//! What travels, as types: statements, grants, records, items of the log. Pure.

use std::collections::BTreeSet;

use crate::ChannelsError;

mod item;
mod record;
mod statement;

pub use item::{
    Appended, AppendedItem, Commit, ItemKind, JoinedDevice, LogItem, LogPage, SealedHistoryKey, SealedNoteKey,
};
pub(crate) use record::check_client_id;
pub use record::{Record, RecordHeader, RecordType};
pub use statement::{Act, DEVICE_TYPE, DeviceKind, DeviceStatement, GRANT_TYPE, Grant, Role, Subject};
pub(crate) use statement::{Trust, valid};
pub use wd_kernel::{Bytes, PublicKey, Signature};

/// What a commit carries in its authenticated data.
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthenticatedData {
    v: i64,
    pub(crate) grants: Vec<String>,
}

impl AuthenticatedData {
    /// Reads what a commit carries. There is one way to write each list, without blanks, and each grant is in it once:
    /// nothing is in the log that says nothing.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ChannelsError> {
        let data: Self = serde_json::from_slice(bytes)
            .map_err(|_| ChannelsError::InvalidMls("the authenticated data are not a list of grants"))?;
        if data.v != 1 {
            return Err(ChannelsError::InvalidMls(
                "the authenticated data are of another version",
            ));
        }
        if Self::of(&data.grants) != bytes || data.grants.iter().collect::<BTreeSet<_>>().len() != data.grants.len() {
            return Err(ChannelsError::InvalidMls("the authenticated data are padded"));
        }
        Ok(data)
    }

    /// How a list of grants is written.
    pub(crate) fn of(grants: &[String]) -> Vec<u8> {
        serde_json::to_vec(&Self {
            v: 1,
            grants: grants.to_vec(),
        })
        .unwrap_or_default()
    }
}
