//! Team keys, and what is sealed to them: history keys and note keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wd_crypto::jws;
use wd_kernel::{ConversationId, DeviceId, Entropy, TeamId, Timestamp, b64u};

use super::{
    Bytes, Device, DeviceStatement, EngineError, Kind, PublicKey, RecordKey, Refusal, SealingKey, Trust, hpke,
};

const SIGNED: &[u8] = b"wardesk-team-key-v1\0";
const SHARE_INFO: &[u8] = b"wardesk-team-key-v1";
const HISTORY_INFO: &[u8] = b"wardesk-history-key-v1";
const NOTE_INFO: &[u8] = b"wardesk-note-key-v1";

/// The public half of a generation, signed by the device that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamKey {
    /// The team.
    pub team: TeamId,
    /// Counts from 1.
    pub generation: u64,
    /// X25519.
    pub public_key: PublicKey,
    /// Who made it.
    pub device: DeviceId,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Ed25519 by the maker.
    pub signature: Bytes,
    /// The maker's device statement.
    #[serde(default)]
    pub statement: String,
}

/// The private half of a generation, sealed to a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// For whom.
    pub device: DeviceId,
    /// `enc ‖ ct`.
    pub sealed: Bytes,
}

/// A history key sealed to a team key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedHistoryKey {
    /// The epoch it belongs to.
    pub epoch: u64,
    /// Of the team key.
    pub generation: u64,
    /// The team.
    pub team: TeamId,
    /// `enc ‖ ct`.
    pub sealed: Bytes,
}

/// A note key sealed to a team key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedNoteKey {
    /// Counts from 1.
    pub number: u64,
    /// Of the team key.
    pub generation: u64,
    /// The team.
    pub team: TeamId,
    /// `enc ‖ ct`.
    pub sealed: Bytes,
}

impl TeamKey {
    /// Makes a generation; answers the public half and the private one.
    pub fn make(
        maker: &Device,
        team: TeamId,
        generation: u64,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(Self, SealingKey), EngineError> {
        let pair = SealingKey::generate(entropy)?;
        let (public_key, at) = (pair.public(), now.seconds());
        let signature = maker.keys().sign(&signed(team, generation, &public_key, at)).into();
        let statement = maker.statement_jws().to_owned();
        Ok((
            Self {
                team,
                generation,
                public_key,
                device: maker.id(),
                at,
                signature,
                statement,
            },
            pair,
        ))
    }

    /// Checks signature and maker: a staff device of this team whose statement had not run out when it made the key.
    /// The statement sent along is the maker's current one, so it may be newer than the key.
    pub fn check(&self, trust: &Trust) -> Result<(), Refusal> {
        let maker = trust.device_of_any_time(&self.statement)?;
        if maker.kind != Kind::Staff
            || maker.device != self.device
            || !maker.teams.contains(&self.team)
            || self.at >= maker.exp
        {
            return Err(Refusal::Statement);
        }
        let message = signed(self.team, self.generation, &self.public_key, self.at);
        jws::verify_raw(&maker.mls_key.0, &message, &self.signature.0).map_err(|_| Refusal::Signature)
    }

    /// Seals an epoch's history key to this generation. Check the key first.
    pub fn seal_history(
        &self,
        conversation: ConversationId,
        epoch: u64,
        key: &RecordKey,
    ) -> Result<SealedHistoryKey, EngineError> {
        let aad = format!("{conversation}|{epoch}");
        let sealed = hpke::seal(&self.public_key, HISTORY_INFO, aad.as_bytes(), key.expose())?.into();
        Ok(SealedHistoryKey {
            epoch,
            generation: self.generation,
            team: self.team,
            sealed,
        })
    }

    /// Seals a note key to this generation. Check the key first.
    pub fn seal_note(
        &self,
        conversation: ConversationId,
        number: u64,
        key: &RecordKey,
    ) -> Result<SealedNoteKey, EngineError> {
        let aad = format!("{conversation}|{number}");
        let sealed = hpke::seal(&self.public_key, NOTE_INFO, aad.as_bytes(), key.expose())?.into();
        Ok(SealedNoteKey {
            number,
            generation: self.generation,
            team: self.team,
            sealed,
        })
    }
}

/// The private halves this device has.
#[derive(Default)]
pub struct TeamRing(BTreeMap<(TeamId, u64), SealingKey>);

impl TeamRing {
    /// Keeps a private half.
    pub fn insert(&mut self, team: TeamId, generation: u64, pair: SealingKey) {
        self.0.insert((team, generation), pair);
    }

