//! Names and values as clients write them: names in any case, with or without the schema in front.

use serde_json::{Map, Value};

use super::ScimError;

/// The schema of users.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of groups.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The longest text that is taken, in bytes.
const LONGEST: usize = 512;

/// A name in lower case, without the schema of users or groups in front.
pub fn bare(name: &str) -> String {
    let name = name.trim();
    for schema in [USER, GROUP] {
        let front = name
            .get(..schema.len())
            .filter(|front| front.eq_ignore_ascii_case(schema));
        if front.is_some() {
            let rest = name.get(schema.len()..).and_then(|rest| rest.strip_prefix(':'));
            return rest.unwrap_or_default().to_ascii_lowercase();
        }
    }
    name.to_ascii_lowercase()
}

/// The value of an attribute; what is `null` is not there (RFC 7643, section 2.5).
pub fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let mut found = object.iter().filter(|(key, _)| bare(key) == name.to_ascii_lowercase());
    found.next().map(|(_, value)| value).filter(|value| !value.is_null())
}

/// A text that can be kept: not empty, one line, not too long.
pub fn text(attribute: &str, value: &Value) -> Result<String, ScimError> {
    let text = value.as_str().map(str::trim).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.len() <= LONGEST && !text.contains(char::is_control) => Ok(text.to_owned()),
        _ => Err(ScimError::invalid_value(format!(
            "{attribute} must be a text of 1 to {LONGEST} bytes without line breaks."
        ))),
    }
}

/// A truth value; Entra ID also writes it as a text.
pub fn truth(attribute: &str, value: &Value) -> Result<bool, ScimError> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(ScimError::invalid_value(format!("{attribute} must be true or false."))),
    }
}

/// The object a body must be.
pub fn object(body: &Value) -> Result<&Map<String, Value>, ScimError> {
    body.as_object()
        .ok_or_else(|| ScimError::invalid_syntax("The body must be one JSON object."))
}

/// Whether the body names this schema.
pub fn has_schema(body: &Map<String, Value>, schema: &str) -> bool {
    let names = field(body, "schemas").and_then(Value::as_array);
    names.is_some_and(|names| {
        let mut names = names.iter().filter_map(Value::as_str);
        names.any(|name| name.eq_ignore_ascii_case(schema))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_any_case_and_with_their_schema() {
        for name in [
            "userName",
            "USERNAME",
            "urn:ietf:params:scim:schemas:core:2.0:user:userName",
        ] {
            assert_eq!(bare(name), "username", "{name}");
        }
        assert_eq!(
            bare("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"),
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:department"
        );
    }

    #[test]
    fn a_text_that_no_database_and_no_screen_should_hold_is_refused() {
        for bad in ["", "  ", "a\nb", "a\u{0}b", &"x".repeat(513)] {
            assert!(text("userName", &Value::from(bad)).is_err(), "{bad:?}");
        }
        assert!(text("userName", &Value::from(7)).is_err());
    }
}
