//! The OpenAPI document, generated from the handlers.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use axum::{
    body::Bytes,
    http::{Method, header},
    response::{IntoResponse as _, Response as Answer},
};
use serde_json::Value;
use utoipa::openapi::{
    Content, InfoBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
    path::Operation,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};
use utoipa::{PartialSchema as _, ToSchema as _};
use wd_kernel::ProblemCode;
use wd_web::{Failure, ProblemBody};

use crate::{
    App,
    auth::{Needs, needs},
};

/// Problems every operation can answer with; handlers list only what is special to them.
const EVERYWHERE: [ProblemCode; 11] = [
    ProblemCode::BadRequest,
    ProblemCode::Unauthenticated,
    ProblemCode::Forbidden,
    ProblemCode::NotFound,
    ProblemCode::TooLarge,
    ProblemCode::UnsupportedMediaType,
    ProblemCode::InvalidFields,
    ProblemCode::RateLimited,
    ProblemCode::Internal,
    ProblemCode::Overloaded,
    ProblemCode::StorageFull,
];

/// The document as it is answered: made when somebody first asks, and kept as text. Made of parts it takes megabytes,
/// which few nodes ever need, and axum copies what a handler holds for every route.
#[derive(Clone)]
pub(crate) struct Served {
    app: App,
    text: Arc<OnceLock<Option<Bytes>>>,
}

impl Served {
    pub(crate) fn of(app: &App) -> Self {
        Self {
            app: app.clone(),
            text: Arc::default(),
        }
    }

    pub(crate) fn answer(&self) -> Answer {
        let text = self
            .text
            .get_or_init(|| serde_json::to_vec(&self.app.openapi()).ok().map(Bytes::from));
        match text {
            Some(text) => ([(header::CONTENT_TYPE, "application/json")], text.clone()).into_response(),
            None => Failure::from(ProblemCode::Internal).into_response(),
        }
    }
}

/// Completes the document that the routers gave.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("Wardesk")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("The interface of one Wardesk installation. The rules are in docs/API-DESIGN.md. Problems follow RFC 9457; their codes are a closed list."))
        .license(Some(utoipa::openapi::License::new("Apache-2.0")))
        .build();
    let components = document.components.get_or_insert_default();
    components.schemas.insert("Problem".into(), ProblemBody::schema());
    let mut nested = Vec::new();
    ProblemBody::schemas(&mut nested);
    components.schemas.extend(nested);
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(wd_web::SESSION_COOKIE))),
    );
    components.add_security_scheme(
        "widget",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
    );
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (Method::GET, &mut item.get),
            (Method::PUT, &mut item.put),
            (Method::POST, &mut item.post),
            (Method::DELETE, &mut item.delete),
            (Method::PATCH, &mut item.patch),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            operation.security = Some(match needs(&method, path) {
                Needs::Nothing => Vec::new(),
                Needs::AnySession | Needs::Staff => vec![requirement("session")],
                Needs::Customer => vec![requirement("widget")],
            });
            add_problems(operation);
        }
    }
    require_what_is_always_there(&mut document);
    document
}

fn requirement(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, Vec::<String>::new())
}

fn add_problems(operation: &mut Operation) {
    for code in EVERYWHERE {
        operation
            .responses
            .responses
            .entry(code.status().to_string())
            .or_insert_with(|| RefOr::T(problem(code)));
    }
}

fn problem(code: ProblemCode) -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
    ResponseBuilder::new()
        .description(code.title())
        .content("application/problem+json", Content::new(Some(schema)))
        .build()
}

/// Answers always carry every field, `null` where there is nothing; only problems leave fields out. Says so in the
/// schemas that stand in answers alone, so that generated clients need not doubt.
fn require_what_is_always_there(document: &mut OpenApi) {
    let mut value = serde_json::to_value(&*document).unwrap_or_default();
    let (mut asked, mut answered) = (BTreeSet::new(), BTreeSet::new());
    let paths = value.get("paths").and_then(Value::as_object);
    for operation in paths
        .into_iter()
        .flat_map(|paths| paths.values())
        .filter_map(Value::as_object)
        .flat_map(|item| item.values())
    {
        for (part, found) in [("requestBody", &mut asked), ("responses", &mut answered)] {
            if let Some(part) = operation.get(part) {
                references(&value, part, found);
            }
        }
    }
    for name in answered.difference(&asked).filter(|name| *name != "Problem") {
        if let Some(schema) = value.pointer_mut(&schema_pointer(name)) {
            require_all(schema);
        }
    }
    if let Ok(completed) = serde_json::from_value(value) {
        *document = completed;
    }
}

fn schema_pointer(name: &str) -> String {
    format!("/components/schemas/{name}")
}

/// Every schema that is reached from here.
fn references(document: &Value, from: &Value, found: &mut BTreeSet<String>) {
    match from {
        Value::Object(fields) => {
            if let Some(name) = fields
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|path| path.strip_prefix("#/components/schemas/"))
                && found.insert(name.to_owned())
                && let Some(schema) = document.pointer(&schema_pointer(name))
            {
                references(document, schema, found);
            }
            fields.values().for_each(|value| references(document, value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(document, value, found)),
        _ => {}
    }
}

fn require_all(schema: &mut Value) {
    if let Value::Object(fields) = schema
        && let Some(Value::Object(properties)) = fields.get("properties")
    {
        let names: Value = properties.keys().cloned().collect();
        fields.insert("required".into(), names);
    }
    for part in schema
        .get_mut("allOf")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        require_all(part);
    }
}
