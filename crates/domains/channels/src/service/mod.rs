//! The use cases.

mod commit;
mod devices;
mod enrol;
mod grants;
mod history;
mod key_packages;
mod notes;
mod open;
mod organisation;
mod push;
mod rate;
mod read;
mod receipts;
mod removal;
mod send;
mod team_keys;

use std::sync::Arc;

use async_trait::async_trait;
use wd_db::{Db, Tx};
use wd_kernel::{Actor, ConversationId, Ctx, CustomerId, Denied, DeviceId, StaffId, TeamId};
use wd_vault::Vault;

pub use commit::{CommitAccepted, Joined};
pub use devices::{DeviceEntry, LivingDevice, WidgetDevice};
pub use enrol::{Enrolled, NewDevice, RenewedStatement, UnlockSecret};
pub(crate) use grants::GRANT_VALIDITY;
pub use grants::NewGrant;
pub use history::HandOver;
pub use key_packages::{AvailableKeyPackages, NewKeyPackages, OfferedKeyPackage};
pub use notes::{NewNote, Note, NoteAppended};
pub use open::{FirstLetter, NewConversation, OpenedConversation};
pub use organisation::OrganisationKey;
pub use push::PushedItem;
pub use read::{GroupView, OpenRemoval};
pub use receipts::{Position, Receipt};
pub use send::{Sending, Sent};
pub use team_keys::{DeviceShare, NewShares, NewTeamKey, TeamKey, TeamKeyShare, TeamKeys, WaitingDevice};

use crate::{
    ChannelsError, Subject,
    store::{self, device::DeviceRow, group::GroupRow},
};

/// In which teams a staff member is.
#[async_trait]
pub trait TeamsOf: Send + Sync {
    /// The teams, now.
    async fn teams(&self, tx: &mut Tx, staff: StaffId) -> Result<Vec<TeamId>, ChannelsError>;
}

/// The names that statements vouch for.
#[async_trait]
pub trait ShownNames: Send + Sync {
    /// The name a staff member is shown by. `None`: there is no such active staff member.
    async fn staff(&self, tx: &mut Tx, staff: StaffId) -> Result<Option<String>, ChannelsError>;
    /// The verified name of a customer; `None` for an anonymous visitor.
    async fn customer(&self, tx: &mut Tx, customer: CustomerId) -> Result<Option<String>, ChannelsError>;
}

/// The delivery service. Clones share what is behind it.
///
/// Functions that end in `_in` work in the caller's transaction. A customer sees only their own conversations here;
/// which conversations a staff member may see is the desk's to say, and the caller asks it first.
#[derive(Clone)]
pub struct Channels {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) teams: Arc<dyn TeamsOf>,
    pub(crate) names: Arc<dyn ShownNames>,
}

impl Channels {
    /// The delivery service on a database.
    pub fn new(db: Db, vault: Vault, teams: Arc<dyn TeamsOf>, names: Arc<dyn ShownNames>) -> Self {
        Self {
            db,
            vault,
            teams,
            names,
        }
    }
}

/// The person who acts.
pub(crate) fn person(ctx: &Ctx) -> Result<Subject, Denied> {
    match &ctx.actor {
        Actor::Staff(staff) => Ok(Subject::Staff(staff.id)),
        Actor::Customer { id, .. } => Ok(Subject::Customer(*id)),
        Actor::Nobody | Actor::Directory(_) | Actor::System(_) => Err(Denied::Unauthenticated),
    }
}

/// A device of who acts, if it still counts.
pub(crate) async fn own_device(tx: &mut Tx, ctx: &Ctx, device: DeviceId) -> Result<DeviceRow, ChannelsError> {
    let owner = person(ctx)?;
    own(owner, store::device::find(tx, device).await?)
}

/// The same, when it was looked up already.
pub(crate) fn own(owner: Subject, device: Option<DeviceRow>) -> Result<DeviceRow, ChannelsError> {
    let row = device
        .filter(|row| row.owner() == owner)
        .ok_or(ChannelsError::NotFound)?;
    if row.revoked_at.is_some() {
        return Err(ChannelsError::Conflict("this device was revoked"));
    }
    Ok(row)
}

/// A conversation that the actor may know of, as far as this domain can say.
pub(crate) fn visible(ctx: &Ctx, group: Option<GroupRow>) -> Result<GroupRow, ChannelsError> {
    let group = group.ok_or(ChannelsError::NotFound)?;
    match &ctx.actor {
        Actor::Nobody => Err(Denied::Unauthenticated.into()),
        Actor::Customer { id, .. } if *id != group.customer => Err(ChannelsError::NotFound),
        _ => Ok(group),
    }
}

/// Takes the conversation's turn.
pub(crate) async fn lock(tx: &mut Tx, ctx: &Ctx, conversation: ConversationId) -> Result<GroupRow, ChannelsError> {
    // Looked at before locking, so that nobody makes a stranger's conversation wait.
    visible(ctx, store::group::find(tx, conversation).await?)?;
    visible(ctx, store::group::lock(tx, conversation).await?)
}
