//! The server as a process of its own, so that its memory and its processor time can be told from ours.

use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use argon2::Params;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use wd_client::Server;

use crate::{database::Database, measure::now};

const PATIENCE: Duration = Duration::from_secs(60);
/// Between two questions whether it is ready.
const STEP: Duration = Duration::from_millis(1);

/// A running `wardesk serve`.
pub struct Process {
    child: Child,
    address: SocketAddr,
    folder: PathBuf,
    /// From the start of the process to the first "ready".
    pub ready_after: Duration,
}

impl Process {
    /// Starts it and waits until it is ready. Dropped before that, it is ended.
    pub async fn start(folder: &Path, database: &Database) -> anyhow::Result<Self> {
        let binary = binary()?;
        let address = free_address()?;
        let mut command = Command::new(&binary);
        command
            .arg("serve")
            .arg("--data-dir")
            .arg(folder.join("data"))
            .args(["--listen", &address.to_string()])
            .env("WARDESK_PUBLIC_URL", format!("http://localhost:{}", address.port()))
            .stdin(Stdio::null())
            .stdout(File::create(folder.join("stdout"))?)
            .stderr(File::create(folder.join("stderr"))?);
        if let Database::Postgres { address, schema, .. } = database {
            command
                .env("WARDESK_DATABASE", address)
                .env("WARDESK_DATABASE_SCHEMA", schema);
        }
        let began = now();
        let child = command
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let mut process = Self {
            child,
            address,
            folder: folder.to_owned(),
            ready_after: Duration::ZERO,
        };
        while !process.is_ready().await {
            if process.child.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                bail!("the server did not become ready:\n{}", process.said("stderr"));
            }
            tokio::time::sleep(STEP).await;
        }
        process.ready_after = began.elapsed();
        Ok(process)
    }

    async fn is_ready(&self) -> bool {
        let ask = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream
                .write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
                .await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer.starts_with("HTTP/1.1 200 "))
        };
        ask.await.unwrap_or(false)
    }

    /// How it hashes passwords, as its log says.
    pub fn hashing(&self) -> anyhow::Result<Params> {
        let log = self.said("stderr") + &self.said("stdout");
        let field = |name: &str| {
            let (_, after) = log.split_once(name)?;
            let digits = after.trim_start_matches(|c: char| !c.is_ascii_digit());
            digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        let cost = field("memory_kib").zip(field("passes"));
        let (memory_kib, passes) = cost.context("the log does not say how passwords are hashed")?;
        Params::new(memory_kib, passes, 1, None).map_err(|error| anyhow::anyhow!("{error}"))
    }

    /// Its address as clients know it.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its public address, as browsers and passkeys know it.
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address for the protocol client.
    pub fn server(&self) -> anyhow::Result<Server> {
        Ok(Server::at(&self.base())?)
    }

    /// The folder that holds the SQLite database and the keys.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The link for the first administrator, which a first start prints.
    pub fn first_link(&self) -> anyhow::Result<String> {
        let said = self.said("stdout");
        said.split_whitespace()
            .find(|word| word.contains("/console/#/"))
            .map(str::to_owned)
            .context("the server did not print a link for its first administrator")
    }

    fn said(&self, stream: &str) -> String {
        std::fs::read_to_string(self.folder.join(stream)).unwrap_or_default()
    }

    /// Resident memory in bytes.
    pub fn resident(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes: f64 = line
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .context("no VmRSS")?
            .parse()?;
        Ok(kilobytes * 1024.0)
    }

    /// Processor time it has used, in seconds.
    pub fn processor(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in brackets may hold spaces: count from behind it. utime and stime are fields 14 and 15.
        let (_, rest) = stat.rsplit_once(") ").context("an unknown format of /proc/…/stat")?;
        let ticks = rest
            .split(' ')
            .skip(11)
            .take(2)
            .map(str::parse::<u32>)
            .sum::<Result<u32, _>>()?;
        let per_second = u32::try_from(rustix::param::clock_ticks_per_second())?;
        Ok(f64::from(ticks) / f64::from(per_second))
    }

    /// Asks it to stop, and waits.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.signal(Signal::TERM);
        while self.child.try_wait()?.is_none() {
            tokio::time::sleep(STEP).await;
        }
        Ok(())
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended already.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal(Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

/// `WARDESK_BIN`, or built now, in the profile of this program.
fn binary() -> anyhow::Result<PathBuf> {
    static BUILT: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    if let Some(path) = std::env::var_os("WARDESK_BIN") {
        return Ok(path.into());
    }
    if let Some(path) = BUILT.get() {
        return Ok(path.clone());
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", "wardesk"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    if !cargo.status().context("starting cargo")?.success() {
        bail!("wardesk does not build");
    }
    let beside_us = std::env::current_exe()?.with_file_name("wardesk");
    Ok(BUILT.get_or_init(|| beside_us).clone())
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Thousands of sockets need thousands of files, here and in the server, which inherits this.
pub fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if setrlimit(Resource::Nofile, raised).is_err() {
        eprintln!("the limit of open files stays at {:?}", limit.current);
    }
}
