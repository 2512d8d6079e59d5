//! A desk after some years, written at once: the rows of one real conversation, many times over, with customers sealed
//! under keys of their own. Customers and cases go in many rows to a statement, what hangs on them by one statement for a
//! whole transaction.

use std::{fmt::Write as _, path::Path, sync::Arc};

use anyhow::Context as _;
use uuid::Uuid;
use wd_db::{Bound, Column as _, Db, Tx, sql};
use wd_kernel::{Actor, ConversationId, Ctx, CustomerId, Decide, Id as _, Scope, StaffId, TeamId, Timestamp, World};
use wd_server::{SystemClock, SystemEntropy};
use wd_vault::{KeyFile, SubjectKey, Unlock, Vault};

use crate::{
    database::Database,
    measure::{now, seconds},
};

const IN_A_TRANSACTION: usize = 5_000;
const IN_A_STATEMENT: usize = 250;
/// What the one who looks works on.
const MINE: usize = 40;
/// In how many closed conversations they were a colleague.
const HELPED: usize = 2_000;
/// In how many open ones they are.
const HELPS: usize = 20;

/// What the rows are made from.
struct Mould {
    vault: Vault,
    ctx: Ctx,
    /// The conversation whose rows are copied.
    real: ConversationId,
    team: TeamId,
    lead: StaffId,
    other: StaffId,
    /// Ids of conversations are counted up from here.
    base: u128,
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
    let began = now();
    let mut written = 0;
    while written < conversations {
        let until = conversations.min(written + IN_A_TRANSACTION);
        let mut tx = db.begin().await?;
        for first in (written..until).step_by(IN_A_STATEMENT) {
            mould.cases(&mut tx, first, until.min(first + IN_A_STATEMENT)).await?;
        }
        mould.groups(&mut tx, written, until).await?;
        tx.commit().await?;
        written = until;
        let took = seconds(began.elapsed());
        eprintln!(
            "{}: {written} of {conversations} conversations after {took:.1} s",
            database.name()
        );
    }
    let mut tx = db.begin().await?;
    mould.helped(&mut tx).await?;
    let last = mould.id(conversations.saturating_sub(1));
    mould.lengthen(&mut tx, last, long).await?;
    if matches!(database, Database::Postgres { .. }) {
        // What autovacuum does on a server that has run for a while.
        tx.execute("ANALYZE", vec![]).await?;
    }
    tx.commit().await?;
    db.close().await;
    eprintln!("{}: written in {:.1} s", database.name(), seconds(began.elapsed()));
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
        let (team,) = sql!(
            tx,
            fetch_one as (TeamId,),
            "SELECT team FROM mls_group WHERE conversation = $1",
            real
        )
        .await?;
        let ctx = world.ctx(Actor::System("bench"));
        let base = ctx.id::<ConversationId>().uuid().as_u128() & !u128::from(u32::MAX);
        Ok(Self {
            vault,
            ctx,
            real,
            team,
            lead,
            other,
            base,
        })
    }

    /// The id of the conversation of this number: later numbers are later ids.
    fn id(&self, number: usize) -> ConversationId {
        ConversationId::from_uuid(Uuid::from_u128(self.base | number as u128))
    }

    /// Customers and their cases. Of a hundred, 60 are closed, 25 are worked on and 15 wait.
    async fn cases(&self, tx: &mut Tx, first: usize, until: usize) -> anyhow::Result<()> {
        let now = self.ctx.now();
        let (mut customers, mut cases) = (vec![now.bind()], vec![self.team.bind()]);
        for number in first..until {
            let customer: CustomerId = self.ctx.id();
            self.customer(tx, customer, number, &mut customers).await?;
            let (state, assignee) = match number % 100 {
                0..60 => ("closed", Some(self.other)),
                60 if number / 100 < MINE => ("open", Some(self.lead)),
                60..85 => ("open", Some(self.other)),
                _ => ("waiting", None),
            };
            // Not in the order in which they were made.
            let minutes = i64::try_from(number * 7_919 % 500_000)?;
            let at = Timestamp::from_seconds(now.seconds() - minutes * 60);
            let waiting = (state == "waiting").then_some(at);
            let closed = (state == "closed").then_some(at);
            cases.extend([
                self.id(number).bind(),
                customer.bind(),
                state.bind(),
                assignee.bind(),
                at.bind(),
                waiting.bind(),
                closed.bind(),
                at.bind(),
            ]);
        }
        let count = until - first;
        let customers_sql = statement(
            "INSERT INTO customer (created_at, updated_at, version, kind, verified, id, name, mail, phone, address, external_id, tags, mail_index, phone_index, external_index)",
            "$1, $1, 1, 'recorded', TRUE",
            10,
            count,
        );
        tx.execute(customers_sql, customers).await?;
        let cases_sql = statement(
            "INSERT INTO conversation (team, last_from, id, customer, state, assignee, opened_at, waiting_since, closed_at, last_activity_at)",
            "$1, 'customer'",
            8,
            count,
        );
        tx.execute(cases_sql, cases).await?;
        Ok(())
    }

    /// Groups, members, colleagues, counts and logs of the cases with these numbers.
    async fn groups(&self, tx: &mut Tx, first: usize, until: usize) -> anyhow::Result<()> {
        let (first, last) = (self.id(first), self.id(until - 1));
        sql!(
            tx,
            execute,
            "INSERT INTO mls_group (conversation, customer, team, head, note_head, epoch, state, group_info, opened_at)
             SELECT c.id, c.customer, c.team, m.head, 0, m.epoch, m.state, m.group_info, c.opened_at
             FROM conversation c CROSS JOIN mls_group m WHERE m.conversation = $1 AND c.id >= $2 AND c.id <= $3",
            self.real,
            first,
            last
        )
        .await?;
        sql!(
            tx,
            execute,
            "INSERT INTO group_member (conversation, device, staff, joined_epoch)
             SELECT c.id, m.device, m.staff, m.joined_epoch
             FROM conversation c CROSS JOIN group_member m WHERE m.conversation = $1 AND c.id >= $2 AND c.id <= $3",
            self.real,
            first,
            last
        )
        .await?;
        sql!(
            tx,
            execute,
            "INSERT INTO colleague (conversation, staff) SELECT id, $3 FROM conversation WHERE state = 'open' AND id >= $1 AND id <= $2",
            first,
            last,
            self.other
        )
        .await?;
        sql!(
            tx,
            execute,
            "INSERT INTO case_count (team, state, cases) SELECT team, state, COUNT(*) FROM conversation WHERE id >= $1 AND id <= $2 GROUP BY team, state
             ON CONFLICT (team, state) DO UPDATE SET cases = case_count.cases + excluded.cases",
            first,
            last
        )
        .await?;
        sql!(
            tx,
            execute,
            "INSERT INTO log_item (conversation, seq, batch, kind, client_id, device, statement, at, epoch, body)
             SELECT c.id, i.seq, i.batch, i.kind, i.client_id, i.device, i.statement, i.at, i.epoch, i.body
             FROM conversation c CROSS JOIN log_item i WHERE i.conversation = $1 AND c.id >= $2 AND c.id <= $3",
            self.real,
            first,
            last
        )
        .await?;
        Ok(())
    }

    /// Whoever looks has helped in many conversations that are closed now.
    async fn helped(&self, tx: &mut Tx) -> anyhow::Result<()> {
        sql!(
            tx,
            execute,
            "INSERT INTO colleague (conversation, staff, open) SELECT id, $1, FALSE FROM conversation WHERE state = 'closed' ORDER BY id LIMIT $2",
            self.lead,
            i64::try_from(HELPED)?
        )
        .await?;
        sql!(
            tx,
            execute,
            "INSERT INTO colleague (conversation, staff) SELECT id, $1 FROM conversation WHERE assignee = $2 AND state = 'open' ORDER BY id LIMIT $3",
            self.lead,
            self.other,
            i64::try_from(HELPS)?
        )
        .await?;
        Ok(())
    }

    /// Repeats the last message until the log is so long.
    async fn lengthen(&self, tx: &mut Tx, id: ConversationId, long: usize) -> anyhow::Result<()> {
        let (last, head) = sql!(
            tx,
            fetch_one as (i64, i64),
            "SELECT MAX(i.seq), MAX(g.head) FROM log_item i JOIN mls_group g ON g.conversation = i.conversation WHERE i.conversation = $1 AND i.kind = 'message'",
            id
        )
        .await
        .context("nobody wrote a message")?;
        for seq in head + 1..=i64::try_from(long)? {
            let client_id = wd_client::engine::client_id(self.ctx.entropy());
            sql!(
                tx,
                execute,
                "INSERT INTO log_item (conversation, seq, batch, kind, client_id, device, statement, at, epoch, body)
                 SELECT conversation, $3, $3, kind, $4, device, statement, at, epoch, body FROM log_item WHERE conversation = $1 AND seq = $2",
                id,
                last,
                seq,
                client_id
            )
            .await?;
        }
        sql!(
            tx,
            execute,
            "UPDATE mls_group SET head = $2 WHERE conversation = $1",
            id,
            i64::try_from(long)?
        )
        .await?;
        Ok(())
    }

    async fn customer(&self, tx: &mut Tx, id: CustomerId, number: usize, row: &mut Vec<Bound>) -> anyhow::Result<()> {
        let key = self.vault.create_subject_key(tx, &self.ctx, id).await?;
        let mail = mail_of(number);
        let phone = format!("+49301234{number:06}");
        let external = format!("C-{number:08}");
        let sealed = |column: &str, clear: &str| self.sealed(&key, id, column, clear);
        let index = |column: &str, value: &str| self.vault.blind_index("customer", column).of(value);
        row.extend([
            id.bind(),
            sealed("name", &format!("Customer Number {number}"))?.bind(),
            sealed("mail", &mail)?.bind(),
            sealed("phone", &phone)?.bind(),
            sealed("address", &format!("{number} Harbour Street, 20095 Hamburg"))?.bind(),
            sealed("external_id", &external)?.bind(),
            sealed("tags", "wholesale")?.bind(),
            index("mail", &mail).bind(),
            index("phone", &phone).bind(),
            index("external_id", &external).bind(),
        ]);
        Ok(())
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

/// The mail address of the customer of this number.
pub fn mail_of(number: usize) -> String {
    format!("customer{number}@example.org")
}

/// `head VALUES (constants, $2, …), (constants, …)`. The text lives as long as the program, as the driver wants it.
fn statement(head: &str, constants: &str, columns: usize, rows: usize) -> &'static str {
    let mut text = format!("{head} VALUES ");
    for row in 0..rows {
        let comma = if row == 0 { "" } else { ", " };
        // Writing into a string does not fail.
        let _ = write!(text, "{comma}({constants}");
        for column in 0..columns {
            let _ = write!(text, ", ${}", 2 + row * columns + column);
        }
        text.push(')');
    }
    text.leak()
}
