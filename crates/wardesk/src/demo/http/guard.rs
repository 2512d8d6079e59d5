//! Who may ask. Whoever can reach the port is on this machine; what is left are other sites in the same browser.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

/// Middleware: another name for this machine (DNS rebinding) is sent to the right one, another site is refused.
pub(super) async fn only_here(State(port): State<u16>, request: Request, next: Next) -> Response {
    match judge(request.uri().path(), request.headers(), port) {
        Verdict::Welcome => next.run(request).await,
        Verdict::Elsewhere => Redirect::temporary(&format!("http://localhost:{port}/demo/")).into_response(),
        Verdict::Refused => (
            StatusCode::FORBIDDEN,
            "Only the demo page of this machine may ask this.\n",
        )
            .into_response(),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Welcome,
    /// The page, asked for by another name.
    Elsewhere,
    Refused,
}

fn judge(path: &str, headers: &HeaderMap, port: u16) -> Verdict {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let page = matches!(path, "/" | "/demo" | "/demo/");
    let host = text(header::HOST.as_str()).unwrap_or_default();
    if host != format!("localhost:{port}") && (port != 80 || host != "localhost") {
        return if page { Verdict::Elsewhere } else { Verdict::Refused };
    }
    // A link on another site may lead to the page; nothing else may be fetched from there.
    let site = text("sec-fetch-site").unwrap_or("none");
    if page || matches!(site, "same-origin" | "none") {
        Verdict::Welcome
    } else {
        Verdict::Refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(path: &str, pairs: &[(&'static str, &'static str)]) -> Verdict {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        judge(path, &headers, 8017)
    }

    #[test]
    fn the_page_itself_may_ask() {
        let own = [("host", "localhost:8017"), ("sec-fetch-site", "same-origin")];
        assert_eq!(verdict("/demo/state", &own), Verdict::Welcome);
        assert_eq!(verdict("/demo/state", &[("host", "localhost:8017")]), Verdict::Welcome);
    }

    #[test]
    fn another_site_does_not_get_the_passwords() {
        for site in ["cross-site", "same-site"] {
            let headers = [("host", "localhost:8017"), ("sec-fetch-site", site)];
            assert_eq!(verdict("/demo/state", &headers), Verdict::Refused, "{site}");
        }
    }

    #[test]
    fn a_name_that_was_pointed_at_this_machine_does_not_get_the_passwords() {
        for host in ["evil.example:8017", "localhost:8018", "localhost", ""] {
            assert_eq!(verdict("/demo/state", &[("host", host)]), Verdict::Refused, "{host}");
        }
    }

    #[test]
    fn the_page_under_another_name_leads_to_the_right_one() {
        assert_eq!(verdict("/", &[("host", "127.0.0.1:8017")]), Verdict::Elsewhere);
        let link = [("host", "localhost:8017"), ("sec-fetch-site", "cross-site")];
        assert_eq!(verdict("/demo/", &link), Verdict::Welcome);
    }
}
