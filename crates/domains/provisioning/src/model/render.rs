//! Resources as the directory reads them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use wd_kernel::{DirectoryGroupId, StaffId, Timestamp};

use super::{
    ScimError,
    attributes::{GROUP, USER, bare},
};

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The most resources of one answer.
pub const MOST: i64 = 200;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Who.
    pub id: StaffId,
    /// The name to sign in with, as the directory wrote it.
    pub user_name: String,
    /// The shown name.
    pub display_name: String,
    /// The directory's own id.
    pub external_id: Option<String>,
    /// Whether they work here.
    pub active: bool,
    /// The groups they are in: id and name.
    pub groups: Vec<(DirectoryGroupId, String)>,
    /// Since when the directory answers for them.
    pub created: Timestamp,
    /// The latest change by the directory.
    pub changed: Timestamp,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which one.
    pub id: DirectoryGroupId,
    /// Its name.
    pub display_name: String,
    /// The directory's own id.
    pub external_id: Option<String>,
    /// Who is in it; `None` where nobody asked.
    pub members: Option<Vec<StaffId>>,
    /// Since when it is here.
    pub created: Timestamp,
    /// The latest change.
    pub changed: Timestamp,
}

impl User {
    /// As JSON. `base` is the address of the interface.
    pub fn json(&self, base: &str) -> Value {
        let groups: Vec<Value> = self
            .groups
            .iter()
            .map(|(id, name)| json!({ "value": id, "$ref": format!("{base}/Groups/{id}"), "display": name, "type": "direct" }))
            .collect();
        let mut user = json!({
            "schemas": [USER],
            "id": self.id,
            "userName": self.user_name,
            "displayName": self.display_name,
            "active": self.active,
            "meta": meta(base, "User", &format!("Users/{}", self.id), self.created, self.changed),
        });
        optional(
            &mut user,
            "externalId",
            self.external_id.as_ref().map(|id| Value::from(id.as_str())),
        );
        optional(&mut user, "groups", (!groups.is_empty()).then_some(Value::from(groups)));
        user
    }
}

impl Group {
    /// As JSON. `base` is the address of the interface.
    pub fn json(&self, base: &str) -> Value {
        let member = |id: &StaffId| json!({ "value": id, "$ref": format!("{base}/Users/{id}"), "type": "User" });
        let members = self.members.as_ref().filter(|members| !members.is_empty());
        let mut group = json!({
            "schemas": [GROUP],
            "id": self.id,
            "displayName": self.display_name,
            "meta": meta(base, "Group", &format!("Groups/{}", self.id), self.created, self.changed),
        });
        optional(
            &mut group,
            "externalId",
            self.external_id.as_ref().map(|id| Value::from(id.as_str())),
        );
        optional(
            &mut group,
            "members",
            members.map(|members| members.iter().map(member).collect()),
        );
        group
    }
}

fn optional(resource: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(fields), Some(value)) = (resource.as_object_mut(), value) {
        fields.insert(name.into(), value);
    }
}

fn meta(base: &str, kind: &str, path: &str, created: Timestamp, changed: Timestamp) -> Value {
    json!({ "resourceType": kind, "created": created, "lastModified": changed, "location": format!("{base}/{path}") })
}

/// A list (RFC 7644, section 3.4.2). `start` counts from 1.
pub fn list(resources: &[Value], total: i64, start: i64) -> Value {
    json!({ "schemas": [LIST], "totalResults": total, "startIndex": start, "itemsPerPage": resources.len(), "Resources": resources })
}

/// Which page is asked for: what is skipped, and how many at most.
pub fn page(start_index: Option<&str>, count: Option<&str>) -> Result<(i64, i64), ScimError> {
    let number = |text: Option<&str>, name: &str, otherwise: i64| match text {
        None => Ok(otherwise),
        Some(text) => text
            .parse::<i64>()
            .map_err(|_| ScimError::invalid_value(format!("{name} must be a whole number."))),
    };
    let start = number(start_index, "startIndex", 1)?.max(1);
    let count = number(count, "count", MOST)?.clamp(0, MOST);
    Ok((start - 1, count))
}

/// Which attributes are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    only: Option<BTreeSet<String>>,
    without: BTreeSet<String>,
}

impl Selection {
    /// From `attributes` and `excludedAttributes`, of which a request has one.
    pub fn new(attributes: Option<&str>, excluded: Option<&str>) -> Result<Self, ScimError> {
        // A part of an attribute is asked for by the whole: nothing here is so long that it needs to be cut.
        let top = |name: &str| bare(name).split('.').next().unwrap_or_default().to_owned();
        let names =
            |text: &str| -> BTreeSet<String> { text.split(',').map(top).filter(|name| !name.is_empty()).collect() };
        if attributes.is_some() && excluded.is_some() {
            return Err(ScimError::invalid_value(
                "Send attributes or excludedAttributes, not both.",
            ));
        }
        Ok(Self {
            only: attributes.map(names).filter(|names| !names.is_empty()),
            without: excluded.map(names).unwrap_or_default(),
        })
    }

    /// Whether the answer shows this attribute.
    pub fn shows(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let always = name == "id" || name == "schemas";
        always || (self.only.as_ref().is_none_or(|only| only.contains(&name)) && !self.without.contains(&name))
    }

    /// Leaves out what was not asked for.
    pub fn cut(&self, resource: Value) -> Value {
        match resource {
            Value::Object(fields) => Value::Object(
                fields
                    .into_iter()
                    .filter(|(name, _)| self.shows(name))
                    .collect::<Map<_, _>>(),
            ),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_begin_at_one_and_are_never_too_long() {
        assert_eq!(page(None, None), Ok((0, 200)));
        assert_eq!(page(Some("11"), Some("10")), Ok((10, 10)));
        assert_eq!(page(Some("0"), Some("-1")), Ok((0, 0)));
        assert_eq!(
            page(Some("-9223372036854775808"), Some("9223372036854775807")),
            Ok((0, 200))
        );
        assert!(page(Some("x"), None).is_err());
        assert!(page(None, Some("1.5")).is_err());
    }

    #[test]
    fn what_is_asked_for_is_shown_and_the_id_always() {
        let whole = json!({ "id": "1", "schemas": [], "userName": "a", "active": true });
        let cut = |only, without| Selection::new(only, without).unwrap().cut(whole.clone());
        assert_eq!(
            cut(Some("username"), None),
            json!({ "id": "1", "schemas": [], "userName": "a" })
        );
        assert_eq!(
            cut(None, Some("urn:ietf:params:scim:schemas:core:2.0:User:active,id")),
            json!({ "id": "1", "schemas": [], "userName": "a" })
        );
        assert!(!Selection::new(None, Some("members")).unwrap().shows("members"));
        assert!(Selection::new(Some("a"), Some("b")).is_err());
    }
}
