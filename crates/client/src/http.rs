//! JSON in and out, problems as [`ClientError::Problem`].

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use wd_kernel::DeviceId;
use zeroize::Zeroizing;

use crate::{ClientError, Problem, Server};

const TIMEOUT: Duration = Duration::from_secs(20);
const COOKIE: &str = "__Host-wardesk";
const BROWSER_COOKIE: &str = "__Host-wardesk-device";

/// How the server knows this client.
#[derive(Clone, Default)]
pub(crate) enum Credentials {
    #[default]
    None,
    /// The staff session's cookie value.
    Cookie(Zeroizing<String>),
    /// The widget's token.
    Bearer(Zeroizing<String>),
}

/// A session at a server; clones are the same session.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    server: Server,
    session: Arc<Mutex<Session>>,
}

struct Session {
    credentials: Credentials,
    /// By what the server knows a browser that this person has signed in with.
    browser: Option<Zeroizing<String>>,
    device: Option<DeviceId>,
}

impl Http {
    pub(crate) fn new(server: Server, credentials: Credentials) -> Result<Self, ClientError> {
        let mut builder = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .local_address(server.source())
            .redirect(reqwest::redirect::Policy::none());
        if let Some(tls) = server.tls() {
            builder = builder.use_preconfigured_tls(tls.as_ref().clone());
        }
        let client = builder.build().map_err(ClientError::Transport)?;
        Ok(Self {
            client,
            server,
            session: Arc::new(Mutex::new(Session {
                credentials,
                browser: None,
                device: None,
            })),
        })
    }

    pub(crate) const fn server(&self) -> &Server {
        &self.server
    }

    pub(crate) fn credentials(&self) -> Credentials {
        self.session().credentials.clone()
    }

    pub(crate) fn set_bearer(&self, token: String) {
        self.session().credentials = Credentials::Bearer(Zeroizing::new(token));
    }

    pub(crate) fn set_device(&self, device: DeviceId) {
        self.session().device = Some(device);
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let request = self.request(Method::GET, path);
        read(path, self.ask(request).await?).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let request = self.request(Method::POST, path).json(body);
        read(path, self.ask(request).await?).await
    }

    pub(crate) async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let request = self.request(Method::PUT, path).json(body);
        read(path, self.ask(request).await?).await
    }

    /// For answers without a body.
    pub(crate) async fn tell(&self, path: &str, body: &impl Serialize) -> Result<(), ClientError> {
        let request = self.request(Method::POST, path).json(body);
        self.ask(request).await.map(drop)
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), ClientError> {
        // Changing requests always say JSON: the server refuses what a foreign form could send.
        let request = self
            .request(Method::DELETE, path)
            .header(header::CONTENT_TYPE, "application/json");
        self.ask(request).await.map(drop)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.server.base()));
        let request = match self.session_header() {
            Some((name, value)) => request.header(name, value.as_str()),
            None => request,
        };
        match self.session().device {
            Some(device) => request.header("wardesk-device", device.to_string()),
            None => request,
        }
    }

    /// The header by which the server knows this session.
    pub(crate) fn session_header(&self) -> Option<(header::HeaderName, Zeroizing<String>)> {
        match &self.session().credentials {
            Credentials::None => None,
            Credentials::Cookie(value) => Some((header::COOKIE, Zeroizing::new(cookie_header(value)))),
            Credentials::Bearer(token) => Some((
                header::AUTHORIZATION,
                Zeroizing::new(format!("Bearer {}", token.as_str())),
            )),
        }
    }

    /// The header of a known browser, once the server made one of this client. It gives no right, and this client does
    /// not show it by itself.
    pub(crate) fn browser_header(&self) -> Option<(header::HeaderName, Zeroizing<String>)> {
        let session = self.session();
        let token = session.browser.as_ref()?.as_str();
        Some((header::COOKIE, Zeroizing::new(format!("{BROWSER_COOKIE}={token}"))))
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = request.send().await.map_err(ClientError::Transport)?;
        self.keep_cookie(&response);
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = response.text().await.map_err(ClientError::Transport)?;
        Err(ClientError::Problem(
            serde_json::from_str(&text).unwrap_or_else(|_| unreadable(status.as_u16())),
        ))
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A jar by hand: the cookie is `Secure` by its name, and demos and tests speak plain HTTP on loopback.
    fn keep_cookie(&self, response: &Response) {
        for value in response.headers().get_all(header::SET_COOKIE) {
            let pair = value.to_str().ok().and_then(|text| text.split(';').next());
            match pair.and_then(|pair| pair.split_once('=')) {
                Some((COOKIE, "")) => self.session().credentials = Credentials::None,
                Some((COOKIE, value)) => {
                    self.session().credentials = Credentials::Cookie(Zeroizing::new(value.to_owned()));
                }
                Some((BROWSER_COOKIE, value)) => self.session().browser = Some(Zeroizing::new(value.to_owned())),
                _ => {}
            }
        }
    }
}

/// The cookie header of a staff session, for the socket.
pub(crate) fn cookie_header(value: &str) -> String {
    format!("{COOKIE}={value}")
}

/// An answer without a body reads as `null`.
async fn read<T: DeserializeOwned>(path: &str, response: Response) -> Result<T, ClientError> {
    let empty = response.status() == StatusCode::NO_CONTENT;
    let bytes = response.bytes().await.map_err(ClientError::Transport)?;
    serde_json::from_slice(if empty { b"null" } else { &bytes }).map_err(|source| ClientError::Answer {
        path: path.to_owned(),
        source,
    })
}

/// Something between us and the server answered.
fn unreadable(status: u16) -> Problem {
    let code = if status >= 500 { "overloaded" } else { "internal" };
    Problem {
        code: code.into(),
        status,
        title: String::new(),
        detail: None,
        retry_after: None,
        request_id: None,
    }
}
