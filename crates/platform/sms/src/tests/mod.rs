//! The queue on both databases: against the SMPP server and the Kannel that `cargo xtask test` brings, and against HTTP
//! servers of the tests that answer what a test wants.

mod http;
mod kannel;
mod limits;
mod peer;
mod queue;
mod smpp;
mod ways;

use std::sync::Arc;

use wd_config::{Secret, Sms, SmsDriver};
use wd_db::Db;
use wd_kernel::{
    Actor, Ctx, Decide, Duration, HandClock, PageQuery, Scope, SecretString, SeededEntropy, Timestamp, World,
};
use wd_vault::Vault;

use crate::{MIGRATIONS, Sent, SmsMessage, Text, Texts, Worked};

const SCHEMA: &[wd_db::Migrations] = &[wd_vault::MIGRATIONS, wd_audit_log::MIGRATIONS, MIGRATIONS];
const CODE: &str = "Wardesk code 123456\n@desk.example.org #123456";

struct No;

impl Decide for No {
    fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
        false
    }
}

/// A node with text messages, and a clock that the test moves.
struct Node {
    db: Db,
    texts: Texts,
    clock: Arc<HandClock>,
    ctx: Ctx,
}

fn settings(drivers: Vec<SmsDriver>) -> Sms {
    Sms {
        countries: vec!["49".into(), "1".into()],
        except: vec!["1876".into()],
        drivers,
        ..Sms::default()
    }
}

fn secret(text: &str) -> Secret {
    Secret::Value(SecretString::new(text))
}

impl Node {
    async fn start(db: &Db, drivers: Vec<SmsDriver>) -> Self {
        Self::with(db, Some(settings(drivers))).await
    }

    async fn with(db: &Db, settings: Option<Sms>) -> Self {
        let vault: Vault = wd_vault::testing::vault(db).await;
        let texts = Texts::open(db.clone(), vault, settings.as_ref()).unwrap();
        let clock = Arc::new(HandClock::at(Timestamp::from_seconds(1_700_000_000)));
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(1)),
            decide: Arc::new(No),
        };
        Self {
            db: db.clone(),
            texts,
            clock,
            ctx: world.ctx(Actor::System("test")),
        }
    }

    async fn send(&self, text: Text) -> Sent {
        let mut tx = self.db.begin().await.unwrap();
        let sent = self.texts.send(&mut tx, &self.ctx, text).await.unwrap();
        tx.commit().await.unwrap();
        sent
    }

    async fn work(&self) -> Worked {
        self.texts.work(&self.ctx).await.unwrap()
    }

    async fn list(&self) -> Vec<SmsMessage> {
        let mut tx = self.db.snapshot().await.unwrap();
        self.texts.list(&mut tx, &PageQuery::default()).await.unwrap().items
    }

    /// The only message there is.
    async fn only(&self) -> SmsMessage {
        let mut all = self.list().await;
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    /// What is sealed of the messages that still have something sealed.
    async fn sealed(&self) -> Vec<Vec<u8>> {
        let mut tx = self.db.snapshot().await.unwrap();
        let rows = wd_db::sql!(
            tx,
            fetch_all as (Vec<u8>,),
            "SELECT sealed FROM sms_message WHERE sealed IS NOT NULL"
        );
        rows.await.unwrap().into_iter().map(|(sealed,)| sealed).collect()
    }

    /// The kinds of event that wait in the outbox.
    async fn events(&self) -> Vec<String> {
        let mut tx = self.db.snapshot().await.unwrap();
        let rows = wd_db::sql!(tx, fetch_all as (String,), "SELECT kind FROM outbox ORDER BY seq");
        rows.await.unwrap().into_iter().map(|(kind,)| kind).collect()
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn code(to: &str) -> Text {
    Text::new(to.parse().unwrap(), "code", CODE, Duration::from_secs(600)).unwrap()
}
