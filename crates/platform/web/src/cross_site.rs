use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use wd_kernel::{Problem, ProblemCode};

use crate::Failure;

/// The origin people open: scheme, host and port.
#[derive(Debug, Clone)]
pub struct OurOrigin(Arc<Vec<String>>);

impl OurOrigin {
    /// From its ASCII serialisation (RFC 6454): `https://desk.example.org`, the port only where it is not the scheme's.
    /// An origin of this machine has three names.
    pub fn new(origin: &str) -> Self {
        const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
        let origin = origin.to_ascii_lowercase();
        let parts = origin.split_once("://").and_then(|(scheme, authority)| {
            let host = LOOPBACK.iter().find(|host| {
                authority
                    .strip_prefix(**host)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            })?;
            Some((scheme, authority.strip_prefix(host)?))
        });
        Self(Arc::new(match parts {
            Some((scheme, port)) => LOOPBACK.iter().map(|host| format!("{scheme}://{host}{port}")).collect(),
            None => vec![origin],
        }))
    }

    /// Whether a request comes from our own pages, or from a program that is no browser.
    pub fn is_of(&self, headers: &HeaderMap) -> bool {
        // What is there twice must hold twice, and what cannot be read is not from here.
        let site_fits = |value: &HeaderValue| value == "same-origin" || value == "none";
        let origin_fits = |value: &HeaderValue| {
            value
                .to_str()
                .is_ok_and(|origin| self.0.iter().any(|ours| ours.eq_ignore_ascii_case(origin)))
        };
        headers.get_all("sec-fetch-site").iter().all(site_fits)
            && headers.get_all(header::ORIGIN).iter().all(origin_fits)
    }
}

/// Middleware: refuses what changes something and comes from another site. The cookie is `SameSite=Strict` already;
/// this holds for browsers and requests where that is not enough.
pub async fn same_site(State(ours): State<OurOrigin>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) && !ours.is_of(request.headers()) {
        return another_site().into_response();
    }
    next.run(request).await
}

/// The refusal of a request that comes from another site.
pub fn another_site() -> Failure {
    Problem::new(ProblemCode::Csrf)
        .detail("Open Wardesk at its public address.")
        .into()
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

    fn from_here(pairs: &[(&'static str, &'static str)]) -> bool {
        OurOrigin::new("https://desk.example").is_of(&headers(pairs))
    }

    #[test]
    fn a_form_on_another_site_is_refused() {
        assert!(!from_here(&[
            ("origin", "https://evil.example"),
            ("host", "desk.example")
        ]));
        assert!(!from_here(&[
            ("origin", "https://evil.example"),
            ("host", "evil.example")
        ]));
        assert!(!from_here(&[("sec-fetch-site", "cross-site")]));
        assert!(!from_here(&[("sec-fetch-site", "same-site")]));
        assert!(!from_here(&[("origin", "null"), ("host", "desk.example")]));
    }

    #[test]
    fn scheme_host_and_port_must_all_be_ours() {
        for other in [
            "http://desk.example",
            "https://desk.example:8443",
            "https://desk.example:443",
            "https://desk.example.",
            "https://desk.example/",
            "https://a.desk.example",
            "https://desk.example.evil.example",
            "desk.example",
            "",
        ] {
            assert!(!from_here(&[("origin", other), ("host", "desk.example")]), "{other:?}");
        }
    }

    #[test]
    fn on_this_machine_its_three_names_are_one_and_the_port_still_counts() {
        let ours = OurOrigin::new("http://localhost:8017");
        for (origin, fits) in [
            ("http://localhost:8017", true),
            ("http://127.0.0.1:8017", true),
            ("http://[::1]:8017", true),
            ("https://localhost:8017", false),
            ("http://localhost:8018", false),
            ("http://localhost", false),
            ("http://localhost.evil.example:8017", false),
            ("http://evil.example:8017", false),
        ] {
            assert_eq!(ours.is_of(&headers(&[("origin", origin)])), fits, "{origin}");
        }
        // A public address has one name only.
        assert!(!from_here(&[("origin", "https://localhost")]));
        assert!(!OurOrigin::new("https://localhost.example").is_of(&headers(&[("origin", "https://localhost")])));
    }

    #[test]
    fn what_cannot_be_read_or_comes_twice_is_refused() {
        let ours = OurOrigin::new("https://desk.example");
        let mut twice = headers(&[("origin", "https://desk.example"), ("host", "desk.example")]);
        twice.append("origin", HeaderValue::from_static("https://evil.example"));
        assert!(!ours.is_of(&twice));
        for name in ["origin", "sec-fetch-site"] {
            let mut garbage = headers(&[("host", "desk.example")]);
            garbage.insert(name, HeaderValue::from_bytes(b"https://desk.example\xff").unwrap());
            assert!(!ours.is_of(&garbage), "{name}");
        }
    }

    #[test]
    fn our_own_pages_and_programs_without_a_browser_pass() {
        assert!(from_here(&[
            ("origin", "https://desk.example"),
            ("host", "desk.example"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(from_here(&[("host", "desk.example")]));
    }
}
