//! What one domain asks of another, answered here. Domains do not know each other; some of them ask in a circle, so the
//! answers are joined after all of them are made.

use std::{collections::HashMap, sync::OnceLock};

use async_trait::async_trait;
use wd_access::Access;
use wd_channels::{Channels, ChannelsError, ShownNames, TeamsOf};
use wd_customer_proof::Channel;
use wd_customers::{ConversationsOf, Customers, IdentityKey, IdentityKeys};
use wd_db::{DbError, Tx};
use wd_desk::{Desk, DeskError};
use wd_flows::conversations::{
    Conversations, ConversationsError, CustomerNames, CustomerSessions, NamesError, StaffNames,
};
use wd_flows::customer_proof::{OnFile, RecordError};
use wd_identity::{Identity, Leavers, StaffState};
use wd_kernel::{Ctx, CustomerId, SecretString, StaffId, TeamId, Timestamp};
use wd_provisioning::Provisioning;
use wd_single_sign_on::SingleSignOn;
use wd_team_vault::{People, StaffDevice};

/// Where the answers come from.
pub(crate) struct Joints {
    access: Access,
    origin: String,
    later: OnceLock<Later>,
}

/// What is made after the joints.
pub(crate) struct Later {
    pub(crate) identity: Identity,
    pub(crate) customers: Customers,
    pub(crate) desk: Desk,
    pub(crate) channels: Channels,
    pub(crate) conversations: Conversations,
    pub(crate) provider: SingleSignOn,
    pub(crate) directory: Provisioning,
}

/// Asked before everything was joined: a fault in how the server is put together.
#[derive(Debug, thiserror::Error)]
#[error("the server is not put together yet")]
struct NotJoined;

impl Joints {
    pub(crate) const fn new(access: Access, origin: String) -> Self {
        Self {
            access,
            origin,
            later: OnceLock::new(),
        }
    }

    /// Joins what was made after this. Once.
    pub(crate) fn join(&self, later: Later) {
        // Only App::open calls this, once.
        drop(self.later.set(later));
    }

    fn later(&self) -> Result<&Later, DbError> {
        self.later.get().ok_or_else(|| DbError::Schema(NotJoined.to_string()))
    }
}

#[async_trait]
impl IdentityKeys for Joints {
    async fn identity_keys(&self, tx: &mut Tx) -> Result<Vec<IdentityKey>, DbError> {
        let settings = self.later()?.desk.settings_in(tx).await.map_err(desk_fault)?;
        Ok(settings
            .identity_keys
            .into_iter()
            .map(|key| IdentityKey {
                kid: key.kid,
                alg: key.alg,
                pem: key.pem,
            })
            .collect())
    }

    fn audience(&self) -> String {
        self.origin.clone()
    }
}

#[async_trait]
impl ConversationsOf for Joints {
    async fn counts(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customers: &[CustomerId],
    ) -> Result<HashMap<CustomerId, i64>, DbError> {
        self.later()?
            .desk
            .counts_of_customers_in(tx, ctx, customers)
            .await
            .map_err(desk_fault)
    }
}

#[async_trait]
impl Leavers for Joints {
    async fn left(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), DbError> {
        // Who comes back one day has nothing of before, also not an account at the provider.
        self.later()?.provider.unbind_in(tx, ctx, staff, None).await?;
        self.later()?.directory.left_in(tx, ctx, staff).await?;
        self.later()?
            .conversations
            .staff_left_in(tx, ctx, staff)
            .await
            .map_err(|error| match error {
                ConversationsError::Db(error) => error,
                other => DbError::Schema(other.to_string()),
            })
    }

    async fn started_over(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        since: Option<Timestamp>,
    ) -> Result<(), DbError> {
        self.later()?.provider.unbind_in(tx, ctx, staff, since).await.map(drop)
    }
}

#[async_trait]
impl TeamsOf for Joints {
    async fn teams(&self, tx: &mut Tx, staff: StaffId) -> Result<Vec<TeamId>, ChannelsError> {
        Ok(self
            .access
            .rights_of(tx, staff)
            .await?
            .teams
            .into_iter()
            .map(|(id, _)| id)
            .collect())
    }
}

#[async_trait]
impl ShownNames for Joints {
    async fn staff(&self, tx: &mut Tx, staff: StaffId) -> Result<Option<String>, ChannelsError> {
        let standing = self.later()?.identity.standing_in(tx, staff).await?;
        Ok(standing
            .filter(|(state, _)| *state == StaffState::Active)
            .map(|(_, name)| name))
    }

