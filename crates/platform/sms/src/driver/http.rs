//! A client of HTTP that trusts nobody it talks to: it follows nowhere, reads little, and waits not long.

use std::{path::Path, time::Duration};

use reqwest::{Client, RequestBuilder, StatusCode, redirect::Policy};
use url::{Host, Url};

use super::tls;
use crate::{SetupError, Trouble};

/// How long a connection may take to open.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long the answer may take as a whole.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The largest answer that is read.
const LARGEST_ANSWER: usize = 64 * 1024;

/// A client for one server. In clear for this machine only.
pub(super) fn client(url: &Url, ca: Option<&Path>) -> Result<Client, SetupError> {
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    Client::builder()
        .use_preconfigured_tls(tls::client(ca)?)
        .https_only(!here)
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent("Wardesk")
        .connect_timeout(CONNECT_WITHIN)
        .timeout(ANSWER_WITHIN)
        .build()
        .map_err(|error| SetupError::Tls(Box::new(error.without_url())))
}

/// Asks. The answer to what went well; everything else is a trouble. Errors of the client name addresses, and in some
/// of them are secrets, so they stay here.
pub(super) async fn ask(request: RequestBuilder) -> Result<Vec<u8>, Trouble> {
    let mut answer = request.send().await.map_err(|_| Trouble::Unreachable)?;
    let status = answer.status();
    if !status.is_success() {
        return Err(trouble(status));
    }
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|_| Trouble::Unreachable)? {
        if body.len() + part.len() > LARGEST_ANSWER {
            return Err(Trouble::Answer);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

const fn trouble(status: StatusCode) -> Trouble {
    match status.as_u16() {
        401 | 403 | 407 => Trouble::Login,
        408 | 429 => Trouble::Throttled,
        // Nothing is where the settings say it is.
        404 | 405 | 410 => Trouble::Answer,
        400..=499 => Trouble::Refused,
        500..=599 => Trouble::OutOfOrder,
        _ => Trouble::Answer,
    }
}
