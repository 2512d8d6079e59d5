//! One socket, from its first frame to its last.

use std::collections::{BTreeSet, HashMap};

use axum::extract::ws::{Message, WebSocket};
use tokio::{sync::broadcast::error::RecvError, time::timeout};
use tracing::debug;
use wd_bus::BusMessage;
use wd_channels::{ItemAppended, NoteWritten, ReceiptMoved, TeamKeyChanged};
use wd_customers::events::CustomerSignedOut;
use wd_desk::CaseChanged;
use wd_kernel::{Actor, ConversationId, Ctx, Duration, Event, SecretString, StaffId, Timestamp};

use super::{
    Hub,
    frame::{Incoming, Outgoing, PresenceAt, Typing},
};

const HELLO: Duration = Duration::from_secs(10);
/// A session is looked at again so often, besides when something happens to it.
const CHECK: Duration = Duration::from_secs(60);
const TYPING_AT_MOST_EVERY: Duration = Duration::from_secs(2);

/// The socket closes.
struct Closed;

type Step = Result<(), Closed>;

struct Session {
    hub: Hub,
    socket: WebSocket,
    ctx: Ctx,
    /// How a widget's session is looked at again; a staff session is known by its id.
    token: Option<SecretString>,
    /// What this person may see, until the case changes.
    visible: HashMap<ConversationId, bool>,
    present: BTreeSet<StaffId>,
    last_typing: Timestamp,
}

pub(super) async fn run_staff(hub: Hub, actor: Actor, socket: WebSocket) {
    let Some(staff) = actor.staff().map(|staff| staff.id) else {
        return;
    };
    hub.online.arrive(&hub.bus, staff).await;
    run(hub.clone(), actor, None, socket).await;
    hub.online.leave(&hub.bus, staff).await;
}

pub(super) async fn run_widget(hub: Hub, mut socket: WebSocket) {
    let Ok(Some(Ok(Message::Text(first)))) = timeout(HELLO, socket.recv()).await else {
        return;
    };
    let Ok(Incoming::Hello { token }) = serde_json::from_str(first.as_str()) else {
        return;
    };
    let nobody = hub.world.ctx(Actor::Nobody);
    match hub.gate.customer(&nobody, token.expose()).await {
        Ok(actor @ Actor::Customer { .. }) => run(hub, actor, Some(token), socket).await,
        _ => {
            if let Ok(text) = serde_json::to_string(&Outgoing::Ended) {
                let _ = socket.send(Message::text(text)).await;
            }
        }
    }
}

async fn run(hub: Hub, actor: Actor, token: Option<SecretString>, socket: WebSocket) {
    let ctx = hub.world.ctx(actor);
    metrics::gauge!("wardesk_sockets").increment(1.0);
    let mut session = Session {
        hub,
        socket,
        ctx,
        token,
        visible: HashMap::new(),
        present: BTreeSet::new(),
        last_typing: Timestamp::default(),
    };
    // Why it closed, the client finds out by asking.
    let Closed = session.run().await.err().unwrap_or(Closed);
    if let Some(customer) = session.ctx.actor.customer() {
        session.hub.fan_out.closed(customer);
    }
    metrics::gauge!("wardesk_sockets").decrement(1.0);
}

impl Session {
    async fn run(&mut self) -> Step {
        let mut heard = match self.ctx.actor.customer() {
            Some(customer) => self.hub.fan_out.listen(customer),
            None => self.hub.bus.listen(),
        };
        let mut check = tokio::time::interval(CHECK);
        check.tick().await;
        self.send(Outgoing::Ready).await?;
        self.show_presence().await?;
        loop {
            tokio::select! {
                message = heard.recv() => match message {
                    Ok(message) => self.hear(&message).await?,
                    // Too slow: the client comes again and asks for what it missed.
                    Err(RecvError::Lagged(_) | RecvError::Closed) => return Err(Closed),
                },
                frame = self.socket.recv() => match frame {
                    Some(Ok(Message::Text(text))) => self.incoming(text.as_str()).await?,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => return Err(Closed),
                },
                _ = check.tick() => self.check().await?,
            }
        }
    }

