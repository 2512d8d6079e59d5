//! Conversations over HTTP: what staff and customers do alike.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use wd_kernel::{ConversationId, TeamId};

use crate::{
    ClientError, Surroundings,
    engine::{
        Acting, Bytes, Conversation, Device, EngineError, Line, SavedConversation, SavedDevice, TeamKey, Trust,
        client_id,
        wire::{CommitRequest, LogItem},
    },
    http::Http,
};

const MAX_TRIES: usize = 6;
const LOG_PAGE: usize = 200;

/// Which half of the interface is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Staff,
    Customer,
}

/// A text that is not known to be in the log yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    id: String,
    text: String,
    /// Route and body as they went out: the same bytes on every try, because the keys are used up.
    prepared: Option<(String, Value)>,
}

/// A text as the request that sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    /// The sender's id for it.
    pub client_id: String,
    /// Where to post it.
    pub path: String,
    /// What to post.
    pub body: Value,
}

/// A conversation with what is on its way.
pub(crate) struct Talk {
    pub(crate) view: Conversation,
    outbox: Vec<Outgoing>,
    /// Route and body of the staged commit.
    submission: Option<(String, Value)>,
}

pub(crate) struct Chat {
    pub(crate) http: Http,
    pub(crate) around: Surroundings,
    pub(crate) device: Device,
    pub(crate) trust: Trust,
    side: Side,
    talks: BTreeMap<ConversationId, Talk>,
}

#[derive(Deserialize)]
struct LogPage {
    items: Vec<LogItem>,
    head: i64,
}

#[derive(Deserialize)]
struct GroupAnswer {
    group_info: Bytes,
}

#[derive(Deserialize)]
struct CurrentKey {
    current: Option<TeamKey>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SavedChat {
    device: SavedDevice,
    trust: Trust,
    talks: Vec<SavedTalk>,
}

#[derive(Serialize, Deserialize)]
struct SavedTalk {
    view: SavedConversation,
    outbox: Vec<Outgoing>,
    submission: Option<(String, Value)>,
}

impl Chat {
    pub(crate) fn new(http: Http, around: Surroundings, device: Device, trust: Trust, side: Side) -> Self {
        http.set_device(device.id());
        Self {
            http,
            around,
            device,
            trust,
            side,
            talks: BTreeMap::new(),
        }
    }

    pub(crate) fn save(&self) -> SavedChat {
        let talk = |talk: &Talk| SavedTalk {
            view: talk.view.save(),
            outbox: talk.outbox.clone(),
            submission: talk.submission.clone(),
        };
        SavedChat {
            device: self.device.save(),
            trust: self.trust.clone(),
            talks: self.talks.values().map(talk).collect(),
        }
    }

    pub(crate) fn load(http: Http, around: Surroundings, saved: SavedChat, side: Side) -> Result<Self, ClientError> {
        let device = Device::load(&saved.device, &saved.trust)?;
        let mut chat = Self::new(http, around, device, saved.trust, side);
        for saved in saved.talks {
            let view = Conversation::load(saved.view)?;
            let talk = Talk {
                view,
                outbox: saved.outbox,
                submission: saved.submission,
            };
            chat.talks.insert(talk.view.id(), talk);
        }
        Ok(chat)
    }

    pub(crate) fn ids(&self) -> Vec<ConversationId> {
        self.talks.keys().copied().collect()
    }

    pub(crate) fn insert(&mut self, view: Conversation) {
        self.talks.insert(
            view.id(),
            Talk {
                view,
                outbox: Vec::new(),
                submission: None,
            },
        );
    }

    pub(crate) fn forget(&mut self, id: ConversationId) {
        self.talks.remove(&id);
    }

    pub(crate) fn view(&self, id: ConversationId) -> Result<&Conversation, ClientError> {
        self.talks
            .get(&id)
            .map(|talk| &talk.view)
            .ok_or(ClientError::UnknownConversation)
    }

    /// The engine's view of a conversation, with what it needs to act.
    pub(crate) fn acting(&mut self, id: ConversationId) -> Result<(&mut Conversation, Acting<'_>), ClientError> {
        let Self {
            talks,
            device,
            trust,
            around,
            ..
        } = self;
        let talk = talks.get_mut(&id).ok_or(ClientError::UnknownConversation)?;
        Ok((
            &mut talk.view,
            Acting {
                device,
                trust,
                entropy: around.entropy.as_ref(),
                now: around.now(),
            },
        ))
    }

    pub(crate) fn path(&self, id: ConversationId, route: &str) -> String {
        let root = match self.side {
            Side::Staff => "/api/v1/conversations",
            Side::Customer => "/api/v1/widget/conversations",
        };
        format!("{root}/{id}/{route}")
    }

