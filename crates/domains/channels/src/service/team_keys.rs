use serde::{Deserialize, Serialize};
use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::jws;
use wd_db::Tx;
use wd_kernel::{Ctx, DeviceId, TeamId, Timestamp, b64u};

use super::{Channels, open::check_sealed, own_device};
use crate::{
    Bytes, ChannelsError, JoinedDevice, PublicKey, Signature, TeamKeyChanged,
    store::{
        device::{self, DeviceRow},
        team_key::{self, TeamKeyRow},
    },
};

/// How far the maker's clock may be off, in seconds.
const MAX_SKEW: i64 = 600;

/// A generation of a team's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TeamKey {
    /// The team.
    pub team: TeamId,
    /// From 1.
    pub generation: i64,
    /// X25519.
    pub public_key: PublicKey,
    /// The device that made it.
    pub device: DeviceId,
    /// When, in seconds.
    pub at: i64,
    /// The device's signature.
    pub signature: Signature,
    /// The device's statement when it made the key.
    pub statement: String,
}

/// A generation, and what was shared of it with the asking device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TeamKeyShare {
    /// The generation.
    #[serde(flatten)]
    pub key: TeamKey,
    /// The private half, sealed to the device.
    pub share: Option<Bytes>,
}

/// A device that lacks generations which the asking device has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WaitingDevice {
    /// The device.
    pub device: DeviceId,
    /// Its statement.
    pub statement: String,
    /// What it lacks.
    pub generations: Vec<i64>,
}

/// The keys of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TeamKeys {
    /// What to seal to; `null` when a new generation must be made first.
    pub current: Option<TeamKey>,
    /// All generations, the newest first.
    pub generations: Vec<TeamKeyShare>,
    /// Who waits for shares that the asking device can give.
    pub waiting: Vec<WaitingDevice>,
    /// The devices of the team.
    pub devices: Vec<JoinedDevice>,
}

/// A new generation.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTeamKey {
    /// One more than the newest.
    pub generation: i64,
    /// X25519.
    pub public_key: PublicKey,
    /// The device that makes it.
    pub device: DeviceId,
    /// When, in seconds.
    pub at: i64,
    /// The device's signature.
    pub signature: Signature,
    /// The private half for each device of the team.
    pub shares: Vec<DeviceShare>,
}

/// The private half of a team key for one device.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceShare {
    /// The device.
    pub device: DeviceId,
    /// HPKE: enc and ciphertext.
    pub sealed: Bytes,
}

/// Shares of a generation for devices that came later.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShares {
    /// The device that shares.
    pub device: DeviceId,
    /// What it shares.
    pub shares: Vec<DeviceShare>,
}

impl Channels {
    /// The keys of a team that the actor is in, as one of their devices sees them.
    pub async fn team_keys(&self, ctx: &Ctx, team: TeamId, device: DeviceId) -> Result<TeamKeys, ChannelsError> {
        let mut tx = self.db.snapshot().await?;
        let tx = &mut tx;
        self.team_device(tx, ctx, team, device).await?;
        let rows = team_key::generations(tx, team, Some(device)).await?;
        let current = rows.first().filter(|newest| !newest.stale).map(TeamKey::from);
        let generations = rows
            .iter()
            .map(|row| TeamKeyShare {
                key: row.into(),
                share: row.share.clone().map(Bytes),
            })
            .collect();
        let mut devices = Vec::new();
        for row in device::of_team(tx, team, ctx.now()).await? {
            devices.push(JoinedDevice {
                device: row.id,
                statement: device::statement(tx, &row).await?,
            });
        }
        let mut waiting: Vec<WaitingDevice> = Vec::new();
        for (lacking, generation) in team_key::lacking(tx, team, device).await? {
            match waiting.last_mut().filter(|last| last.device == lacking) {
                Some(last) => last.generations.push(generation),
                None => {
                    if let Some(known) = devices.iter().find(|known| known.device == lacking) {
                        waiting.push(WaitingDevice {
                            device: lacking,
                            statement: known.statement.clone(),
                            generations: vec![generation],
                        });
                    }
                }
            }
        }
        Ok(TeamKeys {
            current,
            generations,
            waiting,
            devices,
        })
    }

