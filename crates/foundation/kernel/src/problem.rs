//! The closed list of answers that are not success: RFC 9457 `application/problem+json`.

use serde::Serialize;

macro_rules! problem_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// A kind of problem. The list is closed and part of the OpenAPI document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum ProblemCode { $($(#[$doc])* $name,)* }

        impl ProblemCode {
            /// All of them, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code on the wire; also the end of the problem's `type`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The short sentence for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

problem_codes! {
    /// The request cannot be read.
    BadRequest = "bad-request", 400, "The request cannot be read.";
    /// Nobody is signed in.
    Unauthenticated = "unauthenticated", 401, "You are not signed in.";
    /// The password was right, the second factor is still missing.
    SecondFactorRequired = "second-factor-required", 401, "A second factor is needed to go on.";
    /// The right is missing; `permission` names it.
    Forbidden = "forbidden", 403, "You do not have the right to do this.";
    /// The second factor must be shown again.
    StepUpRequired = "step-up-required", 403, "Confirm with your second factor to do this.";
    /// The request came from another site.
    Csrf = "csrf", 403, "The request came from another site.";
    /// It does not exist, or the actor may not know that it does.
    NotFound = "not-found", 404, "There is nothing here.";
    /// The method does not exist here.
    MethodNotAllowed = "method-not-allowed", 405, "This address does not take this method.";
    /// Something in the way.
    Conflict = "conflict", 409, "This does not fit the present state.";
    /// Somebody changed it meanwhile.
    StaleVersion = "stale-version", 409, "Somebody changed this meanwhile.";
    /// Another commit won this epoch.
    EpochConflict = "epoch-conflict", 409, "Another device changed the group first.";
    /// Another agent has the conversation.
    AlreadyTaken = "already-taken", 409, "Somebody else took this conversation.";
    /// Devices must be removed from the group before anything is sent.
    RemovalPending = "removal-pending", 409, "A device must be removed from the conversation first.";
    /// Staff is not in the group yet: write letters.
    NotTaken = "not-taken", 409, "Nobody has taken this conversation yet.";
    /// Staff is in the group: write messages.
    Taken = "taken", 409, "Somebody has taken this conversation.";
    /// The body is too large.
    TooLarge = "too-large", 413, "This is too large.";
    /// The body has another media type than expected.
    UnsupportedMediaType = "unsupported-media-type", 415, "The body has the wrong media type.";
    /// Some fields are wrong; `fields` says which.
    InvalidFields = "invalid-fields", 422, "Some fields need another look.";
    /// The body is not the MLS message it should be.
    InvalidMls = "invalid-mls", 422, "This is not a valid MLS message for this conversation.";
    /// Too many requests; `retry_after` says when to come back.
    RateLimited = "rate-limited", 429, "Too many requests. Wait a little.";
    /// The server is at its limit; `retry_after` says when to come back.
    Overloaded = "overloaded", 503, "The server is busy. Try again in a moment.";
    /// The server has no room to store this; nothing of it was kept. An administrator must make room.
    StorageFull = "storage-full", 507, "The server has no room left to store this.";
    /// A fault of the server.
    Internal = "internal", 500, "Something went wrong on the server.";
}

/// One field and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// The name of the field in the request.
    pub field: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// An answer that is not success, ready for the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which kind.
    pub code: ProblemCode,
    /// What happened here, when the title does not say enough.
    pub detail: Option<String>,
    /// The fields that are wrong.
    pub fields: Vec<FieldProblem>,
    /// The right that is missing.
    pub permission: Option<&'static str>,
    /// Seconds until another try makes sense.
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem that its title explains.
    pub const fn new(code: ProblemCode) -> Self {
        Self {
            code,
            detail: None,
            fields: Vec::new(),
            permission: None,
            retry_after: None,
        }
    }

    /// Adds a sentence about this occurrence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.push(FieldProblem {
            field: field.into(),
            message: message.into(),
        });
        self
    }

    /// Says when to come back.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// One wrong field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ProblemCode::InvalidFields).field(field, message)
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_its_own() {
        let codes: HashSet<_> = ProblemCode::ALL.iter().map(|c| c.code()).collect();
        assert_eq!(codes.len(), ProblemCode::ALL.len());
    }

    #[test]
    fn a_code_is_written_as_the_list_says() {
        for code in ProblemCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.code());
        }
    }
}
