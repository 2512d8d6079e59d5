//! A desk after some years, written at once: the rows of one real conversation, many times over, with customers sealed
//! under keys of their own.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use wd_db::{Db, Tx, record, sql};
use wd_kernel::{
    Actor, ConversationId, Ctx, CustomerId, Decide, DeviceId, Id as _, Scope, StaffId, TeamId, Timestamp, World,
};
use wd_server::{SystemClock, SystemEntropy};
use wd_vault::{KeyFile, SubjectKey, Unlock, Vault};

use crate::database::Database;

const IN_A_TRANSACTION: usize = 2_000;
/// What the one who looks works on.
const MINE: usize = 40;

record! {
    struct Model {
        team: TeamId,
        epoch: i64,
        state: Vec<u8>,
        group_info: Vec<u8>,
    }
}

record! {
    struct Item {
        kind: String,
        device: Option<DeviceId>,
        statement: Option<i64>,
        epoch: i64,
        body: String,
    }
}

/// What the rows are made from.
struct Mould {
    vault: Vault,
    ctx: Ctx,
    model: Model,
    items: Vec<Item>,
    members: Vec<DeviceId>,
    lead: StaffId,
    other: StaffId,
}

/// Nobody asks for rights here.
struct NoRights;

impl Decide for NoRights {
    fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
        false
    }
}

/// Writes so many conversations, one of them with a long log; answers that one.
pub async fn fill(
    database: &Database,
    data: &Path,
    real: ConversationId,
    [lead, other]: [StaffId; 2],
    conversations: usize,
    long: usize,
) -> anyhow::Result<ConversationId> {
    let db = database.open(data).await?;
    let mould = Mould::of(&db, data, real, lead, other).await?;
    let mut last = real;
    let mut written = 0;
    while written < conversations {
        let mut tx = db.begin().await?;
        let until = conversations.min(written + IN_A_TRANSACTION);
        for number in written..until {
            last = mould.conversation(&mut tx, number).await?;
        }
        tx.commit().await?;
        written = until;
    }
    let mut tx = db.begin().await?;
    let letter = mould.items.iter().rev().find(|item| item.kind == "message");
    let letter = letter.context("nobody wrote a message")?;
    for seq in mould.items.len() + 1..=long {
        mould.item(&mut tx, last, i64::try_from(seq)?, letter).await?;
    }
    sql!(
        tx,
        execute,
        "UPDATE mls_group SET head = $2 WHERE conversation = $1",
        last,
        i64::try_from(long)?
    )
    .await?;
    tx.commit().await?;
    db.close().await;
    Ok(last)
}

impl Mould {
    async fn of(db: &Db, data: &Path, real: ConversationId, lead: StaffId, other: StaffId) -> anyhow::Result<Self> {
        let unlock = Unlock::Key(wd_kernel::SecretBytes::new(std::fs::read(data.join("unlock.key"))?));
        let file = KeyFile::open_or_create(&data.join("keys.json"), &unlock, &SystemEntropy)?;
        let vault = Vault::open(db, &file, &SystemEntropy).await?;
        let world = World {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            decide: Arc::new(NoRights),
        };
        let mut tx = db.snapshot().await?;
        let model = sql!(
            tx,
            fetch_one as Model,
            "SELECT team, epoch, state, group_info FROM mls_group WHERE conversation = $1",
            real
        )
        .await?;
        let items = sql!(
            tx,
            fetch_all as Item,
            "SELECT kind, device, statement, epoch, body FROM log_item WHERE conversation = $1 ORDER BY seq",
            real
        )
        .await?;
        let members = sql!(
            tx,
            fetch_all as (DeviceId,),
            "SELECT device FROM group_member WHERE conversation = $1",
            real
        )
        .await?;
        Ok(Self {
            vault,
            ctx: world.ctx(Actor::System("bench")),
            model,
            items,
            members: members.into_iter().map(|(device,)| device).collect(),
            lead,
            other,
        })
    }

