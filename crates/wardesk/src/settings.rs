//! The options every command that opens the database has.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use wd_config::Settings;

/// Options win over environment variables, which win over the file.
#[derive(Args)]
#[group(id = "settings")]
pub(crate) struct Options {
    /// A TOML file with settings; `wardesk config-sample` prints one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder for the database and the keys.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

impl Options {
    pub(crate) fn load(&self) -> anyhow::Result<Settings> {
        let mut settings = Settings::load(self.config.as_deref(), std::env::vars())?;
        if let Some(folder) = &self.data_dir {
            settings.data_dir.clone_from(folder);
        }
        if let Some(address) = self.listen {
            settings.listen = address;
        }
        Ok(settings)
    }
}
