//! What happened here, for those who react to it.

use serde::{Deserialize, Serialize};
use wd_kernel::{ConversationId, Event};

/// A case is new, or its row in the inbox changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseChanged {
    /// Which one.
    pub conversation: ConversationId,
}

impl Event for CaseChanged {
    const KIND: &'static str = "desk.changed";
}

/// The organisation's settings changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsChanged {}

impl Event for SettingsChanged {
    const KIND: &'static str = "desk.settings_changed";
}
