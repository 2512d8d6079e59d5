//! Bodies and paths that an OpenAPI document describes, so that a request fails for who sends it and not for its form.

use serde_json::{Map, Value};

/// One operation of the document.
#[derive(Debug)]
pub struct Operation {
    pub id: String,
    pub method: reqwest::Method,
    /// With made-up values for the parameters.
    pub path: String,
    /// The JSON body, if it takes one.
    pub body: Option<Value>,
    /// Whether it takes CSV instead.
    pub csv: bool,
}

/// All operations of a document.
pub fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let content = &operation["requestBody"]["content"];
            let schema = &content["application/json"]["schema"];
            all.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: fill(document, path, operation),
                body: schema.is_object().then(|| sample(document, schema)),
                csv: content["text/csv"].is_object(),
            });
        }
    }
    all
}

fn fill(document: &Value, path: &str, operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let mut filled = path.to_owned();
    let mut query = Vec::new();
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap();
        let value = match sample(document, &parameter["schema"]) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        if parameter["in"] == "path" {
            filled = filled.replace(&format!("{{{name}}}"), &value);
        } else if parameter["required"] == true {
            query.push(format!("{name}={value}"));
        }
    }
    assert!(!filled.contains('{'), "{path}: a parameter is not described");
    if query.is_empty() {
        filled
    } else {
        format!("{filled}?{}", query.join("&"))
    }
}

fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return sample(document, document.pointer(name.trim_start_matches('#')).unwrap());
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(first) = schema[choice]
            .as_array()
            .and_then(|all| all.iter().find(|one| one["type"] != "null"))
        {
            return sample(document, first);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| sample(document, part));
        return Value::Object(parts.filter_map(|part| part.as_object().cloned()).flatten().collect());
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => object(document, schema),
        Some("array") => Value::Array(Vec::new()),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(Value::from(1)),
        Some("boolean") => Value::Bool(false),
        Some("string") => Value::String(text(schema)),
        _ => Value::Object(Map::new()),
    }
}

fn object(document: &Value, schema: &Value) -> Value {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let field = |name: &Value| {
        let name = name.as_str().unwrap();
        (name.to_owned(), sample(document, &schema["properties"][name]))
    };
    Value::Object(required.iter().map(field).collect())
}

/// An id of its kind, or letters that are base64url too.
fn text(schema: &Value) -> String {
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    match pattern
        .strip_prefix('^')
        .and_then(|rest| rest.split_once("_[0-9a-f]{32}"))
    {
        Some((prefix, _)) => format!("{prefix}_{:032x}", 0x0123_4567_89ab_7def_8123_4567_89ab_cdef_u128),
        // Bytes of a fixed length: `^[A-Za-z0-9_-]{43}$`.
        None if pattern.ends_with("}$") => {
            let length = pattern.trim_end_matches("}$").rsplit('{').next().unwrap();
            "A".repeat(length.parse().unwrap())
        }
        None if schema["format"] == "date-time" => "2026-01-02T03:04:05Z".into(),
        None => "AAAAAAAA".into(),
    }
}
