//! Hears the bus for all sockets of the node. What an event is about is looked up once, for as many events as wait; who
//! is told is decided in memory, by the desk's rule.

use std::collections::{BTreeSet, HashMap};

use axum::extract::ws::Utf8Bytes;
use tracing::{error, warn};
use wd_bus::{Bus, BusMessage, Listener};
use wd_channels::{Channels, ChannelsError, PushedItem};
use wd_db::{Db, DbError};
use wd_desk::{Desk, DeskError, Sight};
use wd_kernel::{Actor, ConversationId, Duration, StaffActor, StaffId, World};

use super::{
    audience::{Among, Audience, Fate, Post},
    frame::{Outgoing, Typing},
    heard::Heard,
    presence::Online,
};
use crate::auth::Gate;

/// How many messages are looked up together.
const TOGETHER: usize = 256;
/// How often a look-up is tried before all sockets close.
const TRIES: u32 = 3;
const BETWEEN_TRIES: Duration = Duration::from_millis(200);
/// Of how many conversations it is known who saw them last.
const REMEMBERED: usize = 10_000;

/// One for each node.
pub(crate) struct Herald {
    world: World,
    db: Db,
    desk: Desk,
    channels: Channels,
    gate: Gate,
    online: Online,
    audience: Audience,
    /// Who saw a conversation, so that those who no longer do are told that their inbox changed.
    seen: HashMap<ConversationId, Sight>,
    /// Of whom staff was told that they are there.
    present: BTreeSet<StaffId>,
}

