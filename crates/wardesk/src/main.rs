//! `wardesk`: a self-hosted desk for customer service.

mod admin;
mod breach;
mod demo;
mod passphrase;
mod serve;
mod settings;

use clap::{Parser, Subcommand};

/// A self-hosted desk for customer service: conversations nobody else can read, customers nobody else can see.
#[derive(Parser)]
#[command(name = "wardesk", version, about, propagate_version = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the console, the widget and the API.
    Serve(settings::Options),
    /// An organisation with sample people and data to try everything in, on this machine only.
    Demo(demo::Options),
    /// What must work when the web does not.
    Admin(admin::Options),
    /// The corpus of breached passwords: import it, ask it, serve it to others.
    Breach(breach::Options),
    /// Make passphrases and passwords by chance, one a line.
    Passphrase(passphrase::Options),
    /// Print the OpenAPI document.
    #[command(name = "openapi")]
    OpenApi,
    /// Print a documented sample of the settings.
    ConfigSample,
}

fn main() -> anyhow::Result<()> {
    let command = CommandLine::parse().command;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match command {
        Command::Serve(options) => runtime.block_on(serve::run(&options)),
        Command::Demo(options) => runtime.block_on(demo::run(&options)),
        Command::Admin(options) => runtime.block_on(admin::run(&options)),
        Command::Breach(options) => runtime.block_on(breach::run(options)),
        Command::Passphrase(options) => passphrase::run(&options),
        Command::OpenApi => runtime.block_on(serve::print_openapi()),
        Command::ConfigSample => {
            print!("{}", wd_config::sample());
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn no_two_options_are_in_each_other_s_way() {
        super::CommandLine::command().debug_assert();
    }
}
