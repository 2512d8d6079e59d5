//! The conversation's log and what is appended to it, as JSON.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wd_kernel::{DeviceId, TeamId, Timestamp};

use super::{Bytes, Record, SealedHistoryKey};

/// An item of a conversation's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawItem", into = "RawItem")]
pub struct LogItem {
    /// Gapless, from 1.
    pub seq: i64,
    /// The sender's id for it.
    pub client_id: Option<String>,
    /// The device it came from.
    pub device: Option<DeviceId>,
    /// The device's statement when the item came.
    pub statement: Option<String>,
    /// When it was written.
    pub at: Timestamp,
    /// The group's epoch.
    pub epoch: u64,
    /// What it is.
    pub body: ItemBody,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemBody {
    /// The customer opened the conversation.
    Opened {
        /// For which team.
        team: TeamId,
    },
    /// Written while no staff was in the group.
    Letter(LetterBody),
    /// An MLS message with its archive copy.
    Message(MessageBody),
    /// A change of the group.
    Commit(CommitBody),
    /// For devices that were added; empty for the others.
    Welcome(WelcomeBody),
    /// The server asks that devices be removed.
    Removal(RemovalBody),
    /// Closed by `stf_…` or `system`.
    Closed(ByBody),
    /// Opened again.
    Reopened(ByBody),
    /// Erased.
    Tombstone,
    /// A kind of a later version of the protocol: it is counted and nothing else.
    Later(String, serde_json::Value),
}

/// Body of a `letter`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterBody {
    /// The letter.
    pub record: Record,
}

/// Body of a `message`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageBody {
    /// The application message.
    pub mls: Bytes,
    /// The archive copy.
    pub record: Record,
}

/// A device that a commit let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The device.
    pub device: DeviceId,
    /// Its statement.
    pub statement: String,
}

/// Body of a `commit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitBody {
    /// The commit.
    pub mls: Bytes,
    /// Who came in.
    pub joined: Vec<Joined>,
    /// Who is out.
    pub removed: Vec<DeviceId>,
    /// By whose leave.
    pub grants: Vec<String>,
}

/// Body of a `welcome`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WelcomeBody {
    /// The welcome, for the devices it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mls: Option<Bytes>,
    /// The devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeviceId>,
}

/// Body of a `removal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovalBody {
    /// Who is to be removed.
    pub devices: Vec<DeviceId>,
    /// The leave to do it.
    pub grant: String,
}

/// Body of `closed` and `reopened`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByBody {
    /// `stf_…` or `system`.
    pub by: String,
}

/// What a commit request carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitRequest {
    /// The sender's id for it.
    pub client_id: String,
    /// The epoch the commit leaves.
    pub epoch: u64,
    /// The commit.
    pub commit: Bytes,
    /// The GroupInfo of the epoch it begins.
    pub group_info: Bytes,
    /// For those it adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome: Option<Bytes>,
    /// The history key of the epoch it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_key: Option<SealedHistoryKey>,
}

/// What a letter request carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterRequest {
    /// The sender's id for it.
    pub client_id: String,
    /// The letter.
    pub record: Record,
}

/// What a message request carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRequest {
    /// The sender's id for it.
    pub client_id: String,
    /// The application message.
    pub mls: Bytes,
    /// The archive copy.
    pub record: Record,
}

#[derive(Clone, Serialize, Deserialize)]
struct RawItem {
    seq: i64,
    kind: String,
    client_id: Option<String>,
    device: Option<DeviceId>,
    #[serde(default)]
    statement: Option<String>,
    at: Timestamp,
    epoch: u64,
    body: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
struct OpenedBody {
    team: TeamId,
}

impl TryFrom<RawItem> for LogItem {
    type Error = serde_json::Error;

    fn try_from(raw: RawItem) -> Result<Self, Self::Error> {
        fn read<T: DeserializeOwned>(body: serde_json::Value) -> serde_json::Result<T> {
            serde_json::from_value(body)
        }
        let body = match raw.kind.as_str() {
            "opened" => ItemBody::Opened {
                team: read::<OpenedBody>(raw.body)?.team,
            },
            "letter" => ItemBody::Letter(read(raw.body)?),
            "message" => ItemBody::Message(read(raw.body)?),
            "commit" => ItemBody::Commit(read(raw.body)?),
            "welcome" => ItemBody::Welcome(read(raw.body)?),
            "removal" => ItemBody::Removal(read(raw.body)?),
            "closed" => ItemBody::Closed(read(raw.body)?),
            "reopened" => ItemBody::Reopened(read(raw.body)?),
            "tombstone" => ItemBody::Tombstone,
            _ => ItemBody::Later(raw.kind, raw.body),
        };
        let RawItem {
            seq,
            client_id,
            device,
            statement,
            at,
            epoch,
            ..
        } = raw;
        Ok(Self {
            seq,
            client_id,
            device,
            statement,
            at,
            epoch,
            body,
        })
    }
}

impl From<LogItem> for RawItem {
    fn from(item: LogItem) -> Self {
        fn write(kind: &str, body: serde_json::Result<serde_json::Value>) -> (String, serde_json::Value) {
            (kind.to_owned(), body.unwrap_or_default())
        }
        use serde_json::to_value;
        let LogItem {
            seq,
            client_id,
            device,
            statement,
            at,
            epoch,
            body,
        } = item;
        let (kind, body) = match body {
            ItemBody::Opened { team } => write("opened", to_value(OpenedBody { team })),
            ItemBody::Letter(body) => write("letter", to_value(body)),
            ItemBody::Message(body) => write("message", to_value(body)),
            ItemBody::Commit(body) => write("commit", to_value(body)),
            ItemBody::Welcome(body) => write("welcome", to_value(body)),
            ItemBody::Removal(body) => write("removal", to_value(body)),
            ItemBody::Closed(body) => write("closed", to_value(body)),
            ItemBody::Reopened(body) => write("reopened", to_value(body)),
            ItemBody::Tombstone => write("tombstone", Ok(serde_json::json!({}))),
            ItemBody::Later(kind, body) => (kind, body),
        };
        Self {
            seq,
            kind,
            client_id,
            device,
            statement,
            at,
            epoch,
            body,
        }
    }
}
