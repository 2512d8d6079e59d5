//! What happens in the team vault, as others hear of it.

use serde::{Deserialize, Serialize};
use wd_kernel::{Event, VaultFolderId};

/// A folder, its members, its key or its entries changed.
#[derive(Debug, Serialize, Deserialize)]
pub struct FolderChanged {
    /// Which.
    pub folder: VaultFolderId,
}

impl Event for FolderChanged {
    const KIND: &'static str = "team_vault.changed";
}
