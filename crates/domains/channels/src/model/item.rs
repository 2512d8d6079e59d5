use serde::{Deserialize, Serialize};
use wd_kernel::{DeviceId, TeamId, Timestamp};

use super::Bytes;

/// The kinds of the log's items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    /// The customer opened the conversation.
    Opened,
    /// Written while no staff was in the group.
    Letter,
    /// An MLS message and its archive copy.
    Message,
    /// A change of the group.
    Commit,
    /// For devices that were added.
    Welcome,
    /// The server asks that devices be removed.
    Removal,
    /// Closed.
    Closed,
    /// Opened again.
    Reopened,
    /// Keys of earlier epochs, from one device of the customer to another.
    History,
    /// Erased.
    Tombstone,
}

impl ItemKind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Opened,
        Self::Letter,
        Self::Message,
        Self::Commit,
        Self::Welcome,
        Self::Removal,
        Self::Closed,
        Self::Reopened,
        Self::History,
        Self::Tombstone,
    ];

    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Letter => "letter",
            Self::Message => "message",
            Self::Commit => "commit",
            Self::Welcome => "welcome",
            Self::Removal => "removal",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::History => "history",
            Self::Tombstone => "tombstone",
        }
    }

    /// The devices that an item's body is for. `None`: it is for everybody.
    pub(crate) fn readers(self, body: &serde_json::Value) -> Option<Vec<DeviceId>> {
        let device = |value: &serde_json::Value| value.as_str()?.parse().ok();
        match self {
            Self::Welcome => {
                let devices = body.get("devices").and_then(serde_json::Value::as_array);
                Some(devices.into_iter().flatten().filter_map(device).collect())
            }
            Self::History => Some(body.get("to").and_then(device).into_iter().collect()),
            _ => None,
        }
    }

    /// From the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An item of a conversation's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LogItem {
    /// Gapless, from 1.
    pub seq: i64,
    /// What it is.
    pub kind: ItemKind,
    /// The sender's id for it.
    pub client_id: Option<String>,
    /// The device it came from.
    pub device: Option<DeviceId>,
    /// The device's statement when the item came.
    pub statement: Option<String>,
    /// When it was written.
    pub at: Timestamp,
    /// The group's epoch.
    pub epoch: i64,
    /// What it holds; by its kind.
    #[schema(value_type = Object)]
    pub body: serde_json::Value,
}

/// A piece of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LogPage {
    /// In order, without gaps.
    pub items: Vec<LogItem>,
    /// Ask on after this.
    pub next_after: i64,
    /// The number of the newest item.
    pub head: i64,
}

/// What was appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AppendedItem {
    /// The item's number.
    pub seq: i64,
    /// Its kind.
    pub kind: ItemKind,
    /// When.
    pub at: Timestamp,
}

/// The answer to everything that is sent into a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Appended {
    /// The items it became.
    pub items: Vec<AppendedItem>,
}

impl Appended {
    /// The number of the last item.
    pub fn last(&self) -> i64 {
        self.items.last().map_or(0, |item| item.seq)
    }
}

/// A device that a commit let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JoinedDevice {
    /// The device.
    pub device: DeviceId,
    /// Its statement.
    pub statement: String,
}

/// A history key, sealed to a team key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedHistoryKey {
    /// The epoch it is for.
    pub epoch: i64,
    /// The generation of the team key it is sealed to.
    pub generation: i64,
    /// The team.
    pub team: TeamId,
    /// HPKE: enc and ciphertext.
    pub sealed: Bytes,
}

/// A note key, sealed to a team key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedNoteKey {
    /// From 1.
    pub number: i64,
    /// The generation of the team key it is sealed to.
    pub generation: i64,
    /// The team.
    pub team: TeamId,
    /// HPKE: enc and ciphertext.
    pub sealed: Bytes,
}

/// A change of the group, as a client sends it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
pub struct Commit {
    /// The sender's id for it.
    pub client_id: String,
    /// The epoch it leaves.
    pub epoch: i64,
    /// The commit: a PublicMessage.
    pub commit: Bytes,
    /// The GroupInfo of the epoch it begins, with ratchet tree and external public key.
    pub group_info: Bytes,
    /// For the devices it adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome: Option<Bytes>,
    /// The history key of the epoch it begins; needed when members change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_key: Option<SealedHistoryKey>,
}
