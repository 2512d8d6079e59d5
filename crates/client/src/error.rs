use serde::Deserialize;

use crate::engine::EngineError;

/// The server's refusal (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// One of the closed list: `epoch-conflict`, `taken`, …
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// A short sentence for people.
    #[serde(default)]
    pub title: String,
    /// More about this occurrence.
    #[serde(default)]
    pub detail: Option<String>,
    /// Seconds until another try makes sense.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// The server's name for the request.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// What can go wrong between this client and a server.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server refused.
    #[error("the server refused: {} {}", .0.status, .0.code)]
    Problem(Problem),
    /// No answer came, or it broke off. What was to be sent is kept and may be sent again.
    #[error("the server does not answer")]
    Transport(#[source] reqwest::Error),
    /// The answer is not what the interface promises.
    #[error("the answer to {path} is not readable")]
    Answer {
        /// What was asked.
        path: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The socket failed for good.
    #[error("the socket failed")]
    Socket(#[source] Box<tokio_tungstenite::tungstenite::Error>),
    /// The certificates cannot be read or used.
    #[error("the certificate authority's file cannot be used")]
    Certificates,
    /// The base address is not one.
    #[error("not an address of a server")]
    Address,
    /// The state after sign-in is not the one expected; the text is the server's word for it.
    #[error("signed in to the state {0}")]
    SignIn(String),
    /// The one-time code's secret is not base32 of at least 16 bytes.
    #[error("not a secret for one-time codes")]
    TotpSecret,
    /// This client has no device yet: enrol first.
    #[error("this client has no device yet")]
    NoDevice,
    /// No device of the team has made a key yet.
    #[error("the team has no key yet")]
    NoTeamKey,
    /// Nothing is known of this conversation.
    #[error("nothing is known of this conversation")]
    UnknownConversation,
    /// Others kept changing the conversation at the same time.
    #[error("others changed the conversation at the same time")]
    Contended,
    /// A saved state does not open: another key, or changed.
    #[error("the saved state does not open")]
    State,
}

impl ClientError {
    /// The problem's code, if the server refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            _ => None,
        }
    }

    /// Whether the server refused with one of these codes.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.code().is_some_and(|code| codes.contains(&code))
    }

    /// Whether the same request may succeed later, unchanged.
    pub fn worth_retrying(&self) -> bool {
        matches!(self, Self::Transport(_)) || self.is(&["rate-limited", "overloaded", "storage-full", "internal"])
    }
}

impl From<crate::engine::Refusal> for ClientError {
    fn from(refusal: crate::engine::Refusal) -> Self {
        Self::Engine(refusal.into())
    }
}