    /// Statements lie in clear in every group and log, and a customer's name does not belong there: staff see it from
    /// the sealed record.
    async fn customer(&self, _: &mut Tx, _: CustomerId) -> Result<Option<String>, ChannelsError> {
        Ok(None)
    }
}

#[async_trait]
impl StaffNames for Joints {
    async fn names(&self, tx: &mut Tx, ids: &[StaffId]) -> Result<HashMap<StaffId, String>, NamesError> {
        let later = self.later()?;
        let mut names = HashMap::with_capacity(ids.len());
        for &id in ids {
            if let Some((_, name)) = later.identity.standing_in(tx, id).await? {
                names.insert(id, name);
            }
        }
        Ok(names)
    }
}

#[async_trait]
impl People for Joints {
    async fn of_team(&self, tx: &mut Tx, team: TeamId) -> Result<Vec<StaffId>, DbError> {
        let members = self.access.members_in(tx).await?;
        Ok(members
            .into_iter()
            .filter(|(_, known)| *known == team)
            .map(|(staff, _)| staff)
            .collect())
    }

    async fn names(&self, tx: &mut Tx, staff: &[StaffId]) -> Result<HashMap<StaffId, String>, DbError> {
        let later = self.later()?;
        let mut names = HashMap::with_capacity(staff.len());
        for &id in staff {
            if let Some((StaffState::Active, name)) = later.identity.standing_in(tx, id).await? {
                names.insert(id, name);
            }
        }
        Ok(names)
    }

    async fn devices(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<Vec<StaffDevice>, DbError> {
        let devices = self.later()?.channels.staff_devices_in(tx, ctx, staff).await?;
        Ok(devices
            .into_iter()
            .map(|known| StaffDevice {
                device: known.device,
                mls_key: known.mls_key,
                statement: known.statement,
                current: known.current,
            })
            .collect())
    }
}

#[async_trait]
impl CustomerNames for Joints {
    async fn names(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        ids: &[CustomerId],
    ) -> Result<HashMap<CustomerId, (String, bool)>, NamesError> {
        if !ctx.holds::<wd_customers::permissions::CustomerRead>(wd_kernel::Scope::ORGANISATION) {
            return Ok(HashMap::new());
        }
        let names = self.later()?.customers.names_in(tx, ids).await?;
        Ok(names
            .into_iter()
            .map(|(id, (name, verified))| (id, (name.unwrap_or_default(), verified)))
            .collect())
    }
}

#[async_trait]
impl CustomerSessions for Joints {
    async fn end_others(&self, tx: &mut Tx, ctx: &Ctx, customer: CustomerId, keep: &str) -> Result<(), DbError> {
        self.later()?
            .customers
            .end_other_sessions_in(tx, ctx, customer, keep)
            .await
    }
}

#[async_trait]
impl OnFile for Joints {
    async fn address(
        &self,
        tx: &mut Tx,
        customer: CustomerId,
        channel: Channel,
    ) -> Result<Option<(SecretString, Option<Timestamp>)>, RecordError> {
        let customers = &self.later()?.customers;
        let on_file = match channel {
            Channel::MailCode => customers.mail_on_file_in(tx, customer).await?,
            Channel::PhoneCode => customers.phone_on_file_in(tx, customer).await?,
            Channel::Passkey => None,
        };
        Ok(on_file.map(|on_file| (on_file.address, on_file.changed_at)))
    }

    async fn session_lives(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        token_hash: &[u8],
    ) -> Result<bool, RecordError> {
        let hash: [u8; 32] = token_hash.try_into()?;
        Ok(self
            .later()?
            .customers
            .session_lives_in(tx, ctx, customer, hash)
            .await?)
    }

    async fn session_is_vouched(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        token_hash: &[u8],
    ) -> Result<bool, RecordError> {
        let hash: [u8; 32] = token_hash.try_into()?;
        Ok(self
            .later()?
            .customers
            .session_is_vouched_in(tx, ctx, customer, hash)
            .await?)
    }

    async fn name(&self, tx: &mut Tx, customer: CustomerId) -> Result<Option<String>, RecordError> {
        let mut names = self.later()?.customers.names_in(tx, &[customer]).await?;
        Ok(names.remove(&customer).and_then(|(name, _)| name))
    }
}

fn desk_fault(error: DeskError) -> DbError {
    match error {
        DeskError::Db(error) => error,
        other => DbError::Schema(other.to_string()),
    }
}
