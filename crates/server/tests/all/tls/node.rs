//! A node that speaks TLS, and clients that trust what they are told to.

use std::{net::TcpListener, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use wd_config::Settings;
use wd_kernel::{Clock as _, HandClock, SeededEntropy, Timestamp};
use wd_server::{App, ServeError, SystemClock, serve_on};

/// The settings of a node in this folder that people reach at `https://desk.example.org`.
pub fn settings(folder: &Path) -> Settings {
    Settings {
        data_dir: folder.into(),
        public_url: Some("https://desk.example.org".into()),
        ..Settings::default()
    }
}

/// A node with SQLite in a folder that may be used again.
pub struct Node {
    pub port: u16,
    pub clock: Arc<HandClock>,
    stop: oneshot::Sender<()>,
    runs: JoinHandle<Result<(), ServeError>>,
}

impl Node {
    pub async fn start(settings: Settings) -> Self {
        Self::start_at(settings, SystemClock.now()).await
    }

    /// With a clock that shows this.
    pub async fn start_at(mut settings: Settings, now: Timestamp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        settings.listen = listener.local_addr().unwrap();
        let port = settings.listen.port();
        let clock = Arc::new(HandClock::at(now));
        let app = App::open(&settings, clock.clone(), Arc::new(SeededEntropy::new(1)))
            .await
            .unwrap();
        let (stop, stopped) = oneshot::channel();
        let runs = tokio::spawn(async move {
            let router = app.router(None);
            serve_on(listener, app, router, &settings, async move { drop(stopped.await) }).await
        });
        // Who speaks no TLS is sent away as soon as the node serves, or has given up.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await {
            let _ = stream.write_all(b"Are you there?\r\n\r\n").await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        Self {
            port,
            clock,
            stop,
            runs,
        }
    }

    /// Why it does not start.
    pub async fn refused(settings: Settings) -> String {
        let node = Self::start(settings).await;
        let error = node.runs.await.unwrap().expect_err("it starts");
        with_causes(&error)
    }

    pub async fn stop(self) {
        drop(self.stop);
        self.runs.await.unwrap().unwrap();
    }

    /// Shakes hands under this name.
    pub async fn shake(&self, client: ClientConfig, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(client)).connect(name, stream).await
    }

    /// Why no client with this configuration gets in under this name.
    pub async fn shakes_not(&self, client: ClientConfig, name: &str) -> rustls::Error {
        let error = self.shake(client, name).await.map(drop).expect_err("it shakes hands");
        error
            .get_ref()
            .unwrap()
            .downcast_ref::<rustls::Error>()
            .unwrap()
            .clone()
    }
}

/// The error with its causes, on one line, as the program says it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Trusts only the authority in this file.
pub fn trusting(authority: &Path) -> ClientConfig {
    client(&[authority], rustls::DEFAULT_VERSIONS)
}

pub fn client(authorities: &[&Path], versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for path in authorities {
        roots.add(CertificateDer::from_pem_file(path).unwrap()).unwrap();
    }
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Asks whether the node is alive, and reads all of the answer.
pub async fn ask(mut stream: TlsStream<TcpStream>) -> String {
    let request = "GET /healthz HTTP/1.1\r\nhost: desk.example.org\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// A folder of its own.
pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}
