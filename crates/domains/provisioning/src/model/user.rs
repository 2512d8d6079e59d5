//! What a directory says of a person, as far as Wardesk keeps it.

use serde_json::{Map, Value};

use super::{
    ScimError,
    attributes::{USER, bare, field, has_schema, object, text, truth},
    patch::{Kind, Operation, operations},
};

/// What only Wardesk changes.
const READ_ONLY: [&str; 4] = ["id", "meta", "groups", "schemas"];

/// What is to change of a person; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// The name to sign in with.
    pub user_name: Option<String>,
    /// The shown name.
    pub display_name: Option<String>,
    /// The directory's own id; `Some(None)` takes it away.
    pub external_id: Option<Option<String>>,
    /// Whether they work here.
    pub active: Option<bool>,
}

impl UserChange {
    /// From a whole resource, as POST and PUT send it. What Wardesk does not keep is ignored, and so is what only
    /// Wardesk changes.
    pub fn whole(body: &Value) -> Result<Self, ScimError> {
        let body = object(body)?;
        if !has_schema(body, USER) {
            return Err(ScimError::invalid_syntax(format!("schemas must name {USER}.")));
        }
        let user_name = field(body, "userName").ok_or_else(|| ScimError::invalid_value("userName is missing."))?;
        let user_name = text("userName", user_name)?;
        let display_name = shown_name(body)?.unwrap_or_else(|| user_name.clone());
        Ok(Self {
            display_name: Some(display_name),
            external_id: Some(field(body, "externalId").map(|id| text("externalId", id)).transpose()?),
            active: field(body, "active").map(|value| truth("active", value)).transpose()?,
            user_name: Some(user_name),
        })
    }

    /// From the operations of a PATCH. Later ones count more.
    pub fn patched(body: &Value) -> Result<Self, ScimError> {
        let mut change = Self::default();
        for operation in operations(body)? {
            change.apply(&operation)?;
        }
        Ok(change)
    }

    fn apply(&mut self, operation: &Operation) -> Result<(), ScimError> {
        let path = &operation.path;
        let attribute = path.attribute.as_str();
        if READ_ONLY.contains(&attribute) {
            // Okta repeats the id inside a value that is meant for something else.
            return if operation.named {
                Err(ScimError::mutability(attribute))
            } else {
                Ok(())
            };
        }
        if attribute == bare(USER) || attribute.is_empty() {
            return Err(ScimError::invalid_path());
        }
        let kept = ["username", "displayname", "externalid", "active"].contains(&attribute);
        if !kept {
            return Ok(());
        }
        if path.part.is_some() || path.only.is_some() {
            return Err(ScimError::invalid_path());
        }
        if operation.kind == Kind::Remove {
            if attribute != "externalid" {
                return Err(ScimError::mutability(attribute));
            }
            self.external_id = Some(None);
            return Ok(());
        }
        let value = operation.value.as_ref().unwrap_or(&Value::Null);
        match attribute {
            "username" => self.user_name = Some(text("userName", value)?),
            "displayname" => self.display_name = Some(text("displayName", value)?),
            "externalid" => self.external_id = Some(Some(text("externalId", value)?)),
            _ => self.active = Some(truth("active", value)?),
        }
        Ok(())
    }
}

/// The shown name: `displayName`, or what stands for it where a directory does not send that.
fn shown_name(body: &Map<String, Value>) -> Result<Option<String>, ScimError> {
    if let Some(name) = field(body, "displayName") {
        return text("displayName", name).map(Some);
    }
    let Some(name) = field(body, "name").and_then(Value::as_object) else {
        return Ok(None);
    };
    if let Some(formatted) = field(name, "formatted") {
        return text("name.formatted", formatted).map(Some);
    }
    let parts = ["givenName", "familyName"].map(|part| field(name, part).and_then(Value::as_str).unwrap_or_default());
    let joined = parts.join(" ");
    if joined.trim().is_empty() {
        return Ok(None);
    }
    text("name", &Value::from(joined)).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(operations: &Value) -> Result<UserChange, ScimError> {
        UserChange::patched(
            &json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations }),
        )
    }

    #[test]
    fn unknown_and_read_only_attributes_of_a_whole_resource_are_ignored() {
        let change = UserChange::whole(&json!({
            "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
            "id": "stf_other", "meta": { "created": "x" }, "groups": [{ "value": "dgr_other" }], "password": "secret",
            "USERNAME": " ada@example.org ", "name": { "givenName": "Ada", "familyName": "Lovelace" },
            "emails": [{ "value": "ada@example.org", "primary": true }], "active": "True", "roles": ["administrator"],
        }));
        let wanted = UserChange {
            user_name: Some("ada@example.org".into()),
            display_name: Some("Ada Lovelace".into()),
            external_id: Some(None),
            active: Some(true),
        };
        assert_eq!(change, Ok(wanted));
    }

    #[test]
    fn a_resource_without_what_is_needed_is_refused() {
        for bad in [
            json!(7),
            json!({ "userName": "ada" }),
            json!({ "schemas": [USER] }),
            json!({ "schemas": [USER], "userName": null }),
            json!({ "schemas": [USER], "userName": "ada", "active": "perhaps" }),
            json!({ "schemas": [USER], "userName": "a\u{0}da" }),
        ] {
            assert_eq!(UserChange::whole(&bad).unwrap_err().status, 400, "{bad}");
        }
    }

    #[test]
    fn every_form_in_which_entra_and_okta_switch_somebody_off_does_so() {
        for operations in [
            json!([{ "op": "replace", "path": "active", "value": false }]),
            json!([{ "op": "Replace", "path": "active", "value": "False" }]),
            json!([{ "op": "replace", "value": { "active": false } }]),
            json!([{ "op": "Add", "value": { "id": "stf_1", "active": "false" } }]),
            json!([{ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false }]),
            json!([{ "op": "replace", "path": "title", "value": "x" }, { "op": "replace", "path": "active", "value": false }]),
        ] {
            assert_eq!(patched(&operations).unwrap().active, Some(false), "{operations}");
        }
    }

    #[test]
    fn what_cannot_be_removed_or_changed_says_so() {
        for (path, op) in [
            ("userName", "remove"),
            ("displayName", "remove"),
            ("active", "remove"),
            ("id", "replace"),
            ("groups", "add"),
        ] {
            let error = patched(&json!([{ "op": op, "path": path, "value": "x" }])).unwrap_err();
            assert_eq!(error.kind, Some("mutability"), "{path}");
        }
        let removed = patched(&json!([{ "op": "remove", "path": "externalId" }])).unwrap();
        assert_eq!(removed.external_id, Some(None));
        assert_eq!(
            patched(&json!([{ "op": "replace", "path": "password", "value": "secret" }])),
            Ok(UserChange::default())
        );
    }
}
