//! The scripted people: programs with keys of their own, which the server treats like everybody else.

mod customer;
mod robin;
mod site_key;

use std::{path::PathBuf, sync::Arc};

use tokio::{sync::watch, task::JoinSet};
use tracing::warn;
use wd_crypto::Key;

pub(super) use self::{customer::Customer, robin::Robin, site_key::SiteKey};
use super::{
    Scene,
    installation::{Installation, write_private},
    progress::Progress,
    stories::STORIES,
};

/// Everybody who is scripted.
pub(super) struct Cast {
    robin: Option<Robin>,
    customers: Vec<Customer>,
}

impl Cast {
    pub(super) fn new(robin: Robin, customers: Vec<Customer>) -> Self {
        Self {
            robin: Some(robin),
            customers,
        }
    }

    /// Lets everybody act until `stopped` says so; ends when all have saved their keys.
    pub(super) async fn play(self, stopped: watch::Receiver<bool>) {
        let mut set = JoinSet::new();
        if let Some(robin) = self.robin {
            set.spawn(robin.live(stopped.clone()));
        }
        for customer in self.customers {
            set.spawn(customer.live(stopped.clone()));
        }
        while let Some(ended) = set.join_next().await {
            if let Err(error) = ended {
                warn!(%error, "a scripted person broke off");
            }
        }
    }
}

/// Brings back the scripted people of an earlier start. Who cannot go on stays silent, and the terminal says so.
pub(super) async fn resume(
    scene: &Scene,
    installation: &Installation,
    progress: &mut Progress,
) -> anyhow::Result<Cast> {
    scene.demo.show(installation);
    progress.step("Waking the scripted people", STORIES.len() + 1);
    let mut silent = Vec::new();
    let robin = match Robin::resume(scene, installation).await {
        Ok(robin) => Some(robin),
        Err(error) => {
            silent.push(format!("Robin Okafor: {error:#}"));
            None
        }
    };
    progress.done();
    let site = Arc::new(SiteKey::new(scene, installation)?);
    let mut customers = Vec::new();
    for story in &STORIES {
        match Customer::resume(scene, installation, &site, story).await {
            Ok(customer) => customers.push(customer),
            Err(error) => silent.push(format!("customer {}: {error:#}", story.customer)),
        }
        progress.done();
    }
    progress.finish();
    for who in silent {
        eprintln!("  – stays silent: {who}");
    }
    Ok(Cast { robin, customers })
}

/// Keeps somebody's keys in the data folder, sealed.
struct Keeper {
    path: PathBuf,
    key: Key,
}

impl Keeper {
    fn new(scene: &Scene, installation: &Installation, who: &str) -> Self {
        Self {
            path: scene.folder.scripted(who),
            key: installation.sealing_key(),
        }
    }

    fn load(&self) -> anyhow::Result<Vec<u8>> {
        Ok(std::fs::read(&self.path)?)
    }

    fn keep(&self, sealed: Result<Vec<u8>, wd_client::ClientError>) {
        let kept = sealed
            .map_err(Into::into)
            .and_then(|bytes| write_private(&self.path, &bytes));
        if let Err(error) = kept {
            warn!(
                error = format!("{error:#}"),
                "the keys of a scripted person were not saved"
            );
        }
    }
}

/// Completes when the demo stops.
async fn until(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