    /// Whether a generation is here.
    pub fn has(&self, team: TeamId, generation: u64) -> bool {
        self.0.contains_key(&(team, generation))
    }

    /// Opens a share for this device; refused unless it is the private half of the checked public key.
    pub fn open_share(&mut self, device: &Device, key: &TeamKey, sealed: &[u8]) -> Result<(), EngineError> {
        let aad = share_aad(key.team, key.generation, device.id());
        let private = device.keys().hpke().open(SHARE_INFO, aad.as_bytes(), sealed)?;
        self.insert(
            key.team,
            key.generation,
            SealingKey::from_halves(&private, key.public_key)?,
        );
        Ok(())
    }

    /// Shares a generation with a device whose statement lists the team. Check the statement first.
    pub fn share(&self, team: TeamId, generation: u64, with: &DeviceStatement) -> Result<Share, EngineError> {
        if with.kind != Kind::Staff || !with.teams.contains(&team) {
            return Err(Refusal::Statement.into());
        }
        let pair = self.0.get(&(team, generation)).ok_or(Refusal::NoKey)?;
        let aad = share_aad(team, generation, with.device);
        let sealed = hpke::seal(&with.hpke_key, SHARE_INFO, aad.as_bytes(), pair.private())?.into();
        Ok(Share {
            device: with.device,
            sealed,
        })
    }

    /// Opens a history key of a conversation.
    pub fn open_history(&self, conversation: ConversationId, key: &SealedHistoryKey) -> Result<RecordKey, Refusal> {
        let pair = self.0.get(&(key.team, key.generation)).ok_or(Refusal::NoKey)?;
        pair.open_key(HISTORY_INFO, &format!("{conversation}|{}", key.epoch), &key.sealed.0)
            .map(RecordKey::new)
    }

    /// Opens a note key of a conversation.
    pub fn open_note(&self, conversation: ConversationId, key: &SealedNoteKey) -> Result<RecordKey, Refusal> {
        let pair = self.0.get(&(key.team, key.generation)).ok_or(Refusal::NoKey)?;
        pair.open_key(NOTE_INFO, &format!("{conversation}|{}", key.number), &key.sealed.0)
            .map(RecordKey::new)
    }

    /// Everything, to be sealed and kept.
    pub fn save(&self) -> Vec<SavedTeamKey> {
        let row = |((team, generation), pair): (&(TeamId, u64), &SealingKey)| SavedTeamKey {
            team: *team,
            generation: *generation,
            private: pair.private().to_vec().into(),
            public: pair.public(),
        };
        self.0.iter().map(row).collect()
    }

    /// The ring as it was saved.
    pub fn load(saved: &[SavedTeamKey]) -> Result<Self, EngineError> {
        let mut ring = Self::default();
        for row in saved {
            ring.insert(
                row.team,
                row.generation,
                SealingKey::from_halves(&row.private.0, row.public)?,
            );
        }
        Ok(ring)
    }
}

/// A saved private half: seal it before it goes anywhere.
#[derive(Serialize, Deserialize)]
pub struct SavedTeamKey {
    team: TeamId,
    generation: u64,
    private: Bytes,
    public: PublicKey,
}

fn signed(team: TeamId, generation: u64, public: &PublicKey, at: i64) -> Vec<u8> {
    [
        SIGNED,
        format!("{team}|{generation}|{}|{at}", b64u::encode(public.0)).as_bytes(),
    ]
    .concat()
}

fn share_aad(team: TeamId, generation: u64, device: DeviceId) -> String {
    format!("{team}|{generation}|{device}")
}
