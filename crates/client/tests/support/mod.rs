//! An organisation that signs, and a log that items are written to, without a server.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::time::{SystemTime, UNIX_EPOCH};

use wd_client::engine::{
    Act, Acting, Conversation, DEVICE_TYPE, Device, DeviceKeys, DeviceStatement, GRANT_TYPE, Grant, Kind, Line,
    OpeningRequest, TeamKey, TeamRing, Trust,
    wire::{
        CommitBody, CommitRequest, ItemBody, Joined, LetterBody, LetterRequest, LogItem, MessageBody, MessageRequest,
        WelcomeBody,
    },
};
use wd_crypto::jws::SigningKey;
use wd_kernel::{ConversationId, DeviceId, Duration, Id, SeededEntropy, TeamId, Timestamp};

pub const ISSUER: &str = "Example GmbH";

pub fn id<I: Id>(n: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(n))
}

pub fn team() -> TeamId {
    id(77)
}

pub fn conversation() -> ConversationId {
    id(500)
}

/// openmls compares key packages with the wall clock, so these tests live in the present.
#[expect(
    clippy::disallowed_methods,
    reason = "openmls compares key packages with the wall clock"
)]
pub fn present() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap())
}

pub struct Organisation {
    pub key: SigningKey,
    pub entropy: SeededEntropy,
    pub now: Timestamp,
}

pub struct Party {
    pub device: Device,
    pub view: Conversation,
}

impl Organisation {
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        wd_kernel::Entropy::fill(&SeededEntropy::new(seed), &mut bytes);
        Self {
            key: SigningKey::from_seed(&bytes).unwrap(),
            entropy: SeededEntropy::new(seed),
            now: present(),
        }
    }

    pub fn trust(&self) -> Trust {
        let mut trust = Trust::new([self.key.public()]);
        trust.pin_issuer(ISSUER);
        trust
    }

    pub fn statement(&self, keys: &DeviceKeys, kind: Kind, n: u128) -> DeviceStatement {
        let (sub, teams) = match kind {
            Kind::Staff => (format!("stf_{n:032x}"), vec![team()]),
            Kind::Customer => (format!("cus_{n:032x}"), vec![]),
        };
        DeviceStatement {
            iss: ISSUER.into(),
            sub,
            kind,
            name: Some(format!("Person {n}")),
            device: id(1000 + n),
            mls_key: keys.mls_key(),
            hpke_key: keys.hpke().public(),
            teams,
            iat: self.now.seconds() - 60,
            exp: self.now.seconds() + 7 * 86_400,
        }
    }

    pub fn device(&self, kind: Kind, n: u128) -> Device {
        let keys = DeviceKeys::generate(&self.entropy).unwrap();
        let statement = self.key.sign(DEVICE_TYPE, &self.statement(&keys, kind, n)).unwrap();
        Device::enrolled(keys, &statement, &self.trust(), self.now).unwrap()
    }

    pub fn party(&self, kind: Kind, n: u128) -> Party {
        Party {
            device: self.device(kind, n),
            view: Conversation::follow(conversation()),
        }
    }

    pub fn grant(&self, act: Act, who: &Device) -> Grant {
        Grant {
            iss: ISSUER.into(),
            sub: who.statement().sub.clone(),
            kind: who.statement().kind,
            act,
            conversation: conversation(),
            devices: vec![who.id()],
            role: "agent".into(),
            reason: "takes the conversation".into(),
            by: "system".into(),
            history: true,
            iat: self.now.seconds(),
            exp: self.now.seconds() + 600,
        }
    }

    pub fn signed(&self, grant: &Grant) -> String {
        self.key.sign(GRANT_TYPE, grant).unwrap()
    }

    pub fn leave(&self, act: Act, who: &Device) -> String {
        self.signed(&self.grant(act, who))
    }

    pub fn team_key(&self, maker: &Device, ring: &mut TeamRing) -> TeamKey {
        let (key, pair) = TeamKey::make(maker, team(), 1, self.now, &self.entropy).unwrap();
        ring.insert(team(), 1, pair);
        key
    }

    pub fn acting<'a>(&'a self, device: &'a Device, trust: &'a Trust) -> Acting<'a> {
        Acting {
            device,
            trust,
            entropy: &self.entropy,
            now: self.now,
        }
    }
}

/// The log of the one conversation.
pub struct Log {
    pub items: Vec<LogItem>,
    pub now: Timestamp,
    pub group_info: Vec<u8>,
    pub history: Vec<wd_client::engine::SealedHistoryKey>,
}

impl Log {
    pub fn opened(organisation: &Organisation, by: &Device, opening: OpeningRequest) -> Self {
        let mut log = Self {
            items: vec![],
            now: organisation.now,
            group_info: opening.group_info.0,
            history: vec![opening.history_key],
        };
        log.push(by, None, 0, ItemBody::Opened { team: team() });
        if let Some(first) = opening.first {
            log.letter(by, first);
        }
        log
    }

    pub fn push(&mut self, by: &Device, client_id: Option<String>, epoch: u64, body: ItemBody) {
        let item = LogItem {
            seq: i64::try_from(self.items.len()).unwrap() + 1,
            client_id,
            device: Some(by.id()),
            statement: Some(by.statement_jws().into()),
            at: self.now,
            epoch,
            body,
        };
        // Everything goes through JSON once, as over the wire.
        self.items
            .push(serde_json::from_str(&serde_json::to_string(&item).unwrap()).unwrap());
    }

    pub fn letter(&mut self, by: &Device, letter: LetterRequest) {
        let epoch = letter.record.header().unwrap().key;
        self.push(
            by,
            Some(letter.client_id),
            epoch,
            ItemBody::Letter(LetterBody { record: letter.record }),
        );
    }

    pub fn message(&mut self, by: &Device, message: MessageRequest) {
        let epoch = message.record.header().unwrap().key;
        let body = MessageBody {
            mls: message.mls,
            record: message.record,
        };
        self.push(by, Some(message.client_id), epoch, ItemBody::Message(body));
    }

    pub fn commit(
        &mut self,
        by: &Device,
        request: CommitRequest,
        joined: &[&Device],
        removed: &[DeviceId],
        grants: &[String],
    ) {
        let joining = |d: &&Device| Joined {
            device: d.id(),
            statement: d.statement_jws().into(),
        };
        let body = CommitBody {
            mls: request.commit,
            joined: joined.iter().map(joining).collect(),
            removed: removed.to_vec(),
            grants: grants.to_vec(),
        };
        self.group_info = request.group_info.0;
        self.history.extend(request.history_key);
        self.push(by, Some(request.client_id), request.epoch, ItemBody::Commit(body));
        if let Some(welcome) = request.welcome {
            let body = WelcomeBody {
                mls: Some(welcome),
                devices: joined.iter().map(|d| d.id()).collect(),
            };
            self.push(by, None, request.epoch + 1, ItemBody::Welcome(body));
        }
    }

    pub fn later(&mut self, organisation: &mut Organisation, span: Duration) {
        organisation.now = organisation.now + span;
        self.now = organisation.now;
    }
}

impl Party {
    /// Reads what is new in the log.
    pub fn read(&mut self, organisation: &Organisation, log: &Log) -> Vec<Line> {
        let trust = organisation.trust();
        let acting = organisation.acting(&self.device, &trust);
        log.items
            .iter()
            .flat_map(|item| self.view.apply(item, acting).unwrap())
            .collect()
    }
}
