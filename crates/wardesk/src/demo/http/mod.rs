//! The demo page and what it asks. Answers only on this machine and only to the page itself: it shows passwords.

mod encodings;
mod files;
mod guard;
mod search;
mod server_view;
mod state;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::bail;
use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use wd_client::Server;
use wd_db::Db;
use wd_kernel::World;
use wd_server::App;

pub(super) use self::files::Files;
use super::{installation::Installation, progress::Told};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const SERVER_TRIES: usize = 100;

/// What the demo page shows. Clones share it.
#[derive(Clone)]
pub(super) struct Demo(Arc<Inner>);

struct Inner {
    db: Db,
    world: World,
    port: u16,
    folder: PathBuf,
    files: Arc<Files>,
    told: Told,
    installation: RwLock<Option<Installation>>,
    robin: AtomicBool,
}

impl Demo {
    pub(super) fn new(app: &App, port: u16, folder: &Path, files: Arc<Files>, told: Told) -> Self {
        Self(Arc::new(Inner {
            db: app.db.clone(),
            world: app.world.clone(),
            port,
            folder: folder.to_owned(),
            files,
            told,
            installation: RwLock::default(),
            robin: AtomicBool::new(false),
        }))
    }

    /// From now on the page shows the accounts.
    pub(super) fn show(&self, installation: &Installation) {
        let mut shown = self
            .0
            .installation
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *shown = Some(installation.clone());
    }

    pub(super) fn robin_is_there(&self, there: bool) {
        self.0.robin.store(there, Ordering::Relaxed);
    }

    /// Waits until the server answers, for a few seconds at most.
    pub(super) async fn wait_for_server(&self, server: &Server) -> anyhow::Result<()> {
        let address = server.base().trim_start_matches("http://");
        for _ in 0..SERVER_TRIES {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the server does not answer at {}", server.base());
    }
}

/// The demo's routes, with the server behind them.
pub(super) fn router(demo: Demo, server: Router) -> Router {
    let port = demo.0.port;
    let ours = wd_web::OurOrigin::new(&format!("http://localhost:{port}"));
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/demo/") }))
        .route("/demo", get(|| async { Redirect::temporary("/demo/") }))
        .route(
            "/demo/",
            get(|| async { asset("text/html; charset=utf-8", include_str!("../page/index.html")) }),
        )
        .route(
            "/demo/style.css",
            get(|| async { asset("text/css; charset=utf-8", include_str!("../page/style.css")) }),
        )
        .route(
            "/demo/page.js",
            get(|| async { script(include_str!("../page/page.js")) }),
        )
        .route(
            "/demo/team.js",
            get(|| async { script(include_str!("../page/team.js")) }),
        )
        .route(
            "/demo/shop.js",
            get(|| async { script(include_str!("../page/shop.js")) }),
        )
        .route(
            "/demo/server.js",
            get(|| async { script(include_str!("../page/server.js")) }),
        )
        .route(
            "/demo/knows.js",
            get(|| async { script(include_str!("../page/knows.js")) }),
        )
        .route("/demo/state", get(state::state))
        .route("/demo/server-view", get(server_view::view))
        .route("/demo/search", post(search::search))
        .with_state(demo)
        .layer(from_fn_with_state(ours, wd_web::same_site))
        .layer(from_fn_with_state(port, guard::only_here))
        .layer(from_fn(headers))
        .fallback_service(server)
}

fn script(text: &'static str) -> Response {
    asset("text/javascript; charset=utf-8", text)
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn headers(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let mut response = next.run(request).await;
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