    async fn send(&mut self, frame: Outgoing) -> Step {
        let text = serde_json::to_string(&frame).map_err(|_| Closed)?;
        self.socket.send(Message::text(text)).await.map_err(|_| Closed)
    }

    async fn incoming(&mut self, text: &str) -> Step {
        match serde_json::from_str(text) {
            Ok(Incoming::Ping) => self.send(Outgoing::Pong).await,
            Ok(Incoming::Typing { conversation }) => self.typing(conversation).await,
            Ok(Incoming::Hello { .. }) => Ok(()),
            Err(_) => Err(Closed),
        }
    }

    /// Something happened somewhere: is it for this person?
    async fn hear(&mut self, message: &BusMessage) -> Step {
        match message.topic.as_str() {
            ItemAppended::KIND => match read(message) {
                Some(event) => self.item(event).await,
                None => Ok(()),
            },
            ReceiptMoved::KIND => match read::<ReceiptMoved>(message) {
                Some(event) if self.sees(event.conversation).await => {
                    let who = event
                        .staff
                        .map_or_else(|| "customer".to_owned(), |staff| staff.to_string());
                    self.send(Outgoing::Receipt {
                        conversation: event.conversation,
                        who,
                        delivered: event.delivered,
                        read: event.read,
                    })
                    .await
                }
                _ => Ok(()),
            },
            Typing::TOPIC => match read(message) {
                Some(typing) => self.show_typing(&typing).await,
                None => Ok(()),
            },
            CustomerSignedOut::KIND => match read::<CustomerSignedOut>(message) {
                Some(event) if self.ctx.actor.customer() == Some(event.customer) => self.check().await,
                _ => Ok(()),
            },
            _ if self.ctx.actor.staff().is_some() => self.hear_as_staff(message).await,
            _ => Ok(()),
        }
    }

    async fn hear_as_staff(&mut self, message: &BusMessage) -> Step {
        match message.topic.as_str() {
            NoteWritten::KIND => match read::<NoteWritten>(message) {
                Some(event) if self.sees(event.conversation).await => {
                    self.send(Outgoing::Note {
                        conversation: event.conversation,
                        seq: event.seq,
                    })
                    .await
                }
                _ => Ok(()),
            },
            CaseChanged::KIND => match read::<CaseChanged>(message) {
                Some(event) => self.case(event.conversation).await,
                None => Ok(()),
            },
            TeamKeyChanged::KIND => match (read::<TeamKeyChanged>(message), self.ctx.actor.staff()) {
                (Some(event), Some(staff)) if staff.teams.contains(&event.team) => {
                    self.send(Outgoing::TeamKey { team: event.team }).await
                }
                _ => Ok(()),
            },
            PresenceAt::TOPIC => self.show_presence().await,
            // Sessions ended, somebody was disabled, rights changed.
            topic if topic.starts_with("identity.") || topic.starts_with("access.") => self.check().await,
            _ => Ok(()),
        }
    }

    async fn item(&mut self, event: ItemAppended) -> Step {
        if !self.sees(event.conversation).await {
            return Ok(());
        }
        let page = match self.hub.db.snapshot().await {
            Ok(mut tx) => self
                .hub
                .channels
                .log_in(&mut tx, &self.ctx, event.conversation, None, event.seq - 1, 1)
                .await
                .ok(),
            Err(_) => None,
        };
        // An item that cannot be read here is asked for by the client, who is told why.
        let Some(item) = page.and_then(|page| page.items.into_iter().next()) else {
            return Err(Closed);
        };
        self.send(Outgoing::Item {
            conversation: event.conversation,
            item,
        })
        .await
    }

    async fn case(&mut self, conversation: ConversationId) -> Step {
        let before = self.visible.remove(&conversation).unwrap_or(false);
        if self.sees(conversation).await || before {
            return self.send(Outgoing::Inbox { conversation }).await;
        }
        Ok(())
    }

