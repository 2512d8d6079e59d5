//! Sends what was composed, and hears what arrives at the sockets.

use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::{CONTENT_TYPE, HeaderName};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{sleep_until, timeout},
};
use wd_client::Frame;

use super::people::{People, Text};
use crate::{
    measure::{count, now, seconds},
    process::Process,
};

/// How many requests are on their way when as many as possible are.
const IN_FLIGHT: usize = 64;
/// Everybody but the sender.
pub const OTHERS: usize = 2;
/// What has not arrived after this, is missing.
const PATIENCE: Duration = Duration::from_secs(20);

/// When a message went out, and whose socket hears only an echo.
struct Sent {
    from: usize,
    at: AtomicU64,
}

type OnTheirWay = Arc<RwLock<HashMap<String, Arc<Sent>>>>;

/// Everybody's sockets, and one client that sends for all.
pub struct Load {
    client: reqwest::Client,
    base: String,
    began: Instant,
    on_their_way: OnTheirWay,
    arrived: mpsc::UnboundedReceiver<f64>,
    listening: JoinSet<()>,
}

/// What a run gave.
pub struct Run {
    /// Messages that the server took.
    pub sent: usize,
    /// Deliveries that did not come.
    pub missed: usize,
    /// From the first request to the last acknowledgement, in seconds.
    pub accepted_after: f64,
    /// From the first request to the last delivery, in seconds.
    pub took: f64,
    /// From each request to each delivery, in seconds.
    pub delays: Vec<f64>,
}

struct Request {
    path: String,
    header: (HeaderName, String),
    body: Vec<u8>,
    sent: Arc<Sent>,
}

impl Load {
    /// Nobody listens: what is sent is only to be accepted.
    pub fn unheard(process: &Process) -> anyhow::Result<Self> {
        let (_, arrived) = mpsc::unbounded_channel();
        Ok(Self {
            client: reqwest::Client::builder().build()?,
            base: process.base(),
            began: now(),
            on_their_way: OnTheirWay::default(),
            arrived,
            listening: JoinSet::new(),
        })
    }

    /// Opens everybody's socket.
    pub async fn connect(process: &Process, people: &mut People) -> anyhow::Result<Self> {
        let began = now();
        let on_their_way = OnTheirWay::default();
        let (arrive, arrived) = mpsc::unbounded_channel();
        let (ready, mut readies) = mpsc::channel(16);
        let mut listening = JoinSet::new();
        let sockets = people.sockets();
        let number = sockets.len();
        for (own, mut socket) in sockets.into_iter().enumerate() {
            let (on_their_way, arrive, ready) = (on_their_way.clone(), arrive.clone(), ready.clone());
            listening.spawn(async move {
                while let Some(frame) = socket.next().await {
                    match frame {
                        // Everybody may be told already: only the first greeting is waited for.
                        Frame::Ready => drop(ready.try_send(own)),
                        Frame::Item { item, .. } => {
                            let sent = item
                                .client_id
                                .and_then(|id| on_their_way.read().ok()?.get(&id).cloned());
                            if let Some(sent) = sent.filter(|sent| sent.from != own) {
                                let _ = arrive.send(since(began) - f64::from_bits(sent.at.load(Ordering::Relaxed)));
                            }
                        }
                        _ => {}
                    }
                }
            });
            readies.recv().await.context("a socket did not open")?;
        }
        ensure!(listening.len() == number, "a socket closed");
        Ok(Self {
            client: reqwest::Client::builder().build()?,
            base: process.base(),
            began,
            on_their_way,
            arrived,
            listening,
        })
    }

    /// Sends all, always with as many on their way.
    pub async fn as_fast_as_it_goes(&mut self, texts: Vec<Text>) -> anyhow::Result<Run> {
        let requests = self.prepare(texts)?;
        let (sent, began) = (requests.len(), now());
        let this = &*self;
        stream::iter(requests)
            .map(|request| this.send(request))
            .buffer_unordered(IN_FLIGHT)
            .try_collect::<Vec<()>>()
            .await?;
        self.collect(sent, began).await
    }

    /// Sends so many a second, whether or not the earlier ones have an answer.
    pub async fn at_a_rate(&mut self, texts: Vec<Text>, rate: f64) -> anyhow::Result<Run> {
        let requests = self.prepare(texts)?;
        let (sent, began) = (requests.len(), now());
        let this = &*self;
        let on_time = requests.into_iter().enumerate().map(|(number, request)| async move {
            sleep_until((began + Duration::from_secs_f64(count(number) / rate)).into()).await;
            this.send(request).await
        });
        stream::iter(on_time)
            .buffer_unordered(sent.max(1))
            .try_collect::<Vec<()>>()
            .await?;
        self.collect(sent, began).await
    }

    fn prepare(&self, texts: Vec<Text>) -> anyhow::Result<Vec<Request>> {
        let mut on_their_way = self
            .on_their_way
            .write()
            .map_err(|_| anyhow::anyhow!("a listener failed"))?;
        on_their_way.clear();
        texts
            .into_iter()
            .map(|text| {
                let sent = Arc::new(Sent {
                    from: text.from,
                    at: AtomicU64::default(),
                });
                on_their_way.insert(text.composed.client_id, sent.clone());
                Ok(Request {
                    path: format!("{}{}", self.base, text.composed.path),
                    header: text.header,
                    body: serde_json::to_vec(&text.composed.body)?,
                    sent,
                })
            })
            .collect()
    }

    async fn send(&self, request: Request) -> anyhow::Result<()> {
        let (name, value) = request.header;
        request.sent.at.store(since(self.began).to_bits(), Ordering::Relaxed);
        let answer = self
            .client
            .post(request.path)
            .header(name, value)
            .header(CONTENT_TYPE, "application/json")
            .body(request.body)
            .send()
            .await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "the server refused a message: {text}");
        Ok(())
    }

    async fn collect(&mut self, sent: usize, began: Instant) -> anyhow::Result<Run> {
        let mut delays = Vec::with_capacity(sent * OTHERS);
        let accepted_after = seconds(began.elapsed());
        let mut took = accepted_after;
        while !self.listening.is_empty() && delays.len() < sent * OTHERS {
            match timeout(PATIENCE, self.arrived.recv()).await {
                Ok(delay) => delays.push(delay.context("all sockets closed")?),
                Err(_) => break,
            }
            took = seconds(began.elapsed());
        }
        Ok(Run {
            sent,
            missed: if self.listening.is_empty() {
                0
            } else {
                sent * OTHERS - delays.len()
            },
            accepted_after,
            took,
            delays,
        })
    }

    /// Closes all sockets.
    pub async fn disconnect(mut self) {
        self.listening.shutdown().await;
    }
}

fn since(began: Instant) -> f64 {
    seconds(began.elapsed())
}
