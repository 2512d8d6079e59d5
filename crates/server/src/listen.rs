//! The listener: takes connections, speaks TLS and HTTP/1.1, and gives nobody time without end.

use std::{net::SocketAddr, pin::pin, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;
use tracing::debug;
use wd_kernel::Duration;

use crate::tls;

/// How long somebody may take.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    /// For the TLS handshake.
    pub(crate) handshake: Duration,
    /// Until the whole head of a request is there, counted from the end of the one before: also the longest idle time.
    pub(crate) head: Duration,
    /// For requests that run when the node stops.
    pub(crate) grace: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(20),
            grace: Duration::from_secs(10),
        }
    }
}

/// After an accept that failed, as it does when there are no file descriptors left.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stop` completes, then takes nothing new and lets running requests end. `answers` is for TLS.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    answers: Option<watch::Receiver<tls::Answer>>,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    let router = router.clone();
                    let tls = answers.as_ref().map(|answers| Arc::clone(&answers.borrow()));
                    let stopped = stopped.clone();
                    connections.spawn(connection(stream, address, router, tls, patience, stopped));
                }
                Err(error) => {
                    debug!(%error, "no connection was accepted");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    // From here on new connections are refused at once.
    drop(listener);
    stopping.send_replace(true);
    let ended = timeout(patience.grace, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    if ended.is_err() {
        debug!("requests that took too long are cut");
    }
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    tls: Option<tls::Answer>,
    patience: Patience,
    mut stopped: watch::Receiver<bool>,
) {
    // Small frames go out at once; where that cannot be had, they go out later.
    let _ = stream.set_nodelay(true);
    let Some(answer) = tls else {
        return requests(stream, address, router, patience, stopped).await;
    };
    let handshake = timeout(patience.handshake, TlsAcceptor::from(answer).accept(stream));
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        // Nothing was asked yet.
        () = until(&mut stopped) => return,
    };
    match shaken {
        Ok(Ok(stream)) => requests(stream, address, router, patience, stopped).await,
        Ok(Err(error)) => debug!(%address, %error, "no TLS"),
        Err(_) => debug!(%address, "the TLS handshake took too long"),
    }
}

/// Completes when the node stops.
async fn until(stopped: &mut watch::Receiver<bool>) {
    // A sender that is gone has stopped, too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    address: SocketAddr,
    router: Router,
    patience: Patience,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience.head);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        biased;
        () = until(&mut stopped) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
        ended = serving.as_mut() => ended,
    };
    if let Err(error) = ended {
        debug!(%address, %error, "a connection broke");
    }
}

#[cfg(test)]
mod tests;
