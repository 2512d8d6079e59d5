//! What runs beside the requests.

use std::sync::Arc;

use tokio::task::JoinSet;
use tracing::{error, info, warn};
use wd_kernel::{Actor, Ctx, Duration};
use wd_mail::Worked;

use crate::{App, socket::Herald};

const LEASE: Duration = Duration::from_secs(60);
const LOOK_FOR_JOBS: Duration = Duration::from_millis(500);
const LOOK_FOR_MAIL: Duration = Duration::from_secs(1);
/// After a trouble of the mail server, which the next mail would have too.
const SPARE_THE_SERVER: Duration = Duration::from_secs(20);
const LOOK_FOR_TEXTS: Duration = Duration::from_millis(500);
/// Several, so that a driver that falls silent does not hold back the codes of others.
const TEXT_WORKERS: usize = 4;
/// Whether a newer corpus is to be scanned by blind index.
const LOOK_FOR_CORPUS: Duration = Duration::from_secs(30);
/// Between two stretches of a scan, so that it is never the only thing a small machine does.
const REST_WHILE_SCANNING: Duration = Duration::from_millis(20);
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Starts them. They end when the set is dropped: everything they do can be done again.
pub(crate) fn start(app: &App) -> JoinSet<()> {
    let mut set = JoinSet::new();
    let notices = Arc::new(app.notices.clone());
    set.spawn(wd_flows::relay::run(
        app.db.clone(),
        app.bus.clone(),
        app.world.clone(),
        notices,
    ));
    set.spawn(app.online.clone().run(app.bus.clone(), app.world.clone()));
    set.spawn(Herald::new(app).run(app.bus.clone()));
    let worker = app.clone();
    set.spawn(async move { worker.do_jobs().await });
    if app.outgoing.is_set_up() {
        let postman = app.clone();
        set.spawn(async move { postman.deliver_mail().await });
    }
    if app.texts.is_set_up() {
        for _ in 0..TEXT_WORKERS {
            let messenger = app.clone();
            set.spawn(async move { messenger.send_texts().await });
        }
        let asker = app.clone();
        set.spawn(async move { asker.hear_of_texts().await });
    }
    let scanner = app.clone();
    set.spawn(async move { scanner.scan_by_index().await });
    let sweeper = app.clone();
    set.spawn(async move { sweeper.sweep().await });
    set
}

impl App {
    async fn do_jobs(&self) {
        loop {
            let ctx = self.world.ctx(Actor::System("jobs"));
            match wd_jobs::claim(&self.db, &ctx, LEASE).await {
                Ok(Some(job)) => self.do_job(&ctx, &job).await,
                Ok(None) => tokio::time::sleep(LOOK_FOR_JOBS).await,
                Err(fault) => {
                    error!(error = %fault, "the queue cannot be read");
                    tokio::time::sleep(LOOK_FOR_JOBS).await;
                }
            }
        }
    }

    async fn do_job(&self, ctx: &Ctx, job: &wd_jobs::Job) {
        if !self.customers.takes(job) {
            warn!(kind = job.kind, "nobody takes jobs of this kind");
            return;
        }
        if let Err(fault) = self.customers.work(ctx, job).await {
            error!(error = %fault, job = %job.id, "a job failed and will be tried again");
            self.give_back(ctx, job).await;
        }
    }

    async fn give_back(&self, ctx: &Ctx, job: &wd_jobs::Job) {
        let given = async {
            let mut tx = self.db.begin().await?;
            wd_jobs::retry(&mut tx, ctx, job).await?;
            tx.commit().await
        };
        // Otherwise the lease runs out, with the same effect.
        if let Err(fault) = given.await {
            error!(error = %fault, "a job was not given back");
        }
    }

    async fn deliver_mail(&self) {
        loop {
            let ctx = self.world.ctx(Actor::System("mail"));
            let pause = match self.outgoing.work(&ctx).await {
                Ok(Worked::Delivered | Worked::Failed | Worked::PutOff(false)) => continue,
                Ok(Worked::Nothing) => LOOK_FOR_MAIL,
                Ok(Worked::PutOff(true)) => SPARE_THE_SERVER,
                Err(fault) => {
                    error!(error = %fault, "outgoing mail cannot be read");
                    SPARE_THE_SERVER
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn send_texts(&self) {
        loop {
            let ctx = self.world.ctx(Actor::System("sms"));
            match self.texts.work(&ctx).await {
                Ok(wd_sms::Worked::Nothing) => {}
                Ok(_) => continue,
                Err(fault) => error!(error = %fault, "outgoing text messages cannot be read"),
            }
            tokio::time::sleep(LOOK_FOR_TEXTS).await;
        }
    }

    async fn hear_of_texts(&self) {
        loop {
            let ctx = self.world.ctx(Actor::System("sms"));
            if let Err(fault) = self.texts.take_receipts(&ctx).await {
                error!(error = %fault, "receipts of text messages were not written down");
            }
            match self.texts.ask(&ctx).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(fault) => error!(error = %fault, "nobody was asked how text messages went"),
            }
            tokio::time::sleep(LOOK_FOR_TEXTS).await;
        }
    }

    async fn scan_by_index(&self) {
        loop {
            let ctx = self.world.ctx(Actor::System("breach-scan"));
            let pause = match self.identity.scan_by_index(&ctx).await {
                Ok(true) => REST_WHILE_SCANNING,
                Ok(false) => LOOK_FOR_CORPUS,
                Err(fault) => {
                    error!(error = %fault, "the corpus of breached passwords was not scanned");
                    LOOK_FOR_CORPUS
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn sweep(&self) {
        loop {
            let ctx = self.world.ctx(Actor::System("sweep"));
            if let Err(fault) = self.identity.sweep(&ctx).await {
                error!(error = %fault, "what has expired was not forgotten");
            }
            if let Err(fault) = self.identity.scan_for_breaches(&ctx).await {
                error!(error = %fault, "nobody was held against the corpus of breached passwords");
            }
            if let Err(fault) = self.identity.note_factor_coverage(&ctx).await {
                error!(error = %fault, "how far people are with second factors was not written down");
            }
            if let Err(fault) = self.identity.remind_of_factor_waves(&ctx).await {
                error!(error = %fault, "nobody was reminded of a second factor");
            }
            if let Err(fault) = self.team_vault.remind(&ctx).await {
                error!(error = %fault, "nobody was reminded of secrets that are due");
            }
            if let Some(geoip) = self.geoip.clone() {
                // It reads a whole file.
                match tokio::task::spawn_blocking(move || geoip.refresh()).await {
                    Ok(Err(fault)) => error!(error = %fault, "the new GeoIP database is not used"),
                    Ok(Ok(true)) => info!("a new GeoIP database is in use"),
                    Ok(Ok(false)) | Err(_) => {}
                }
            }
            if let Err(fault) = self.outgoing.sweep(&ctx).await {
                error!(error = %fault, "outgoing mail was not tidied up");
            }
            if let Err(fault) = self.texts.sweep(&ctx).await {
                error!(error = %fault, "outgoing text messages were not tidied up");
            }
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }
}
