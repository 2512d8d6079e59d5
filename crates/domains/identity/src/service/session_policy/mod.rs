//! How long sessions last: read and changed by administrators, held to at each request.

mod change;
mod hold;

pub use change::{
    RoleSessions, SessionDecision, SessionPolicyChange, SessionPolicyError, SessionPreview, SessionReach,
};

pub(super) use hold::of_roles;
