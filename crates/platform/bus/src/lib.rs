//! Fan-out to the sockets of this process, or of all nodes through NATS. Delivery is at most once and only a faster way
//! than asking: what must not be lost is in the database.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_nats::{ConnectOptions, Event as NatsEvent, client::PublishErrorKind};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::{
    Notify,
    broadcast::{
        self,
        error::{RecvError, TryRecvError},
    },
};
use tracing::{info, warn};

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A message.
    Message(BusMessage),
    /// Messages may be missing from here: the listener was too slow, or NATS was away for a while.
    Gap,
}

/// Hears what is sent from the moment it was made.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Heard>);

/// How many messages a slow listener may be behind before it misses some.
const BUFFER: usize = 4096;

/// A message to everybody who listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusMessage {
    /// What it is about: `channels.appended`.
    pub topic: String,
    /// JSON, without secrets or personal data.
    pub payload: String,
}

/// Why the bus cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// NATS cannot be reached.
    #[error("NATS cannot be reached")]
    Connect(#[source] async_nats::ConnectError),
    /// NATS does not take the subscription.
    #[error("NATS does not take the subscription")]
    Subscribe(#[source] async_nats::SubscribeError),
    /// NATS does not take the message.
    #[error("NATS does not take the message")]
    Publish(#[source] async_nats::PublishError),
    /// The message cannot be written as JSON.
    #[error("the message cannot be written")]
    Json(#[source] serde_json::Error),
}

/// The bus. Clones share it.
#[derive(Clone)]
pub struct Bus(Arc<Inner>);

struct Inner {
    local: broadcast::Sender<Heard>,
    nats: Option<Nats>,
}

struct Nats {
    client: async_nats::Client,
    subject: String,
}

impl Bus {
    /// A bus within this process.
    pub fn in_process() -> Self {
        Self(Arc::new(Inner {
            local: broadcast::channel(BUFFER).0,
            nats: None,
        }))
    }

    /// A bus over NATS. Nodes of one organisation use the same subject.
    pub async fn nats(address: &str, organisation: &str) -> Result<Self, BusError> {
        let local = broadcast::channel(BUFFER).0;
        let connected_again = Arc::new(Notify::new());
        let client = connect(address, local.clone(), connected_again.clone())
            .await
            .map_err(BusError::Connect)?;
        let subject = format!("wardesk.{organisation}");
        let mut incoming = client.subscribe(subject.clone()).await.map_err(BusError::Subscribe)?;
        // The subscription must be there before anybody publishes.
        taken(&client).await?;
        tokio::spawn(tell_gaps(client.clone(), connected_again, local.clone()));
        let deliver = local.clone();
        tokio::spawn(async move {
            while let Some(message) = incoming.next().await {
                match serde_json::from_slice::<BusMessage>(&message.payload) {
                    // Nobody listening is no fault.
                    Ok(message) => drop(deliver.send(Heard::Message(message))),
                    Err(error) => warn!(%error, "a message on the bus cannot be read"),
                }
            }
            info!("the NATS subscription ended");
            drop(deliver.send(Heard::Gap));
        });
        Ok(Self(Arc::new(Inner {
            local,
            nats: Some(Nats { client, subject }),
        })))
    }

    /// Sends to everybody who listens, here and on other nodes.
    pub async fn publish(&self, message: BusMessage) -> Result<(), BusError> {
        match &self.0.nats {
            None => drop(self.0.local.send(Heard::Message(message))),
            Some(nats) => {
                let bytes = serde_json::to_vec(&message).map_err(BusError::Json)?;
                nats.client
                    .publish(nats.subject.clone(), bytes.into())
                    .await
                    .map_err(BusError::Publish)?;
            }
        }
        Ok(())
    }

    /// Listens from now on.
    pub fn listen(&self) -> Listener {
        Listener(self.0.local.subscribe())
    }
}

impl Listener {
    /// What comes next; `None` when the bus is gone.
    pub async fn next(&mut self) -> Option<Heard> {
        match self.0.recv().await {
            Ok(heard) => Some(heard),
            Err(RecvError::Lagged(_)) => Some(Heard::Gap),
            Err(RecvError::Closed) => None,
        }
    }

    /// What waits, if anything does.
    pub fn waiting(&mut self) -> Option<Heard> {
        match self.0.try_recv() {
            Ok(heard) => Some(heard),
            Err(TryRecvError::Lagged(_)) => Some(Heard::Gap),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }
}

impl BusError {
    /// Whether the same message may be taken later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Subscribe(_) => true,
            Self::Publish(fault) => !matches!(
                fault.kind(),
                PublishErrorKind::MaxPayloadExceeded | PublishErrorKind::InvalidSubject
            ),
            Self::Json(_) => false,
        }
    }
}

/// Waits until the server has taken what this client asked for before: it answers one client in order, so that a message
/// to oneself comes back after the subscriptions are there. A flush alone says only that the bytes left.
async fn taken(client: &async_nats::Client) -> Result<(), BusError> {
    let own = client.new_inbox();
    let mut back = client.subscribe(own.clone()).await.map_err(BusError::Subscribe)?;
    client.publish(own, "".into()).await.map_err(BusError::Publish)?;
    back.next().await;
    Ok(())
}

/// Says after every new connection that messages may have been missed. Only when the subscriptions are there again: who
/// reads after the word anew must not miss what comes next.
async fn tell_gaps(client: async_nats::Client, connected_again: Arc<Notify>, local: broadcast::Sender<Heard>) {
    loop {
        connected_again.notified().await;
        loop {
            tokio::select! {
                () = connected_again.notified() => {}
                taken = taken(&client) => {
                    if let Err(error) = taken {
                        warn!(%error, "NATS did not confirm the subscriptions");
                    }
                    break;
                }
            }
        }
        // Nobody listening is no fault.
        drop(local.send(Heard::Gap));
    }
}

/// Connects, and from then on notices new connections and messages dropped here. The client itself connects again for as
/// long as it takes; what other nodes sent meanwhile does not come after.
async fn connect(
    address: &str,
    local: broadcast::Sender<Heard>,
    connected_again: Arc<Notify>,
) -> Result<async_nats::Client, async_nats::ConnectError> {
    let connected_before = AtomicBool::new(false);
    ConnectOptions::new()
        .event_callback(move |event| {
            info!(%event, "NATS");
            match event {
                NatsEvent::Connected if connected_before.swap(true, Ordering::Relaxed) => connected_again.notify_one(),
                // Nobody listening is no fault.
                NatsEvent::SlowConsumer(_) => drop(local.send(Heard::Gap)),
                _ => {}
            }
            std::future::ready(())
        })
        .connect(address)
        .await
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    fn message(n: u8) -> BusMessage {
        BusMessage {
            topic: "test".into(),
            payload: n.to_string(),
        }
    }

    #[tokio::test]
    async fn everybody_in_the_process_hears_a_message() {
        let bus = Bus::in_process();
        let (mut a, mut b) = (bus.listen(), bus.clone().listen());
        bus.publish(message(1)).await.unwrap();
        assert_eq!(a.next().await, Some(Heard::Message(message(1))));
        assert_eq!(b.next().await, Some(Heard::Message(message(1))));
    }

    #[tokio::test]
    async fn another_node_hears_a_message_through_nats() {
        let address = std::env::var("WARDESK_TEST_NATS").expect("WARDESK_TEST_NATS is set by cargo xtask test");
        let here = Bus::nats(&address, "org_bus_test").await.unwrap();
        let there = Bus::nats(&address, "org_bus_test").await.unwrap();
        let stranger = Bus::nats(&address, "org_other").await.unwrap();
        let (mut heard, mut unheard) = (there.listen(), stranger.listen());
        here.publish(message(7)).await.unwrap();
        assert_eq!(heard.next().await, Some(Heard::Message(message(7))));
        assert_eq!(unheard.waiting(), None);
    }

    /// A way to NATS that can be cut.
    async fn lead(listener: TcpListener, nats: String) {
        let mut open = tokio::task::JoinSet::new();
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(nats.trim_start_matches("nats://")).await.unwrap();
            open.spawn(async move { drop(tokio::io::copy_bidirectional(&mut near, &mut far).await) });
        }
    }

    #[tokio::test]
    async fn after_nats_was_away_a_listener_is_told_that_messages_may_be_missing() {
        let nats = std::env::var("WARDESK_TEST_NATS").expect("WARDESK_TEST_NATS is set by cargo xtask test");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let way = tokio::spawn(lead(listener, nats.clone()));
        let here = Bus::nats(&nats, "org_bus_gap").await.unwrap();
        let there = Bus::nats(&format!("nats://{address}"), "org_bus_gap").await.unwrap();
        let mut heard = there.listen();
        here.publish(message(1)).await.unwrap();
        assert_eq!(heard.next().await, Some(Heard::Message(message(1))));
        way.abort();
        drop(way.await);
        here.publish(message(2)).await.unwrap();
        let way = tokio::spawn(lead(TcpListener::bind(address).await.unwrap(), nats));
        assert_eq!(heard.next().await, Some(Heard::Gap));
        here.publish(message(3)).await.unwrap();
        assert_eq!(heard.next().await, Some(Heard::Message(message(3))));
        way.abort();
    }
}
