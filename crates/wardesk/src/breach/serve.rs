//! `wardesk breach serve`: the published range interface, for programs on this machine.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context as _, bail};
use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::from_fn,
    response::{IntoResponse as _, Response},
    routing::get,
};
use clap::Args;
use tokio::{net::TcpListener, sync::Semaphore};
use wd_breach::{Detail, Kind, Live, Prefix, RangeError, body, pad};
use wd_kernel::{Clock as _, Duration, Entropy as _, Problem, ProblemCode, Timestamp};
use wd_server::{SystemClock, SystemEntropy};
use wd_web::Failure;

/// How often a file is looked at, whether another one stands in its place.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// More at once wait.
const MOST_AT_ONCE: usize = 32;

#[derive(Args)]
pub(super) struct Options {
    /// A corpus with counts (`breach import --full`). Twice for one of SHA-1 and one of NTLM.
    #[arg(long, value_name = "FILE", required = true)]
    corpus: Vec<PathBuf>,
    /// Where to listen; on this machine only, because it speaks plain HTTP.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8018")]
    listen: SocketAddr,
}

struct Served {
    corpora: Vec<(Kind, Live)>,
    started: Timestamp,
    turns: Semaphore,
}

pub(super) async fn run(options: Options) -> anyhow::Result<()> {
    if !options.listen.ip().is_loopback() {
        bail!(
            "{} is not an address of this machine alone: this speaks plain HTTP and listens on loopback only. \
             Put a server that speaks TLS in front of it for others",
            options.listen
        );
    }
    let served = Arc::new(Served::open(&options.corpus)?);
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("{} cannot be listened on", options.listen))?;
    println!("http://{}/range/", listener.local_addr()?);
    axum::serve(listener, router(served))
        .with_graceful_shutdown(crate::serve::stop())
        .await?;
    Ok(())
}

impl Served {
    fn open(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let started = SystemClock.now();
        let mut corpora = Vec::new();
        for path in paths {
            let name = path.display();
            let live =
                Live::open(path, LOOK_EVERY, Duration::ZERO).with_context(|| format!("{name} was not opened"))?;
            let info = live.last().info();
            if info.detail != Detail::Full {
                bail!("{name} has no counts; import it with --full");
            }
            if corpora.iter().any(|(kind, _)| *kind == info.kind) {
                bail!("{name} is a second corpus of {}", info.kind);
            }
            corpora.push((info.kind, live));
        }
        Ok(Self {
            corpora,
            started,
            turns: Semaphore::new(MOST_AT_ONCE),
        })
    }

    /// The text of an answer.
    fn answer(&self, kind: Kind, prefix: Prefix, padded: bool) -> Result<Vec<u8>, Failure> {
        let there = self.corpora.iter().find(|(of, _)| *of == kind);
        let (_, live) = there
            .ok_or_else(|| Problem::new(ProblemCode::NotFound).detail(format!("There is no corpus of {kind} here.")))?;
        let corpus = live
            .current(SystemClock.now().since(self.started))
            .unwrap_or_else(|error| {
                eprintln!(
                    "The corpus of {kind} was replaced by something that cannot be used ({error}); the old one stays."
                );
                live.last()
            });
        // What was put in its place may be of another kind: then its rows would be nonsense.
        if corpus.info().kind != kind {
            return Err(ProblemCode::NotFound.into());
        }
        let mut rows = corpus.range(prefix).map_err(|error: RangeError| {
            eprintln!("A range of the corpus of {kind} cannot be read: {error}");
            Problem::from(ProblemCode::Internal)
        })?;
        if padded {
            pad(&mut rows, prefix, &mut |buffer| SystemEntropy.fill(buffer));
        }
        Ok(body(kind, &rows))
    }
}

fn router(served: Arc<Served>) -> Router {
    Router::new()
        .route("/range/{prefix}", get(range))
        .fallback(|| async { Failure::from(ProblemCode::NotFound) })
        .method_not_allowed_fallback(|| async { Failure::from(ProblemCode::MethodNotAllowed) })
        .with_state(served)
        .layer(from_fn(wd_web::render_problems))
}

async fn range(
    State(served): State<Arc<Served>>,
    Path(prefix): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let bad = |what: &str| Problem::new(ProblemCode::BadRequest).detail(what.to_owned());
    let prefix = Prefix::parse(prefix.as_bytes()).ok_or_else(|| bad("The prefix is not five hexadecimal digits."))?;
    let kind = match query.as_deref() {
        None | Some("" | "mode=sha1") => Kind::Sha1,
        Some("mode=ntlm") => Kind::Ntlm,
        Some(_) => return Err(bad("The only question is mode=ntlm.").into()),
    };
    let padded = headers
        .get("add-padding")
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    let _turn = served.turns.acquire().await.map_err(|_| ProblemCode::Overloaded)?;
    let reader = served.clone();
    let text = tokio::task::spawn_blocking(move || reader.answer(kind, prefix, padded))
        .await
        .map_err(|error| Failure::fault(&error))??;
    let fixed = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((fixed, text).into_response())
}
