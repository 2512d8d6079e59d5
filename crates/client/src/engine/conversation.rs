//! A conversation as one device sees it: the log so far, the group, and what this device is about to send.
//!
//! [`Conversation::apply`] takes the log's items in order. What this device sends is prepared by
//! [`letter`](Conversation::letter), [`message`](Conversation::message) and the commits; a commit is *staged* until the
//! log shows who won its epoch, and the state of before it is kept until then.

use std::collections::{BTreeMap, BTreeSet};

use wd_kernel::{ConversationId, DeviceId, Entropy, TeamId, Timestamp};

use super::{
    Device, DeviceStatement, EngineError, Kind, Line, OfferedKeyPackage, OpenRemoval, Person, Record, RecordHeader,
    RecordKey, RecordType, Refusal, SealedHistoryKey, TeamKey, Trust,
    commit_rule::authenticated_data,
    group::{CommitBytes, Leaf, Member},
    key_package,
    plaintext::Plaintext,
    record::{MAX_TEXT, client_id},
    wire::{CommitRequest, LetterRequest, LogItem, MessageRequest},
};

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// No staff is in the group.
    Waiting,
    /// Staff is in the group.
    Open,
    /// Closed.
    Closed,
}

/// A device in the group, as the log let it in.
pub(super) struct Membership {
    pub(super) statement: DeviceStatement,
    /// The statements it has entered or renewed with, and when.
    pub(super) times: Vec<Timestamp>,
}

/// A commit of this device that may be on its way.
pub(super) struct Staged {
    pub(super) request: CommitRequest,
    pub(super) history_key: RecordKey,
    /// The group it would enter; none when the commit is pending in the group this device is in.
    pub(super) entering: Option<Member>,
}

/// What opens a conversation at the server.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct OpeningRequest {
    /// Its id, made by the customer's device.
    pub conversation: ConversationId,
    /// The device.
    pub device: DeviceId,
    /// GroupInfo of epoch 0.
    pub group_info: super::Bytes,
    /// History key of epoch 0, sealed to the team.
    pub history_key: SealedHistoryKey,
    /// The first letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<LetterRequest>,
}

/// A conversation as one device sees it.
pub struct Conversation {
    pub(super) id: ConversationId,
    pub(super) team: Option<TeamId>,
    pub(super) phase: Phase,
    pub(super) cursor: i64,
    pub(super) member: Option<Member>,
    /// The first epoch whose messages this device can decrypt.
    pub(super) joined_epoch: Option<u64>,
    pub(super) broken: bool,
    pub(super) staged: Option<Staged>,
    pub(super) history: BTreeMap<u64, RecordKey>,
    pub(super) members: BTreeMap<DeviceId, Membership>,
    pub(super) removals: Vec<OpenRemoval>,
    /// When devices went out.
    pub(super) left: BTreeMap<DeviceId, Timestamp>,
    /// Where each text's id first came.
    pub(super) known: BTreeMap<String, i64>,
    /// Items whose history key has not come yet.
    pub(super) held: Vec<LogItem>,
    pub(super) lines: Vec<Line>,
}

/// What a device needs to act: itself, whom it trusts, and chance.
#[derive(Clone, Copy)]
pub struct Acting<'a> {
    /// This device.
    pub device: &'a Device,
    /// The organisation's keys.
    pub trust: &'a Trust,
    /// Chance.
    pub entropy: &'a dyn Entropy,
    /// Now.
    pub now: Timestamp,
}

