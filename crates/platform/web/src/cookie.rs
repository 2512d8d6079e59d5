use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use wd_kernel::SecretString;

/// The session cookie. The prefix makes browsers insist on `Secure`, this host and the whole path.
pub const SESSION_COOKIE: &str = "__Host-wardesk";

/// The cookie by which a browser is known that its owner has signed in with. It gives no right.
pub const DEVICE_COOKIE: &str = "__Host-wardesk-device";

/// The cookie of a browser that went to the provider to sign in: what belongs to its attempt, sealed.
pub const PROVIDER_COOKIE: &str = "__Host-wardesk-provider";

/// The attempt a request carries, if any.
#[derive(Debug)]
pub struct ProviderCookie(pub Option<SecretString>);

impl<S: Sync> FromRequestParts<S> for ProviderCookie {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(read(&parts.headers, PROVIDER_COOKIE)))
    }
}

/// `Set-Cookie` for an attempt at the provider, for ten minutes.
pub fn set_provider_cookie(ticket: &str) -> HeaderValue {
    cookie(&format!(
        "{PROVIDER_COOKIE}={ticket}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=600"
    ))
}

/// `Set-Cookie` that ends it.
pub fn clear_provider_cookie() -> HeaderValue {
    cookie(&format!(
        "{PROVIDER_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"
    ))
}

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
    pub fn read(headers: &HeaderMap) -> Self {
        Self(read(headers, SESSION_COOKIE))
    }
}

/// The token by which this browser is known, if it shows one.
pub(crate) fn device_token(headers: &HeaderMap) -> Option<SecretString> {
    read(headers, DEVICE_COOKIE)
}

fn read(headers: &HeaderMap, name: &str) -> Option<SecretString> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
        .map(SecretString::new)
}

/// `Set-Cookie` for a new session token.
pub fn set_session_cookie(token: &str) -> HeaderValue {
    cookie(&format!(
        "{SESSION_COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict"
    ))
}

/// `Set-Cookie` for the token by which the browser is known, for 180 days.
pub fn set_device_cookie(token: &str) -> HeaderValue {
    cookie(&format!(
        "{DEVICE_COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=15552000"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_cookies_are_not_taken_for_each_other() {
        let mut headers = HeaderMap::new();
        let line = "__Host-wardesk-device=known; other=x; __Host-wardesk=session";
        headers.insert(header::COOKIE, HeaderValue::from_static(line));
        assert_eq!(SessionCookie::read(&headers).0.unwrap().expose(), "session");
        assert_eq!(device_token(&headers).unwrap().expose(), "known");
        headers.insert(header::COOKIE, HeaderValue::from_static("__Host-wardesk-device=known"));
        assert!(SessionCookie::read(&headers).0.is_none());
    }
}
