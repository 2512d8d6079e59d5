//! Listens, serves, and stops gracefully.

use std::net::{SocketAddr, TcpListener};

use axum::Router;
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
};
use tracing::info;
use wd_config::Settings;
use wd_telemetry::Metrics;

use crate::{
    App,
    listen::{self, Patience},
    tls, workers,
};

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
    /// What runs beside the requests does not run any more.
    #[error("a worker ended")]
    Worker(#[source] Option<JoinError>),
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
    let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
    // Before anything else: what cannot be spoken must not look as if it ran.
    let answers = if settings.plain_http() {
        None
    } else {
        Some(answers(&app, settings)?)
    };
    let mut workers = workers::start(&app);
    info!(url = %app.public_url, database = app.db.engine(), "listening on {address}");
    let mut ended = Ok(());
    let stop = async {
        ended = stopped(stop, &mut workers).await;
        info!("stopping");
    };
    listen::serve(listener, router, answers, Patience::default(), stop).await;
    drop(workers);
    app.db.close().await;
    info!("stopped");
    ended
}

/// Completes when serving shall stop: as it was asked to, or because a worker is gone. Without one, sockets would stay open
/// and hear nothing; whoever watches over the program starts it again.
async fn stopped(stop: impl Future<Output = ()>, workers: &mut JoinSet<()>) -> Result<(), ServeError> {
    tokio::select! {
        biased;
        () = stop => Ok(()),
        Some(gone) = workers.join_next() => Err(ServeError::Worker(gone.err())),
    }
}

/// What handshakes are answered with, kept fresh as long as somebody asks.
fn answers(app: &App, settings: &Settings) -> Result<watch::Receiver<tls::Answer>, tls::TlsError> {
    let source = tls::Source::of(settings, app.public_url.host_str().unwrap_or("localhost"));
    let loaded = source.load(app.world.clock.now())?;
    let (sender, receiver) = watch::channel(loaded.answer);
    let clock = app.world.clock.clone();
    tokio::spawn(tls::keep_fresh(source, loaded.freshness, clock, sender));
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn a_worker_that_dies_stops_the_program_and_says_so() {
        let mut workers = JoinSet::new();
        workers.spawn(pending());
        assert!(stopped(async {}, &mut workers).await.is_ok());
        workers.spawn(async { panic!("a fault") });
        let ended = stopped(pending(), &mut workers).await;
        assert!(matches!(ended, Err(ServeError::Worker(Some(fault))) if fault.is_panic()));
    }
}
