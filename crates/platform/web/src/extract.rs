use std::net::{IpAddr, Ipv4Addr};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use wd_kernel::{Actor, Ctx, Problem, ProblemCode, SecretString};

use crate::{Failure, cookie::device_token};

/// The context of this request, with the actor the authentication layer found.
#[derive(Clone)]
pub struct ReqCtx(pub Ctx);

impl<S: Sync> FromRequestParts<S> for ReqCtx {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        // A router without the authentication layer must not answer anything.
        parts
            .extensions
            .get::<Ctx>()
            .cloned()
            .map(Self)
            .ok_or_else(|| ProblemCode::Internal.into())
    }
}

impl ReqCtx {
    /// Whether somebody is known.
    pub fn is_known(&self) -> bool {
        self.0.actor != Actor::Nobody
    }
}

/// A JSON body, in or out.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(whole, state)
            .await
            .map_err(|rejection| json_problem(&rejection.into()))?;
        if escapes_nul(&bytes) {
            return Err(nul().into());
        }
        match axum::Json::<T>::from_request(Request::from_parts(parts, Body::from(bytes)), state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(json_problem(&rejection).into()),
        }
    }
}

/// Whether a string in this JSON holds the character NUL, which can only be escaped there. PostgreSQL stores no such
/// text, and no person types it.
pub(crate) fn escapes_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = rest.get(at + 1..).unwrap_or_default();
        if escape.starts_with(b"u0000") {
            return true;
        }
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

fn nul() -> Problem {
    Problem::invalid("", "text cannot hold the character NUL")
}

fn json_problem(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            Problem::new(ProblemCode::UnsupportedMediaType).detail("Send application/json.")
        }
        JsonRejection::JsonDataError(error) => Problem::invalid("", error.body_text()),
        JsonRejection::BytesRejection(error) if error.status() == 413 => ProblemCode::TooLarge.into(),
        _ => Problem::new(ProblemCode::BadRequest).detail("The body is not JSON."),
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, "no-store")], axum::Json(self.0)).into_response()
    }
}

/// Parts of the path. What does not parse does not exist: 404.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|path| Self(path.0))
            .map_err(|_| ProblemCode::NotFound.into())
    }
}

/// The query.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(nul().into());
        }
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|query| Self(query.0))
            .map_err(|error| Problem::invalid("", error.body_text()).into())
    }
}

/// Where a request comes from.
#[derive(Debug)]
pub struct ClientInfo {
    /// The peer's address; the server puts it in.
    pub address: IpAddr,
    /// What the program calls itself, cut to 200 characters.
    pub user_agent: String,
    /// The token by which the browser is known, if it shows one.
    pub device: Option<SecretString>,
}

impl<S: Sync> FromRequestParts<S> for ClientInfo {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let address = parts
            .extensions
            .get::<IpAddr>()
            .copied()
            .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let agent = parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Ok(Self {
            address,
            user_agent: agent.chars().take(200).collect(),
            device: device_token(&parts.headers),
        })
    }
}

/// The network one customer of a provider usually has: an IPv4 address, or 64 bits of an IPv6 address. What is limited
/// per address is limited per network, or who has 2⁶⁴ addresses had no limit.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::post};
    use serde::Deserialize;
    use tower::ServiceExt as _;

    use super::*;

    #[derive(Deserialize)]
    struct Text {
        text: String,
    }

    async fn status(uri: &str, body: &'static str) -> u16 {
        let router = Router::new().route(
            "/",
            post(|Query(_): Query<Text>, Json(body): Json<Text>| async move { body.text }),
        );
        let request = Request::post(uri)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        router.oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn text_with_nul_is_refused_before_anything_sees_it() {
        assert_eq!(status("/?text=a", r#"{"text":"a"}"#).await, 200);
        assert_eq!(status("/?text=a%00", r#"{"text":"a"}"#).await, 422);
        assert_eq!(status("/?text=a", r#"{"text":"a\u0000"}"#).await, 422);
        assert_eq!(status("/?text=a", r#"{"text":"a\\\u0000"}"#).await, 422);
        assert_eq!(status("/?text=a", r#"{"text":"a\\u0000"}"#).await, 200);
        assert_eq!(status("/?text=a", r#"{"text":"a\"#).await, 400);
    }

    #[test]
    fn a_customer_of_a_provider_cannot_hop_within_the_own_network() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
