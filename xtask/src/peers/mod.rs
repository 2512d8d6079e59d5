//! The programs that tests talk to: each on 127.0.0.1, on a free port, in a folder of its own that goes with it.

pub mod kannel;
pub mod nats;
pub mod postgres;
pub mod smsc;
pub mod smtp;
pub mod wardesk;

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::interrupt;
use crate::proc;
use crate::workspace::Workspace;

/// How long a server may take until it is ready.
const PATIENCE: Duration = Duration::from_mins(1);

/// PostgreSQL, NATS and, for tests, servers that take mail and text messages, for as long as this value lives.
pub struct Peers {
    environment: Vec<(&'static str, String)>,
    running: Vec<interrupt::Guard>,
}

impl Peers {
    /// All of them.
    pub fn start(workspace: &Workspace) -> anyhow::Result<Self> {
        let mut peers = Self::without_mail()?;
        let (folder, smtp) = smtp::start(workspace).context("starting the mail server")?;
        eprintln!("WARDESK_TEST_SMTP={folder}");
        peers.environment.push(("WARDESK_TEST_SMTP", folder));
        peers.running.push(smtp);
        let (folder, smsc) = smsc::start(workspace).context("starting the SMPP server")?;
        eprintln!("WARDESK_TEST_SMSC={folder}");
        peers.environment.push(("WARDESK_TEST_SMSC", folder));
        peers.running.push(smsc);
        let (folder, kannel) = kannel::start().context("starting Kannel")?;
        eprintln!("WARDESK_TEST_KANNEL={folder}");
        peers.environment.push(("WARDESK_TEST_KANNEL", folder));
        peers.running.extend(kannel);
        Ok(peers)
    }

    /// PostgreSQL and NATS.
    pub fn without_mail() -> anyhow::Result<Self> {
        let (postgres_url, postgres) = postgres::start().context("starting PostgreSQL")?;
        let (nats_url, nats) = nats::start().context("starting NATS")?;
        let environment = vec![("WARDESK_TEST_POSTGRES", postgres_url), ("WARDESK_TEST_NATS", nats_url)];
        for (name, value) in &environment {
            eprintln!("{name}={value}");
        }
        Ok(Self {
            environment,
            running: vec![postgres, nats],
        })
    }

    /// Tells the program where the peers are.
    pub fn known_to<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.envs(self.environment.iter().map(|(name, value)| (name, value)))
    }
}

/// A port that was free a moment ago.
fn free_port() -> anyhow::Result<u16> {
    let [port] = free_ports()?;
    Ok(port)
}

/// Ports that were free a moment ago, each another one: all are held until the last is known, else the system may name one
/// of them twice.
fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free port")?;
        *port = listener.local_addr().context("asking for the free port")?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// Starts the server, waits until it is ready, and stops it with `signal` when the guard goes. `folder` goes after it.
fn serve(
    mut command: Command,
    is_ready: impl FnMut() -> bool,
    signal: Signal,
    folder: TempDir,
) -> anyhow::Result<interrupt::Guard> {
    let log = folder.path().join("log");
    let output = std::fs::File::create(&log).context("making the log file")?;
    let errors = output.try_clone().context("sharing the log file")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting `{}`", proc::spoken(&command)))?;
    let readiness = wait_until(is_ready, &mut child, &log);
    let guard = interrupt::on_stop(move || {
        proc::stop_child(&mut child, signal);
        if let Err(error) = folder.close() {
            eprintln!("removing the folder of a stopped server: {error}");
        }
    });
    readiness.map(|()| guard)
}

fn wait_until(mut is_ready: impl FnMut() -> bool, child: &mut Child, log: &Path) -> anyhow::Result<()> {
    let step = Duration::from_millis(50);
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait().context("asking whether the server runs")? {
            bail!("it ended at once ({status}):\n{}", tail(log));
        }
        if is_ready() {
            return Ok(());
        }
        if waited >= PATIENCE {
            bail!("it was not ready within {} s:\n{}", PATIENCE.as_secs(), tail(log));
        }
        std::thread::sleep(step);
        waited += step;
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(20))
        .copied()
        .collect::<Vec<_>>()
        .join("\n")
}

/// Makes the server end with this program even when this program is killed: `setpriv` of util-linux asks the kernel.
fn bound_to_us(program: &Path, user: Option<&User>, signal: &str) -> Command {
    let Some(setpriv) = proc::find("setpriv") else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    if let Some(User { name, uid, gid }) = user {
        command
            .arg(format!("--reuid={uid}"))
            .arg(format!("--regid={gid}"))
            .arg("--init-groups")
            .env("USER", name);
    }
    command.arg(format!("--pdeathsig={signal}")).arg(program);
    command
}

/// Another user, whom a server runs as.
struct User {
    name: &'static str,
    uid: u32,
    gid: u32,
}

fn folder(prefix: &str) -> anyhow::Result<(TempDir, PathBuf)> {
    let folder = tempfile::Builder::new()
        .prefix(prefix)
        .tempdir()
        .context("making a folder for the server")?;
    let data = folder.path().join("data");
    std::fs::create_dir(&data).context("making the data folder of the server")?;
    Ok((folder, data))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_server_that_ends_at_once_is_an_error_with_its_last_words() {
        let (folder, _) = folder("wardesk-test-").unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo port is taken >&2; exit 1"]);
        let Err(error) = serve(command, || false, Signal::TERM, folder) else {
            panic!("a server that ended was taken for one that runs");
        };
        assert!(error.to_string().contains("port is taken"), "{error}");
    }

    #[test]
    fn a_server_goes_with_its_guard_and_so_does_its_folder() {
        let (folder, data) = folder("wardesk-test-").unwrap();
        let mut command = Command::new("tail");
        command.args(["-f", "/dev/null"]);
        let guard = serve(command, || true, Signal::TERM, folder).unwrap();
        assert!(data.exists());
        drop(guard);
        assert!(!data.exists());
    }

    #[test]
    fn ports_asked_for_together_are_all_different() {
        let ports: [u16; 200] = free_ports().unwrap();
        assert_eq!(ports.iter().collect::<HashSet<_>>().len(), 200);
    }
}
