//! `wardesk admin`: for who can log in to the machine. Each act is in the audit log as done by the command line.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use wd_identity::PasswordHashing;
use wd_kernel::Actor;

use crate::{serve, settings};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    settings: settings::Options,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Print a one-time link that makes an administrator.
    SetupLink {
        /// Their login.
        #[arg(long, default_value = "admin")]
        login: String,
        /// The name colleagues see.
        #[arg(long, default_value = "Administrator")]
        name: String,
    },
    /// Print a new one-time link for somebody: it replaces their password and factors.
    NewLink {
        /// Their login.
        login: String,
    },
    /// Disable somebody: their sessions end and their devices are out.
    Disable {
        /// Their login.
        login: String,
    },
    /// Print how much work a password hash is. Hashes follow at their owners' next sign-in.
    PasswordHash {
        /// Measure this machine again, and raise the work if it can bear more. Nodes take it over when they start.
        #[arg(long)]
        measure: bool,
    },
    /// End all sessions of somebody, or of everybody.
    EndSessions {
        /// Their login.
        #[arg(required_unless_present = "everybody")]
        login: Option<String>,
        /// All sessions of all people. Known browsers are forgotten, too.
        #[arg(long, conflicts_with = "login")]
        everybody: bool,
    },
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let app = serve::open(&options.settings.load()?).await?;
    let ctx = app.world.ctx(Actor::System("command-line"));
    match &options.act {
        Act::SetupLink { login, name } => println!("{}", app.staff.administrator_link(&ctx, login, name).await?),
        Act::NewLink { login } => println!("{}", app.staff.new_link(&ctx, login).await?),
        Act::Disable { login } => {
            app.staff.disable_login(&ctx, login).await?;
            println!("{login} is disabled.");
        }
        Act::PasswordHash { measure } => {
            let hashing = if *measure {
                app.identity.raise_hashing(&ctx).await?
            } else {
                app.identity.fit_hashing(&ctx).await?
            };
            print!("{}", told(&hashing));
        }
        Act::EndSessions { login: Some(login), .. } => {
            let ended = app.staff.end_sessions(&ctx, login).await?;
            println!("{ended} sessions of {login} ended.");
        }
        Act::EndSessions { login: None, .. } => {
            let ended = app.identity.end_sessions_of_all(&ctx).await?;
            println!("{} sessions of {} people ended.", ended.sessions, ended.people);
        }
    }
    app.db.close().await;
    Ok(())
}

fn told(hashing: &PasswordHashing) -> String {
    let mut told = format!(
        "Passwords are hashed with argon2id: {} MiB, {} passes. That took {} ms where it was measured.\n",
        hashing.cost.memory_kib / 1024,
        hashing.cost.passes,
        hashing.took.as_millis()
    );
    if hashing.cheaper > 0 {
        let _ = writeln!(
            told,
            "{} of {} passwords have a cheaper hash. Each is made anew when its owner signs in.",
            hashing.cheaper, hashing.passwords
        );
    }
    told
}
