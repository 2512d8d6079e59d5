//! What the interface can do, described by itself (RFC 7643, sections 5 to 7). It says no more than is true.

use serde_json::{Value, json};

use super::{
    attributes::{GROUP, USER},
    render::MOST,
};

const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// What is supported.
pub fn service_provider_config(base: &str) -> Value {
    let not = json!({ "supported": false });
    json!({
        "schemas": [CONFIG],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MOST },
        "changePassword": not,
        "sort": not,
        "etag": not,
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token that an administrator of Wardesk made, in the header Authorization.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig") },
    })
}

/// Users and groups.
pub fn resource_types(base: &str) -> Vec<Value> {
    let one = |name: &str, endpoint: &str, description: &str, schema: &str| {
        json!({
            "schemas": [RESOURCE_TYPE], "id": name, "name": name, "endpoint": endpoint, "description": description, "schema": schema,
            "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{name}") },
        })
    };
    vec![
        one("User", "/Users", "Somebody who works here", USER),
        one("Group", "/Groups", "A group of the directory", GROUP),
    ]
}

/// The schemas of users and groups.
pub fn schemas(base: &str) -> Vec<Value> {
    let user = [
        attribute("userName", "The name to sign in with.", true, "server"),
        attribute("displayName", "The name colleagues and customers see.", true, "none"),
        json!({ "name": "active", "type": "boolean", "multiValued": false, "description": "Whether the person works here. Absent when a person is created, it is true.",
            "required": true, "mutability": "readWrite", "returned": "default" }),
        json!({ "name": "groups", "type": "complex", "multiValued": true, "description": "The groups the person is in.", "required": false,
            "mutability": "readOnly", "returned": "default", "subAttributes": [
                part("value", "The group's id.", "readOnly"),
                reference("Group", "readOnly"),
                part("display", "The group's name.", "readOnly"),
                part("type", "Always direct.", "readOnly"),
            ] }),
    ];
    let group = [
        attribute(
            "displayName",
            "The group's name, by which roles are given.",
            true,
            "server",
        ),
        json!({ "name": "members", "type": "complex", "multiValued": true, "description": "Who is in the group.", "required": false,
            "mutability": "readWrite", "returned": "default", "subAttributes": [
                part("value", "The person's id.", "immutable"),
                reference("User", "immutable"),
                part("type", "Always User.", "immutable"),
            ] }),
    ];
    vec![
        schema(base, USER, "User", "Somebody who works here", &user),
        schema(base, GROUP, "Group", "A group of the directory", &group),
    ]
}

fn schema(base: &str, id: &str, name: &str, description: &str, attributes: &[Value]) -> Value {
    json!({
        "schemas": [SCHEMA], "id": id, "name": name, "description": description, "attributes": attributes,
        "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{id}") },
    })
}

fn attribute(name: &str, description: &str, required: bool, uniqueness: &str) -> Value {
    json!({ "name": name, "type": "string", "multiValued": false, "description": description, "required": required,
        "caseExact": name != "userName", "mutability": "readWrite", "returned": "default", "uniqueness": uniqueness })
}

fn part(name: &str, description: &str, mutability: &str) -> Value {
    let mut part = json!({ "name": name, "type": "string", "multiValued": false, "description": description, "required": false,
        "caseExact": true, "mutability": mutability, "returned": "default", "uniqueness": "none" });
    let known = match (name, mutability) {
        ("type", "readOnly") => Some("direct"),
        ("type", _) => Some("User"),
        _ => None,
    };
    if let (Some(fields), Some(known)) = (part.as_object_mut(), known) {
        fields.insert("canonicalValues".into(), json!([known]));
    }
    part
}

fn reference(kind: &str, mutability: &str) -> Value {
    json!({ "name": "$ref", "type": "reference", "referenceTypes": [kind], "multiValued": false, "description": "Its address.", "required": false,
        "caseExact": true, "mutability": mutability, "returned": "default", "uniqueness": "none" })
}
