use std::error::Error;

/// Why something that came from elsewhere does not count. It is shown to people and never silently dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// It does not have the form the protocol gives it.
    #[error("not in the form of the protocol")]
    Form,
    /// A device statement is missing, forged, out of its time or about another key.
    #[error("the device statement does not check")]
    Statement,
    /// No valid grant covers the change of members.
    #[error("no valid grant covers this")]
    Grant,
    /// The signature over a record or a team key does not verify, or its header names something else.
    #[error("the signature does not check")]
    Signature,
    /// The archive copy and the message do not agree.
    #[error("message and archive copy differ")]
    ArchiveMismatch,
    /// The group's state cannot read it.
    #[error("it cannot be decrypted")]
    Undecryptable,
    /// The key it was sealed under is not here.
    #[error("the key for this is not here")]
    NoKey,
}

/// What can go wrong inside the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Something from elsewhere was refused.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// The MLS library refused.
    #[error("MLS: {doing}")]
    Mls {
        /// What was being done.
        doing: &'static str,
        /// The library's reason.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A cryptographic primitive refused its input.
    #[error("cryptography: {0}")]
    Crypto(&'static str),
    /// The text is longer than 65,536 bytes.
    #[error("the text is longer than 65,536 bytes")]
    TooLong,
    /// This device is not in the conversation's group.
    #[error("this device is not in the group")]
    NotMember,
    /// A commit of this device is on the way: accept or drop it first.
    #[error("a commit of this device is on the way")]
    CommitPending,
    /// A device must be removed before anything is sent.
    #[error("a device must be removed first")]
    RemovalPending,
    /// No staff is in the group yet: write letters.
    #[error("nobody has taken the conversation: write letters")]
    NotTaken,
    /// Staff is in the group: write messages.
    #[error("the conversation is taken: write messages")]
    Taken,
    /// The group changed in a way this device had to refuse; it follows no further until it joins anew.
    #[error("the group changed in a way that was refused")]
    Broken,
    /// An item does not follow the last one.
    #[error("expected item {expected}, got {got}")]
    Gap {
        /// The sequence number that would follow.
        expected: i64,
        /// The one that came.
        got: i64,
    },
    /// A saved state cannot be read.
    #[error("the saved state cannot be read")]
    State,
}

pub(crate) fn mls<E: Error + Send + Sync + 'static>(doing: &'static str) -> impl FnOnce(E) -> EngineError {
    move |source| EngineError::Mls {
        doing,
        source: Box::new(source),
    }
}
