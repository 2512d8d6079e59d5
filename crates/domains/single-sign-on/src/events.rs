//! What happens here, for those who react to it. Never a secret, and no subject at the provider.

use serde::{Deserialize, Serialize};
use wd_kernel::{Event, SessionId, StaffId};

use crate::model::settings::Setting;

/// How an account at the provider came to be somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BoundBy {
    /// They bound it themselves.
    #[serde(rename = "owner")]
    Owner,
    /// The directory brought them with it.
    #[serde(rename = "directory")]
    Directory,
    /// Their account here was made by the first sign-in with it.
    #[serde(rename = "first sign-in")]
    FirstSignIn,
}

impl BoundBy {
    /// The word in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Directory => "directory",
            Self::FirstSignIn => "first sign-in",
        }
    }
}

/// An account at the provider signs somebody in from now on. Its owner is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountBound {
    /// Whom.
    pub staff: StaffId,
    /// How that came about.
    pub how: BoundBy,
    /// In which session of theirs, if in one.
    pub session: Option<SessionId>,
}

impl Event for AccountBound {
    const KIND: &'static str = "single_sign_on.account-bound";
}

/// No account at the provider signs somebody in any more. Its owner is to be told, if they did not leave by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUnbound {
    /// Whom.
    pub staff: StaffId,
    /// In which session of theirs; `None`: they left, and it went with everything else.
    pub session: Option<SessionId>,
}

impl Event for AccountUnbound {
    const KIND: &'static str = "single_sign_on.account-unbound";
}

/// What decides who signs in through the provider, and as what, was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderChanged {
    /// The version of the settings from now on.
    pub version: i64,
    /// Which settings are others than before; what they are, the audit log says.
    pub changed: Vec<Setting>,
    /// By whom of the staff.
    pub by: Option<StaffId>,
}

impl Event for ProviderChanged {
    const KIND: &'static str = "single_sign_on.changed";
}
