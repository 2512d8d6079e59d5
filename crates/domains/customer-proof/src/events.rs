//! What happens to proofs, as others hear of it.

use serde::{Deserialize, Serialize};
use wd_kernel::{ConversationId, Event};

/// A proof was asked for, began, was given or failed. Who may see the conversation asks how it stands.
#[derive(Debug, Serialize, Deserialize)]
pub struct ProofChanged {
    /// In which conversation.
    pub conversation: ConversationId,
}

impl Event for ProofChanged {
    const KIND: &'static str = "customer_proof.changed";
}
