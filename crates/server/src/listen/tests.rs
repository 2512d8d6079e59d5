use std::time::Duration;

use axum::{Router, routing::post};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

use super::{Patience, serve};

/// What a test waits for something that must come.
const SOON: Duration = Duration::from_secs(20);

const SHORT: Patience = Patience {
    handshake: Duration::from_millis(200),
    head: Duration::from_millis(200),
    grace: SOON,
};

struct Listening {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    runs: JoinHandle<()>,
}

impl Listening {
    async fn with(patience: Patience) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/echo", post(|body: String| async { body }));
        let (stop, stopped) = oneshot::channel::<()>();
        let runs = tokio::spawn(async move {
            serve(listener, router, None, patience, async { drop(stopped.await) }).await;
        });
        Self { address, stop, runs }
    }

    async fn says(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }
}

/// Everything until the other side closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    // A connection that was reset is closed, too.
    let _ = timeout(SOON, stream.read_to_end(&mut all)).await.expect("it is cut");
    String::from_utf8(all).unwrap()
}

async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    while !all.ends_with(end.as_bytes()) {
        let byte = timeout(SOON, stream.read_u8()).await.expect("an answer").unwrap();
        all.push(byte);
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn who_never_says_a_word_or_never_ends_the_head_is_cut() {
    let node = Listening::with(SHORT).await;
    for text in ["", "P", "PRI * HTTP/2.0\r\n", "POST /echo HTTP/1.1\r\nhost: a\r\nx: "] {
        let answer = rest(node.says(text).await).await;
        assert!(!answer.contains("200 OK"), "{text:?}: {answer}");
    }
}

#[tokio::test]
async fn who_sends_a_head_a_byte_at_a_time_is_cut_all_the_same() {
    let node = Listening::with(SHORT).await;
    let mut stream = node.says("POST /echo HTTP/1.1\r\nx: ").await;
    let dripping = async {
        while stream.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, dripping).await.expect("it is cut");
}

#[tokio::test]
async fn a_kept_connection_is_cut_when_nothing_more_is_asked() {
    let node = Listening::with(SHORT).await;
    let answer = rest(
        node.says("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi")
            .await,
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.ends_with("hi"), "{answer}");
}

#[tokio::test]
async fn a_request_that_runs_ends_before_the_node_does_and_nothing_new_is_taken() {
    let node = Listening::with(Patience { head: SOON, ..SHORT }).await;
    let head = "POST /echo HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
    let mut running = node.says(head).await;
    // The handler has begun to read the body.
    assert!(until(&mut running, "\r\n\r\n").await.contains("100 Continue"));
    let address = node.address;
    drop(node.stop);
    timeout(SOON, async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("nothing new is taken");
    running.write_all(b"done").await.unwrap();
    let answer = rest(running).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert!(answer.ends_with("done"), "{answer}");
    timeout(SOON, node.runs).await.expect("the node ends").unwrap();
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_the_node_from_stopping() {
    let node = Listening::with(Patience {
        head: SOON,
        grace: Duration::from_millis(100),
        ..SHORT
    })
    .await;
    let head = "POST /echo HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
    let mut running = node.says(head).await;
    until(&mut running, "\r\n\r\n").await;
    drop(node.stop);
    timeout(SOON, node.runs).await.expect("the node ends").unwrap();
    assert_eq!(rest(running).await, "");
}