    /// Reads what is new in the log; answers the new lines.
    pub(crate) async fn sync(&mut self, id: ConversationId) -> Result<Vec<Line>, ClientError> {
        self.talks.entry(id).or_insert_with(|| Talk {
            view: Conversation::follow(id),
            outbox: vec![],
            submission: None,
        });
        let mut lines = Vec::new();
        loop {
            let after = self.view(id)?.cursor();
            let path = self.path(id, &format!("log?after={after}&limit={LOG_PAGE}"));
            let page: LogPage = self.http.get(&path).await?;
            let (view, acting) = self.acting(id)?;
            for item in &page.items {
                lines.extend(view.apply(item, acting)?);
            }
            let read = view.cursor();
            if let Some(talk) = self.talks.get_mut(&id) {
                talk.outbox.retain(|outgoing| !talk.view.knows(&outgoing.id));
                if talk.view.staged().is_none() {
                    talk.submission = None;
                }
            }
            if read >= page.head || read == after {
                return Ok(lines);
            }
        }
    }

    /// Takes an item that the socket brought; reads the log when there is a gap.
    pub(crate) async fn offer(&mut self, id: ConversationId, item: &LogItem) -> Result<Vec<Line>, ClientError> {
        let Ok((view, acting)) = self.acting(id) else {
            return self.sync(id).await;
        };
        match view.apply(item, acting) {
            Err(EngineError::Gap { .. }) => self.sync(id).await,
            applied => Ok(applied?),
        }
    }

    /// The team's key to seal to, checked.
    pub(crate) async fn team_key(&mut self, team: TeamId) -> Result<TeamKey, ClientError> {
        let key = match self.side {
            Side::Customer => match self.http.get::<TeamKey>("/api/v1/widget/team-key").await {
                Err(error) if error.is(&["not-found"]) => None,
                answer => Some(answer?),
            },
            Side::Staff => {
                let path = format!("/api/v1/teams/{team}/keys?device={}", self.device.id());
                self.http.get::<CurrentKey>(&path).await?.current
            }
        };
        let key = key.filter(|key| key.team == team).ok_or(ClientError::NoTeamKey)?;
        key.check(&self.trust)?;
        Ok(key)
    }

    /// The key of the team whose queue the conversation is in.
    pub(crate) async fn key_for(&mut self, id: ConversationId) -> Result<TeamKey, ClientError> {
        let team = self.view(id)?.team().ok_or(ClientError::UnknownConversation)?;
        self.team_key(team).await
    }

    pub(crate) async fn group_info(&mut self, id: ConversationId) -> Result<Bytes, ClientError> {
        let path = self.path(id, "group");
        Ok(self.http.get::<GroupAnswer>(&path).await?.group_info)
    }

    /// Sends a staged commit and reads the log. False: another commit won the epoch, decide again.
    pub(crate) async fn submit(
        &mut self,
        id: ConversationId,
        route: &str,
        request: &CommitRequest,
        extra: Value,
    ) -> Result<bool, ClientError> {
        let mut body = serde_json::to_value(request).map_err(|source| ClientError::Answer {
            path: route.to_owned(),
            source,
        })?;
        if let (Value::Object(body), Value::Object(extra)) = (&mut body, extra) {
            body.extend(extra);
        }
        if let Some(talk) = self.talks.get_mut(&id) {
            talk.submission = Some((route.to_owned(), body));
        }
        self.resubmit(id).await
    }

    /// Sends the staged commit, again if need be: the same `client_id` gets the same answer.
    async fn resubmit(&mut self, id: ConversationId) -> Result<bool, ClientError> {
        let talk = self.talks.get_mut(&id).ok_or(ClientError::UnknownConversation)?;
        let Some((route, body)) = talk.submission.clone() else {
            return Ok(false);
        };
        let client_id = talk.view.staged().map(|staged| staged.client_id.clone());
        let path = self.path(id, &route);
        if let Err(error) = self.http.post::<Value>(&path, &body).await {
            if error.worth_retrying() {
                // It may still arrive; the next look at the log decides.
                return Err(error);
            }
            let talk = self.talks.get_mut(&id).ok_or(ClientError::UnknownConversation)?;
            talk.view.drop_staged()?;
            talk.submission = None;
            if !error.is(&["epoch-conflict"]) {
                return Err(error);
            }
            self.sync(id).await?;
            return Ok(false);
        }
        self.sync(id).await?;
        Ok(self
            .view(id)?
            .staged()
            .is_none_or(|staged| Some(&staged.client_id) != client_id.as_ref()))
    }

    /// Reads the log and brings a commit that is still on its way to an end.
    pub(crate) async fn settle(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.sync(id).await?;
        if self.view(id)?.staged().is_some() {
            self.resubmit(id).await?;
        }
        Ok(())
    }

    /// Commits the removals the server asks for; nobody can send before.
    pub(crate) async fn commit_removals(&mut self, id: ConversationId) -> Result<(), ClientError> {
        for _ in 0..MAX_TRIES {
            let own = self.device.id();
            let removals = self.view(id)?.removals();
            // Its own removal no device can commit: others do, and it may come in again.
            if removals.iter().all(|removal| removal.devices.contains(&own)) {
                return Ok(());
            }
            let to = self.key_for(id).await?;
            let (view, acting) = self.acting(id)?;
            let Some(request) = view.remove_pending(&to, acting)? else {
                return Ok(());
            };
            self.submit(id, "commits", &request, json!({})).await?;
        }
        Err(ClientError::Contended)
    }

