//! Hands what concerns a conversation to the sockets of its customer alone. With thousands of widgets open, each of them
//! looking at every message of everybody would cost more than all other work.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Deserialize;
use tokio::sync::broadcast::{self, error::RecvError};
use wd_bus::{Bus, BusMessage};
use wd_channels::{Channels, ItemAppended, ReceiptMoved};
use wd_customers::events::CustomerSignedOut;
use wd_db::Db;
use wd_kernel::{ConversationId, CustomerId, Event};

use super::frame::Typing;

/// How many messages the socket of one customer may be behind before it is closed.
const BEHIND: usize = 32;
/// How many conversations the node remembers the customer of.
const REMEMBERED: usize = 100_000;

/// Clones share the sockets.
#[derive(Clone)]
pub(crate) struct FanOut(Arc<Inner>);

struct Inner {
    db: Db,
    channels: Channels,
    sockets: Mutex<HashMap<CustomerId, broadcast::Sender<BusMessage>>>,
    customers: Mutex<HashMap<ConversationId, CustomerId>>,
}

/// What all messages to customers have.
#[derive(Deserialize)]
struct About {
    conversation: ConversationId,
}

impl FanOut {
    pub(crate) fn new(db: Db, channels: Channels) -> Self {
        Self(Arc::new(Inner {
            db,
            channels,
            sockets: Mutex::default(),
            customers: Mutex::default(),
        }))
    }

    /// What concerns a customer, from now on.
    pub(super) fn listen(&self, customer: CustomerId) -> broadcast::Receiver<BusMessage> {
        self.sockets()
            .entry(customer)
            .or_insert_with(|| broadcast::channel(BEHIND).0)
            .subscribe()
    }

    /// A socket of this customer closed.
    pub(super) fn closed(&self, customer: CustomerId) {
        let mut sockets = self.sockets();
        if sockets
            .get(&customer)
            .is_some_and(|sender| sender.receiver_count() == 0)
        {
            sockets.remove(&customer);
        }
    }

    fn sockets(&self) -> MutexGuard<'_, HashMap<CustomerId, broadcast::Sender<BusMessage>>> {
        self.0.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs until the task is dropped.
    pub(crate) async fn run(self, bus: Bus) {
        let mut heard = bus.listen();
        loop {
            match heard.recv().await {
                Ok(message) => self.hand_on(message).await,
                // What was missed is not known: the sockets close, and their clients come again and ask.
                Err(RecvError::Lagged(_)) => self.sockets().clear(),
                Err(RecvError::Closed) => return,
            }
        }
    }

    async fn hand_on(&self, message: BusMessage) {
        let customer = match message.topic.as_str() {
            CustomerSignedOut::KIND => serde_json::from_str::<CustomerSignedOut>(&message.payload)
                .ok()
                .map(|event| event.customer),
            ItemAppended::KIND | ReceiptMoved::KIND | Typing::TOPIC => {
                match serde_json::from_str::<About>(&message.payload) {
                    Ok(About { conversation }) => self.customer_of(conversation).await,
                    Err(_) => None,
                }
            }
            _ => None,
        };
        let Some(customer) = customer else {
            return;
        };
        if let Some(sender) = self.sockets().get(&customer) {
            // The last of them may have closed just now.
            let _ = sender.send(message);
        }
    }

    /// Whose conversation it is; that never changes.
    pub(super) async fn customer_of(&self, conversation: ConversationId) -> Option<CustomerId> {
        if let Some(known) = self.customers().get(&conversation) {
            return Some(*known);
        }
        let mut tx = self.0.db.snapshot().await.ok()?;
        let (customer, _) = self.0.channels.parties_in(&mut tx, conversation).await.ok()??;
        let mut known = self.customers();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(conversation, customer);
        Some(customer)
    }

    fn customers(&self) -> MutexGuard<'_, HashMap<ConversationId, CustomerId>> {
        self.0.customers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
