//! What happened, for those who react to it. Events carry ids and facts, never rows or personal data.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{EventId, Timestamp};

/// A kind of event, declared by the domain in which it happens.
pub trait Event: Serialize + DeserializeOwned + Send + Sync {
    /// The name: `customers.created`.
    const KIND: &'static str;
}

/// An event as the outbox keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventEnvelope {
    /// Unique; handlers are idempotent by it.
    pub id: EventId,
    /// The place in the outbox.
    pub seq: i64,
    /// Which kind.
    pub kind: String,
    /// When it was committed to.
    pub at: Timestamp,
    /// The event as JSON.
    pub payload: String,
}

impl EventEnvelope {
    /// The event, if it is of this kind.
    pub fn read<E: Event>(&self) -> Option<E> {
        if self.kind == E::KIND {
            serde_json::from_str(&self.payload).ok()
        } else {
            None
        }
    }
}
