use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
};
use wd_kernel::SecretString;

/// The session cookie. The prefix makes browsers insist on `Secure`, this host and the whole path.
pub const SESSION_COOKIE: &str = "__Host-wardesk";

/// The session token a request carries, if any.
#[derive(Debug)]
pub struct SessionCookie(pub Option<SecretString>);

impl<S: Sync> FromRequestParts<S> for SessionCookie {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::read(&parts.headers))
    }
}

impl SessionCookie {
    /// Reads it from headers.
    pub fn read(headers: &axum::http::HeaderMap) -> Self {
        let token = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(SESSION_COOKIE)?.strip_prefix('='))
            .map(SecretString::new);
        Self(token)
    }
}

/// `Set-Cookie` for a new session token.
pub fn set_session_cookie(token: &str) -> HeaderValue {
    cookie(&format!(
        "{SESSION_COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict"
    ))
}

/// `Set-Cookie` that ends it.
pub fn clear_session_cookie() -> HeaderValue {
    cookie(&format!(
        "{SESSION_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"
    ))
}

fn cookie(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
