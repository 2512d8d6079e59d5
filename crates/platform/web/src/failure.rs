use std::error::Error;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::error;
use wd_db::DbError;
use wd_kernel::{Ctx, Denied, FieldProblem, Problem, ProblemCode};

/// What a handler returns.
pub type ApiResult<T> = Result<T, Failure>;

/// An answer that is not success.
#[derive(Debug)]
pub struct Failure(Problem);

/// An error of a use case that knows which problem it is.
pub trait Fails: Error + Send + Sync + 'static {
    /// The problem the caller is shown.
    fn problem(&self) -> Problem;
}

/// The body of a problem (RFC 9457).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `https://wardesk.dev/problems/` and the code.
    pub r#type: String,
    /// A short sentence, the same for every occurrence of the code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The code, from a closed list.
    pub code: String,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fields that need another look.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// The right that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// Seconds until another try makes sense; also the `Retry-After` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// What to quote when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Failure {
    /// From an error of a use case. A fault of the server is logged here with its causes, and stays opaque outside.
    pub fn from_error(failed: &impl Fails) -> Self {
        let problem = failed.problem();
        if problem.code.status() == 500 {
            log_fault(failed);
        }
        Self(problem)
    }

    /// A fault of the server.
    pub fn fault(cause: &(dyn Error + 'static)) -> Self {
        log_fault(cause);
        Self(ProblemCode::Internal.into())
    }

    /// The problem.
    pub const fn problem(&self) -> &Problem {
        &self.0
    }
}

fn log_fault(cause: &dyn Error) {
    let mut chain = cause.to_string();
    let mut next = cause.source();
    while let Some(source) = next {
        chain.push_str(": ");
        chain.push_str(&source.to_string());
        next = source.source();
    }
    error!(error = chain, "a request failed");
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<ProblemCode> for Failure {
    fn from(code: ProblemCode) -> Self {
        Self(code.into())
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        Self(denied.into())
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::fault(&error)
    }
}

/// Lets `?` turn an error of a use case into a [`Failure`] in handlers.
#[macro_export]
macro_rules! fails {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for $crate::Failure {
            fn from(error: $error) -> Self {
                Self::from_error(&error)
            }
        }
    )+};
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = render(&self.0, None);
        response.extensions_mut().insert(self.0);
        response
    }
}

/// Middleware: writes the request's id into each problem and into the `x-request-id` header.
pub async fn render_problems(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<Ctx>().map(|ctx| ctx.request.to_string());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let (parts, _) = response.into_parts();
        response = render(&problem, id.as_deref());
        for (name, value) in &parts.headers {
            if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
                response.headers_mut().insert(name, value.clone());
            }
        }
    }
    if let Some(value) = id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

fn render(problem: &Problem, request: Option<&str>) -> Response {
    let code = problem.code;
    let body = ProblemBody {
        r#type: format!("https://wardesk.dev/problems/{}", code.code()),
        title: code.title().into(),
        status: code.status(),
        code: code.code().into(),
        detail: problem.detail.clone(),
        fields: problem.fields.clone(),
        permission: problem.permission.map(Into::into),
        retry_after: problem.retry_after,
        request_id: request.map(Into::into),
    };
    let bytes = serde_json::to_vec(&body).unwrap_or_default();
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = problem.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
