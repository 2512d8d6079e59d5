//! One socket, from its first frame to its last.

use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures::SinkExt as _;
use tokio::time::timeout;
use tracing::debug;
use wd_bus::BusMessage;
use wd_db::Tx;
use wd_desk::Settings;
use wd_kernel::{Actor, ConversationId, Ctx, Duration, SecretString, Timestamp, World};

use super::{
    Hub,
    audience::{Mailbox, Post},
    frame::{Incoming, Outgoing, Typing},
    herald::same_rights,
    places::{Holder, Place},
    remembered::Remembered,
};

const HELLO: Duration = Duration::from_secs(10);
/// A session is looked at again so often, besides when something happens to it.
const CHECK: Duration = Duration::from_secs(60);
const TYPING_AT_MOST_EVERY: Duration = Duration::from_secs(2);
/// How long a client may leave unread what was sent to it.
const SLOW: Duration = Duration::from_secs(30);
/// How many frames go out together.
const TOGETHER: usize = 32;

/// The socket closes.
struct Closed;

type Step = Result<(), Closed>;

struct Session {
    hub: Arc<Hub>,
    socket: WebSocket,
    ctx: Ctx,
    /// How a widget's session is looked at again; a staff session is known by its id.
    token: Option<SecretString>,
    last_typing: Timestamp,
}

pub(super) async fn run_staff(hub: Arc<Hub>, actor: Actor, socket: WebSocket, _place: Place) {
    let Some(staff) = actor.staff().map(|staff| staff.id) else {
        return;
    };
    hub.online.arrive(&hub.bus, staff).await;
    run(hub.clone(), actor, None, socket).await;
    hub.online.leave(&hub.bus, staff).await;
}

pub(super) async fn run_widget(hub: Arc<Hub>, mut socket: WebSocket, _place: Place) {
    // In a box of their own: what greeting needs is not kept for as long as the socket is open.
    let Some((actor, token)) = Box::pin(greet(&hub, &mut socket)).await else {
        return;
    };
    let place = actor
        .customer()
        .and_then(|customer| hub.places.take(Holder::Customer(customer)));
    if place.is_none() {
        let full = CloseFrame {
            code: close_code::AGAIN,
            reason: "rate-limited".into(),
        };
        // Whether it still hears that or not, it closes.
        let _ = socket.send(Message::Close(Some(full))).await;
        return;
    }
    run(hub, actor, Some(token), socket).await;
    drop(place);
}

/// Who speaks for themselves with their first frame.
async fn greet(hub: &Hub, socket: &mut WebSocket) -> Option<(Actor, SecretString)> {
    let Ok(Some(Ok(Message::Text(first)))) = timeout(HELLO, socket.recv()).await else {
        return None;
    };
    let Ok(Incoming::Hello { token }) = serde_json::from_str(first.as_str()) else {
        return None;
    };
    let nobody = hub.world.ctx(Actor::Nobody);
    match hub.gate.customer(&nobody, token.expose()).await {
        Ok(actor @ Actor::Customer { .. }) => return Some((actor, token)),
        Ok(_) => {}
        // Not known: the client comes again.
        Err(_) => return None,
    }
    if let Ok(text) = serde_json::to_string(&Outgoing::Ended) {
        let _ = socket.send(Message::text(text)).await;
    }
    None
}

async fn run(hub: Arc<Hub>, actor: Actor, token: Option<SecretString>, socket: WebSocket) {
    let world = World {
        decide: Arc::new(Remembered::new(actor.clone(), hub.world.decide.clone())),
        ..hub.world.clone()
    };
    metrics::gauge!("wardesk_sockets").increment(1.0);
    let mut session = Session {
        ctx: world.ctx(actor),
        hub,
        socket,
        token,
        last_typing: Timestamp::default(),
    };
    // Why it closed, the client finds out by asking.
    let Closed = session.run().await.err().unwrap_or(Closed);
    metrics::gauge!("wardesk_sockets").decrement(1.0);
}

impl Session {
    async fn run(&mut self) -> Step {
        // Before the greeting: what happens from here on is told.
        let mut mailbox = self.hub.audience.seat(self.ctx.clone());
        // What was taken from this session between its request and its seat was told to nobody here: the first tick,
        // which comes at once, looks.
        let mut check = tokio::time::interval(CHECK);
        check.tick().await;
        Box::pin(self.check()).await?;
        Box::pin(self.greet()).await?;
        loop {
            tokio::select! {
                post = mailbox.next() => match post {
                    Some(post) => self.pass_on(post, &mut mailbox).await?,
                    // Too slow, or what happened is not known: the client comes again and asks for what it missed.
                    None => return Err(Closed),
                },
                frame = self.socket.recv() => match frame {
                    Some(Ok(Message::Text(text))) => self.incoming(text.as_str()).await?,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => return Err(Closed),
                },
                _ = check.tick() => Box::pin(self.check()).await?,
            }
        }
    }

