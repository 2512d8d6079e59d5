//! A PostgreSQL cluster of our own: made by `initdb` in a temporary folder, durable (`fsync` on) as in production.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use rustix::process::Signal;

use super::{User, bound_to_us, folder, free_port, serve};
use crate::interrupt::Guard;
use crate::proc;

/// `initdb` and `postgres` of one version.
pub struct Programs {
    initdb: PathBuf,
    postgres: PathBuf,
}

/// The newest version that Debian's packages installed, or else the one in `PATH`.
pub fn programs() -> Option<Programs> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let in_path = proc::find("initdb").and_then(|initdb| Some(initdb.parent()?.to_path_buf()));
    versions
        .into_iter()
        .rev()
        .map(|(_, bin)| bin)
        .chain(in_path)
        .find_map(|bin| {
            let programs = Programs {
                initdb: bin.join("initdb"),
                postgres: bin.join("postgres"),
            };
            (programs.initdb.is_file() && programs.postgres.is_file()).then_some(programs)
        })
}

/// Gives the URL of the superuser, and the guard that stops the server.
pub fn start() -> anyhow::Result<(String, Guard)> {
    let programs = programs().context("PostgreSQL is not installed")?;
    let (folder, data) = folder("wardesk-postgres-")?;
    let user = other_user()?;
    if let Some(user) = &user {
        for path in [folder.path(), &data] {
            chown(path, Some(user.uid), Some(user.gid)).context("giving the data folder to the postgres user")?;
        }
    }
    initialise(&programs.initdb, user.as_ref(), &data)?;

    let port = free_port()?;
    let mut command = bound_to_us(&programs.postgres, user.as_ref(), "INT");
    command
        .current_dir(&data)
        .arg("-D")
        .arg(&data)
        .args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=300",
        "fsync=on",
    ] {
        command.args(["-c", setting]);
    }
    // The port is open some time before the server is ready; this file says when it is.
    let state = data.join("postmaster.pid");
    let is_ready = move || std::fs::read_to_string(&state).is_ok_and(|text| text.contains("\nready"));
    // SIGINT is PostgreSQL's fast shutdown: open connections are ended, not waited for.
    let guard = serve(command, is_ready, Signal::INT, folder)?;
    Ok((format!("postgres://postgres@127.0.0.1:{port}/postgres"), guard))
}

fn initialise(initdb: &Path, user: Option<&User>, data: &Path) -> anyhow::Result<()> {
    let mut command = bound_to_us(initdb, user, "TERM");
    // Nobody but this machine's loopback reaches it, and it holds made-up data: no password.
    command.args([
        "--auth=trust",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "-D",
    ]);
    proc::output(command.arg(data)).map(drop)
}

/// PostgreSQL refuses to run as root; Debian's package makes a user for it.
fn other_user() -> anyhow::Result<Option<User>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let id = |which: &str| -> anyhow::Result<u32> {
        let text = proc::output(Command::new("id").args([which, "postgres"]))?;
        text.trim().parse().context("reading the id of the postgres user")
    };
    Ok(Some(User {
        name: "postgres",
        uid: id("-u")?,
        gid: id("-g")?,
    }))
}
