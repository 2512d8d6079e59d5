//! What machines ask: is it alive, is it ready, what does it count.

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use wd_db::Db;
use wd_kernel::{Clock as _, ProblemCode};
use wd_telemetry::Metrics;
use wd_web::{Failure, Json};

use crate::system::SystemClock;

pub(crate) fn router(db: Db, metrics: Option<Metrics>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state(db))
        .route("/metrics", get(show).with_state(metrics))
}

/// Ready means: the database answers.
async fn ready(State(db): State<Db>) -> Response {
    match db.ping().await {
        Ok(()) => Json(serde_json::json!({"ready": true, "database": db.engine()})).into_response(),
        Err(_) => Failure::from(ProblemCode::Overloaded).into_response(),
    }
}

async fn show(State(metrics): State<Option<Metrics>>) -> Response {
    match metrics {
        Some(metrics) => (
            [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
            metrics.render(),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What a method is counted as. Anybody may invent some, and each would be kept for ever.
const fn counted(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Middleware: counts and times requests by route, never by address.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = counted(request.method());
    let began = SystemClock.now();
    let response = next.run(request).await;
    let labels = [
        ("method", method.to_owned()),
        ("route", route),
        ("status", response.status().as_u16().to_string()),
    ];
    metrics::counter!("wardesk_http_requests_total", &labels).increment(1);
    metrics::histogram!("wardesk_http_request_seconds", &labels[..2])
        .record(SystemClock.now().since(began).as_secs_f64());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_somebody_invents_are_counted_together() {
        for method in ["AAAA1", "AAAA2", "TRACE", "get"] {
            assert_eq!(counted(&Method::from_bytes(method.as_bytes()).unwrap()), "other");
        }
        assert_eq!(counted(&Method::GET), "GET");
    }
}
