//! Listens, serves, and stops gracefully.

use std::net::{SocketAddr, TcpListener};

use axum::Router;
use axum_server::{Handle, tls_rustls::RustlsConfig};
use tracing::info;
use wd_config::Settings;
use wd_kernel::Duration;
use wd_telemetry::Metrics;

use crate::{App, tls, workers};

/// How long requests that are running may take to end after a signal.
const GRACE: Duration = Duration::from_secs(10);

/// Why serving ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// TLS.
    #[error("TLS cannot be spoken")]
    Tls(#[from] tls::TlsError),
    /// The listener.
    #[error("{address} cannot be listened on")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// Serves until `stop` completes, then lets running requests end.
pub async fn serve(
    app: App,
    settings: &Settings,
    metrics: Option<Metrics>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let router = app.router(metrics);
    serve_router(app, router, settings, stop).await
}

/// Serves a router that has the node's own in it, as the demo does.
pub async fn serve_router(
    app: App,
    router: Router,
    settings: &Settings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let address = settings.listen;
    let listener = TcpListener::bind(address).map_err(|source| ServeError::Listen { address, source })?;
    serve_on(listener, app, router, settings, stop).await
}

/// Serves on a listener that is open already.
pub async fn serve_on(
    listener: TcpListener,
    app: App,
    router: Router,
    settings: &Settings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let address = settings.listen;
    let failed = |source| ServeError::Listen { address, source };
    listener.set_nonblocking(true).map_err(failed)?;
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let handle = Handle::new();
    let stopping = handle.clone();
    tokio::spawn(async move {
        stop.await;
        info!("stopping");
        stopping.graceful_shutdown(Some(GRACE));
    });
    let workers = workers::start(&app);
    info!(url = %app.public_url, database = app.db.engine(), "listening on {address}");
    if settings.plain_http() {
        axum_server::from_tcp(listener)
            .map_err(failed)?
            .handle(handle)
            .serve(router)
            .await
            .map_err(failed)?;
    } else {
        let host = app.public_url.host_str().unwrap_or("localhost");
        let config = RustlsConfig::from_config(tls::config(settings, host, app.world.clock.as_ref())?);
        axum_server::from_tcp_rustls(listener, config)
            .map_err(failed)?
            .handle(handle)
            .serve(router)
            .await
            .map_err(failed)?;
    }
    drop(workers);
    app.db.close().await;
    info!("stopped");
    Ok(())
}
