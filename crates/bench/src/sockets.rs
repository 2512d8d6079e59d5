//! What an idle socket of a widget costs the server in memory.

use std::time::Duration;

use anyhow::{Context as _, bail};
use futures::{SinkExt as _, StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use crate::{
    database::Database,
    desk::{AT_ONCE, address_of},
    measure::{count, median},
    process::Process,
    table::{Amount, Table},
};

const ROUNDS: usize = 3;
/// Opened and closed first, so that what a server needs once is not counted.
const WARM: usize = 50;
const SETTLE: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
struct Visitor {
    token: String,
}

pub async fn run(number: usize) -> anyhow::Result<Table> {
    let folder = tempfile::tempdir()?;
    let process = Process::start(folder.path(), &Database::Sqlite).await?;
    let tokens = visitors(&process, number).await?;
    process.stop().await?;
    let (mut each, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let process = Process::start(folder.path(), &Database::Sqlite).await?;
        drop(open(&process, tokens.get(..WARM.min(number)).unwrap_or_default()).await?);
        tokio::time::sleep(SETTLE).await;
        let before = process.resident()?;
        let sockets = open(&process, &tokens).await?;
        tokio::time::sleep(SETTLE).await;
        let after = process.resident()?;
        each.push((after - before) / count(sockets.len()));
        whole.push(after);
        drop(sockets);
        process.stop().await?;
    }
    let mut table = Table::new(format!("sockets ({number} idle widgets, medians of {ROUNDS})"));
    table.beside(
        "resident memory for each socket",
        Amount::Bytes(median(&mut each)),
        "target",
        Amount::Bytes(20e3),
    );
    table.alone(
        "resident memory of the server with all",
        Amount::Bytes(median(&mut whole)),
    );
    Ok(table)
}

async fn visitors(process: &Process, number: usize) -> anyhow::Result<Vec<String>> {
    // Names the TLS library, which the client wants to know even for plain HTTP.
    process.server()?;
    let base = process.base();
    let base = &base;
    stream::iter(0..number)
        .map(|visitor| async move {
            let client = reqwest::Client::builder()
                .local_address(Some(address_of(visitor)?.into()))
                .build()?;
            let request = client
                .post(format!("{base}/api/v1/widget/visitors"))
                .json(&serde_json::json!({}));
            let visitor: Visitor = request.send().await?.error_for_status()?.json().await?;
            Ok(visitor.token)
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

async fn open(process: &Process, tokens: &[String]) -> anyhow::Result<Vec<WebSocketStream<TcpStream>>> {
    stream::iter(tokens.iter().enumerate())
        .map(|(number, token)| connect(process, number, token))
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

async fn connect(process: &Process, number: usize, token: &str) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((address_of(number)?, 0).into())?;
    let stream = socket.connect(process.address()).await?;
    let thrifty = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
    let address = format!("ws://{}/api/v1/widget/socket", process.address());
    let (mut socket, _) = client_async_with_config(address, stream, Some(thrifty)).await?;
    let hello = serde_json::json!({ "type": "hello", "token": token }).to_string();
    socket.send(Message::text(hello)).await?;
    let answer = socket.next().await.context("the socket closed")??;
    if !answer.to_text()?.contains("\"ready\"") {
        bail!("the server said {answer}");
    }
    Ok(socket)
}
