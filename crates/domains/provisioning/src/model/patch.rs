//! Reading the operations of a PATCH (RFC 7644, section 3.5.2), also in the forms that Entra ID writes: `op` in any
//! case, a value without a path, names with dots inside such a value.

use serde_json::Value;

use super::{
    ScimError,
    attributes::{bare, field, has_schema, object},
    filter,
};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// The most operations of one request.
const MOST: usize = 1000;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Adds a value; to what has one value only, sets it.
    Add,
    /// Sets a value.
    Replace,
    /// Takes a value away.
    Remove,
}

/// Where an operation acts: `members[value eq "stf_…"].display`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The attribute, in lower case.
    pub attribute: String,
    /// Which of several values: the part that is compared, in lower case, and with what.
    pub only: Option<(String, String)>,
    /// A part of the value, in lower case.
    pub part: Option<String>,
}

/// One operation on one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What it does.
    pub kind: Kind,
    /// Where.
    pub path: Path,
    /// Whether the client named the path; what stands in a value without a path may be more than it means to change.
    pub named: bool,
    /// With what; nothing for a removal.
    pub value: Option<Value>,
}

/// The operations of a body, in order.
pub fn operations(body: &Value) -> Result<Vec<Operation>, ScimError> {
    let body = object(body)?;
    if !has_schema(body, PATCH_OP) {
        return Err(ScimError::invalid_syntax(format!("schemas must name {PATCH_OP}.")));
    }
    let listed = field(body, "operations").and_then(Value::as_array);
    let listed = listed.ok_or_else(|| ScimError::invalid_syntax("Operations must be a list."))?;
    if listed.is_empty() || listed.len() > MOST {
        return Err(ScimError::invalid_syntax(format!("Send 1 to {MOST} operations.")));
    }
    let mut all = Vec::with_capacity(listed.len());
    for operation in listed {
        read(operation, &mut all)?;
    }
    Ok(all)
}

fn read(operation: &Value, all: &mut Vec<Operation>) -> Result<(), ScimError> {
    let operation = object(operation)?;
    let op = field(operation, "op").and_then(Value::as_str).unwrap_or_default();
    let kind = match op.to_ascii_lowercase().as_str() {
        "add" => Kind::Add,
        "replace" => Kind::Replace,
        "remove" => Kind::Remove,
        _ => return Err(ScimError::invalid_syntax("op must be add, replace or remove.")),
    };
    let value = field(operation, "value");
    if value.is_none() && kind != Kind::Remove {
        return Err(ScimError::invalid_value(
            "An operation that adds or replaces needs a value.",
        ));
    }
    match field(operation, "path") {
        Some(path) => all.push(Operation {
            kind,
            path: path_of(path.as_str().unwrap_or_default())?,
            named: true,
            value: value.cloned(),
        }),
        None if kind == Kind::Remove => {
            return Err(ScimError {
                kind: Some("noTarget"),
                ..ScimError::plain(400, "An operation that removes needs a path.")
            });
        }
        None => {
            for (name, value) in object(value.unwrap_or(&Value::Null))? {
                all.push(Operation {
                    kind,
                    path: path_of(name)?,
                    named: false,
                    value: Some(value.clone()),
                });
            }
        }
    }
    Ok(())
}

