//! One item of the log turned into what follows from it.

use std::collections::BTreeMap;

use wd_kernel::{DeviceId, Timestamp};

use super::{
    Acting, Conversation, DeviceStatement, EngineError, Line, OpenRemoval, Person, Phase, Record, RecordType, Refusal,
    Trust, What,
    commit_rule::{self, Circumstances, Verdict},
    conversation::{Membership, Staged},
    group::Member,
    plaintext::Plaintext,
    wire::{CommitBody, ItemBody, LogItem, MessageBody, RemovalBody, WelcomeBody},
};

impl Conversation {
    /// Takes the next item. What does not check becomes a line that says so, and the flow goes on; a refused commit
    /// leaves this device outside until it joins anew. An item that was read before is passed over; a gap is an error.
    pub fn apply(&mut self, item: &LogItem, acting: Acting<'_>) -> Result<Vec<Line>, EngineError> {
        if item.seq <= self.cursor {
            return Ok(Vec::new());
        }
        if item.seq != self.cursor + 1 {
            return Err(EngineError::Gap {
                expected: self.cursor + 1,
                got: item.seq,
            });
        }
        self.cursor = item.seq;
        let whats = match self.step(item, acting) {
            Ok(whats) => whats,
            Err(error) => {
                self.broken |= matches!(item.body, ItemBody::Commit(_)) && self.member.is_some();
                vec![What::Refused(refusal(&error))]
            }
        };
        let lines: Vec<_> = whats
            .into_iter()
            .map(|what| Line {
                seq: item.seq,
                at: item.at,
                what,
            })
            .collect();
        self.lines.extend(lines.iter().cloned());
        Ok(lines)
    }

    /// Reads an item again whose key was not there; its line takes the place of the refusal.
    pub(super) fn reread(&mut self, item: &LogItem, trust: &Trust) -> Vec<Line> {
        let record = match &item.body {
            ItemBody::Letter(body) => &body.record,
            ItemBody::Message(body) => &body.record,
            _ => return Vec::new(),
        };
        let what = self.read_record(item, record, trust).unwrap_or_else(What::Refused);
        if what == What::Refused(Refusal::NoKey) {
            return Vec::new();
        }
        let line = Line {
            seq: item.seq,
            at: item.at,
            what,
        };
        if let Some(place) = self.lines.iter_mut().find(|line| line.seq == item.seq) {
            place.clone_from(&line);
        }
        vec![line]
    }

    fn step(&mut self, item: &LogItem, acting: Acting<'_>) -> Result<Vec<What>, EngineError> {
        match &item.body {
            ItemBody::Opened { team } => {
                self.team = Some(*team);
                self.opened(item, acting.trust).map(|what| vec![what])
            }
            ItemBody::Letter(body) => Ok(vec![self.read_record(item, &body.record, acting.trust)?]),
            ItemBody::Message(body) => self.read_message(item, body, acting).map(|what| vec![what]),
            ItemBody::Commit(body) => self.commit(item, body, acting),
            ItemBody::Welcome(body) => self.welcome(body, acting).map(|()| Vec::new()),
            ItemBody::Removal(body) => self.removal(item.at, body, acting.trust).map(|what| vec![what]),
            ItemBody::Closed(body) => {
                self.phase = Phase::Closed;
                Ok(vec![What::Closed(body.by.clone())])
            }
            ItemBody::Reopened(body) => {
                self.phase = if self.staffed() { Phase::Open } else { Phase::Waiting };
                Ok(vec![What::Reopened(body.by.clone())])
            }
            ItemBody::Tombstone | ItemBody::Later(..) => Ok(Vec::new()),
        }
    }

    fn opened(&mut self, item: &LogItem, trust: &Trust) -> Result<What, EngineError> {
        let (Some(device), Some(jws)) = (item.device, &item.statement) else {
            return Ok(What::Opened(None));
        };
        let statement = trust.device(jws, item.at)?;
        if statement.device != device {
            return Err(Refusal::Statement.into());
        }
        let person = Person::from(&statement);
        self.members.insert(
            device,
            Membership {
                statement,
                times: vec![item.at],
            },
        );
        Ok(What::Opened(Some(person)))
    }

