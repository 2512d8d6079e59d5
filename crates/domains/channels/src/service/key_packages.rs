use serde::{Deserialize, Serialize};
use wd_crypto::sha256;
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, DeviceId, Timestamp};

use super::{Channels, own_device};
use crate::{
    Bytes, ChannelsError, Subject,
    mls::{Leaf, check_key_package},
    model::{Trust, valid},
    store::{
        device::{self, DeviceRow},
        group,
    },
};

/// What a device may keep with the server.
const POOL: i64 = 100;
const AT_ONCE: usize = 100;

/// Key packages of a device.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKeyPackages {
    /// For one use each.
    pub key_packages: Vec<Bytes>,
    /// Used when no other one is left; marked with the last-resort extension.
    #[serde(default)]
    pub last_resort: Option<Bytes>,
}

/// How many there are.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct AvailableKeyPackages {
    /// For one use each.
    pub available: i64,
}

/// A key package to add a device with.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OfferedKeyPackage {
    /// The device.
    pub device: DeviceId,
    /// Its statement.
    pub statement: String,
    /// The key package.
    pub key_package: Bytes,
}

impl Channels {
    /// Keeps key packages for a device of who acts.
    pub async fn add_key_packages(
        &self,
        ctx: &Ctx,
        device: DeviceId,
        input: &NewKeyPackages,
    ) -> Result<AvailableKeyPackages, ChannelsError> {
        if input.key_packages.len() > AT_ONCE {
            return Err(ChannelsError::invalid("key_packages", "at most 100 at once"));
        }
        let mut tx = self.db.begin().await?;
        let row = own_device(&mut tx, ctx, device).await?;
        let trust = self.trust(&mut tx).await?;
        for package in &input.key_packages {
            add(&mut tx, ctx, &row, &trust, &package.0, false).await?;
        }
        if let Some(package) = &input.last_resort {
            add(&mut tx, ctx, &row, &trust, &package.0, true).await?;
        }
        let available = device::available_key_packages(&mut tx, device, ctx.now()).await?;
        if available > POOL {
            return Err(ChannelsError::Conflict("a device keeps at most 100 key packages"));
        }
        device::seen(&mut tx, device, ctx.now()).await?;
        tx.commit().await?;
        Ok(AvailableKeyPackages { available })
    }

    /// Key packages for those devices of somebody that are not in the conversation yet. Devices without any are left out.
    pub async fn offer_key_packages_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        subject: Subject,
    ) -> Result<Vec<OfferedKeyPackage>, ChannelsError> {
        let members = group::members(tx, conversation).await?;
        let mut offered = Vec::new();
        for row in device::of_subject(tx, subject).await? {
            if row.revoked_at.is_some() || members.iter().any(|member| member.device == row.id) {
                continue;
            }
            if let Some(package) = device::take_key_package(tx, row.id, ctx.now()).await? {
                let statement = device::statement(tx, &row).await?;
                offered.push(OfferedKeyPackage {
                    device: row.id,
                    statement,
                    key_package: Bytes(package.bytes),
                });
            }
        }
        Ok(offered)
    }
}

async fn add(
    tx: &mut Tx,
    ctx: &Ctx,
    row: &DeviceRow,
    trust: &Trust,
    bytes: &[u8],
    last_resort: bool,
) -> Result<(), ChannelsError> {
    let package = check_key_package(bytes, ctx.now())?;
    if package.last_resort() != last_resort {
        return Err(ChannelsError::InvalidMls(
            "only the last resort, and only it, carries the last-resort extension",
        ));
    }
    let leaf = Leaf::of_package(&package)?;
    let statement = trust.device(&leaf.statement)?;
    if statement.device != row.id
        || leaf.mls_key.as_slice() != row.mls_key
        || !valid(statement.iat, statement.exp, ctx.now())
    {
        return Err(ChannelsError::InvalidMls(
            "the key package's credential is not a valid statement of this device",
        ));
    }
    // A key package is of no use once the statement in it has run out.
    let until = i64::try_from(package.life_time().not_after())
        .unwrap_or(i64::MAX)
        .min(statement.exp);
    Ok(device::add_key_package(
        tx,
        row.id,
        sha256(bytes),
        bytes,
        Timestamp::from_seconds(until),
        last_resort,
    )
    .await?)
}
