//! Customers: their records, sealed; search, reveal, import; and how a widget proves which customer it speaks for.
//!
//! Invariants:
//! - Every personal field is sealed with the customer's own key. Names of columns say nothing, values never appear in clear.
//! - Mail, phone and external id can be found by equality through blind indexes, and only so.
//! - A field class that the actor has no right to never leaves this crate; opening one is an audit entry.
//! - Without a valid widget session nobody speaks for a customer.

pub mod events;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod http;
mod model;
pub mod permissions;
mod service;
mod store;

pub use http::{router, widget_router};
pub use model::{CustomerFields, CustomerKind, FieldClass, Search, SearchKind};
pub use service::{
    Customer, CustomerChange, CustomerError, CustomerSummary, Identified, IdentityKey, IdentityKeys, Import,
    ImportError, ImportProblem, ImportState, Masked, NewCustomer, OnFile, Revealed, Visitor, WidgetError,
};

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use wd_db::{Db, DbError, Tx};
use wd_kernel::{Ctx, CustomerId};
use wd_vault::Vault;

/// The schema of this domain.
pub const MIGRATIONS: wd_db::Migrations = wd_db::migrations!("customers": "0001_customer", "0002_verified_at", "0003_mail_changed_at", "0004_phone_changed_at");

/// Counts conversations, which another domain keeps.
#[async_trait]
pub trait ConversationsOf: Send + Sync {
    /// How many conversations of each of these customers the actor may see; who has none may be left out.
    async fn counts(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customers: &[CustomerId],
    ) -> Result<HashMap<CustomerId, i64>, DbError>;
}

/// The use cases of this domain.
#[derive(Clone)]
pub struct Customers {
    db: Db,
    vault: Vault,
    identity_keys: Arc<dyn IdentityKeys>,
    conversations: Arc<dyn ConversationsOf>,
}

impl Customers {
    /// On a database and vault. `identity_keys` knows with which keys the company's site signs, `conversations` counts.
    pub fn new(
        db: Db,
        vault: Vault,
        identity_keys: Arc<dyn IdentityKeys>,
        conversations: Arc<dyn ConversationsOf>,
    ) -> Self {
        Self {
            db,
            vault,
            identity_keys,
            conversations,
        }
    }
}

#[cfg(test)]
mod tests;
