//! The SMPP server, and somebody on the line before it.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use serde::Deserialize;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};
use wd_config::{SmsDriver, SmsSecurity, SmsSmpp};

use super::secret;

/// A message as the server kept it.
#[derive(Debug, Deserialize)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) coding: String,
    pub(super) validity: String,
    pub(super) text: String,
    pub(super) waiting: u32,
}

fn folder() -> PathBuf {
    std::env::var("WARDESK_TEST_SMSC")
        .expect("WARDESK_TEST_SMSC is set by cargo xtask test")
        .into()
}

/// HOST:PORT of the server.
pub(super) fn place() -> String {
    std::fs::read_to_string(folder().join("smpp")).unwrap()
}

pub(super) fn smpp(name: &str, server: &str, window: u16) -> SmsDriver {
    SmsDriver::Smpp(SmsSmpp {
        name: name.into(),
        server: server.into(),
        security: SmsSecurity::None,
        user: "wardesk".into(),
        password: secret("secret-1"),
        from: "Wardesk".into(),
        window,
        ca: None,
    })
}

/// A number that no other test uses. What it ends with means something to the server.
pub(super) fn number(end: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("+49{:06}{number:03}{end}", std::process::id() % 1_000_000).replacen("+490", "+491", 1)
}

/// What the server took for a number.
pub(super) fn received(number: &str) -> Vec<Kept> {
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(folder().join("messages")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "json") {
            let message: Kept = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            if message.to == number.trim_start_matches('+') {
                kept.push(message);
            }
        }
    }
    kept
}

/// Waits for something that comes of itself.
pub(super) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .expect("it did not come within 20 seconds");
}

/// Passes everything on, until the line is cut.
#[derive(Clone)]
pub(super) struct Line {
    /// HOST:PORT to connect to.
    pub(super) place: String,
    open: Arc<Mutex<Option<Vec<AbortHandle>>>>,
}

impl Line {
    pub(super) async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Self {
            place: listener.local_addr().unwrap().to_string(),
            open: Arc::new(Mutex::new(Some(Vec::new()))),
        };
        let passing = line.clone();
        tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let server = server.clone();
                if let Some(open) = passing.open.lock().unwrap().as_mut() {
                    let passed = tokio::spawn(async move {
                        let mut far = TcpStream::connect(server).await.unwrap();
                        drop(copy_bidirectional(&mut near, &mut far).await);
                    });
                    open.push(passed.abort_handle());
                }
            }
        });
        line
    }

    /// Connections end, and further ones end as soon as they begin.
    pub(super) fn cut(&self) {
        let open = self.open.lock().unwrap().take();
        open.into_iter().flatten().for_each(|passed| passed.abort());
    }

    pub(super) fn mend(&self) {
        *self.open.lock().unwrap() = Some(Vec::new());
    }
}
