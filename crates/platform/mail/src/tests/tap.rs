//! Somebody on the line between a node and the mail server.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
};

/// Passes everything on and writes down what the node says.
#[derive(Clone)]
pub(super) struct Tap {
    /// HOST:PORT to connect to.
    pub(super) place: String,
    said: Arc<Mutex<Vec<u8>>>,
    cut: Arc<AtomicBool>,
    without_starttls: bool,
}

impl Tap {
    pub(super) async fn before(server: String) -> Self {
        Self::open(server, false).await
    }

    /// Takes the offer of STARTTLS out of what the server says.
    pub(super) async fn without_starttls(server: String) -> Self {
        Self::open(server, true).await
    }

    async fn open(server: String, without_starttls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tap = Self {
            place: format!("localhost:{}", listener.local_addr().unwrap().port()),
            said: Arc::default(),
            cut: Arc::default(),
            without_starttls,
        };
        tokio::spawn(tap.clone().run(listener, server));
        tap
    }

    /// From now on, or no longer, connections end as soon as they begin.
    pub(super) fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }

    /// All that the node said, as far as it is text.
    pub(super) fn said(&self) -> String {
        String::from_utf8_lossy(&self.said.lock().unwrap()).into_owned()
    }

    async fn run(self, listener: TcpListener, server: String) {
        loop {
            let (node, _) = listener.accept().await.unwrap();
            if !self.cut.load(Ordering::SeqCst) {
                let server = TcpStream::connect(&server).await.unwrap();
                let ((from_node, to_node), (from_server, to_server)) = (node.into_split(), server.into_split());
                tokio::spawn(self.clone().listen(from_node, to_server));
                tokio::spawn(answer(from_server, to_node, self.without_starttls));
            }
        }
    }

    async fn listen(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = [0; 4096];
        while let Ok(read) = from.read(&mut buffer).await
            && read > 0
        {
            self.said.lock().unwrap().extend_from_slice(&buffer[..read]);
            if to.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    }
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, without_starttls: bool) {
    if !without_starttls {
        drop(copy(&mut from, &mut to).await);
        return;
    }
    let mut lines = BufReader::new(from);
    let mut line = String::new();
    while lines.read_line(&mut line).await.is_ok_and(|read| read > 0) {
        if !line.contains("STARTTLS") && to.write_all(line.as_bytes()).await.is_err() {
            return;
        }
        line.clear();
    }
}
