//! The inbox, and what an agent does with a conversation.

use std::collections::BTreeSet;

use reqwest::header::HeaderName;
use serde::Deserialize;
use serde_json::{Value, json};
use wd_kernel::{ConversationId, DeviceId, StaffId, TeamId, Timestamp};
use zeroize::Zeroizing;

use super::StaffClient;
use crate::{
    ClientError, Composed,
    engine::{Conversation, Line, OfferedKeyPackage, wire::LogItem},
};

const MAX_TRIES: usize = 6;

/// Which conversations to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Nobody has them.
    Waiting,
    /// This staff member has them.
    Mine,
    /// All that may be seen.
    All,
    /// Closed ones.
    Closed,
}

/// A row of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InboxRow {
    /// The conversation.
    pub id: ConversationId,
    /// Whose queue.
    pub team: TeamId,
    /// `waiting`, `open` or `closed`.
    pub state: String,
    /// Who has it.
    pub assignee: Option<Somebody>,
    /// When something happened last.
    pub last_activity_at: Timestamp,
    /// The last item of its log.
    pub seq: i64,
    /// The group's epoch.
    pub epoch: u64,
    /// A device must be removed before anything is sent.
    pub removal_pending: bool,
}

/// A staff member by id and name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Somebody {
    /// Who.
    pub id: StaffId,
    /// The shown name.
    pub name: String,
}

/// A page of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Inbox {
    /// The rows.
    pub items: Vec<InboxRow>,
    /// Where the next page begins.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Leave {
    grants: Vec<String>,
    key_packages: Vec<OfferedKeyPackage>,
    remove: Vec<DeviceId>,
}

impl StaffClient {
    /// A page of the inbox, from its beginning or after a cursor.
    pub async fn inbox(&mut self, view: View, after: Option<&str>) -> Result<Inbox, ClientError> {
        let view = match view {
            View::Waiting => "waiting",
            View::Mine => "mine",
            View::All => "all",
            View::Closed => "closed",
        };
        let after = after.map(|cursor| format!("&after={cursor}")).unwrap_or_default();
        self.http
            .get(&format!("/api/v1/conversations?view={view}&limit=200{after}"))
            .await
    }

    /// Takes a waiting conversation: enters its group, adds this person's other devices, and reads what was written.
    /// `already-taken` when a colleague was faster.
    pub async fn take(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.enter(id, "take", "take", None).await
    }

    /// Enters a conversation that a colleague has, for a reason that everybody in it sees.
    pub async fn join(&mut self, id: ConversationId, reason: &str) -> Result<(), ClientError> {
        self.enter(id, "join", "commits", Some(reason)).await
    }

    /// Hands the conversation to a colleague. This device stays in the group until the next sender has committed the
    /// removal that the server opens, because nobody can commit its own.
    pub async fn assign(&mut self, id: ConversationId, to: StaffId) -> Result<(), ClientError> {
        self.change(id, "assign", Some(to), "assign", json!({ "staff": to }))
            .await
    }

    /// Lets a colleague in beside the agent.
    pub async fn add_colleague(&mut self, id: ConversationId, staff: StaffId) -> Result<(), ClientError> {
        self.change(id, "add", Some(staff), "commits", json!({})).await
    }

    /// Lets a colleague out.
    pub async fn remove_colleague(&mut self, id: ConversationId, staff: StaffId) -> Result<(), ClientError> {
        self.change(id, "remove", Some(staff), "commits", json!({})).await
    }

    /// Lets this person's other devices in.
    pub async fn add_own_devices(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.change(id, "own-device", None, "commits", json!({})).await
    }

    /// Gives the conversation back to the queue; the server opens a removal for all staff devices.
    pub async fn release(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.simple(id, "release").await
    }

    /// Closes the conversation.
    pub async fn close(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.simple(id, "close").await
    }

    /// Opens it again.
    pub async fn reopen(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.simple(id, "reopen").await
    }

    /// Reads what is new, with the history this device has a right to; answers the new lines. Of a welcome among it
    /// this device makes use.
    pub async fn read(&mut self, id: ConversationId) -> Result<Vec<Line>, ClientError> {
        let mut lines = self.chat_mut()?.sync(id).await?;
        if lines
            .iter()
            .any(|line| line.what == crate::engine::What::Refused(crate::engine::Refusal::NoKey))
        {
            let learned = self.learn_history(id).await?;
            // What could be read after all takes the place of its refusal.
            lines.retain(|line| learned.iter().all(|other| other.seq != line.seq));
            lines.extend(learned);
            lines.sort_by_key(|line| line.seq);
        }
        Ok(lines)
    }

    /// Takes an item from the socket.
    pub async fn offer(&mut self, id: ConversationId, item: &LogItem) -> Result<Vec<Line>, ClientError> {
        self.chat_mut()?.offer(id, item).await
    }

