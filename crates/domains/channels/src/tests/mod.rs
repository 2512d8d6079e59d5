mod limits;
mod log;
mod members;
mod push;

use wd_db::testing::TestDb;
use wd_kernel::{Actor, ConversationId, Ctx, DeviceId};

use crate::{
    Act, Appended, Bytes, ChannelsError, Commit, LogPage, MIGRATIONS, NewGrant, NewKeyPackages, Record, RecordType,
    Role, Sending, Sent, Subject,
    testing::{Organisation, TestDevice},
};

const ALL: &[wd_db::Migrations] = &[MIGRATIONS, wd_audit_log::MIGRATIONS, wd_vault::MIGRATIONS];

/// A customer with an open conversation, and an agent who has not taken it yet.
struct Scene {
    org: Organisation,
    db: TestDb,
    customer: TestDevice,
    agent: TestDevice,
    conversation: ConversationId,
}

fn subject(ctx: &Ctx) -> Subject {
    match &ctx.actor {
        Actor::Staff(staff) => Subject::Staff(staff.id),
        Actor::Customer { id, .. } => Subject::Customer(*id),
        _ => panic!("a person"),
    }
}

impl Scene {
    async fn waiting(db: TestDb) -> Self {
        let org = Organisation::new(&db.db).await;
        let agent = org.device(&org.staff()).await;
        org.team_key(&agent, 1).await.unwrap();
        let mut customer = org.device(&org.customer()).await;
        let new = customer.open();
        let mut tx = db.db.begin().await.unwrap();
        let opened = org
            .channels
            .open_in(&mut tx, &customer.ctx, org.team, &new)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(opened.seq, 2);
        Self {
            org,
            db,
            customer,
            agent,
            conversation: new.conversation,
        }
    }

    /// The same, taken.
    async fn talking(db: TestDb) -> Self {
        let mut scene = Self::waiting(db).await;
        let grants = [scene.grant(Act::Join, &scene.agent.ctx, &[scene.agent.id]).await];
        let info = scene.group_info().await;
        let commit = scene.agent.join(&info, &grants);
        scene.commit(&scene.agent.ctx, &commit).await.unwrap();
        scene.customer.follow(&commit.commit);
        scene
    }

    async fn grant(&self, act: Act, whose: &Ctx, devices: &[DeviceId]) -> String {
        let role = if whose.actor.staff().is_some() {
            Role::Agent
        } else {
            Role::Customer
        };
        let mut tx = self.db.db.begin().await.unwrap();
        let new = NewGrant {
            conversation: self.conversation,
            act,
            subject: subject(whose),
            devices,
            role,
            reason: "test",
            history: true,
        };
        let grant = self
            .org
            .channels
            .issue_grant_in(&mut tx, &self.agent.ctx, new)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        grant
    }

    async fn group_info(&self) -> Bytes {
        let mut tx = self.db.db.snapshot().await.unwrap();
        self.org
            .channels
            .group_in(&mut tx, &self.agent.ctx, self.conversation)
            .await
            .unwrap()
            .group_info
    }

    async fn commit(&self, ctx: &Ctx, commit: &Commit) -> Result<Appended, ChannelsError> {
        let mut tx = self.db.db.begin().await?;
        let accepted = self
            .org
            .channels
            .commit_in(&mut tx, ctx, self.conversation, commit)
            .await?;
        tx.commit().await?;
        Ok(accepted.appended)
    }

    async fn send(&self, ctx: &Ctx, sending: Sending<'_>) -> Result<Sent, ChannelsError> {
        send(&self.org, &self.db, ctx, self.conversation, sending).await
    }

    async fn letter(&self) -> Result<Sent, ChannelsError> {
        let client_id = self.customer.client_id();
        let record = self
            .customer
            .record(RecordType::Letter, self.conversation, &client_id, self.customer.epoch());
        self.send(
            &self.customer.ctx,
            Sending::Letter {
                client_id: &client_id,
                record: &record,
            },
        )
        .await
    }

    async fn log(&self, ctx: &Ctx, after: i64, limit: i64) -> LogPage {
        let mut tx = self.db.db.snapshot().await.unwrap();
        self.org
            .channels
            .log_in(&mut tx, ctx, self.conversation, None, after, limit)
            .await
            .unwrap()
    }

    /// Another device of the agent with key packages in the pool.
    async fn second_device(&self) -> TestDevice {
        let device = self.org.device(&self.agent.ctx).await;
        let new = NewKeyPackages {
            key_packages: vec![device.key_package(29, false)],
            last_resort: Some(device.key_package(29, true)),
        };
        assert_eq!(
            self.org
                .channels
                .add_key_packages(&device.ctx, device.id, &new)
                .await
                .unwrap()
                .available,
            1
        );
        device
    }

    async fn offer(&self, whose: &Ctx) -> Vec<crate::OfferedKeyPackage> {
        let mut tx = self.db.db.begin().await.unwrap();
        let offered = self
            .org
            .channels
            .offer_key_packages_in(&mut tx, whose, self.conversation, subject(whose))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        offered
    }
}

async fn send(
    org: &Organisation,
    db: &TestDb,
    ctx: &Ctx,
    conversation: ConversationId,
    sending: Sending<'_>,
) -> Result<Sent, ChannelsError> {
    let mut tx = db.db.begin().await?;
    let sent = org.channels.send_in(&mut tx, ctx, conversation, sending).await?;
    tx.commit().await?;
    Ok(sent)
}

fn message(parts: &(String, Bytes, Record)) -> Sending<'_> {
    Sending::Message {
        client_id: &parts.0,
        mls: &parts.1,
        record: &parts.2,
    }
}

fn flip(bytes: &Bytes, at: usize) -> Bytes {
    let mut out = bytes.clone();
    out.0[at] ^= 1;
    out
}
