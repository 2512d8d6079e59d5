//! `wardesk demo`: an organisation to try everything in. The server, the sign-in and the encryption are the real ones;
//! only the people are scripted, and they are programs that speak the protocol like everybody else.

mod actors;
mod codes;
mod folder;
mod http;
mod installation;
mod people;
mod progress;
mod setup;
mod stories;
mod words;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::{net::TcpListener, sync::watch};
use wd_client::{ClientError, Server, Surroundings};
use wd_config::Settings;
use wd_kernel::Actor;
use wd_server::{App, SystemClock, SystemEntropy};
use wd_telemetry::Metrics;

use self::{
    folder::Folder,
    http::{Demo, Files},
    installation::Installation,
    progress::{Progress, Told},
};

const ORGANISATION: &str = "Northwind Parcels";

#[derive(Args)]
pub(crate) struct Options {
    /// The folder for the demo: empty, not there yet, or an earlier demo's.
    #[arg(long, value_name = "DIR", default_value = "wardesk-demo")]
    data_dir: PathBuf,
    /// The port on this machine; nothing listens on the network.
    #[arg(long, value_name = "N", default_value_t = 8017)]
    port: u16,
    /// Delete what an earlier demo made and start anew.
    #[arg(long)]
    fresh: bool,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let address = SocketAddr::from(([127, 0, 0, 1], options.port));
    if TcpListener::bind(address).await.is_err() {
        bail!("port {} is taken. Choose another one with --port.", options.port);
    }
    let (folder, found) = Folder::take(&options.data_dir)?;
    let found = usable(&folder, found, options.fresh)?;
    folder.prepare()?;
    start_log(&folder)?;
    let anew = found.is_none();
    let installation = found.unwrap_or_else(|| Installation::new(&SystemEntropy));
    // From the first file on the folder is marked as the demo's.
    installation.write(folder.path())?;

    let told = Told::default();
    let mut progress = Progress::new(told.clone());
    progress.step("Preparing the database", 1);
    let settings = Settings {
        data_dir: folder.path().to_owned(),
        listen: address,
        public_url: Some(format!("http://localhost:{}", options.port)),
        organisation: ORGANISATION.into(),
        ..Settings::default()
    };
    let app = crate::serve::open(&settings).await?;
    app.identity
        .fit_hashing(&app.world.ctx(Actor::System("first-start")))
        .await?;
    progress.done();
    // Lives until the database is closed: see `Files`.
    let files = Arc::new(Files::new(folder.path()));
    let demo = Demo::new(&app, options.port, folder.path(), files.clone(), told);
    let (stop, stopped) = watch::channel(false);
    let server = serve(&app, &demo, settings, stopped.clone())?;
    let mut server = tokio::spawn(server);

    let scene = Scene {
        app,
        server: Server::at(&format!("http://127.0.0.1:{}", options.port))?,
        around: Surroundings {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        },
        folder,
        demo,
    };
    let begun = async {
        scene.demo.wait_for_server(&scene.server).await?;
        if anew {
            setup::run(&scene, installation, &mut progress).await
        } else {
            actors::resume(&scene, &installation, &mut progress).await
        }
    };
    let cast = tokio::select! {
        begun = begun => begun.map_err(explained)?,
        () = crate::serve::stop() => {
            eprintln!("Stopped before the set-up was done; the next start begins anew.");
            stop.send_replace(true);
            return Ok(server.await??);
        }
        ended = &mut server => return Ok(ended??),
    };
    progress.finish();
    welcome(&scene, options.port);
    let playing = tokio::spawn(cast.play(stopped));
    tokio::select! {
        () = crate::serve::stop() => eprintln!("\nStopping …"),
        ended = &mut server => return Ok(ended??),
    }
    stop.send_replace(true);
    // The scripted people finish what they are at, so that their keys are saved as the server knows them.
    playing.await?;
    server.await??;
    drop(files);
    eprintln!("Stopped. The same command goes on from here; --fresh begins anew.");
    Ok(())
}

/// What the scripted people and the set-up act in.
struct Scene {
    app: App,
    server: Server,
    around: Surroundings,
    folder: Folder,
    demo: Demo,
}

/// Adds what the server said beyond the code of its refusal.
fn explained(error: anyhow::Error) -> anyhow::Error {
    let detail = error
        .chain()
        .find_map(|cause| match cause.downcast_ref::<ClientError>() {
            Some(ClientError::Problem(problem)) => problem.detail.clone(),
            _ => None,
        });
    match detail {
        Some(detail) => error.context(detail),
        None => error,
    }
}

/// The earlier demo, if it can go on.
fn usable(folder: &Folder, found: Option<Installation>, fresh: bool) -> anyhow::Result<Option<Installation>> {
    match found {
        Some(found) if found.complete && !fresh => Ok(Some(found)),
        Some(found) => {
            if !found.complete {
                eprintln!("An earlier set-up did not come to its end; it begins anew.");
            }
            folder.clear()?;
            Ok(None)
        }
        None => Ok(None),
    }
}

/// The server with the demo page in front. The scripted people have stopped before it does.
fn serve(
    app: &App,
    demo: &Demo,
    settings: Settings,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<impl Future<Output = Result<(), wd_server::ServeError>> + Send + 'static> {
    let router = http::router(demo.clone(), app.router(Some(Metrics::start()?)));
    let app = app.clone();
    Ok(async move {
        let stop = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        wd_server::serve_router(app, router, &settings, stop).await
    })
}

/// The server's log goes to a file of the data folder: the terminal is for people, and the page's search looks into it.
fn start_log(folder: &Folder) -> anyhow::Result<()> {
    let path = folder.path().join(folder::LOG);
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    tracing_subscriber::fmt()
        .with_env_filter("info")
        .with_writer(Arc::new(file))
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .try_init()
        .map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
}

fn welcome(scene: &Scene, port: u16) {
    println!(
        "\n  {ORGANISATION} is open:  http://localhost:{port}/demo/\n\n  Data     {}\n  Log      {}\n  Stop     Ctrl-C\n",
        scene.folder.path().display(),
        scene.folder.path().join(folder::LOG).display(),
    );
}
