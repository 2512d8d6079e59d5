//! What a directory says of a group.

use std::collections::BTreeSet;

use serde_json::Value;
use wd_kernel::StaffId;

use super::{
    ScimError,
    attributes::{GROUP, bare, field, has_schema, object, text},
    patch::{Kind, Operation, operations},
};

/// A step in changing who is in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// These and nobody else.
    Set(BTreeSet<StaffId>),
    /// These too.
    Add(BTreeSet<StaffId>),
    /// These no longer.
    Remove(BTreeSet<StaffId>),
}

/// What is to change of a group; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// Its name.
    pub display_name: Option<String>,
    /// The directory's own id; `Some(None)` takes it away.
    pub external_id: Option<Option<String>>,
    /// Who is in it, in this order of steps.
    pub members: Vec<Members>,
}

impl GroupChange {
    /// From a whole resource, as POST and PUT send it.
    pub fn whole(body: &Value) -> Result<Self, ScimError> {
        let body = object(body)?;
        if !has_schema(body, GROUP) {
            return Err(ScimError::invalid_syntax(format!("schemas must name {GROUP}.")));
        }
        let name = field(body, "displayName").ok_or_else(|| ScimError::invalid_value("displayName is missing."))?;
        let members = field(body, "members").map(members).transpose()?.unwrap_or_default();
        Ok(Self {
            display_name: Some(text("displayName", name)?),
            external_id: Some(field(body, "externalId").map(|id| text("externalId", id)).transpose()?),
            members: vec![Members::Set(members)],
        })
    }

    /// From the operations of a PATCH.
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
        match (attribute, operation.kind) {
            ("id" | "meta" | "schemas", _) if operation.named => Err(ScimError::mutability(attribute)),
            ("members", kind) => {
                self.members.push(step(kind, operation)?);
                Ok(())
            }
            ("displayname" | "externalid", _) if path.part.is_some() || path.only.is_some() => {
                Err(ScimError::invalid_path())
            }
            ("displayname", Kind::Remove) => Err(ScimError::mutability("displayName")),
            ("externalid", Kind::Remove) => {
                self.external_id = Some(None);
                Ok(())
            }
            ("displayname", _) => {
                self.display_name = Some(text("displayName", operation.value.as_ref().unwrap_or(&Value::Null))?);
                Ok(())
            }
            ("externalid", _) => {
                let id = text("externalId", operation.value.as_ref().unwrap_or(&Value::Null))?;
                self.external_id = Some(Some(id));
                Ok(())
            }
            (other, _) if other.is_empty() || other == bare(GROUP) => Err(ScimError::invalid_path()),
            _ => Ok(()),
        }
    }
}

fn step(kind: Kind, operation: &Operation) -> Result<Members, ScimError> {
    let given = operation.value.as_ref();
    match (&operation.path.only, kind) {
        (Some((part, value)), Kind::Remove) if part == "value" => {
            Ok(Members::Remove(value.parse().into_iter().collect()))
        }
        (None, _) if operation.path.part.is_some() => Err(ScimError::invalid_path()),
        (None, Kind::Add) => Ok(Members::Add(members(given.unwrap_or(&Value::Null))?)),
        (None, Kind::Replace) => Ok(Members::Set(members(given.unwrap_or(&Value::Null))?)),
        // Entra ID also names those who go in the value.
        (None, Kind::Remove) => Ok(match given {
            Some(named) => Members::Remove(members(named)?),
            None => Members::Set(BTreeSet::new()),
        }),
        (Some(_), _) => Err(ScimError::invalid_path()),
    }
}

fn members(value: &Value) -> Result<BTreeSet<StaffId>, ScimError> {
    let one = std::slice::from_ref(value);
    let all = value.as_array().map_or(one, Vec::as_slice);
    all.iter().map(member).collect()
}

fn member(value: &Value) -> Result<StaffId, ScimError> {
    let member = value
        .as_object()
        .ok_or_else(|| ScimError::invalid_value("Each member is an object with a value."))?;
    let kind = field(member, "type").and_then(Value::as_str).unwrap_or("User");
    if !kind.eq_ignore_ascii_case("User") {
        return Err(ScimError::invalid_value(
            "Groups in groups are not supported: let the directory send the people themselves.",
        ));
    }
    let id = field(member, "value").and_then(Value::as_str).unwrap_or_default();
    id.parse()
        .map_err(|_| ScimError::invalid_value("A member is nobody whom the directory brought here."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wd_kernel::Id as _;

    use super::*;

    const ADA: &str = "stf_00000000000000000000000000000001";

    fn patched(operation: &Value) -> Result<Vec<Members>, ScimError> {
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] });
        GroupChange::patched(&body).map(|change| change.members)
    }

    #[test]
    fn members_come_and_go_in_every_form() {
        let ada = BTreeSet::from([ADA.parse().unwrap()]);
        for (operation, step) in [
            (
                json!({ "op": "Add", "path": "members", "value": [{ "value": ADA }] }),
                Members::Add(ada.clone()),
            ),
            (
                json!({ "op": "add", "path": "members", "value": { "value": ADA } }),
                Members::Add(ada.clone()),
            ),
            (
                json!({ "op": "add", "value": { "members": [{ "value": ADA }] } }),
                Members::Add(ada.clone()),
            ),
            (
                json!({ "op": "replace", "path": "members", "value": [{ "value": ADA }] }),
                Members::Set(ada.clone()),
            ),
            (
                json!({ "op": "Remove", "path": "members", "value": [{ "value": ADA }] }),
                Members::Remove(ada.clone()),
            ),
            (
                json!({ "op": "remove", "path": format!("members[value eq \"{ADA}\"]") }),
                Members::Remove(ada),
            ),
            (
                json!({ "op": "remove", "path": "members" }),
                Members::Set(BTreeSet::new()),
            ),
            (
                json!({ "op": "remove", "path": "members[value eq \"nobody\"]" }),
                Members::Remove(BTreeSet::new()),
            ),
        ] {
            assert_eq!(patched(&operation), Ok(vec![step]), "{operation}");
        }
    }

    #[test]
    fn what_is_no_person_is_no_member() {
        let team = wd_kernel::TeamId::from_uuid(StaffId::from_uuid(ADA.parse::<StaffId>().unwrap().uuid()).uuid());
        for value in [
            json!([{ "value": ADA, "type": "Group" }]),
            json!([{ "value": team }]),
            json!(["x"]),
            json!([{}]),
        ] {
            let error = patched(&json!({ "op": "add", "path": "members", "value": value })).unwrap_err();
            assert_eq!(error.kind, Some("invalidValue"), "{value}");
        }
        let display = json!({ "op": "replace", "path": format!("members[value eq \"{ADA}\"].display"), "value": "x" });
        assert_eq!(patched(&display).unwrap_err().kind, Some("invalidPath"));
    }
}
