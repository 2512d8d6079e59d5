//! `wardesk breach`: the corpus of breached passwords. Needs neither the database nor the settings.

mod check;
mod import;
mod info;
mod serve;
mod words;

use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Make a corpus of a published list, or go on with an import that was stopped.
    Import(import::Options),
    /// Read passwords from standard input, a line each, and say of each whether it is breached.
    Check(check::Options),
    /// Say what a corpus is.
    Info(info::Options),
    /// Answer the published range interface from corpora with counts, on this machine only.
    Serve(serve::Options),
}

pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    match options.act {
        Act::Import(options) => import::run(&options),
        Act::Check(options) => check::run(&options),
        Act::Info(options) => info::run(&options),
        Act::Serve(options) => serve::run(options).await,
    }
}