    fn read_message(&mut self, item: &LogItem, body: &MessageBody, acting: Acting<'_>) -> Result<What, EngineError> {
        let readable = !self.broken && self.joined_epoch.is_some_and(|joined| item.epoch >= joined);
        // Who was not in the group then, or wrote this itself, reads the archive copy.
        if item.device == Some(acting.device.id()) || !readable || self.member.is_none() {
            return Ok(self.read_record(item, &body.record, acting.trust)?);
        }
        let (id, device) = sender(item)?;
        let member = self.member.as_mut().ok_or(EngineError::NotMember)?;
        let opened = member.decrypt(&body.mls.0)?;
        let author = acting.trust.device_of_any_time(&opened.statement)?;
        let plaintext = Plaintext::read(&opened.plaintext)?;
        if author.device != device {
            return Err(Refusal::Signature.into());
        }
        self.first_time(id, item.seq)?;
        let header = body
            .record
            .check(&author.mls_key, RecordType::Archive, self.id, id, device)?;
        if plaintext.id != id || header.key != item.epoch || plaintext.archive.0 != body.record.hash() {
            return Err(Refusal::ArchiveMismatch.into());
        }
        let key = self.history.get(&item.epoch).ok_or(Refusal::NoKey)?;
        if body.record.open(key).ok().as_ref() != Some(&plaintext.body) {
            return Err(Refusal::ArchiveMismatch.into());
        }
        Ok(What::Text {
            id: id.to_owned(),
            from: Person::from(&author),
            body: plaintext.body,
        })
    }

    fn read_record(&mut self, item: &LogItem, record: &Record, trust: &Trust) -> Result<What, Refusal> {
        let (id, device) = sender(item)?;
        let author = self.author(item, device, trust)?;
        let typ = if matches!(item.body, ItemBody::Letter(_)) {
            RecordType::Letter
        } else {
            RecordType::Archive
        };
        let header = record.check(&author.mls_key, typ, self.id, id, device)?;
        self.first_time(id, item.seq)?;
        let Some(key) = self.history.get(&header.key) else {
            self.held.push(item.clone());
            return Err(Refusal::NoKey);
        };
        Ok(What::Text {
            id: id.to_owned(),
            from: Person::from(&author),
            body: record.open(key)?,
        })
    }

    fn commit(&mut self, item: &LogItem, body: &CommitBody, acting: Acting<'_>) -> Result<Vec<What>, EngineError> {
        let ours = self
            .staged
            .take_if(|staged| item.client_id.as_ref() == Some(&staged.request.client_id));
        let entered = self.entered();
        let around = Circumstances {
            trust: acting.trust,
            conversation: self.id,
            at: item.at,
            removals: &self.removals,
            entered: &entered,
            left: &self.left,
        };
        let follows = self.member.is_some() && !self.broken;
        if let Some(staged) = ours {
            let verdict = commit_rule::check_from_outside(body, &around)?;
            self.accept(staged)?;
            return Ok(self.take_over(item, verdict, acting));
        }
        let verdict = if follows {
            // A commit of another won this epoch: ours, if there is one, is void.
            if let (Some(member), Some(Staged { entering: None, .. })) = (&mut self.member, &self.staged) {
                member.drop_pending()?;
            }
            let member = self.member.as_mut().ok_or(EngineError::NotMember)?;
            let (verdict, still_in) =
                member.process_commit(&body.mls.0, |view, leaves| commit_rule::check(view, leaves, &around))?;
            if still_in {
                let key = member.history_key(self.id)?;
                self.history.insert(member.epoch(), key);
            } else {
                self.member = None;
                self.joined_epoch = None;
            }
            verdict
        } else {
            commit_rule::check_from_outside(body, &around)?
        };
        self.staged = None;
        Ok(self.take_over(item, verdict, acting))
    }

    fn accept(&mut self, staged: Staged) -> Result<(), EngineError> {
        let epoch = staged.request.epoch + 1;
        match (staged.entering, &mut self.member) {
            (Some(entering), _) => {
                self.member = Some(entering);
                self.joined_epoch = Some(epoch);
                self.broken = false;
            }
            (None, Some(member)) => member.accept()?,
            (None, None) => return Err(EngineError::NotMember),
        }
        self.history.insert(epoch, staged.history_key);
        Ok(())
    }

