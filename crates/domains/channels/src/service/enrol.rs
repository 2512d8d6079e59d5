use serde::{Deserialize, Serialize};
use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::jws;
use wd_db::{DbError, Tx};
use wd_kernel::{Actor, Ctx, DeviceId, Duration, Id as _, TeamId, Timestamp};

use super::{Channels, own_device, person, rate};
use crate::{
    Bytes, ChannelsError, DEVICE_TYPE, DeviceEnrolled, DeviceStatement, PublicKey, Signature, Subject, TeamKeyChanged,
    store::device::{self, DeviceRow, subject_uuid},
};

const STAFF_VALIDITY: Duration = Duration::from_secs(7 * 24 * 3600);
const CUSTOMER_VALIDITY: Duration = Duration::from_secs(30 * 24 * 3600);
/// A person with more live devices than this has forgotten to revoke some.
const MAX_DEVICES: usize = 20;

/// A device that wants to take part.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// What its owner calls it.
    #[serde(default)]
    pub name: String,
    /// Ed25519: the key of its MLS leaves and records.
    pub mls_key: PublicKey,
    /// X25519: what is sealed for it.
    pub hpke_key: PublicKey,
    /// Ed25519 by `mls_key` over `wardesk-device-v1`, a zero byte and both keys.
    pub proof: Signature,
}

/// What an enrolled device needs to know.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Enrolled {
    /// The device.
    pub id: DeviceId,
    /// The organisation's statement about it.
    pub statement: String,
    /// Staff only: one half of what its local store is encrypted with.
    pub unlock_secret: Option<Bytes>,
}

/// A new statement.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RenewedStatement {
    /// The organisation's statement about the device.
    pub statement: String,
}

/// One half of what a staff device's local store is encrypted with.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UnlockSecret {
    /// 32 bytes.
    pub unlock_secret: Bytes,
}

impl Channels {
    /// Enrols a device of who acts. Staff show their second factor for it.
    pub async fn enrol(&self, ctx: &Ctx, input: NewDevice, user_agent: &str) -> Result<Enrolled, ChannelsError> {
        let owner = person(ctx)?;
        if let Actor::Staff(_) = &ctx.actor {
            ctx.fresh_factor("device.enrol")?;
        }
        let name: String = input.name.trim().chars().take(80).collect();
        let proven = [b"wardesk-device-v1\0".as_slice(), &input.mls_key.0, &input.hpke_key.0].concat();
        jws::verify_raw(&input.mls_key.0, &proven, &input.proof.0)
            .map_err(|_| ChannelsError::invalid("proof", "the signature does not check"))?;
        let mut tx = self.db.begin().await?;
        limited(&mut tx, ctx, owner).await?;
        if device::of_subject(&mut tx, owner)
            .await?
            .iter()
            .filter(|device| device.revoked_at.is_none() && still_counts(device, ctx.now()))
            .count()
            >= MAX_DEVICES
        {
            return Err(ChannelsError::Conflict(
                "too many devices: revoke one that is not used any more",
            ));
        }
        let row = DeviceRow {
            id: ctx.id(),
            kind: owner.kind().as_str().to_owned(),
            subject: subject_uuid(owner),
            name,
            user_agent: user_agent.chars().take(200).collect(),
            mls_key: input.mls_key.0,
            hpke_key: input.hpke_key.0,
            statement: 0,
            statement_expires_at: ctx.now(),
            created_at: ctx.now(),
            last_seen_at: ctx.now(),
            revoked_at: None,
        };
        let (secret, sealed) = self.new_unlock_secret(ctx, owner, row.id)?;
        match device::insert(&mut tx, &row, sealed).await {
            Err(DbError::Unique) => return Err(ChannelsError::Conflict("these keys are enrolled already")),
            other => other?,
        }
        let statement = self.issue_statement(&mut tx, ctx, &row).await?;
        tx.emit(
            ctx,
            &DeviceEnrolled {
                device: row.id,
                staff: owner.staff(),
                customer: owner.customer(),
            },
        )
        .await?;
        tx.audit(
            ctx,
            Entry::done("device.enrolled")
                .target(row.id)
                .detail("kind", owner.kind().as_str()),
        )
        .await?;
        tx.commit().await?;
        Ok(Enrolled {
            id: row.id,
            statement,
            unlock_secret: secret,
        })
    }