    /// Whether this person may see a conversation. For customers it is theirs or not; for staff the desk says.
    async fn sees(&mut self, conversation: ConversationId) -> bool {
        if let Some(customer) = self.ctx.actor.customer() {
            return self.hub.fan_out.customer_of(conversation).await == Some(customer);
        }
        if let Some(known) = self.visible.get(&conversation) {
            return *known;
        }
        let Ok(mut tx) = self.hub.db.snapshot().await else {
            return false;
        };
        let sees = self.hub.desk.find_in(&mut tx, &self.ctx, conversation).await.is_ok();
        self.visible.insert(conversation, sees);
        sees
    }

    async fn typing(&mut self, conversation: ConversationId) -> Step {
        let now = self.hub.world.clock.now();
        if now.since(self.last_typing) < TYPING_AT_MOST_EVERY {
            return Ok(());
        }
        // Counted before it is looked at: what is not one's own costs the server no more than what is.
        self.last_typing = now;
        if !self.sees(conversation).await || !self.settings(|settings| settings.typing).await {
            return Ok(());
        }
        let typing = Typing {
            conversation,
            staff: self.ctx.actor.staff().map(|staff| staff.id),
        };
        let payload = serde_json::to_string(&typing).map_err(|_| Closed)?;
        if let Err(fault) = self
            .hub
            .bus
            .publish(BusMessage {
                topic: Typing::TOPIC.into(),
                payload,
            })
            .await
        {
            debug!(error = %fault, "typing was not told");
        }
        Ok(())
    }

    async fn show_typing(&mut self, typing: &Typing) -> Step {
        let own = typing.staff == self.ctx.actor.staff().map(|staff| staff.id);
        if own || !self.sees(typing.conversation).await {
            return Ok(());
        }
        let who = typing
            .staff
            .map_or_else(|| "customer".to_owned(), |staff| staff.to_string());
        self.send(Outgoing::Typing {
            conversation: typing.conversation,
            who,
            name: None,
        })
        .await
    }

    /// Tells staff who came and who went since they were last told.
    async fn show_presence(&mut self) -> Step {
        if self.ctx.actor.staff().is_none() || !self.settings(|settings| settings.presence).await {
            return Ok(());
        }
        let now = self.hub.online.everybody();
        let changes: Vec<(StaffId, bool)> = now
            .difference(&self.present)
            .map(|staff| (*staff, true))
            .chain(self.present.difference(&now).map(|staff| (*staff, false)))
            .collect();
        self.present = now;
        for (staff, online) in changes {
            self.send(Outgoing::Presence { staff, online }).await?;
        }
        Ok(())
    }

    async fn settings(&mut self, which: fn(&wd_desk::Settings) -> bool) -> bool {
        let Ok(mut tx) = self.hub.db.snapshot().await else {
            return false;
        };
        self.hub
            .desk
            .settings_in(&mut tx)
            .await
            .is_ok_and(|settings| which(&settings))
    }

    /// Looks whether the session still holds, with the rights it has now.
    async fn check(&mut self) -> Step {
        let nobody = self.hub.world.ctx(Actor::Nobody);
        let actor = match (&self.ctx.actor, &self.token) {
            (Actor::Staff(staff), _) => self
                .hub
                .gate
                .identity
                .actor_of_session(&nobody, staff.session)
                .await
                .ok(),
            (_, Some(token)) => self.hub.gate.customer(&nobody, token.expose()).await.ok(),
            _ => None,
        };
        match actor {
            Some(Actor::Nobody) | None => {
                self.send(Outgoing::Ended).await?;
                Err(Closed)
            }
            Some(actor) => {
                if actor != self.ctx.actor {
                    self.visible.clear();
                    self.ctx = self.ctx.acting_as(actor);
                }
                Ok(())
            }
        }
    }
}

fn read<E: serde::de::DeserializeOwned>(message: &BusMessage) -> Option<E> {
    serde_json::from_str(&message.payload).ok()
}
