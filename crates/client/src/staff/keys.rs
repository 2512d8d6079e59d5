//! Team keys, history keys and note keys.

use serde::Deserialize;
use serde_json::json;
use wd_kernel::{ConversationId, DeviceId, Duration, TeamId, Timestamp};

use super::StaffClient;
use crate::{
    ClientError,
    chat::Chat,
    engine::{
        Line, Record, RecordHeader, RecordKey, RecordType, Refusal, SealedHistoryKey, SealedNoteKey, Share, TeamKey,
        client_id,
    },
};

/// How long a generation is used for what is new.
const GENERATION_LIFE: Duration = Duration::from_hours(24);

#[derive(Deserialize)]
struct TeamKeys {
    current: Option<TeamKey>,
    generations: Vec<Generation>,
    waiting: Vec<Waiting>,
    devices: Vec<Listed>,
}

#[derive(Deserialize)]
struct Generation {
    #[serde(flatten)]
    key: TeamKey,
    share: Option<crate::engine::Bytes>,
}

#[derive(Deserialize)]
struct Waiting {
    device: DeviceId,
    statement: String,
    generations: Vec<u64>,
}

#[derive(Deserialize)]
struct Listed {
    device: DeviceId,
    statement: String,
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

/// A note among staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its place among the notes.
    pub seq: i64,
    /// When it was written.
    pub at: Timestamp,
    /// The author's shown name.
    pub by: Option<String>,
    /// The text, or why it is not shown.
    pub body: Result<String, Refusal>,
}

#[derive(Deserialize)]
struct NoteItem {
    seq: i64,
    device: DeviceId,
    statement: String,
    at: Timestamp,
    record: Record,
}

/// A note as the server has it now.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NoteAnswer {
    /// Its place among the notes.
    pub seq: i64,
    /// When it was written.
    pub at: Timestamp,
}

impl StaffClient {
    /// Does what is due for the keys of all teams of this device: receives shares, makes the first or the daily
    /// generation, and shares with devices that wait. Answers how many shares were given.
    pub async fn tend_team_keys(&mut self) -> Result<usize, ClientError> {
        let teams = self.chat()?.device.statement().teams.clone();
        let mut given = 0;
        for team in teams {
            given += self.tend(team).await?;
        }
        Ok(given)
    }

    /// Makes a new generation of a team's key, as after a device was revoked.
    pub async fn make_team_key(&mut self, team: TeamId) -> Result<(), ClientError> {
        let keys = self.team_keys(team).await?;
        self.make(team, &keys).await
    }

    async fn tend(&mut self, team: TeamId) -> Result<usize, ClientError> {
        let keys = self.team_keys(team).await?;
        self.receive(team, &keys)?;
        let now = self.around.now();
        let current = keys
            .current
            .as_ref()
            .filter(|key| key.team == team && key.check(&self.trust).is_ok());
        let fresh = current.is_some_and(|key| now.since(Timestamp::from_seconds(key.at)) < GENERATION_LIFE);
        if !fresh {
            match self.make(team, &keys).await {
                // A colleague's device was faster: its share is for us too.
                Err(error) if error.is(&["conflict"]) => {
                    let keys = self.team_keys(team).await?;
                    self.receive(team, &keys)?;
                }
                made => made?,
            }
        }
        self.share(team, &keys.waiting).await
    }

    async fn team_keys(&mut self, team: TeamId) -> Result<TeamKeys, ClientError> {
        let chat = self.chat_mut()?;
        let path = format!("/api/v1/teams/{team}/keys?device={}", chat.device.id());
        chat.http.get(&path).await
    }

    fn receive(&mut self, team: TeamId, keys: &TeamKeys) -> Result<(), ClientError> {
        let chat = self.chat.as_ref().ok_or(ClientError::NoDevice)?;
        for generation in &keys.generations {
            let Some(share) = generation.share.as_ref() else {
                continue;
            };
            let key = &generation.key;
            if key.team != team || self.ring.has(team, key.generation) || key.check(&chat.trust).is_err() {
                continue;
            }
            // A share that does not open was sealed wrongly by one device; another may share it again.
            let _ = self.ring.open_share(&chat.device, key, &share.0);
        }
        Ok(())
    }

    async fn make(&mut self, team: TeamId, keys: &TeamKeys) -> Result<(), ClientError> {
        let newest = keys
            .generations
            .iter()
            .map(|g| g.key.generation)
            .chain(keys.current.as_ref().map(|k| k.generation));
        let generation = newest.max().unwrap_or(0) + 1;
        let Self { chat, ring, around, .. } = self;
        let Chat {
            device, trust, http, ..
        } = chat.as_mut().ok_or(ClientError::NoDevice)?;
        let now = around.now();
        let (key, pair) = TeamKey::make(device, team, generation, now, around.entropy.as_ref())?;
        let mut fresh = crate::engine::TeamRing::default();
        fresh.insert(team, generation, pair.clone());
        let mut shares = vec![fresh.share(team, generation, device.statement())?];
        for listed in keys.devices.iter().filter(|listed| listed.device != device.id()) {
            // A device whose statement does not check gets nothing.
            let Ok(statement) = trust.device(&listed.statement, now) else {
                continue;
            };
            shares.extend(
                fresh
                    .share(team, generation, &statement)
                    .ok()
                    .filter(|share| share.device == listed.device),
            );
        }
        let body = json!({
            "generation": key.generation, "public_key": key.public_key, "device": key.device,
            "at": key.at, "signature": key.signature, "shares": shares,
        });
        http.tell(&format!("/api/v1/teams/{team}/keys"), &body).await?;
        ring.insert(team, generation, pair);
        Ok(())
    }

