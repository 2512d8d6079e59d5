//! `wardesk serve` as a process.

use std::{
    fs::File,
    net::TcpListener,
    path::Path,
    process::{Child, Command},
};

use tempfile::TempDir;
use tokio::net::TcpStream;
use wd_client::Server;
use wd_db::Db;
use wd_kernel::{Clock as _, Duration};
use wd_server::SystemClock;

/// Where a node keeps what must not be lost.
pub enum Store {
    Sqlite,
    /// A schema of the PostgreSQL that `cargo xtask test` brings.
    Postgres {
        address: String,
        schema: String,
    },
}

impl Store {
    /// A schema that nobody else uses.
    pub async fn postgres(name: &str) -> Self {
        let address = std::env::var("WARDESK_TEST_POSTGRES").expect("WARDESK_TEST_POSTGRES is set by cargo xtask test");
        let schema = format!("p{}_{name}_{}", std::process::id(), SystemClock.now().seconds());
        let admin = Db::postgres(&address, None).await.expect("PostgreSQL answers");
        let mut tx = admin.begin().await.unwrap();
        tx.execute(format!("CREATE SCHEMA {schema}").leak(), vec![])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        admin.close().await;
        Self::Postgres { address, schema }
    }
}

/// How nodes of one installation are started: with the same keys and the same store.
pub struct Installation {
    pub store: Store,
    /// The address of a NATS server, for more than one node.
    pub nats: Option<String>,
    keys: TempDir,
}

impl Installation {
    pub fn new(store: Store, nats: Option<String>) -> Self {
        Self {
            store,
            nats,
            keys: tempfile::tempdir().unwrap(),
        }
    }
}

/// A node: a port and a folder of its own, and the process as long as it runs.
pub struct Node {
    port: u16,
    folder: TempDir,
    process: Option<Child>,
}

impl Node {
    /// Starts a node and waits until it answers.
    pub async fn start(installation: &Installation) -> Self {
        // Freed again before the node takes it; a port given out is not given out anew for a long time.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut node = Self {
            port,
            folder: tempfile::tempdir().unwrap(),
            process: None,
        };
        node.start_again(installation).await;
        node
    }

    /// Starts the process anew, on the same port and folder.
    pub async fn start_again(&mut self, installation: &Installation) {
        let log = self.folder.path().join("log");
        let to = |name: &str| {
            File::options()
                .create(true)
                .append(true)
                .open(self.folder.path().join(name))
                .unwrap()
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardesk"));
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{}", self.port), "--data-dir"])
            .arg(self.folder.path().join("data"))
            .env("WARDESK_KEY_FILE", installation.keys.path().join("keys.json"))
            .env("WARDESK_PASSPHRASE", "a passphrase for the key file of a test")
            .stdout(to("said"))
            .stderr(to("log"));
        if let Store::Postgres { address, schema } = &installation.store {
            command
                .env("WARDESK_DATABASE", address)
                .env("WARDESK_DATABASE_SCHEMA", schema);
        }
        if let Some(nats) = &installation.nats {
            command.env("WARDESK_NATS", nats);
        }
        self.process = Some(command.spawn().unwrap());
        self.wait_until_it_listens(&log).await;
    }

    /// The link for the first administrator, which only the first start of an installation prints.
    pub fn link(&self) -> String {
        let said = std::fs::read_to_string(self.folder.path().join("said")).unwrap();
        let link = said.lines().map(str::trim).find(|line| line.contains("#/welcome/"));
        link.expect("the first start prints a link").to_owned()
    }

    async fn wait_until_it_listens(&mut self, log: &Path) {
        let listening = async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                let ended = self.process.as_mut().unwrap().try_wait().unwrap();
                assert!(
                    ended.is_none(),
                    "the node ended: {}",
                    std::fs::read_to_string(log).unwrap()
                );
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(15), listening)
            .await
            .expect("the node listens");
    }

    /// How clients reach it.
    pub fn server(&self) -> Server {
        Server::at(&format!("http://127.0.0.1:{}", self.port)).unwrap()
    }

    /// `kill -9`: no chance to tidy up.
    pub fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.kill();
        }
    }
}