/// Reads a path. The schema of an extension stays in the name: dots in it part nothing.
fn path_of(text: &str) -> Result<Path, ScimError> {
    let text = text.trim();
    if text.is_empty() || text.len() > 1024 || text.contains(char::is_control) {
        return Err(ScimError::invalid_path());
    }
    let (front, only, behind) = match text.split_once('[') {
        None => (text, None, ""),
        Some((front, inside)) => {
            let inside = inside.trim_start();
            let (name, comparison) = inside.split_once(' ').ok_or_else(ScimError::invalid_path)?;
            let (value, rest) = filter::equals(comparison).map_err(|_| ScimError::invalid_path())?;
            let behind = rest
                .trim_start()
                .strip_prefix(']')
                .ok_or_else(ScimError::invalid_path)?;
            (front, Some((bare(name), value)), behind)
        }
    };
    let name = bare(front);
    let (attribute, part) = if name.starts_with("urn:") {
        (name, None)
    } else if behind.is_empty() {
        match name.split_once('.') {
            Some((attribute, part)) => (attribute.to_owned(), Some(part.to_owned())),
            None => (name, None),
        }
    } else {
        let part = behind.strip_prefix('.').ok_or_else(ScimError::invalid_path)?;
        (name, Some(part.to_ascii_lowercase()))
    };
    let fine = |name: &str| {
        let mut letters = name.chars();
        letters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == '$')
            && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$'))
    };
    let known = attribute.starts_with("urn:") || fine(&attribute);
    if !known || !part.as_deref().is_none_or(fine) {
        return Err(ScimError::invalid_path());
    }
    Ok(Path { attribute, only, part })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(operations: &Value) -> Value {
        json!({ "schemas": [PATCH_OP], "Operations": operations })
    }

    fn path(attribute: &str, only: Option<(&str, &str)>, part: Option<&str>) -> Path {
        Path {
            attribute: attribute.into(),
            only: only.map(|(name, value)| (name.into(), value.into())),
            part: part.map(Into::into),
        }
    }

    #[test]
    fn paths_are_read_in_every_form_that_directories_write() {
        for (text, read) in [
            ("active", path("active", None, None)),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:userName",
                path("username", None, None),
            ),
            ("name.givenName", path("name", None, Some("givenname"))),
            (
                r#"members[value eq "stf_1"]"#,
                path("members", Some(("value", "stf_1")), None),
            ),
            (
                r#"emails[type eq "work"].value"#,
                path("emails", Some(("type", "work")), Some("value")),
            ),
            (
                r#"addresses[type eq "a]b"].street"#,
                path("addresses", Some(("type", "a]b")), Some("street")),
            ),
            (
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                path(
                    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:department",
                    None,
                    None,
                ),
            ),
        ] {
            assert_eq!(path_of(text), Ok(read), "{text}");
        }
        for bad in [
            "",
            "a b",
            "members[",
            "members[value]",
            "members[value eq]",
            r#"members[value eq "x""#,
            r#"a[b eq "c"]d"#,
            ".a",
            "a.",
            "a\nb",
        ] {
            assert_eq!(path_of(bad).unwrap_err().kind, Some("invalidPath"), "{bad}");
        }
    }

    #[test]
    fn a_value_without_a_path_is_one_operation_for_each_attribute() {
        let read = operations(&body(
            &json!([{ "op": "Replace", "value": { "active": "False", "name.familyName": "L" } }]),
        ))
        .unwrap();
        assert_eq!(read.len(), 2);
        assert!(
            read.iter()
                .all(|operation| !operation.named && operation.kind == Kind::Replace)
        );
        assert_eq!(read[0].path, path("active", None, None));
        assert_eq!(read[1].path, path("name", None, Some("familyname")));
    }

    #[test]
    fn what_is_no_patch_is_refused() {
        for (bad, kind) in [
            (json!([]), "invalidSyntax"),
            (
                json!({ "Operations": [{ "op": "remove", "path": "active" }] }),
                "invalidSyntax",
            ),
            (body(&json!([])), "invalidSyntax"),
            (body(&json!([{ "op": "move", "path": "active" }])), "invalidSyntax"),
            (body(&json!([{ "op": "replace", "path": "active" }])), "invalidValue"),
            (body(&json!([{ "op": "replace", "value": 7 }])), "invalidSyntax"),
            (body(&json!([{ "op": "remove" }])), "noTarget"),
        ] {
            assert_eq!(operations(&bad).unwrap_err().kind, Some(kind), "{bad}");
        }
    }
}