    /// The members after a commit, and the lines that say so.
    fn take_over(&mut self, item: &LogItem, verdict: Verdict, acting: Acting<'_>) -> Vec<What> {
        let mut whats = Vec::new();
        // A device that replaced its own old leaf is not gone.
        let stays = |device: &DeviceId| {
            verdict
                .joined
                .iter()
                .any(|newcomer| newcomer.statement.device == *device)
        };
        let gone = verdict.removed.iter().filter(|device| !stays(device));
        self.left.extend(gone.map(|device| (*device, item.at)));
        let left: Vec<_> = verdict
            .removed
            .iter()
            .filter_map(|device| self.members.remove(device))
            .collect();
        if !left.is_empty() {
            let people = left
                .iter()
                .map(|membership| Person::from(&membership.statement))
                .collect();
            whats.push(What::Left {
                people,
                by: verdict.removal.map(|grant| grant.by),
            });
        }
        if let Some((_, statement)) = verdict.renewed {
            self.members
                .entry(statement.device)
                .and_modify(|membership| membership.statement = statement);
        }
        // Whoever commits may have renewed its leaf: its statement counts as of now as well.
        if let Some(membership) = item.device.and_then(|device| self.members.get_mut(&device)) {
            membership.times.push(item.at);
        }
        if let Some(first) = verdict.joined.first() {
            let people = verdict
                .joined
                .iter()
                .map(|newcomer| Person::from(&newcomer.statement))
                .collect();
            let grant = &first.grant;
            let (role, by, reason) = (grant.role.clone(), grant.by.clone(), grant.reason.clone());
            whats.push(What::Joined {
                people,
                role,
                by,
                reason,
            });
        }
        // Who went out, and who came in again, is not asked to leave any more.
        let members = &self.members;
        for open in &mut self.removals {
            open.devices
                .retain(|device| members.contains_key(device) && !stays(device));
        }
        self.removals.retain(|open| !open.devices.is_empty());
        for newcomer in verdict.joined {
            let statement = acting
                .trust
                .device(&newcomer.jws, item.at)
                .unwrap_or(newcomer.statement);
            self.members.insert(
                statement.device,
                Membership {
                    statement,
                    times: vec![item.at],
                },
            );
        }
        if self.phase != Phase::Closed {
            self.phase = if self.staffed() { Phase::Open } else { Phase::Waiting };
        }
        whats
    }

    fn welcome(&mut self, body: &WelcomeBody, acting: Acting<'_>) -> Result<(), EngineError> {
        let own = acting.device.id();
        let Some(welcome) = body
            .mls
            .as_ref()
            .filter(|_| body.devices.contains(&own) && self.member.is_none())
        else {
            return Ok(());
        };
        // The commit before it let this device in by a grant that checked, or nobody did.
        if !self.members.contains_key(&own) {
            return Err(Refusal::Grant.into());
        }
        let check = |leaves: &[super::group::Leaf]| self.check_leaves(leaves, acting.trust);
        let member = Member::welcomed(acting.device, self.id, &welcome.0, check)?;
        self.history.insert(member.epoch(), member.history_key(self.id)?);
        self.joined_epoch = Some(member.epoch());
        self.broken = false;
        self.member = Some(member);
        Ok(())
    }

    fn removal(&mut self, at: Timestamp, body: &RemovalBody, trust: &Trust) -> Result<What, EngineError> {
        let around = Circumstances {
            trust,
            conversation: self.id,
            at,
            removals: &[],
            entered: &BTreeMap::new(),
            left: &BTreeMap::new(),
        };
        let grant = commit_rule::check_removal(body, &around)?;
        let present = |device: &DeviceId| self.members.get(device).map(|m| Person::from(&m.statement));
        let people = body.devices.iter().filter_map(present).collect();
        self.removals.push(OpenRemoval {
            devices: body.devices.clone(),
            grant: body.grant.clone(),
            at,
        });
        Ok(What::Removal { people, by: grant.by })
    }

    /// The sender's statement: the one that came with the item, or the one it entered with.
    fn author(&self, item: &LogItem, device: DeviceId, trust: &Trust) -> Result<DeviceStatement, Refusal> {
        let served = item.statement.as_ref().and_then(|jws| trust.device(jws, item.at).ok());
        let entered = || self.members.get(&device).map(|membership| membership.statement.clone());
        served
            .or_else(entered)
            .filter(|statement| statement.device == device)
            .ok_or(Refusal::Statement)
    }

    /// A text's id comes once; the same id in another place is a replay.
    fn first_time(&mut self, id: &str, seq: i64) -> Result<(), Refusal> {
        if *self.known.entry(id.to_owned()).or_insert(seq) == seq {
            Ok(())
        } else {
            Err(Refusal::Signature)
        }
    }
}

fn sender(item: &LogItem) -> Result<(&str, DeviceId), Refusal> {
    item.client_id.as_deref().zip(item.device).ok_or(Refusal::Form)
}

fn refusal(error: &EngineError) -> Refusal {
    match error {
        EngineError::Refused(reason) => *reason,
        _ => Refusal::Undecryptable,
    }
}
