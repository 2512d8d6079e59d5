//! The OpenAPI document, generated from the handlers.

use utoipa::openapi::{
    Content, InfoBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
    path::Operation,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};
use utoipa::{PartialSchema as _, ToSchema as _};
use wd_kernel::ProblemCode;
use wd_web::ProblemBody;

/// Problems every operation can answer with; handlers list only what is special to them.
const EVERYWHERE: [ProblemCode; 10] = [
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
];

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
        let scheme = if path.starts_with("/api/v1/widget/") {
            "widget"
        } else {
            "session"
        };
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            operation.security = Some(vec![SecurityRequirement::new(scheme, Vec::<String>::new())]);
            add_problems(operation);
        }
    }
    document
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
