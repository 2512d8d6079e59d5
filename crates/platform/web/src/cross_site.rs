use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
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
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    // What is there twice must hold twice, and what cannot be read is not from here.
    let site_fits = |value: &HeaderValue| value == "same-origin" || value == "none";
    let origin_fits = |value: &HeaderValue| {
        let authority = value.to_str().ok().and_then(|origin| origin.split_once("://"));
        authority
            .zip(host)
            .is_some_and(|((_, authority), host)| authority.eq_ignore_ascii_case(host))
    };
    headers.get_all("sec-fetch-site").iter().all(site_fits) && headers.get_all(header::ORIGIN).iter().all(origin_fits)
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
    fn what_cannot_be_read_or_comes_twice_is_refused() {
        let mut twice = headers(&[("origin", "https://desk.example"), ("host", "desk.example")]);
        twice.append("origin", HeaderValue::from_static("https://evil.example"));
        assert!(!from_here(&twice));
        for name in ["origin", "sec-fetch-site"] {
            let mut garbage = headers(&[("host", "desk.example")]);
            garbage.insert(name, HeaderValue::from_bytes(b"https://desk.example\xff").unwrap());
            assert!(!from_here(&garbage), "{name}");
        }
        assert!(!from_here(&headers(&[("origin", "https://desk.example")])));
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