    async fn greet(&mut self) -> Step {
        self.send(&Outgoing::Ready).await?;
        if self.ctx.actor.staff().is_none() || !self.hub.presence_is_shown().await {
            return Ok(());
        }
        for staff in self.hub.online.everybody() {
            self.send(&Outgoing::Presence { staff, online: true }).await?;
        }
        Ok(())
    }

    /// Sends what waits, together.
    async fn pass_on(&mut self, first: Post, mailbox: &mut Mailbox) -> Step {
        let mut next = Some(first);
        for _ in 0..TOGETHER {
            match next {
                Some(Post::Frame(text)) => self.within_patience(Some(Message::Text(text))).await?,
                Some(Post::Check) => Box::pin(self.check()).await?,
                None => break,
            }
            next = mailbox.waiting();
        }
        if let Some(Post::Frame(text)) = next {
            self.within_patience(Some(Message::Text(text))).await?;
        } else if next.is_some() {
            Box::pin(self.check()).await?;
        }
        self.within_patience(None).await
    }

    async fn send(&mut self, frame: &Outgoing<'_>) -> Step {
        let text = serde_json::to_string(frame).map_err(|_| Closed)?;
        self.within_patience(Some(Message::text(text))).await?;
        self.within_patience(None).await
    }

    /// Hands a message to the connection; `None` sees that all of them leave.
    async fn within_patience(&mut self, message: Option<Message>) -> Step {
        let sending = async {
            match message {
                Some(message) => self.socket.feed(message).await,
                None => self.socket.flush().await,
            }
        };
        match timeout(SLOW, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Closed),
        }
    }

    async fn incoming(&mut self, text: &str) -> Step {
        match serde_json::from_str(text) {
            Ok(Incoming::Ping) => self.send(&Outgoing::Pong).await,
            Ok(Incoming::Typing { conversation }) => Box::pin(self.typing(conversation)).await,
            Ok(Incoming::Hello { .. }) => Ok(()),
            Err(_) => Err(Closed),
        }
    }

    async fn typing(&mut self, conversation: ConversationId) -> Step {
        let now = self.hub.world.clock.now();
        if now.since(self.last_typing) < TYPING_AT_MOST_EVERY {
            return Ok(());
        }
        // Counted before it is looked at: what is not one's own costs the server no more than what is.
        self.last_typing = now;
        if !self.hub.may_type_in(&self.ctx, conversation).await {
            return Ok(());
        }
        let typing = Typing {
            conversation,
            staff: self.ctx.actor.staff().map(|staff| staff.id),
        };
        let payload = serde_json::to_string(&typing).map_err(|_| Closed)?;
        let message = BusMessage {
            topic: Typing::TOPIC.into(),
            payload,
        };
        if let Err(fault) = self.hub.bus.publish(message).await {
            debug!(error = %fault, "typing was not told");
        }
        Ok(())
    }

    /// Looks whether the session still holds, with the rights it had when the socket opened.
    async fn check(&mut self) -> Step {
        let nobody = self.hub.world.ctx(Actor::Nobody);
        let gate = &self.hub.gate;
        let now = match (&self.ctx.actor, &self.token) {
            (Actor::Staff(staff), _) => gate.identity.actor_of_session(&nobody, staff.session).await.ok(),
            (_, Some(token)) => gate.customer(&nobody, token.expose()).await.ok(),
            _ => Some(Actor::Nobody),
        };
        match (&self.ctx.actor, now) {
            (Actor::Staff(before), Some(Actor::Staff(now))) if same_rights(before, &now) => Ok(()),
            // Not known, or other rights: their client comes again, with those they have now.
            (_, None) | (Actor::Staff(_), Some(Actor::Staff(_))) => Err(Closed),
            (before, Some(now)) if *before == now => Ok(()),
            _ => {
                self.send(&Outgoing::Ended).await?;
                Err(Closed)
            }
        }
    }
}

impl Hub {
    async fn may_type_in(&self, ctx: &Ctx, conversation: ConversationId) -> bool {
        let Ok(mut tx) = self.db.snapshot().await else {
            return false;
        };
        self.desk.find_in(&mut tx, ctx, conversation).await.is_ok() && self.settings(&mut tx, |is| is.typing).await
    }

    async fn presence_is_shown(&self) -> bool {
        match self.db.snapshot().await {
            Ok(mut tx) => self.settings(&mut tx, |is| is.presence).await,
            Err(_) => false,
        }
    }

    async fn settings(&self, tx: &mut Tx, which: fn(&Settings) -> bool) -> bool {
        let settings = self.desk.settings_in(tx).await;
        settings.is_ok_and(|settings| which(&settings))
    }
}
