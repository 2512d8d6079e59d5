use std::error::Error;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::error;
use wd_db::DbError;
use wd_kernel::{Ctx, Denied, Duration, FieldProblem, Problem, ProblemCode};

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
    pub code: ProblemCode,
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
            return Self::fault(failed);
        }
        Self(problem)
    }

    /// A fault of the server.
    pub fn fault(cause: &(dyn Error + 'static)) -> Self {
        log_fault(cause);
        Self(out_of_something(cause).unwrap_or_else(|| ProblemCode::Internal.into()))
    }

    /// The problem.
    pub const fn problem(&self) -> &Problem {
        &self.0
    }
}

/// What ran out is told apart from other faults, wherever in the causes it stands: who called can do something about it,
/// and nothing of the request was kept.
fn out_of_something(cause: &(dyn Error + 'static)) -> Option<Problem> {
    let mut next = Some(cause);
    while let Some(error) = next {
        match error.downcast_ref::<DbError>() {
            Some(DbError::Full) => return Some(ProblemCode::StorageFull.into()),
            Some(DbError::Busy) => return Some(Problem::new(ProblemCode::Overloaded).retry_after(1)),
            _ => next = error.source(),
        }
    }
    None
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

/// The problem of a status that something below answered with by itself.
fn problem_of(status: StatusCode) -> Option<Problem> {
    let code = match status.as_u16() {
        ..400 => return None,
        401 => ProblemCode::Unauthenticated,
        403 => ProblemCode::Forbidden,
        404 => ProblemCode::NotFound,
        405 => ProblemCode::MethodNotAllowed,
        409 => ProblemCode::Conflict,
        413 => ProblemCode::TooLarge,
        415 => ProblemCode::UnsupportedMediaType,
        422 => ProblemCode::InvalidFields,
        429 => ProblemCode::RateLimited,
        400..500 => ProblemCode::BadRequest,
        503 => ProblemCode::Overloaded,
        _ => ProblemCode::Internal,
    };
    Some(code.into())
}

/// Marks an answer whose form another standard prescribes: [`render_problems`] leaves it as it is.
#[derive(Debug, Clone, Copy)]
pub struct OtherForm;

/// Middleware: writes the request's id into each problem and into the `x-request-id` header. What is no success and no
/// problem yet becomes one, whoever answered it.
pub async fn render_problems(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<Ctx>().map(|ctx| ctx.request.to_string());
    let mut response = next.run(request).await;
    let own = response.extensions_mut().remove::<Problem>();
    let other = response.extensions_mut().remove::<OtherForm>().is_some();
    if let Some(problem) = own.or_else(|| problem_of(response.status())).filter(|_| !other) {
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

/// Middleware: who waited this long is told to come back. What the handler had not finished is dropped, and a
/// transaction that is dropped rolls back.
pub async fn limit_time(State(longest): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(longest, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::from(
            Problem::new(ProblemCode::Overloaded)
                .detail("This took too long and was given up.")
                .retry_after(1),
        )
        .into_response(),
    }
}

/// Most bytes of the names and values of a request's headers together, and of its address.
const LARGEST_HEAD: usize = 32 * 1024;
const LONGEST_ADDRESS: usize = 8 * 1024;

/// Middleware: refuses a request whose headers or address are larger than any of ours. The limits of the connection
/// itself are wider, because what it refuses has no body.
pub async fn limit_head(request: Request, next: Next) -> Response {
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    let address = request.uri().path_and_query().map_or(0, |text| text.as_str().len());
    if headers > LARGEST_HEAD || address > LONGEST_ADDRESS {
        let problem =
            Problem::new(ProblemCode::TooLarge).detail("The headers or the address of the request are too large.");
        return Failure::from(problem).into_response();
    }
    next.run(request).await
}

fn render(problem: &Problem, request: Option<&str>) -> Response {
    let code = problem.code;
    let body = ProblemBody {
        r#type: format!("https://wardesk.dev/problems/{}", code.code()),
        title: code.title().into(),
        status: code.status(),
        code,
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

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        body::to_bytes,
        middleware::{from_fn, from_fn_with_state},
        routing::get,
    };
    use tower::ServiceExt as _;

    use super::*;

    async fn answer(router: Router, request: Request) -> (u16, serde_json::Value) {
        let response = router.layer(from_fn(render_problems)).oneshot(request).await.unwrap();
        assert_eq!(
            response.headers().get(header::CONTENT_TYPE).unwrap(),
            "application/problem+json"
        );
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn request(path: &str) -> Request {
        Request::get(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_a_problem_that_says_when_to_come_back() {
        let never = || async { std::future::pending::<()>().await };
        let limit = from_fn_with_state(Duration::from_millis(1), limit_time);
        let router = Router::new().route("/", get(never)).layer(limit);
        let (status, problem) = answer(router, request("/")).await;
        assert_eq!(status, 503);
        assert_eq!(
            (&problem["code"], &problem["retry_after"]),
            (&"overloaded".into(), &1.into())
        );
    }

    #[tokio::test]
    async fn whatever_a_layer_refuses_by_itself_is_a_problem_too() {
        for (status, shown, code) in [
            (400, 400, "bad-request"),
            (404, 404, "not-found"),
            (408, 400, "bad-request"),
            (413, 413, "too-large"),
            (418, 400, "bad-request"),
            (500, 500, "internal"),
            (503, 503, "overloaded"),
            (507, 500, "internal"),
        ] {
            let plain = move || async move { (StatusCode::from_u16(status).unwrap(), "plain words") };
            let (answered, problem) = answer(Router::new().route("/", get(plain)), request("/")).await;
            assert_eq!((answered, problem["code"].as_str()), (shown, Some(code)), "{status}");
            assert!(!problem.to_string().contains("plain words"));
        }
    }

    #[tokio::test]
    async fn an_answer_in_the_form_of_another_standard_stays_as_it_is() {
        let other = || async { (StatusCode::CONFLICT, axum::Extension(OtherForm), "as it is") };
        let router = Router::new().route("/", get(other)).layer(from_fn(render_problems));
        let response = router.oneshot(request("/")).await.unwrap();
        assert_eq!(response.status(), 409);
        assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "as it is");
    }

    #[tokio::test]
    async fn large_headers_and_long_addresses_are_refused() {
        let router = || Router::new().route("/", get(|| async {})).layer(from_fn(limit_head));
        let mut large = request("/");
        large
            .headers_mut()
            .insert("x-large", HeaderValue::from_str(&"x".repeat(33_000)).unwrap());
        for request in [large, request(&format!("/?{}", "x".repeat(9_000)))] {
            let (status, problem) = answer(router(), request).await;
            assert_eq!((status, problem["code"].as_str()), (413, Some("too-large")));
        }
        assert!(router().oneshot(request("/?x")).await.unwrap().status().is_success());
    }
}
