//! Fan-out to the sockets of this process, or of all nodes through NATS. Delivery is at most once and only a faster way
//! than asking: what must not be lost is in the database.

use std::sync::Arc;

use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use tracing::{info, warn};

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
    local: broadcast::Sender<BusMessage>,
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
        let client = async_nats::connect(address).await.map_err(BusError::Connect)?;
        let subject = format!("wardesk.{organisation}");
        let mut incoming = client.subscribe(subject.clone()).await.map_err(BusError::Subscribe)?;
        // The subscription must be there before anybody publishes.
        if let Err(error) = client.flush().await {
            warn!(%error, "NATS did not confirm the subscription");
        }
        let local = broadcast::channel(BUFFER).0;
        let deliver = local.clone();
        tokio::spawn(async move {
            while let Some(message) = incoming.next().await {
                match serde_json::from_slice::<BusMessage>(&message.payload) {
                    // Nobody listening is no fault.
                    Ok(message) => drop(deliver.send(message)),
                    Err(error) => warn!(%error, "a message on the bus cannot be read"),
                }
            }
            info!("the NATS subscription ended");
        });
        Ok(Self(Arc::new(Inner {
            local,
            nats: Some(Nats { client, subject }),
        })))
    }

    /// Sends to everybody who listens, here and on other nodes.
    pub async fn publish(&self, message: BusMessage) -> Result<(), BusError> {
        match &self.0.nats {
            None => drop(self.0.local.send(message)),
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

    /// Listens from now on. A listener that is too slow is told how many messages it missed.
    pub fn listen(&self) -> broadcast::Receiver<BusMessage> {
        self.0.local.subscribe()
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(a.recv().await.unwrap(), message(1));
        assert_eq!(b.recv().await.unwrap(), message(1));
    }

    #[tokio::test]
    async fn another_node_hears_a_message_through_nats() {
        let address = std::env::var("WARDESK_TEST_NATS").expect("WARDESK_TEST_NATS is set by cargo xtask test");
        let here = Bus::nats(&address, "org_bus_test").await.unwrap();
        let there = Bus::nats(&address, "org_bus_test").await.unwrap();
        let stranger = Bus::nats(&address, "org_other").await.unwrap();
        let (mut heard, mut unheard) = (there.listen(), stranger.listen());
        here.publish(message(7)).await.unwrap();
        assert_eq!(heard.recv().await.unwrap(), message(7));
        assert!(unheard.try_recv().is_err());
    }
}
