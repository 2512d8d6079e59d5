//! The frames, as docs/API-DESIGN.md lists them.

use serde::{Deserialize, Serialize};
use wd_channels::LogItem;
use wd_kernel::{ConversationId, StaffId, TeamId};

use super::Token;

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Incoming {
    /// The widget's first frame.
    Hello { token: Token },
    /// Somebody types.
    Typing { conversation: ConversationId },
    /// Are you there?
    Ping,
}

/// What the server says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(super) enum Outgoing<'a> {
    /// From here on nothing is missed unless the socket closes.
    Ready,
    /// The log has one item more.
    Item {
        conversation: ConversationId,
        item: &'a LogItem,
    },
    /// Somebody received or read more.
    Receipt {
        conversation: ConversationId,
        who: String,
        delivered: i64,
        read: i64,
    },
    /// A note was written.
    Note { conversation: ConversationId, seq: i64 },
    /// A proof of who the customer is was asked for, began, was given or failed.
    Proof { conversation: ConversationId },
    /// A row of the inbox changed.
    Inbox { conversation: ConversationId },
    /// A team's keys changed, or somebody waits for them.
    TeamKey { team: TeamId },
    /// Somebody types.
    Typing {
        conversation: ConversationId,
        who: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// Somebody came or went.
    Presence { staff: StaffId, online: bool },
    /// Yes.
    Pong,
    /// The session is over.
    Ended,
}

/// What goes over the bus when somebody types.
#[derive(Serialize, Deserialize)]
pub(super) struct Typing {
    pub(super) conversation: ConversationId,
    /// `None` is the customer.
    pub(super) staff: Option<StaffId>,
}

impl Typing {
    pub(super) const TOPIC: &'static str = "socket.typing";
}

/// Who has a socket open at a node.
#[derive(Serialize, Deserialize)]
pub(super) struct PresenceAt {
    pub(super) node: String,
    pub(super) staff: Vec<StaffId>,
}

impl PresenceAt {
    pub(super) const TOPIC: &'static str = "socket.presence";
}
