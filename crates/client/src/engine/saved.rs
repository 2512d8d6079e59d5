//! A conversation as it is saved. Holds keys and clear text: seal it before it goes anywhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wd_kernel::{ConversationId, DeviceId, TeamId, Timestamp};

use super::{
    Bytes, Conversation, DeviceStatement, EngineError, Line, OpenRemoval, Phase, RecordKey,
    conversation::{Membership, Staged},
    group::Member,
    storage::Dump,
    wire::{CommitRequest, LogItem},
};

/// A saved conversation.
#[derive(Serialize, Deserialize)]
pub struct SavedConversation {
    id: ConversationId,
    team: Option<TeamId>,
    phase: Phase,
    cursor: i64,
    member: Option<Dump>,
    joined_epoch: Option<u64>,
    broken: bool,
    staged: Option<SavedStaged>,
    history: BTreeMap<u64, Bytes>,
    members: BTreeMap<DeviceId, (DeviceStatement, Vec<Timestamp>)>,
    removals: Vec<OpenRemoval>,
    #[serde(default)]
    left: BTreeMap<DeviceId, Timestamp>,
    known: BTreeMap<String, i64>,
    held: Vec<LogItem>,
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
struct SavedStaged {
    request: CommitRequest,
    history_key: Bytes,
    entering: Option<Dump>,
}

impl Conversation {
    /// Everything of it.
    pub fn save(&self) -> SavedConversation {
        let key = |key: &RecordKey| Bytes(key.expose().to_vec());
        SavedConversation {
            id: self.id,
            team: self.team,
            phase: self.phase,
            cursor: self.cursor,
            member: self.member.as_ref().map(Member::save),
            joined_epoch: self.joined_epoch,
            broken: self.broken,
            staged: self.staged.as_ref().map(|staged| SavedStaged {
                request: staged.request.clone(),
                history_key: key(&staged.history_key),
                entering: staged.entering.as_ref().map(Member::save),
            }),
            history: self.history.iter().map(|(epoch, k)| (*epoch, key(k))).collect(),
            members: self
                .members
                .iter()
                .map(|(id, m)| (*id, (m.statement.clone(), m.times.clone())))
                .collect(),
            removals: self.removals.clone(),
            left: self.left.clone(),
            known: self.known.clone(),
            held: self.held.clone(),
            lines: self.lines.clone(),
        }
    }

    /// As it was saved.
    pub fn load(saved: SavedConversation) -> Result<Self, EngineError> {
        let id = saved.id;
        let member = |dump: Option<Dump>| dump.map(|dump| Member::load(id, &dump)).transpose();
        let history = saved.history.iter().map(|(epoch, bytes)| Ok((*epoch, key(bytes)?)));
        let staged = saved.staged.map(|staged| {
            let history_key = key(&staged.history_key)?;
            Ok::<_, EngineError>(Staged {
                request: staged.request,
                history_key,
                entering: member(staged.entering)?,
            })
        });
        Ok(Self {
            id,
            team: saved.team,
            phase: saved.phase,
            cursor: saved.cursor,
            member: member(saved.member)?,
            joined_epoch: saved.joined_epoch,
            broken: saved.broken,
            staged: staged.transpose()?,
            history: history.collect::<Result<_, EngineError>>()?,
            members: saved
                .members
                .into_iter()
                .map(|(id, (statement, times))| (id, Membership { statement, times }))
                .collect(),
            removals: saved.removals,
            left: saved.left,
            known: saved.known,
            held: saved.held,
            lines: saved.lines,
        })
    }
}

fn key(bytes: &Bytes) -> Result<RecordKey, EngineError> {
    bytes
        .0
        .as_slice()
        .try_into()
        .map(RecordKey::new)
        .map_err(|_| EngineError::State)
}
