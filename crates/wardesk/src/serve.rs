//! `wardesk serve`, and the document it would serve.

use std::sync::Arc;

use tracing::{info, warn};
use wd_config::Settings;
use wd_kernel::Actor;
use wd_server::{App, SystemClock, SystemEntropy};
use wd_telemetry::Metrics;

use crate::settings::Options;

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let settings = options.load()?;
    wd_telemetry::start_logs(&settings.log)?;
    let metrics = Metrics::start()?;
    let app = open(&settings).await?;
    let hashing = app
        .identity
        .fit_hashing(&app.world.ctx(Actor::System("first-start")))
        .await?;
    info!(
        memory_kib = hashing.cost.memory_kib,
        passes = hashing.cost.passes,
        "passwords are hashed with argon2id"
    );
    if settings.passphrase.is_none() {
        warn!(
            "the key that opens the key file lies in the data folder: set a passphrase so that a stolen folder does not hold both"
        );
    }
    if let Some(server) = app.outgoing.server() {
        info!(server = server.address, security = server.security, "mail goes out");
    } else {
        warn!("no mail is sent: set [mail] so that the security contact hears of what matters");
    }
    if app.texts.is_set_up() {
        info!("text messages go out");
    } else {
        info!("no text messages are sent: there is no [sms]");
    }
    if settings.plain_http() {
        warn!("speaking plain HTTP, on loopback only");
    } else if settings.tls.is_none() {
        warn!(authority = %wd_server::local_authority(&settings.data_dir).display(), "using a certificate of the local authority: browsers trust it once the authority is installed");
    }
    if let Some(link) = app.first_administrator().await? {
        println!(
            "\nNobody administers this installation yet. Open this link within three days to become its administrator (login: admin):\n\n  {link}\n"
        );
    }
    Box::pin(wd_server::serve(app, &settings, Some(metrics), stop())).await?;
    Ok(())
}

/// Opens everything with the real clock and the real chance.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<App> {
    Ok(App::open(settings, Arc::new(SystemClock), Arc::new(SystemEntropy)).await?)
}

pub(crate) async fn print_openapi() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        data_dir: folder.path().into(),
        ..Settings::default()
    };
    let app = open(&settings).await?;
    println!("{}", app.openapi().to_pretty_json()?);
    app.db.close().await;
    Ok(())
}

/// Completes at the first SIGINT or SIGTERM.
pub(crate) async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(error) => {
                warn!(%error, "SIGTERM cannot be heard");
                let _ = interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}
