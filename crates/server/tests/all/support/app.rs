use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};
use wd_client::{Server, Surroundings};
use wd_config::{Secret, Settings};
use wd_db::Db;
use wd_kernel::{Clock as _, Duration, HandClock, SecretString, SeededEntropy};
use wd_server::{App, ServeError, SystemClock, serve_on};

/// Which database a node lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

/// A node that serves on a loopback port, with a database and a folder of its own. Its clock starts at the present,
/// because openmls compares the lifetimes of key packages with the wall clock, and is moved by hand.
pub struct TestApp {
    pub app: App,
    pub clock: Arc<HandClock>,
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    folder: TempDir,
    seeds: AtomicU64,
    stop: oneshot::Sender<()>,
    runs: JoinHandle<Result<(), ServeError>>,
}

static SCHEMAS: AtomicU32 = AtomicU32::new(0);

impl TestApp {
    pub async fn start(on: On) -> Self {
        Self::start_with(on, |_| {}).await
    }

    /// The same, with other settings than a node comes with.
    pub async fn start_with(on: On, change: impl FnOnce(&mut Settings)) -> Self {
        // reqwest asks for the process's provider also where no TLS is spoken; a second time changes nothing.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = listener.local_addr().unwrap();
        let mut settings = Settings {
            data_dir: folder.path().into(),
            listen,
            ..Settings::default()
        };
        if on == On::Postgres {
            let (address, schema) = fresh_schema().await;
            settings.database = Secret::Value(SecretString::new(address));
            settings.database_schema = Some(schema);
        }
        change(&mut settings);
        let clock = Arc::new(HandClock::at(SystemClock.now()));
        let app = App::open(&settings, clock.clone(), Arc::new(SeededEntropy::new(1)))
            .await
            .unwrap();
        let (stop, stopped) = oneshot::channel();
        let runs = tokio::spawn({
            let app = app.clone();
            async move {
                let router = app.router(None);
                serve_on(listener, app, router, &settings, async move { drop(stopped.await) }).await
            }
        });
        Self {
            app,
            clock,
            base: format!("http://{listen}"),
            folder,
            seeds: AtomicU64::new(1000),
            stop,
            runs,
        }
    }

    /// The folder of the database and the keys.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// How a client reaches this node.
    pub fn server(&self) -> Server {
        Server::at(&self.base).unwrap()
    }

    /// The node's clock and a client's own chance.
    pub fn around(&self) -> Surroundings {
        let seed = self.seeds.fetch_add(1, Ordering::Relaxed);
        Surroundings {
            clock: self.clock.clone(),
            entropy: Arc::new(SeededEntropy::new(seed << 32)),
        }
    }

    /// Moves the clock so far that one-time codes that were used up come anew.
    pub fn next_codes(&self) {
        self.clock.advance(Duration::from_secs(60));
    }

    /// Ends serving as a signal would; panics if serving ended badly.
    pub async fn stop(self) {
        drop(self.stop);
        self.runs.await.unwrap().unwrap();
    }
}

/// An empty schema on the PostgreSQL that `cargo xtask test` brings: its server's address and its name.
async fn fresh_schema() -> (String, String) {
    let address = std::env::var("WARDESK_TEST_POSTGRES").expect("WARDESK_TEST_POSTGRES is set by cargo xtask test");
    let number = SCHEMAS.fetch_add(1, Ordering::Relaxed);
    let schema = format!("w{}_{number}_{}", std::process::id(), SystemClock.now().seconds());
    let admin = Db::postgres(&address, None).await.expect("PostgreSQL answers");
    let mut tx = admin.begin().await.unwrap();
    tx.execute(format!("CREATE SCHEMA {schema}").leak(), vec![])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    admin.close().await;
    (address, schema)
}