/// Why what happened cannot be told.
#[derive(Debug, thiserror::Error)]
enum LookUpError {
    #[error("the database failed")]
    Db(#[from] DbError),
    #[error("the desk does not answer")]
    Desk(#[from] DeskError),
    #[error("the delivery service does not answer")]
    Channels(#[from] ChannelsError),
}

/// What is known about many events.
#[derive(Default)]
struct Facts {
    sights: HashMap<ConversationId, Sight>,
    items: HashMap<(ConversationId, i64), PushedItem>,
    presence_is_shown: bool,
}

impl Herald {
    pub(crate) fn new(app: &crate::App) -> Self {
        Self {
            world: app.world.clone(),
            db: app.db.clone(),
            desk: app.desk.clone(),
            channels: app.channels.clone(),
            gate: Gate::new(app),
            online: app.online.clone(),
            audience: app.audience.clone(),
            seen: HashMap::new(),
            present: BTreeSet::new(),
        }
    }

    /// Runs until the task is dropped.
    pub(crate) async fn run(mut self, bus: Bus) {
        let mut heard = bus.listen();
        while let Some((messages, all)) = next(&mut heard).await {
            self.tell(&messages).await;
            if !all {
                // What was missed is not known: the sockets close, and their clients come again and ask.
                warn!("messages of the bus may be missing: all sockets close");
                self.audience.close_all();
            }
        }
    }

    async fn tell(&mut self, messages: &[BusMessage]) {
        let mut events: Vec<Heard> = messages.iter().filter_map(Heard::read).collect();
        for event in &events {
            if let Heard::Presence(said) = event {
                self.online.hear(said, self.world.clock.now());
            }
        }
        if self.audience.is_empty() {
            return;
        }
        keep_last_changes(&mut events);
        let Some(facts) = self.look_up(&events).await else {
            self.audience.close_all();
            return;
        };
        for event in &events {
            self.tell_one(event, &facts).await;
        }
    }

    async fn look_up(&self, events: &[Heard]) -> Option<Facts> {
        for _ in 1..TRIES {
            match self.try_to_look_up(events).await {
                Ok(facts) => return Some(facts),
                Err(fault) => warn!(error = %fault, "what happened cannot be looked up yet"),
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        self.try_to_look_up(events)
            .await
            .inspect_err(|fault| error!(error = %fault, "what happened cannot be looked up: all sockets close"))
            .ok()
    }

    async fn try_to_look_up(&self, events: &[Heard]) -> Result<Facts, LookUpError> {
        let conversations: BTreeSet<ConversationId> = events.iter().filter_map(Heard::conversation).collect();
        let conversations: Vec<ConversationId> = conversations.into_iter().collect();
        let places: Vec<(ConversationId, i64)> = events
            .iter()
            .filter_map(|event| match event {
                Heard::Item { conversation, seq } => Some((*conversation, *seq)),
                _ => None,
            })
            .collect();
        let presence = events.iter().any(|event| matches!(event, Heard::Presence(_)));
        if conversations.is_empty() && !presence {
            return Ok(Facts::default());
        }
        let mut tx = self.db.snapshot().await?;
        Ok(Facts {
            sights: self.desk.sights_of_many_in(&mut tx, &conversations).await?,
            items: self.channels.items_of_many_in(&mut tx, &places).await?,
            presence_is_shown: presence && self.desk.settings_in(&mut tx).await?.presence,
        })
    }

    async fn tell_one(&mut self, event: &Heard, facts: &Facts) {
        match event {
            Heard::Item { conversation, seq } => self.item((*conversation, *seq), facts),
            Heard::Receipt(event) => {
                let frame = Outgoing::Receipt {
                    conversation: event.conversation,
                    who: who(event.staff),
                    delivered: event.delivered,
                    read: event.read,
                };
                self.conversation(event.conversation, facts, &frame, |_| true);
            }
            Heard::Note(event) => {
                let frame = Outgoing::Note {
                    conversation: event.conversation,
                    seq: event.seq,
                };
                self.conversation(event.conversation, facts, &frame, is_staff);
            }
            Heard::Proof(conversation) => {
                let frame = Outgoing::Proof {
                    conversation: *conversation,
                };
                self.conversation(*conversation, facts, &frame, |_| true);
            }
            Heard::Case(conversation) => self.case(*conversation, facts),
            Heard::Typing(typing) => self.typing(typing, facts),
            Heard::TeamKey(team) => {
                let frame = Outgoing::TeamKey { team: *team }.post();
                self.audience.each(Among::Staff, |ctx| match ctx.actor.staff() {
                    Some(staff) if staff.teams.contains(team) => told(frame.as_ref()),
                    _ => Fate::Pass,
                });
            }
            Heard::SignedOut(customer) => self
                .audience
                .each(Among::Customer(*customer), |_| Fate::Tell(Post::Check)),
            Heard::Rights(whose) => self.rights(*whose).await,
            Heard::Presence(_) if facts.presence_is_shown => self.presence(),
            Heard::Presence(_) => {}
        }
    }

    fn conversation(&self, id: ConversationId, facts: &Facts, frame: &Outgoing, to: impl Fn(&Actor) -> bool) {
        let Some(sight) = facts.sights.get(&id) else {
            return;
        };
        let post = frame.post();
        self.audience.each(Among::Seeing(sight), |ctx| {
            if to(&ctx.actor) {
                told(post.as_ref())
            } else {
                Fate::Pass
            }
        });
    }

    fn item(&self, place: (ConversationId, i64), facts: &Facts) {
        let Some(sight) = facts.sights.get(&place.0) else {
            return;
        };
        let Some(item) = facts.items.get(&place) else {
            warn!(conversation = %place.0, seq = place.1, "an item cannot be read");
            // The clients ask for it, and are told why.
            return self.audience.each(Among::Seeing(sight), |_| Fate::Close);
        };
        let post = |item: &_| {
            Outgoing::Item {
                conversation: place.0,
                item,
            }
            .post()
        };
        let whole = post(item.whole());
        let mut bare = None;
        self.audience.each(Among::Seeing(sight), |ctx| {
            if item.body_is_for(ctx) {
                told(whole.as_ref())
            } else {
                told(bare.get_or_insert_with(|| post(&item.without_body())).as_ref())
            }
        });
    }

    fn case(&mut self, conversation: ConversationId, facts: &Facts) {
        let frame = Outgoing::Inbox { conversation };
        self.conversation(conversation, facts, &frame, is_staff);
        let Some(now) = facts.sights.get(&conversation) else {
            return;
        };
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        let Some(before) = self.seen.insert(conversation, now.clone()) else {
            return;
        };
        if before != *now {
            let post = frame.post();
            self.audience.each(Among::Seeing(&before), |ctx| {
                if is_staff(&ctx.actor) && !now.is_open_to(ctx) {
                    told(post.as_ref())
                } else {
                    Fate::Pass
                }
            });
        }
    }

    fn typing(&self, typing: &Typing, facts: &Facts) {
        let frame = Outgoing::Typing {
            conversation: typing.conversation,
            who: who(typing.staff),
            name: None,
        };
        self.conversation(typing.conversation, facts, &frame, |actor| {
            actor.staff().map(|staff| staff.id) != typing.staff
        });
    }

    /// Looks at sessions again before anything that happened later is told.
    async fn rights(&self, whose: Option<StaffId>) {
        let nobody = self.world.ctx(Actor::Nobody);
        for staff in self.audience.staff(whose) {
            let now = self.gate.identity.actor_of_session(&nobody, staff.session).await;
            self.audience.each(Among::Staff, |ctx| match ctx.actor.staff() {
                Some(theirs) if theirs.session == staff.session => match &now {
                    Ok(Actor::Staff(now)) if same_rights(theirs, now) => Fate::Pass,
                    Ok(Actor::Nobody) => Outgoing::Ended.post().map_or(Fate::Close, Fate::Last),
                    // Their client comes again, with the rights they have now.
                    _ => Fate::Close,
                },
                _ => Fate::Pass,
            });
        }
    }

    /// Tells staff who came and who went since they were last told.
    fn presence(&mut self) {
        let now = self.online.everybody();
        let came = now.difference(&self.present).map(|staff| (*staff, true));
        let went = self.present.difference(&now).map(|staff| (*staff, false));
        for (staff, online) in came.chain(went) {
            let post = Outgoing::Presence { staff, online }.post();
            self.audience.each(Among::Staff, |_| told(post.as_ref()));
        }
        self.present = now;
    }
}

/// Whether decisions about both are the same.
pub(super) fn same_rights(before: &StaffActor, now: &StaffActor) -> bool {
    before.roles == now.roles && before.teams == now.teams
}

/// The next messages, as many as wait, and whether they are all. `None`: the bus is gone.
async fn next(heard: &mut Listener) -> Option<(Vec<BusMessage>, bool)> {
    let mut messages = match heard.next().await? {
        wd_bus::Heard::Message(first) => vec![first],
        wd_bus::Heard::Gap => return Some((Vec::new(), false)),
    };
    while messages.len() < TOGETHER {
        match heard.waiting() {
            Some(wd_bus::Heard::Message(message)) => messages.push(message),
            Some(wd_bus::Heard::Gap) => return Some((messages, false)),
            None => break,
        }
    }
    Some((messages, true))
}

/// That a row of the inbox changed is told once, after everything else that happened there.
fn keep_last_changes(events: &mut Vec<Heard>) {
    let mut changed = BTreeSet::new();
    let mut kept: Vec<Heard> = std::mem::take(events)
        .into_iter()
        .rev()
        .filter(|event| match event {
            Heard::Case(conversation) => changed.insert(*conversation),
            _ => true,
        })
        .collect();
    kept.reverse();
    *events = kept;
}

fn told(post: Option<&Post>) -> Fate {
    // What cannot be written as a frame, the client asks for.
    post.map_or(Fate::Close, |post| Fate::Tell(post.clone()))
}

fn who(staff: Option<StaffId>) -> String {
    staff.map_or_else(|| "customer".to_owned(), |staff| staff.to_string())
}

const fn is_staff(actor: &Actor) -> bool {
    matches!(actor, Actor::Staff(_))
}

impl Outgoing<'_> {
    fn post(&self) -> Option<Post> {
        serde_json::to_string(self)
            .ok()
            .map(|text| Post::Frame(Utf8Bytes::from(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_the_inbox_is_told_of_once_after_the_items_of_the_same_moment() {
        let id = |n: u8| -> ConversationId { format!("cnv_{n:032x}").parse().unwrap() };
        let item = |n, seq| Heard::Item {
            conversation: id(n),
            seq,
        };
        let mut events = vec![
            item(1, 1),
            Heard::Case(id(1)),
            item(2, 1),
            Heard::Case(id(2)),
            item(1, 2),
            Heard::Case(id(1)),
        ];
        keep_last_changes(&mut events);
        let kept: Vec<(ConversationId, Option<i64>)> = events
            .iter()
            .map(|event| match event {
                Heard::Item { conversation, seq } => (*conversation, Some(*seq)),
                other => (other.conversation().unwrap(), None),
            })
            .collect();
        let expected = [
            (id(1), Some(1)),
            (id(2), Some(1)),
            (id(2), None),
            (id(1), Some(2)),
            (id(1), None),
        ];
        assert_eq!(kept, expected);
    }
}