impl Conversation {
    /// A conversation of which only the log is known yet.
    pub fn follow(id: ConversationId) -> Self {
        Self {
            id,
            team: None,
            phase: Phase::Waiting,
            cursor: 0,
            member: None,
            joined_epoch: None,
            broken: false,
            staged: None,
            history: BTreeMap::new(),
            members: BTreeMap::new(),
            removals: Vec::new(),
            left: BTreeMap::new(),
            known: BTreeMap::new(),
            held: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// A new conversation: this device creates the group alone.
    pub fn open(id: ConversationId, acting: Acting<'_>) -> Result<Self, EngineError> {
        let member = Member::create(acting.device, id, acting.now)?;
        let mut conversation = Self::follow(id);
        conversation.history.insert(0, member.history_key(id)?);
        conversation.joined_epoch = Some(0);
        conversation.member = Some(member);
        Ok(conversation)
    }

    /// What opens it at the server, with the first letter. `to` has been checked.
    pub fn opening(
        &mut self,
        first: Option<&str>,
        to: &TeamKey,
        acting: Acting<'_>,
    ) -> Result<OpeningRequest, EngineError> {
        let first = first.map(|text| self.letter(None, text, acting)).transpose()?;
        let member = self.member.as_ref().ok_or(EngineError::NotMember)?;
        let key = self.history.get(&0).ok_or(Refusal::NoKey)?;
        Ok(OpeningRequest {
            conversation: self.id,
            device: acting.device.id(),
            group_info: member.group_info(acting.device)?.into(),
            history_key: to.seal_history(self.id, 0, key)?,
            first,
        })
    }

    /// A letter: for a customer while no staff is in the group. Without an id a new one is made.
    pub fn letter(&self, id: Option<&str>, text: &str, acting: Acting<'_>) -> Result<LetterRequest, EngineError> {
        if self.staffed() {
            return Err(EngineError::Taken);
        }
        let member = self.sending()?;
        let id = id.map_or_else(|| client_id(acting.entropy), str::to_owned);
        let record = self.record(RecordType::Letter, &id, member.epoch(), text, acting)?;
        Ok(LetterRequest { client_id: id, record })
    }

    /// A message with its archive copy: once staff is in the group. Without an id a new one is made.
    pub fn message(&mut self, id: Option<&str>, text: &str, acting: Acting<'_>) -> Result<MessageRequest, EngineError> {
        if !self.staffed() {
            return Err(EngineError::NotTaken);
        }
        let epoch = self.sending()?.epoch();
        let id = id.map_or_else(|| client_id(acting.entropy), str::to_owned);
        let record = self.record(RecordType::Archive, &id, epoch, text, acting)?;
        let plaintext = Plaintext::new(&id, text, &record.hash()).write()?;
        let member = self.member.as_mut().ok_or(EngineError::NotMember)?;
        let mls = member.encrypt(acting.device, &plaintext)?.into();
        Ok(MessageRequest {
            client_id: id,
            mls,
            record,
        })
    }

    /// Stages the external commit by which this device enters, or replaces its own lost leaf.
    /// The log must have been read up to the GroupInfo's epoch. `to` has been checked.
    pub fn join(
        &mut self,
        group_info: &[u8],
        grants: &[String],
        to: &TeamKey,
        acting: Acting<'_>,
    ) -> Result<CommitRequest, EngineError> {
        self.no_staged()?;
        let data = authenticated_data(grants);
        let check = |leaves: &[Leaf]| self.check_leaves(leaves, acting.trust);
        let (entering, bytes) = Member::join(acting.device, self.id, group_info, data, check)?;
        let left = entering.epoch().saturating_sub(1);
        self.stage(Some(entering), left, bytes, to, acting)
    }

    /// Stages a commit that adds and removes. `to` has been checked.
    pub fn change(
        &mut self,
        add: &[OfferedKeyPackage],
        remove: &BTreeSet<DeviceId>,
        grants: &[String],
        to: &TeamKey,
        acting: Acting<'_>,
    ) -> Result<CommitRequest, EngineError> {
        self.no_staged()?;
        let mut packages = Vec::new();
        for offer in add {
            let statement = acting.trust.device(&offer.statement, acting.now)?;
            let package = key_package::read(&offer.key_package.0)?;
            if statement.device != offer.device || package.leaf_node().signature_key().as_slice() != statement.mls_key.0
            {
                return Err(Refusal::Statement.into());
            }
            packages.push(package);
        }
        // Open removals go with whatever is committed first.
        let mut remove = remove.clone();
        remove.extend(self.removals.iter().flat_map(|removal| removal.devices.iter().copied()));
        let mut grants = grants.to_vec();
        grants.extend(self.removals.iter().map(|removal| removal.grant.clone()));
        let id = self.id;
        let member = self
            .member
            .as_mut()
            .filter(|_| !self.broken)
            .ok_or(EngineError::NotMember)?;
        let own = member.own_leaf();
        let mut indexes = Vec::new();
        for leaf in member.leaves()? {
            let device = acting.trust.device_of_any_time(&leaf.statement)?.device;
            // Nobody can commit its own removal.
            if leaf.index != own && remove.contains(&device) {
                indexes.push(leaf.index);
            }
        }
        let left = member.epoch();
        let bytes = member.stage(acting.device, id, packages, &indexes, authenticated_data(&grants))?;
        self.stage(None, left, bytes, to, acting)
    }

    /// Stages the commit of all open removals; none when nothing is open. `to` has been checked.
    pub fn remove_pending(&mut self, to: &TeamKey, acting: Acting<'_>) -> Result<Option<CommitRequest>, EngineError> {
        if self.removals.is_empty() {
            return Ok(None);
        }
        self.change(&[], &BTreeSet::new(), &[], to, acting).map(Some)
    }

    /// Stages a commit that renews this device's keys and statement. `to` has been checked.
    pub fn update(&mut self, to: &TeamKey, acting: Acting<'_>) -> Result<CommitRequest, EngineError> {
        self.change(&[], &BTreeSet::new(), &[], to, acting)
    }

    /// The commit on the way, to send it again after a crash.
    pub fn staged(&self) -> Option<&CommitRequest> {
        self.staged.as_ref().map(|staged| &staged.request)
    }

    /// Another commit won, or the server refused: back to the state before the staged one.
    pub fn drop_staged(&mut self) -> Result<(), EngineError> {
        let staged = self.staged.take();
        match (&mut self.member, staged) {
            (Some(member), Some(Staged { entering: None, .. })) => member.drop_pending(),
            _ => Ok(()),
        }
    }

    /// A history key that came by the team: what was held for it is read now.
    pub fn learn(&mut self, epoch: u64, key: RecordKey, trust: &Trust) -> Vec<Line> {
        // A key this device exported itself is the right one; what was served may not replace it.
        self.history.entry(epoch).or_insert(key);
        let held = std::mem::take(&mut self.held);
        held.iter().flat_map(|item| self.reread(item, trust)).collect()
    }

    /// The id.
    pub const fn id(&self) -> ConversationId {
        self.id
    }

    /// Whose queue it is in; known once the first item was read.
    pub const fn team(&self) -> Option<TeamId> {
        self.team
    }

    /// Where it stands.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The last item that was read.
    pub const fn cursor(&self) -> i64 {
        self.cursor
    }

    /// What there is to see, oldest first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The texts, oldest first.
    pub fn texts(&self) -> Vec<&str> {
        self.lines.iter().filter_map(Line::text).collect()
    }

    /// Whether a text with this id is in the log.
    pub fn knows(&self, id: &str) -> bool {
        self.known.contains_key(id)
    }

    /// The removals that somebody must commit.
    pub fn removals(&self) -> &[OpenRemoval] {
        &self.removals
    }

    /// Who is in the group, by the log.
    pub fn people(&self) -> Vec<Person> {
        self.members
            .values()
            .map(|membership| Person::from(&membership.statement))
            .collect()
    }

    /// Whether this device is in the group and can follow it.
    pub const fn is_member(&self) -> bool {
        self.member.is_some() && !self.broken
    }

    /// Whether staff is in the group: messages, not letters.
    pub fn staffed(&self) -> bool {
        self.members
            .values()
            .any(|membership| membership.statement.kind == Kind::Staff)
    }

    /// The group's epoch, while this device is in it.
    pub fn epoch(&self) -> Option<u64> {
        self.member.as_ref().map(Member::epoch)
    }

    /// The conversation number of the present epoch.
    pub fn number(&self) -> Result<String, EngineError> {
        self.member.as_ref().ok_or(EngineError::NotMember)?.number()
    }

    /// The epochs whose history key is here.
    pub fn readable_epochs(&self) -> Vec<u64> {
        self.history.keys().copied().collect()
    }

    /// Every leaf is a device that the log let in, with a statement valid when it came, about exactly this key.
    pub(super) fn check_leaves(&self, leaves: &[Leaf], trust: &Trust) -> Result<(), Refusal> {
        for leaf in leaves {
            let device = trust.device_of_any_time(&leaf.statement)?.device;
            let membership = self.members.get(&device).ok_or(Refusal::Grant)?;
            let counted = |at: &Timestamp| {
                trust
                    .device(&leaf.statement, *at)
                    .is_ok_and(|s| s.mls_key == leaf.key && s.sub == membership.statement.sub)
            };
            if !membership.times.iter().any(counted) {
                return Err(Refusal::Statement);
            }
        }
        Ok(())
    }

    /// When the members came in.
    pub(super) fn entered(&self) -> BTreeMap<DeviceId, Timestamp> {
        let first = |(device, membership): (&DeviceId, &Membership)| Some((*device, *membership.times.first()?));
        self.members.iter().filter_map(first).collect()
    }

    fn sending(&self) -> Result<&Member, EngineError> {
        self.no_staged()?;
        if self.broken {
            return Err(EngineError::Broken);
        }
        if !self.removals.is_empty() {
            return Err(EngineError::RemovalPending);
        }
        self.member.as_ref().ok_or(EngineError::NotMember)
    }

    fn no_staged(&self) -> Result<(), EngineError> {
        if self.staged.is_some() {
            Err(EngineError::CommitPending)
        } else {
            Ok(())
        }
    }

    fn record(
        &self,
        typ: RecordType,
        id: &str,
        epoch: u64,
        text: &str,
        acting: Acting<'_>,
    ) -> Result<Record, EngineError> {
        if text.len() > MAX_TEXT {
            return Err(EngineError::TooLong);
        }
        let key = self.history.get(&epoch).ok_or(Refusal::NoKey)?;
        let header = RecordHeader::new(typ, self.id, id, acting.device.id(), epoch, acting.now);
        Record::seal(&header, text, key, acting.device.keys(), acting.entropy)
    }

    fn stage(
        &mut self,
        entering: Option<Member>,
        epoch: u64,
        bytes: CommitBytes,
        to: &TeamKey,
        acting: Acting<'_>,
    ) -> Result<CommitRequest, EngineError> {
        let request = CommitRequest {
            client_id: client_id(acting.entropy),
            epoch,
            commit: bytes.commit.into(),
            group_info: bytes.group_info.into(),
            welcome: bytes.welcome.map(Into::into),
            history_key: Some(to.seal_history(self.id, epoch + 1, &bytes.history_key)?),
        };
        self.staged = Some(Staged {
            request: request.clone(),
            history_key: bytes.history_key,
            entering,
        });
        Ok(request)
    }
}
