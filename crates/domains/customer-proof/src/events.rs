//! What happens to proofs, as others hear of it.

use serde::{Deserialize, Serialize};
use wd_kernel::{ConversationId, CustomerId, CustomerPasskeyId, Event};

/// A proof was asked for, began, was given or failed. Who may see the conversation asks how it stands.
#[derive(Debug, Serialize, Deserialize)]
pub struct ProofChanged {
    /// In which conversation.
    pub conversation: ConversationId,
}

impl Event for ProofChanged {
    const KIND: &'static str = "customer_proof.changed";
}

/// Ten answers of a customer were wrong within a day: no code is asked for or taken for now, and somebody may be trying to
/// pass as them.
#[derive(Debug, Serialize, Deserialize)]
pub struct CodesStopped {
    /// In which conversation the last of them was given.
    pub conversation: ConversationId,
    /// Whose codes.
    pub customer: CustomerId,
}

impl Event for CodesStopped {
    const KIND: &'static str = "customer_proof.codes-stopped";
}

/// What happened to a passkey of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyFate {
    /// It was added.
    Added,
    /// Its customer removed it.
    Removed,
    /// It answered like a copy, and counts no more.
    Copied,
}

/// A passkey of a customer was added, removed or stopped.
#[derive(Debug, Serialize, Deserialize)]
pub struct CustomerPasskeyChanged {
    /// Whose.
    pub customer: CustomerId,
    /// Which.
    pub passkey: CustomerPasskeyId,
    /// What happened to it.
    pub fate: PasskeyFate,
}

impl Event for CustomerPasskeyChanged {
    const KIND: &'static str = "customer_proof.passkey-changed";
}
