//! An answer that is not success, in the form of RFC 7644, section 3.12.

use serde_json::{Value, json};

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A refusal, as the directory reads it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ScimError {
    /// The HTTP status.
    pub status: u16,
    /// The keyword of table 9, where there is one.
    pub kind: Option<&'static str>,
    /// What is wrong, and what would be right.
    pub detail: String,
    /// Seconds until another try makes sense.
    pub retry_after: Option<u64>,
}

impl ScimError {
    /// With a status and no keyword.
    pub fn plain(status: u16, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind: None,
            detail: detail.into(),
            retry_after: None,
        }
    }

    fn bad(kind: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: Some(kind),
            ..Self::plain(400, detail)
        }
    }

    /// The filter is not one that is understood here.
    pub fn invalid_filter() -> Self {
        Self::bad(
            "invalidFilter",
            "Only comparisons with eq are understood, joined by and: userName, externalId and id of users; displayName, externalId, id and members of groups.",
        )
    }

    /// The body does not have the form of the request.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::bad("invalidSyntax", detail)
    }

    /// The path of an operation cannot be read.
    pub fn invalid_path() -> Self {
        Self::bad("invalidPath", "The path of an operation cannot be read.")
    }

    /// A value is missing or cannot be used.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::bad("invalidValue", detail)
    }

    /// The attribute cannot be changed so.
    pub fn mutability(attribute: &str) -> Self {
        Self::bad("mutability", format!("{attribute} cannot be changed or removed."))
    }

    /// Somebody or something else has this name or id.
    pub fn uniqueness(detail: impl Into<String>) -> Self {
        Self {
            kind: Some("uniqueness"),
            ..Self::plain(409, detail)
        }
    }

    /// There is nothing, or nothing of the directory's.
    pub fn not_found() -> Self {
        Self::plain(404, "There is nothing here.")
    }

    /// Wardesk does not let a directory do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::plain(403, detail)
    }

    /// The body of the answer.
    pub fn body(&self) -> Value {
        let mut body = json!({ "schemas": [ERROR], "status": self.status.to_string(), "detail": self.detail });
        if let (Some(kind), Some(fields)) = (self.kind, body.as_object_mut()) {
            fields.insert("scimType".into(), kind.into());
        }
        body
    }
}