    /// Of a hundred, 60 are closed, 25 are worked on and 15 wait.
    async fn conversation(&self, tx: &mut Tx, number: usize) -> anyhow::Result<ConversationId> {
        let id: ConversationId = self.ctx.id();
        let customer = self.customer(tx, number).await?;
        let (state, assignee) = match number % 100 {
            0..60 => ("closed", Some(self.other)),
            60..85 if number / 100 < MINE && number % 100 == 60 => ("open", Some(self.lead)),
            60..85 => ("open", Some(self.other)),
            _ => ("waiting", None),
        };
        // Not in the order in which they were made.
        let minutes = i64::try_from(number * 7_919 % 500_000)?;
        let at = Timestamp::from_seconds(self.ctx.now().seconds() - minutes * 60);
        let waiting = (state == "waiting").then_some(at);
        let closed = (state == "closed").then_some(at);
        sql!(
            tx,
            execute,
            "INSERT INTO conversation (id, team, customer, state, assignee, opened_at, waiting_since, last_activity_at, last_from, closed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $6, 'customer', $8)",
            id,
            self.model.team,
            customer,
            state,
            assignee,
            at,
            waiting,
            closed
        )
        .await?;
        sql!(
            tx,
            execute,
            "INSERT INTO mls_group (conversation, customer, team, head, note_head, epoch, state, group_info, opened_at) VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8)",
            id,
            customer,
            self.model.team,
            i64::try_from(self.items.len())?,
            self.model.epoch,
            self.model.state,
            self.model.group_info,
            at
        )
        .await?;
        for device in &self.members {
            sql!(
                tx,
                execute,
                "INSERT INTO group_member (conversation, device, staff, joined_epoch) VALUES ($1, $2, $3, 1)",
                id,
                *device,
                true
            )
            .await?;
        }
        if state == "open" {
            sql!(
                tx,
                execute,
                "INSERT INTO colleague (conversation, staff) VALUES ($1, $2)",
                id,
                self.other
            )
            .await?;
        }
        for (seq, item) in (1..).zip(&self.items) {
            self.item(tx, id, seq, item).await?;
        }
        Ok(id)
    }

    async fn item(&self, tx: &mut Tx, id: ConversationId, seq: i64, item: &Item) -> anyhow::Result<()> {
        let client_id = wd_client::engine::client_id(self.ctx.entropy());
        sql!(
            tx,
            execute,
            "INSERT INTO log_item (conversation, seq, batch, kind, client_id, device, statement, at, epoch, body) VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9)",
            id,
            seq,
            item.kind,
            client_id,
            item.device,
            item.statement,
            self.ctx.now(),
            item.epoch,
            item.body
        )
        .await?;
        Ok(())
    }

    async fn customer(&self, tx: &mut Tx, number: usize) -> anyhow::Result<CustomerId> {
        let id: CustomerId = self.ctx.id();
        let key = self.vault.create_subject_key(tx, &self.ctx, id).await?;
        let mail = format!("customer{number}@example.org");
        let phone = format!("+49301234{number:06}");
        let external = format!("C-{number:08}");
        let sealed = |column: &str, clear: &str| self.sealed(&key, id, column, clear);
        let index = |column: &str, value: &str| self.vault.blind_index("customer", column).of(value);
        sql!(
            tx,
            execute,
            "INSERT INTO customer (id, version, kind, verified, name, mail, phone, address, external_id, notes, tags, mail_index, phone_index, external_index, created_at, updated_at)
             VALUES ($1, 1, 'recorded', $2, $3, $4, $5, $6, $7, NULL, $8, $9, $10, $11, $12, $12)",
            id,
            true,
            sealed("name", &format!("Customer Number {number}"))?,
            sealed("mail", &mail)?,
            sealed("phone", &phone)?,
            sealed("address", &format!("{number} Harbour Street, 20095 Hamburg"))?,
            sealed("external_id", &external)?,
            sealed("tags", "wholesale")?,
            index("mail", &mail),
            index("phone", &phone),
            index("external_id", &external),
            self.ctx.now()
        )
        .await?;
        Ok(id)
    }

    fn sealed(&self, key: &SubjectKey, id: CustomerId, column: &str, clear: &str) -> anyhow::Result<Vec<u8>> {
        Ok(key.seal(
            self.ctx.entropy(),
            "customer",
            column,
            id.uuid().as_bytes(),
            clear.as_bytes(),
        )?)
    }
}