    /// Sends a message; answers its id. Commits open removals first.
    pub async fn send(&mut self, id: ConversationId, text: &str) -> Result<String, ClientError> {
        self.chat_mut()?.send(id, text).await
    }

    /// Writes a text down as the request that sends it, for tools that send by themselves: what comes of it, this
    /// client reads in the log like everybody else.
    pub fn compose(&mut self, id: ConversationId, text: &str) -> Result<Composed, ClientError> {
        self.chat_mut()?.compose(id, text)
    }

    /// The header by which the server knows this session, for tools that ask by themselves.
    pub fn session_header(&self) -> Option<(HeaderName, Zeroizing<String>)> {
        self.http.session_header()
    }

    /// The header by which the server knows the browser of this person, for tools that ask by themselves.
    pub fn browser_header(&self) -> Option<(HeaderName, Zeroizing<String>)> {
        self.http.browser_header()
    }

    /// Sends again what had no answer.
    pub async fn flush(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.chat_mut()?.flush(id).await
    }

    /// Commits the removals the server asks for.
    pub async fn commit_removals(&mut self, id: ConversationId) -> Result<(), ClientError> {
        let chat = self.chat_mut()?;
        chat.settle(id).await?;
        chat.commit_removals(id).await
    }

    /// Renews this device's keys in the group.
    pub async fn update(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.chat_mut()?.update(id).await
    }

    /// Tells that everything up to this item was read.
    pub async fn read_up_to(&mut self, id: ConversationId, seq: i64) -> Result<(), ClientError> {
        self.chat_mut()?.receipt(id, seq).await
    }

    /// A conversation as this device sees it.
    pub fn view(&self, id: ConversationId) -> Result<&Conversation, ClientError> {
        self.chat()?.view(id)
    }

    async fn simple(&mut self, id: ConversationId, route: &str) -> Result<(), ClientError> {
        let chat = self.chat_mut()?;
        let path = chat.path(id, route);
        chat.ask::<Value>(&path, &json!({})).await?;
        chat.sync(id).await.map(drop)
    }

    async fn grants(
        &mut self,
        id: ConversationId,
        act: &str,
        staff: Option<StaffId>,
        reason: Option<&str>,
    ) -> Result<Leave, ClientError> {
        let chat = self.chat_mut()?;
        let mut body = json!({ "act": act, "device": chat.device.id() });
        if let Value::Object(body) = &mut body {
            body.extend(staff.map(|staff| ("staff".into(), json!(staff))));
            body.extend(reason.map(|reason| ("reason".into(), json!(reason))));
        }
        let path = chat.path(id, "grants");
        chat.ask(&path, &body).await
    }

    async fn enter(
        &mut self,
        id: ConversationId,
        act: &str,
        route: &str,
        reason: Option<&str>,
    ) -> Result<(), ClientError> {
        self.chat_mut()?.settle(id).await?;
        for _ in 0..MAX_TRIES {
            let grants = self.grants(id, act, None, reason).await?.grants;
            let chat = self.chat_mut()?;
            let to = chat.key_for(id).await?;
            let info = chat.group_info(id).await?;
            // What came into the log since the grants: the GroupInfo may be newer than what was read.
            chat.sync(id).await?;
            let (view, acting) = chat.acting(id)?;
            let request = view.join(&info.0, &grants, &to, acting)?;
            if !chat.submit(id, route, &request, json!({})).await? {
                continue;
            }
            self.learn_history(id).await?;
            return self.add_own_devices(id).await;
        }
        Err(ClientError::Contended)
    }

    async fn change(
        &mut self,
        id: ConversationId,
        act: &str,
        staff: Option<StaffId>,
        route: &str,
        extra: Value,
    ) -> Result<(), ClientError> {
        self.chat_mut()?.settle(id).await?;
        for _ in 0..MAX_TRIES {
            // Who is to leave is out before anybody is let in: who is in already cannot come back.
            self.chat_mut()?.commit_removals(id).await?;
            let answer = self.grants(id, act, staff, None).await?;
            let chat = self.chat_mut()?;
            let present: BTreeSet<_> = chat.view(id)?.people().iter().map(|person| person.device).collect();
            let own = chat.device.id();
            let add: Vec<_> = answer
                .key_packages
                .into_iter()
                .filter(|offer| !present.contains(&offer.device))
                .collect();
            let remove: BTreeSet<_> = answer
                .remove
                .into_iter()
                .filter(|device| *device != own && present.contains(device))
                .collect();
            if add.is_empty() && remove.is_empty() && act == "own-device" {
                return Ok(());
            }
            let to = chat.key_for(id).await?;
            let (view, acting) = chat.acting(id)?;
            let request = view.change(&add, &remove, &answer.grants, &to, acting)?;
            if chat.submit(id, route, &request, extra.clone()).await? {
                return Ok(());
            }
        }
        Err(ClientError::Contended)
    }
}