    /// The newest generation of a team's key, for customers.
    pub async fn newest_team_key_in(&self, tx: &mut Tx, team: TeamId) -> Result<Option<TeamKey>, ChannelsError> {
        Ok(team_key::newest(tx, team).await?.as_ref().map(TeamKey::from))
    }

    /// Adds a generation with its shares.
    pub async fn add_team_key(&self, ctx: &Ctx, team: TeamId, new: &NewTeamKey) -> Result<(), ChannelsError> {
        let mut tx = self.db.begin().await?;
        let maker = self.team_device(&mut tx, ctx, team, new.device).await?;
        if (ctx.now().seconds() - new.at).abs() > MAX_SKEW {
            return Err(ChannelsError::invalid("at", "the clock of the device is off"));
        }
        let signed = format!(
            "{team}|{}|{}|{}",
            new.generation,
            b64u::encode(new.public_key.0),
            new.at
        );
        let signed = [b"wardesk-team-key-v1\0".as_slice(), signed.as_bytes()].concat();
        jws::verify_raw(&maker.mls_key, &signed, &new.signature.0)
            .map_err(|_| ChannelsError::invalid("signature", "it does not check"))?;
        let newest = team_key::newest(&mut tx, team).await?.map_or(0, |row| row.generation);
        if new.generation != newest + 1 {
            return Err(ChannelsError::Conflict("another device made a generation first"));
        }
        let row = TeamKeyRow {
            team,
            generation: new.generation,
            public_key: new.public_key.0,
            device: maker.id,
            at: new.at,
            signature: new.signature.0,
            stale: false,
            jws: String::new(),
            share: None,
        };
        if !team_key::insert(&mut tx, &row, maker.statement).await? {
            return Err(ChannelsError::Conflict("another device made a generation first"));
        }
        share(&mut tx, team, new.generation, &new.shares, ctx.now()).await?;
        tx.emit(ctx, &TeamKeyChanged { team }).await?;
        tx.audit(
            ctx,
            Entry::done("team.key")
                .target(team)
                .detail("generation", new.generation),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Adds shares of a generation for devices that came later.
    pub async fn share_team_key(
        &self,
        ctx: &Ctx,
        team: TeamId,
        generation: i64,
        new: &NewShares,
    ) -> Result<(), ChannelsError> {
        let mut tx = self.db.begin().await?;
        self.team_device(&mut tx, ctx, team, new.device).await?;
        if !team_key::exists(&mut tx, team, generation).await? {
            return Err(ChannelsError::NotFound);
        }
        share(&mut tx, team, generation, &new.shares, ctx.now()).await?;
        tx.emit(ctx, &TeamKeyChanged { team }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// An own device whose statement lists the team, of an actor who is in the team now.
    async fn team_device(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        team: TeamId,
        device: DeviceId,
    ) -> Result<DeviceRow, ChannelsError> {
        if !ctx.staff()?.teams.contains(&team) {
            return Err(ChannelsError::NotFound);
        }
        let own = own_device(tx, ctx, device).await?;
        if !device::of_team(tx, team, ctx.now())
            .await?
            .iter()
            .any(|row| row.id == own.id)
        {
            return Err(ChannelsError::Conflict(
                "the device's statement does not list this team: renew it",
            ));
        }
        Ok(own)
    }
}

async fn share(
    tx: &mut Tx,
    team: TeamId,
    generation: i64,
    shares: &[DeviceShare],
    now: Timestamp,
) -> Result<(), ChannelsError> {
    let devices = device::of_team(tx, team, now).await?;
    for new in shares {
        check_sealed(&new.sealed)?;
        if !devices.iter().any(|row| row.id == new.device) {
            return Err(ChannelsError::invalid("shares", "a device is not one of the team"));
        }
        team_key::share(tx, team, generation, new.device, &new.sealed.0).await?;
    }
    Ok(())
}

impl From<&TeamKeyRow> for TeamKey {
    fn from(row: &TeamKeyRow) -> Self {
        Self {
            team: row.team,
            generation: row.generation,
            public_key: PublicKey(row.public_key),
            device: row.device,
            at: row.at,
            signature: Signature(row.signature),
            statement: row.jws.clone(),
        }
    }
}