    /// Renews this device's keys in the group.
    pub(crate) async fn update(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.settle(id).await?;
        for _ in 0..MAX_TRIES {
            let to = self.key_for(id).await?;
            let (view, acting) = self.acting(id)?;
            let request = view.update(&to, acting)?;
            if self.submit(id, "commits", &request, json!({})).await? {
                return Ok(());
            }
        }
        Err(ClientError::Contended)
    }

    /// Sends a text as a letter or a message, whichever it is time for; answers its id.
    /// When no answer comes the text stays in the outbox: [`flush`](Self::flush) sends it again under the same id.
    pub(crate) async fn send(&mut self, id: ConversationId, text: &str) -> Result<String, ClientError> {
        let client_id = client_id(self.around.entropy.as_ref());
        let talk = self.talks.get_mut(&id).ok_or(ClientError::UnknownConversation)?;
        talk.outbox.push(Outgoing {
            id: client_id.clone(),
            text: text.to_owned(),
            prepared: None,
        });
        self.flush(id).await?;
        Ok(client_id)
    }

    /// Sends what is in the outbox, in order.
    pub(crate) async fn flush(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.settle(id).await?;
        while let Some(next) = self.talks.get(&id).and_then(|talk| talk.outbox.first()).cloned() {
            let sent = self.send_one(id, &next).await;
            let keep = matches!(&sent, Err(error) if error.worth_retrying());
            if let Some(talk) = self.talks.get_mut(&id).filter(|_| !keep) {
                talk.outbox.retain(|outgoing| outgoing.id != next.id);
            }
            sent?;
        }
        Ok(())
    }

    async fn send_one(&mut self, id: ConversationId, outgoing: &Outgoing) -> Result<(), ClientError> {
        for _ in 0..MAX_TRIES {
            if self.view(id)?.knows(&outgoing.id) {
                return Ok(());
            }
            self.commit_removals(id).await?;
            let (route, body) = self.prepare(id, outgoing)?;
            let path = self.path(id, &route);
            match self.http.post::<Value>(&path, &body).await {
                Ok(_) => return self.sync(id).await.map(drop),
                // The conversation changed meanwhile: look, and write it anew under the same id.
                Err(error) if error.is(&["removal-pending", "taken", "not-taken", "epoch-conflict", "invalid-mls"]) => {
                    self.unprepare(id, &outgoing.id);
                    self.sync(id).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Err(ClientError::Contended)
    }

    /// Writes a text down as a request, without sending it.
    pub(crate) fn compose(&mut self, id: ConversationId, text: &str) -> Result<Composed, ClientError> {
        let client_id = client_id(self.around.entropy.as_ref());
        let (route, body) = self.write(id, &client_id, text)?;
        let path = self.path(id, &route);
        Ok(Composed { client_id, path, body })
    }

    fn prepare(&mut self, id: ConversationId, outgoing: &Outgoing) -> Result<(String, Value), ClientError> {
        let find = |talk: &Talk| {
            talk.outbox
                .iter()
                .find(|other| other.id == outgoing.id)?
                .prepared
                .clone()
        };
        if let Some(prepared) = self.talks.get(&id).and_then(find) {
            return Ok(prepared);
        }
        let prepared = self.write(id, &outgoing.id, &outgoing.text)?;
        if let Some(talk) = self.talks.get_mut(&id) {
            for own in talk.outbox.iter_mut().filter(|other| other.id == outgoing.id) {
                own.prepared = Some(prepared.clone());
            }
        }
        Ok(prepared)
    }

    /// Route and body of a letter or a message, whichever it is time for.
    fn write(&mut self, id: ConversationId, client_id: &str, text: &str) -> Result<(String, Value), ClientError> {
        let side = self.side;
        let (view, acting) = self.acting(id)?;
        let letters = side == Side::Customer && !view.staffed();
        let body = if letters {
            serde_json::to_value(view.letter(Some(client_id), text, acting)?)
        } else {
            serde_json::to_value(view.message(Some(client_id), text, acting)?)
        };
        let route = if letters { "letters" } else { "messages" };
        let body = body.map_err(|source| ClientError::Answer {
            path: route.into(),
            source,
        })?;
        Ok((route.to_owned(), body))
    }

    fn unprepare(&mut self, id: ConversationId, client_id: &str) {
        if let Some(talk) = self.talks.get_mut(&id) {
            for own in talk.outbox.iter_mut().filter(|other| other.id == client_id) {
                own.prepared = None;
            }
        }
    }

    /// Tells how far this client received and read.
    pub(crate) async fn receipt(&mut self, id: ConversationId, read: i64) -> Result<(), ClientError> {
        let delivered = self.view(id)?.cursor();
        let path = self.path(id, "receipts");
        self.http
            .tell(&path, &json!({ "delivered": delivered, "read": read }))
            .await
    }

    pub(crate) async fn ask<T: DeserializeOwned>(&mut self, path: &str, body: &Value) -> Result<T, ClientError> {
        self.http.post(path, body).await
    }
}
