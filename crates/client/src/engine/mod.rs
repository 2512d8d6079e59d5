//! MLS and the conversation protocol, without a network: values in, values out.
//!
//! - [`Device`], [`DeviceKeys`]: this device's keys, statement and key packages.
//! - [`Trust`]: what the organisation's keys vouch for.
//! - [`Conversation`]: the log, the group, what is sent and what is seen.
//! - [`TeamKey`], [`TeamRing`]: what the team can read later.
//! - [`FolderKey`]: what a folder of the team vault is sealed with.
//! - [`wire`]: the log and the requests as JSON.

mod apply;
mod bytes;
mod commit_rule;
mod conversation;
mod device;
mod error;
mod group;
mod hpke;
mod key_package;
mod line;
mod number;
mod plaintext;
mod record;
mod saved;
mod statement;
mod storage;
mod suite;
mod team_key;
mod team_vault;
pub mod wire;

pub use bytes::{Bytes, PublicKey};
pub use commit_rule::OpenRemoval;
pub use conversation::{Acting, Conversation, OpeningRequest, Phase};
pub use device::{Device, DeviceKeys, SavedDevice};
pub use error::{EngineError, Refusal};
pub use hpke::{SealingKey, seal};
pub use key_package::OfferedKeyPackage;
pub use line::{Line, Person, What};
pub use number::{conversation_number, fingerprint};
pub use record::{MAX_TEXT, Record, RecordHeader, RecordKey, RecordType, client_id};
pub use saved::SavedConversation;
pub use statement::{Act, DEVICE_TYPE, DeviceStatement, GRANT_TYPE, Grant, Kind, OrganisationKey, Trust};
pub use team_key::{SavedTeamKey, SealedHistoryKey, SealedNoteKey, Share, TeamKey, TeamRing};
pub use team_vault::{FolderKey, SealedEntry};