    async fn share(&mut self, team: TeamId, waiting: &[Waiting]) -> Result<usize, ClientError> {
        let Self { chat, ring, around, .. } = self;
        let Chat {
            device, trust, http, ..
        } = chat.as_mut().ok_or(ClientError::NoDevice)?;
        let mut by_generation = std::collections::BTreeMap::<u64, Vec<Share>>::new();
        for asking in waiting.iter().filter(|asking| asking.device != device.id()) {
            let Ok(statement) = trust.device(&asking.statement, around.now()) else {
                continue;
            };
            for generation in asking.generations.iter().filter(|g| ring.has(team, **g)) {
                let share = ring
                    .share(team, *generation, &statement)
                    .ok()
                    .filter(|share| share.device == asking.device);
                by_generation.entry(*generation).or_default().extend(share);
            }
        }
        let mut given = 0;
        for (generation, shares) in by_generation.iter().filter(|(_, shares)| !shares.is_empty()) {
            let path = format!("/api/v1/teams/{team}/keys/{generation}/shares");
            http.tell(&path, &json!({ "device": device.id(), "shares": shares }))
                .await?;
            given += shares.len();
        }
        Ok(given)
    }

    /// Fetches the conversation's history keys, as far as there is a right to them, and reads what waited for them.
    pub(super) async fn learn_history(&mut self, id: ConversationId) -> Result<Vec<Line>, ClientError> {
        let path = self.chat()?.path(id, "history-keys");
        let keys = match self.chat_mut()?.http.get::<Items<SealedHistoryKey>>(&path).await {
            Err(error) if error.is(&["forbidden", "not-found"]) => return Ok(Vec::new()),
            answer => answer?.items,
        };
        let Self { chat, ring, .. } = self;
        let (view, acting) = chat.as_mut().ok_or(ClientError::NoDevice)?.acting(id)?;
        let mut lines = Vec::new();
        for key in &keys {
            if let Ok(opened) = ring.open_history(id, key) {
                lines.extend(view.learn(key.epoch, opened, acting.trust));
            }
        }
        Ok(lines)
    }

    /// Writes a note that only staff can read.
    pub async fn note(&mut self, id: ConversationId, text: &str) -> Result<NoteAnswer, ClientError> {
        let (number, key) = self.note_key(id).await?;
        let chat = self.chat.as_mut().ok_or(ClientError::NoDevice)?;
        let (entropy, now) = (chat.around.entropy.as_ref(), chat.around.now());
        let client_id = client_id(entropy);
        let header = RecordHeader::new(RecordType::Note, id, &client_id, chat.device.id(), number, now);
        let record = Record::seal(&header, text, &key, chat.device.keys(), entropy)?;
        let path = chat.path(id, "notes");
        chat.ask(&path, &json!({ "client_id": client_id, "record": record }))
            .await
    }

    /// The conversation's notes after a place among them.
    pub async fn notes(&mut self, id: ConversationId, after: i64) -> Result<Vec<Note>, ClientError> {
        let path = self.chat()?.path(id, &format!("notes?after={after}"));
        let items = self.chat_mut()?.http.get::<Items<NoteItem>>(&path).await?.items;
        let keys = self.note_keys(id).await?;
        let trust = &self.chat()?.trust;
        let read = |item: &NoteItem| -> Result<(Option<String>, String), Refusal> {
            let author = trust.device(&item.statement, item.at)?;
            let header = item.record.header()?;
            if author.device != item.device {
                return Err(Refusal::Statement);
            }
            item.record
                .check(&author.mls_key, RecordType::Note, id, &header.id, item.device)?;
            let key = keys
                .iter()
                .find(|(number, _)| *number == header.key)
                .ok_or(Refusal::NoKey)?;
            Ok((author.name, item.record.open(&key.1)?))
        };
        let note = |item: &NoteItem| match read(item) {
            Ok((by, body)) => Note {
                seq: item.seq,
                at: item.at,
                by,
                body: Ok(body),
            },
            Err(refusal) => Note {
                seq: item.seq,
                at: item.at,
                by: None,
                body: Err(refusal),
            },
        };
        Ok(items.iter().map(note).collect())
    }

    async fn note_keys(&mut self, id: ConversationId) -> Result<Vec<(u64, RecordKey)>, ClientError> {
        let path = self.chat()?.path(id, "note-keys");
        let sealed = self.chat_mut()?.http.get::<Items<SealedNoteKey>>(&path).await?.items;
        Ok(sealed
            .iter()
            .filter_map(|key| Some((key.number, self.ring.open_note(id, key).ok()?)))
            .collect())
    }

    /// The newest note key; makes one when there is none that this device can open.
    async fn note_key(&mut self, id: ConversationId) -> Result<(u64, RecordKey), ClientError> {
        let path = self.chat()?.path(id, "note-keys");
        let sealed = self.chat_mut()?.http.get::<Items<SealedNoteKey>>(&path).await?.items;
        let open = |key: &SealedNoteKey| Some((key.number, self.ring.open_note(id, key).ok()?));
        if let Some(newest) = sealed.iter().filter_map(open).max_by_key(|(number, _)| *number) {
            return Ok(newest);
        }
        let number = sealed.iter().map(|key| key.number).max().unwrap_or(0) + 1;
        let key = RecordKey::generate(self.around.entropy.as_ref());
        let to = self.chat_mut()?.key_for(id).await?;
        let made = self
            .chat_mut()?
            .http
            .tell(&path, &to.seal_note(id, number, &key)?)
            .await;
        match made {
            // A colleague made one at the same time: theirs counts.
            Err(error) if error.is(&["conflict"]) => self
                .note_keys(id)
                .await?
                .into_iter()
                .max_by_key(|(number, _)| *number)
                .ok_or(ClientError::NoTeamKey),
            made => made.map(|()| (number, key)),
        }
    }
}
