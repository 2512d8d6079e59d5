//! Conversations as people use them: the desk's case, the delivery service's group and log, and the names of those who
//! take part, in one transaction. The desk says who may; it is asked, and locked, first.

mod change;
mod customer;
mod error;
mod grants;
mod http;
mod organisation;
mod read;
mod send;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use wd_channels::{Channels, TeamsOf};
use wd_db::{Db, DbError, Tx};
use wd_desk::Desk;
use wd_kernel::{Ctx, CustomerId, StaffId};

use crate::notices::Notices;

pub use error::{ConversationsError, NamesError};
pub use grants::{GrantAct, GrantRequest, Grants};
pub use http::{public_router, router, widget_router};
pub use organisation::{OrganisationSettings, OrganisationView, PublicOrganisation, WidgetOrganisation};
pub use read::{ConversationView, CountsView, CustomerRef, StaffRef};

/// The names of customers, as the actor may see them.
#[async_trait]
pub trait CustomerNames: Send + Sync {
    /// The shown name of each, and whether it was verified. Who is not in the answer is shown without a name.
    async fn names(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        ids: &[CustomerId],
    ) -> Result<HashMap<CustomerId, (String, bool)>, NamesError>;
}

/// The names of staff.
#[async_trait]
pub trait StaffNames: Send + Sync {
    /// The shown name of each.
    async fn names(&self, tx: &mut Tx, ids: &[StaffId]) -> Result<HashMap<StaffId, String>, NamesError>;
}

/// The sessions of customers' widgets.
#[async_trait]
pub trait CustomerSessions: Send + Sync {
    /// Ends all sessions of a customer but the one with this token, so that a device that was taken out does not come
    /// back by itself.
    async fn end_others(&self, tx: &mut Tx, ctx: &Ctx, customer: CustomerId, keep: &str) -> Result<(), DbError>;
}

/// The use cases. Clones share what is behind them.
#[derive(Clone)]
pub struct Conversations {
    db: Db,
    desk: Desk,
    channels: Channels,
    teams: Arc<dyn TeamsOf>,
    staff: Arc<dyn StaffNames>,
    customers: Arc<dyn CustomerNames>,
    sessions: Arc<dyn CustomerSessions>,
    notices: Notices,
    origin: Arc<str>,
}

/// Who knows about the people: the answers of other domains.
pub struct Directories {
    /// In which teams staff are.
    pub teams: Arc<dyn TeamsOf>,
    /// What staff are called.
    pub staff: Arc<dyn StaffNames>,
    /// What customers are called.
    pub customers: Arc<dyn CustomerNames>,
    /// Customers' sessions.
    pub sessions: Arc<dyn CustomerSessions>,
}

impl Conversations {
    /// The use cases on these domains. `origin` is where browsers reach the server, without a slash at the end.
    pub fn new(db: Db, desk: Desk, channels: Channels, people: Directories, notices: Notices, origin: &str) -> Self {
        Self {
            db,
            desk,
            channels,
            teams: people.teams,
            staff: people.staff,
            customers: people.customers,
            sessions: people.sessions,
            notices,
            origin: origin.trim_end_matches('/').into(),
        }
    }

    /// A staff member left: their conversations wait again, and their devices count no more.
    pub async fn staff_left_in(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), ConversationsError> {
        self.desk.left_in(tx, ctx, staff).await?;
        Ok(self.channels.left_in(tx, ctx, staff).await?)
    }
}
