//! Requests to the provider.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, RequestBuilder, StatusCode, redirect::Policy};
use serde::de::DeserializeOwned;
use url::Url;

/// The largest answer that is read. Discovery documents and key sets have some kilobytes.
const LARGEST: usize = 256 * 1024;
const LONGEST: Duration = Duration::from_secs(10);
const LONGEST_CONNECT: Duration = Duration::from_secs(5);

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum NoClient {
    /// TLS.
    #[error("TLS is not available")]
    Tls(#[from] rustls::Error),
    /// The client.
    #[error("the HTTP client cannot be made")]
    Client(#[from] reqwest::Error),
}

/// Why the provider's answer is of no use.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// Neither `https`, nor `http` on this machine while that is allowed.
    #[error("the address is not https")]
    Address,
    /// No connection, no TLS, or too slow.
    #[error("the provider does not answer")]
    Unreachable(#[source] reqwest::Error),
    /// Another status than 200.
    #[error("the provider answers with status {0}")]
    Status(StatusCode),
    /// More than 256 KiB.
    #[error("the provider's answer is too large")]
    TooLarge,
    /// Not the JSON that was expected.
    #[error("the provider's answer is not what was expected")]
    Unreadable(#[source] serde_json::Error),
}

/// The way out: no redirects, no proxy from the environment, no cookies.
#[derive(Clone)]
pub(crate) struct Outbound {
    client: Client,
    loopback: bool,
}

impl Outbound {
    pub fn new(loopback: bool) -> Result<Self, NoClient> {
        let roots = rustls::RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .use_preconfigured_tls(tls)
            .redirect(Policy::none())
            .no_proxy()
            .timeout(LONGEST)
            .connect_timeout(LONGEST_CONNECT)
            .user_agent("Wardesk")
            .build()?;
        Ok(Self { client, loopback })
    }

    /// Whether Wardesk would talk to this address.
    pub fn permits(&self, url: &Url) -> bool {
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return false;
        }
        match url.scheme() {
            "https" => url.host_str().is_some(),
            "http" => self.loopback && matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")),
            _ => false,
        }
    }

    pub async fn get<T: DeserializeOwned>(&self, url: &Url) -> Result<T, OutboundError> {
        if !self.permits(url) {
            return Err(OutboundError::Address);
        }
        read(self.client.get(url.clone())).await
    }

    /// Posts a form. `basic` is a client's id and secret (RFC 6749, section 2.3.1).
    pub async fn post<T: DeserializeOwned>(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<T, OutboundError> {
        if !self.permits(url) {
            return Err(OutboundError::Address);
        }
        let request = self.client.post(url.clone()).form(form);
        let request = match basic {
            Some((id, secret)) => request.basic_auth(encoded(id), Some(encoded(secret))),
            None => request,
        };
        read(request).await
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, OutboundError> {
    let request = request.header(reqwest::header::ACCEPT, "application/json");
    let mut response = request.send().await.map_err(unreachable)?;
    if response.status() != StatusCode::OK {
        return Err(OutboundError::Status(response.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(OutboundError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(OutboundError::Unreadable)
}

/// Without the address: a form's fields are not in it, and it says nothing that the settings do not.
fn unreachable(error: reqwest::Error) -> OutboundError {
    OutboundError::Unreachable(error.without_url())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_text_leaves_this_machine_never_and_stays_on_it_only_while_trying_out() {
        let (tried, real) = (Outbound::new(true).unwrap(), Outbound::new(false).unwrap());
        for (address, on_trial, otherwise) in [
            ("https://id.example.org/", true, true),
            ("http://localhost:1/", true, false),
            ("http://127.0.0.1:1/", true, false),
            ("http://[::1]:1/", true, false),
            ("http://id.example.org/", false, false),
            ("http://127.0.0.1.example.org/", false, false),
            ("https://user:word@id.example.org/", false, false),
            ("file:///etc/passwd", false, false),
            ("https://id.example.org/#part", false, false),
        ] {
            let url = address.parse().unwrap();
            assert_eq!(
                (tried.permits(&url), real.permits(&url)),
                (on_trial, otherwise),
                "{address}"
            );
        }
    }
}