    /// A new statement for a device of who acts. Staff show their second factor for it.
    pub async fn renew_statement(&self, ctx: &Ctx, device: DeviceId) -> Result<RenewedStatement, ChannelsError> {
        if let Actor::Staff(_) = &ctx.actor {
            ctx.fresh_factor("device.enrol")?;
        }
        let mut tx = self.db.begin().await?;
        let row = own_device(&mut tx, ctx, device).await?;
        limited(&mut tx, ctx, row.owner()).await?;
        let statement = self.issue_statement(&mut tx, ctx, &row).await?;
        device::seen(&mut tx, device, ctx.now()).await?;
        tx.audit(ctx, Entry::done("device.renewed").target(device)).await?;
        tx.commit().await?;
        Ok(RenewedStatement { statement })
    }

    /// The secret half of the local store of a staff member's own device.
    pub async fn unlock(&self, ctx: &Ctx, device: DeviceId) -> Result<UnlockSecret, ChannelsError> {
        ctx.staff()?;
        let mut tx = self.db.begin().await?;
        own_device(&mut tx, ctx, device).await?;
        let sealed = device::unlock_secret(&mut tx, device)
            .await?
            .ok_or(ChannelsError::NotFound)?;
        let secret = self
            .vault
            .unseal("device", "unlock_secret", device.uuid().as_bytes(), &sealed)?;
        device::seen(&mut tx, device, ctx.now()).await?;
        tx.commit().await?;
        Ok(UnlockSecret {
            unlock_secret: Bytes(secret.expose().to_vec()),
        })
    }

    fn new_unlock_secret(
        &self,
        ctx: &Ctx,
        owner: Subject,
        device: DeviceId,
    ) -> Result<(Option<Bytes>, Option<Vec<u8>>), ChannelsError> {
        if owner.staff().is_none() {
            return Ok((None, None));
        }
        let secret = ctx.random::<32>();
        let sealed = self.vault.seal(
            ctx.entropy(),
            "device",
            "unlock_secret",
            device.uuid().as_bytes(),
            &secret,
        )?;
        Ok((Some(Bytes(secret.to_vec())), Some(sealed)))
    }

    /// Signs and stores the statement about a device as of now.
    async fn issue_statement(&self, tx: &mut Tx, ctx: &Ctx, row: &DeviceRow) -> Result<String, ChannelsError> {
        let owner = row.owner();
        let (name, teams, validity): (_, Vec<TeamId>, _) = match owner {
            Subject::Staff(staff) => {
                let name = self.names.staff(tx, staff).await?.ok_or(ChannelsError::NotFound)?;
                (Some(name), self.teams.teams(tx, staff).await?, STAFF_VALIDITY)
            }
            Subject::Customer(customer) => (self.names.customer(tx, customer).await?, Vec::new(), CUSTOMER_VALIDITY),
        };
        let expires_at: Timestamp = ctx.now() + validity;
        let statement = DeviceStatement {
            iss: self.vault.organisation().to_owned(),
            sub: owner.to_string(),
            kind: owner.kind(),
            name,
            device: row.id,
            mls_key: row.mls_key(),
            hpke_key: PublicKey(row.hpke_key),
            teams: teams.clone(),
            iat: ctx.now().seconds(),
            exp: expires_at.seconds(),
        };
        let jws = self.signer(tx).await?.sign(DEVICE_TYPE, &statement)?;
        device::set_statement(tx, row.id, row.statement + 1, &jws, expires_at, &teams).await?;
        for team in teams {
            // Colleagues' devices hear that somebody may wait for the team's key.
            tx.emit(ctx, &TeamKeyChanged { team }).await?;
        }
        Ok(jws)
    }
}

/// Each statement of a customer's device stays; staff show their second factor for one.
async fn limited(tx: &mut Tx, ctx: &Ctx, owner: Subject) -> Result<(), ChannelsError> {
    match owner {
        Subject::Customer(customer) => rate::DEVICES.spend(tx, ctx, customer.uuid()).await,
        Subject::Staff(_) => Ok(()),
    }
}

/// A customer whose browser forgets at every visit leaves devices behind that nobody will renew.
fn still_counts(device: &DeviceRow, now: Timestamp) -> bool {
    device.owner().staff().is_some() || device.statement_expires_at > now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customers_device_is_told_that_there_is_no_secret() {
        let enrolled = Enrolled {
            id: DeviceId::from_uuid(uuid::Uuid::nil()),
            statement: String::new(),
            unlock_secret: None,
        };
        let shown = serde_json::to_value(enrolled).unwrap();
        assert_eq!(shown.get("unlock_secret"), Some(&serde_json::Value::Null));
    }
}
