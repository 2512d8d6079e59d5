//! `wd-bench`: measures a release build of Wardesk, each thing beside a target or a limit taken in the same run.
//! Nothing here passes or fails: it prints what it found.

mod breach;
mod database;
mod desk;
mod inbox;
mod measure;
mod messages;
mod process;
mod seal;
mod sign_in;
mod signin_timing;
mod sockets;
mod start;
mod table;

use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::table::Table;

/// Measures Wardesk and prints a table.
#[derive(Parser)]
struct CommandLine {
    /// The measurements to take; all of them when none is named
    names: Vec<Name>,
    /// Small numbers, to see whether a measurement works; its figures mean nothing
    #[arg(long)]
    small: bool,
    /// Leaves the server of the inbox running on the first database after measuring it, and says how to look at it
    #[arg(long)]
    hold: bool,
    /// Measures the inbox only on databases whose name begins so: `sqlite`, `postgres`
    #[arg(long, default_value = "")]
    on: String,
    /// Entries of the breach corpus that is measured
    #[arg(long, value_name = "N", default_value_t = 20_000_000)]
    entries: usize,
    /// Measures a breach corpus of a thousand million made-up entries instead: 5 GB in the temporary folder
    #[arg(long)]
    billion: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    Start,
    Sockets,
    Messages,
    Inbox,
    Seal,
    SigninTiming,
    SignIn,
    Breach,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let command = CommandLine::parse();
    let names = match command.names.as_slice() {
        [] => Name::value_variants().to_vec(),
        names => names.to_vec(),
    };
    process::allow_many_files();
    println!("{}", measure::machine());
    // Dropped, a measurement ends its server and removes its folder.
    let outcome = tokio::select! {
        outcome = Box::pin(measure_all(names, &command)) => outcome,
        signal = interrupted() => Err(anyhow::anyhow!("stopped by {}", signal?)),
    };
    database::drop_what_is_left().await?;
    outcome?;
    println!("\n{}", measure::machine());
    Ok(())
}

async fn measure_all(names: Vec<Name>, command: &CommandLine) -> anyhow::Result<()> {
    for name in names {
        let table = measure_one(name, command).await?;
        println!("\n{table}");
    }
    Ok(())
}

/// Completes at the first SIGINT or SIGTERM.
async fn interrupted() -> anyhow::Result<&'static str> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    })
}

async fn measure_one(name: Name, command: &CommandLine) -> anyhow::Result<Table> {
    let small = command.small;
    match name {
        Name::Start => start::run().await,
        Name::Sockets => sockets::run(if small { 100 } else { 2_000 }).await,
        Name::Messages => messages::run(if small { 2 } else { 10 }, if small { 5 } else { 50 }).await,
        Name::Inbox => inbox::run(if small { 2_000 } else { 100_000 }, command.hold, &command.on).await,
        Name::Seal => seal::run(small),
        Name::SigninTiming => signin_timing::run(if small { 20 } else { 300 }).await,
        Name::SignIn => sign_in::run(small).await,
        Name::Breach if command.billion => breach::billion(),
        Name::Breach => breach::run(if small { 100_000 } else { command.entries }, small),
    }
}
