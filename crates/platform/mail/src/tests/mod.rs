//! The queue on both databases, against the mail server that `cargo xtask test` brings.

mod delivery;
mod peer;
mod queue;
mod tap;

use std::sync::Arc;

use wd_db::Db;
use wd_kernel::{Actor, Ctx, Decide, Duration, HandClock, PageQuery, Scope, SeededEntropy, Timestamp, World};
use wd_vault::Vault;

use crate::{Mail, MailAddress, Outgoing, OutgoingMail, Sent, Worked};

struct No;

impl Decide for No {
    fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
        false
    }
}

/// A node with outgoing mail, and a clock that the test moves.
struct Node {
    db: Db,
    vault: Vault,
    outgoing: Outgoing,
    clock: Arc<HandClock>,
    ctx: Ctx,
}

impl Node {
    async fn start(db: &Db, settings: Option<wd_config::Mail>) -> Self {
        let vault = wd_vault::testing::vault(db).await;
        let outgoing = Outgoing::open(db.clone(), vault.clone(), settings.as_ref(), "desk.example.org").unwrap();
        let clock = Arc::new(HandClock::at(Timestamp::from_seconds(1_700_000_000)));
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(1)),
            decide: Arc::new(No),
        };
        Self {
            db: db.clone(),
            vault,
            outgoing,
            clock,
            ctx: world.ctx(Actor::System("test")),
        }
    }

    async fn send(&self, mail: Mail) -> Sent {
        let mut tx = self.db.begin().await.unwrap();
        let sent = self.outgoing.send(&mut tx, &self.ctx, mail).await.unwrap();
        tx.commit().await.unwrap();
        sent
    }

    async fn work(&self) -> Worked {
        self.outgoing.work(&self.ctx).await.unwrap()
    }

    async fn list(&self) -> Vec<OutgoingMail> {
        let mut tx = self.db.snapshot().await.unwrap();
        self.outgoing.list(&mut tx, &PageQuery::default()).await.unwrap().items
    }

    /// The only mail there is.
    async fn only(&self) -> OutgoingMail {
        let mut all = self.list().await;
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    /// What is sealed of the mails that still have something sealed.
    async fn sealed(&self) -> Vec<Vec<u8>> {
        let mut tx = self.db.snapshot().await.unwrap();
        let rows = wd_db::sql!(
            tx,
            fetch_all as (Vec<u8>,),
            "SELECT sealed FROM mail_outgoing WHERE sealed IS NOT NULL"
        );
        rows.await.unwrap().into_iter().map(|(sealed,)| sealed).collect()
    }

    fn advance(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(minutes * 60));
    }
}

fn notice(to: &MailAddress) -> Mail {
    Mail::new(to.clone(), "notice", "Mia was disabled", "Who: Mia\nBy: Robin\n").unwrap()
}
