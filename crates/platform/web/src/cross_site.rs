use axum::{
    extract::Request,
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use wd_kernel::ProblemCode;

use crate::Failure;

/// Middleware: refuses what changes something and comes from another site. The cookie is `SameSite=Strict` already;
/// this holds for browsers and requests where that is not enough.
pub async fn same_site(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) && !from_here(request.headers()) {
        return Failure::from(ProblemCode::Csrf).into_response();
    }
    next.run(request).await
}

/// Whether a request comes from our own pages, or from a program that is no browser.
pub fn from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    match (text(header::ORIGIN.as_str()), text(header::HOST.as_str())) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_form_on_another_site_is_refused() {
        assert!(!from_here(&headers(&[
            ("origin", "https://evil.example"),
            ("host", "desk.example")
        ])));
        assert!(!from_here(&headers(&[("sec-fetch-site", "cross-site")])));
        assert!(!from_here(&headers(&[("sec-fetch-site", "same-site")])));
        assert!(!from_here(&headers(&[("origin", "null"), ("host", "desk.example")])));
    }

    #[test]
    fn our_own_pages_and_programs_without_a_browser_pass() {
        assert!(from_here(&headers(&[
            ("origin", "https://desk.example"),
            ("host", "desk.example"),
            ("sec-fetch-site", "same-origin")
        ])));
        assert!(from_here(&headers(&[("host", "desk.example")])));
    }
}
