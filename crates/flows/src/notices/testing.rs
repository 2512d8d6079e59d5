//! Notices for tests of flows.

use std::sync::Arc;

use async_trait::async_trait;
use wd_access::Access;
use wd_db::{Db, DbError, Tx};
use wd_desk::Desk;
use wd_identity::{Identity, IdentitySettings, Leavers};
use wd_kernel::{Ctx, StaffId, Timestamp};
use wd_mail::Outgoing;

use super::Notices;
use crate::staff::RightsFromAccess;

struct NoDevices;

#[async_trait]
impl Leavers for NoDevices {
    async fn left(&self, _: &mut Tx, _: &Ctx, _: StaffId) -> Result<(), DbError> {
        Ok(())
    }

    async fn started_over(&self, _: &mut Tx, _: &Ctx, _: StaffId, _: Option<Timestamp>) -> Result<(), DbError> {
        Ok(())
    }
}

/// Identity on a database where nobody has a device.
pub(crate) async fn identity(db: &Db) -> Identity {
    let settings = IdentitySettings {
        organisation_name: "Analytical Engines".into(),
        rp_id: "localhost".into(),
        origin: "http://localhost:8080".parse().unwrap(),
    };
    let vault = wd_vault::testing::vault(db).await;
    let rights = Arc::new(RightsFromAccess(Access::new(db.clone())));
    Identity::new(db.clone(), vault, settings, rights, Arc::new(NoDevices)).unwrap()
}

/// Notices that are queued for a server nobody asks.
pub(crate) async fn notices(db: &Db, desk: &Desk) -> Notices {
    let settings = wd_config::Mail {
        from: "wardesk@example.org".into(),
        server: "localhost:25".into(),
        security: wd_config::MailSecurity::None,
        ..wd_config::Mail::default()
    };
    let vault = wd_vault::testing::vault(db).await;
    let outgoing = Outgoing::open(db.clone(), vault, Some(&settings), "desk.example.org").unwrap();
    Notices::new(desk.clone(), identity(db).await, outgoing, "desk.example.org")
}
