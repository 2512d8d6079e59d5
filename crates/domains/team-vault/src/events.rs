//! What happens in the team vault, as others hear of it.

use serde::{Deserialize, Serialize};
use wd_kernel::{Event, StaffId, VaultFolderId};

/// A folder, its members, its key or its entries changed.
#[derive(Debug, Serialize, Deserialize)]
pub struct FolderChanged {
    /// Which.
    pub folder: VaultFolderId,
}

impl Event for FolderChanged {
    const KIND: &'static str = "team_vault.changed";
}

/// Somebody opened as many entries as one may within an hour, or opens a whole folder.
#[derive(Debug, Serialize, Deserialize)]
pub struct ManyOpened {
    /// Who.
    pub staff: StaffId,
    /// Where.
    pub folder: VaultFolderId,
    /// What the whole folder is opened for; `None`: entries one by one.
    pub purpose: Option<Purpose>,
}

/// Somebody may change folders in which new secrets are wanted. How many, and never which: the server does not know.
#[derive(Debug, Serialize, Deserialize)]
pub struct SecretsWanted {
    /// Who hears of it.
    pub staff: StaffId,
    /// How many are due.
    pub due: i64,
    /// How many others somebody knows who left.
    pub left: i64,
    /// In how many folders.
    pub folders: i64,
}

impl Event for SecretsWanted {
    const KIND: &'static str = "team_vault.secrets_wanted";
}

/// What a whole folder is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = VaultPurpose)]
pub enum Purpose {
    /// To look for its passwords in breaches.
    Check,
    /// To take it away as a file in clear.
    Export,
}

impl Purpose {
    /// As it is written into the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Export => "export",
        }
    }
}

impl Event for ManyOpened {
    const KIND: &'static str = "team_vault.many_opened";
}
