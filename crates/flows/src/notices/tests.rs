use std::sync::Arc;

use wd_access::events::RolesChanged;
use wd_channels::DeviceEnrolled;
use wd_db::{Db, both_databases, outbox};
use wd_desk::{Desk, SettingsChange};
use wd_identity::{
    FactorKind,
    events::{FactorDisabled, PasswordDisabled, RecoveryCodeUsed, StaffDisabled, StaffEnabled, StaffInvited},
};
use wd_kernel::{
    Actor, Ctx, Decide, Event, HandClock, Id as _, PageQuery, Scope, SeededEntropy, StaffId, Timestamp, World,
};

use super::{Notices, TOLD, testing::notices};
use crate::relay::Consequences as _;

const ALL: &[wd_db::Migrations] = &[
    wd_vault::MIGRATIONS,
    wd_audit_log::MIGRATIONS,
    wd_mail::MIGRATIONS,
    wd_identity::MIGRATIONS,
    wd_access::MIGRATIONS,
    wd_desk::MIGRATIONS,
];

struct Everything;

impl Decide for Everything {
    fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
        true
    }
}

struct Office {
    notices: Notices,
    desk: Desk,
    ctx: Ctx,
    db: Db,
}

impl Office {
    async fn open(db: &Db) -> Self {
        let world = World {
            clock: Arc::new(HandClock::at(Timestamp::from_seconds(1_800_000_000))),
            entropy: Arc::new(SeededEntropy::new(7)),
            decide: Arc::new(Everything),
        };
        let desk = Desk::new(db.clone());
        let ctx = world.ctx(Actor::System("test"));
        let team = ctx.id();
        desk.ensure_settings(&ctx, "Analytical Engines", team).await.unwrap();
        let office = Self {
            notices: notices(db, &desk).await,
            desk,
            ctx,
            db: db.clone(),
        };
        office.relayed().await;
        office
    }

    async fn contact(&self, address: &str) {
        let change = SettingsChange {
            typing: true,
            presence: true,
            widget_origins: vec![],
            identity_keys: vec![],
            name: None,
            reply_time: None,
            widget_team: None,
            security_contact: Some(address.into()),
        };
        let mut tx = self.db.begin().await.unwrap();
        self.desk.change_settings_in(&mut tx, &self.ctx, change).await.unwrap();
        tx.commit().await.unwrap();
        self.relayed().await;
    }

    async fn emit(&self, event: &impl Event) {
        let mut tx = self.db.begin().await.unwrap();
        tx.emit(&self.ctx, event).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Lets follow what follows, as the relay does.
    async fn relayed(&self) {
        let mut tx = self.db.begin().await.unwrap();
        for event in outbox::waiting(&mut tx, 100).await.unwrap() {
            assert!(outbox::done(&mut tx, event.id).await.unwrap());
            if self.notices.follow_from(&event.kind) {
                self.notices.follow(&mut tx, &self.ctx, &event).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    }

    /// The kinds of mail that were queued, in the order of the alphabet.
    async fn queued(&self) -> Vec<String> {
        let mut tx = self.db.snapshot().await.unwrap();
        let page = self
            .notices
            .outgoing
            .list(&mut tx, &PageQuery::default())
            .await
            .unwrap();
        let mut kinds: Vec<String> = page.items.into_iter().map(|mail| mail.kind).collect();
        kinds.sort();
        kinds
    }
}

fn staff(n: u128) -> StaffId {
    StaffId::from_uuid(uuid::Uuid::from_u128(n))
}

async fn everything_happens(office: &Office) {
    let (staff, by) = (staff(1), Some(staff(2)));
    office.emit(&StaffDisabled { staff, by }).await;
    office.emit(&StaffEnabled { staff, by }).await;
    office.emit(&StaffInvited { staff, by: None }).await;
    let roles = vec![wd_access::ADMINISTRATOR.to_owned()];
    office.emit(&RolesChanged { staff, roles, by }).await;
    let (factor, kind) = (office.ctx.id(), FactorKind::Totp);
    office.emit(&FactorDisabled { factor, staff, kind }).await;
    office.emit(&PasswordDisabled { staff }).await;
    office.emit(&RecoveryCodeUsed { staff, remaining: 7 }).await;
    let (device, customer) = (office.ctx.id(), None);
    office
        .emit(&DeviceEnrolled {
            device,
            staff: Some(staff),
            customer,
        })
        .await;
}

both_databases! { ALL;
    async fn the_security_contact_hears_of_everything_that_matters(test) {
        let office = Office::open(&test.db).await;
        office.contact("security@example.org").await;
        everything_happens(&office).await;
        office.relayed().await;
        let all = [
            "administrator-made", "device-enrolled", "factor-stopped", "link-made", "password-stopped", "recovery-code-used",
            "staff-disabled", "staff-enabled",
        ];
        assert_eq!(office.queued().await, all);
        assert_eq!(all.len(), TOLD.len());
    }

    async fn what_does_not_matter_is_not_told(test) {
        let office = Office::open(&test.db).await;
        office.contact("security@example.org").await;
        let roles = vec!["agent".to_owned()];
        office.emit(&RolesChanged { staff: staff(1), roles, by: None }).await;
        let (device, customer) = (office.ctx.id(), Some(office.ctx.id()));
        office.emit(&DeviceEnrolled { device, staff: None, customer }).await;
        office.relayed().await;
        assert!(office.queued().await.is_empty());
    }

    async fn without_a_security_contact_there_is_no_mail(test) {
        let office = Office::open(&test.db).await;
        everything_happens(&office).await;
        office.relayed().await;
        office.contact("security@example.org").await;
        assert!(office.queued().await.is_empty(), "who comes later does not hear of what was before");
    }

    async fn an_event_of_an_older_version_is_told_too(test) {
        let office = Office::open(&test.db).await;
        office.contact("security@example.org").await;
        let event = wd_kernel::EventEnvelope {
            id: office.ctx.id(),
            seq: 1,
            kind: StaffDisabled::KIND.into(),
            at: office.ctx.now(),
            payload: format!("{{\"staff\":\"{}\"}}", staff(1)),
        };
        let mut tx = test.db.begin().await.unwrap();
        office.notices.follow(&mut tx, &office.ctx, &event).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(office.queued().await, ["staff-disabled"]);
    }
}
