//! The queue.

pub(crate) mod alarms;
pub(crate) mod drivers;
pub(crate) mod raised;

use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{SmsId, Timestamp};

/// Table and columns, as sealed values and blind indexes are bound to them.
pub(crate) const TABLE: &str = "sms_message";
pub(crate) const SEALED: &str = "sealed";
pub(crate) const NUMBER: &str = "number";
pub(crate) const BLOCK: &str = "number_block";
pub(crate) const ADDRESS: &str = "address";

/// A message that is put into the queue, or written down as one that is not sent.
pub(crate) struct NewMessage {
    pub(crate) id: SmsId,
    pub(crate) kind: &'static str,
    pub(crate) country: String,
    pub(crate) queued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// Why it is refused; `None`: it waits.
    pub(crate) refused: Option<&'static str>,
    pub(crate) cost: i64,
    pub(crate) number: Option<Vec<u8>>,
    pub(crate) block: Option<Vec<u8>>,
    pub(crate) address: Option<Vec<u8>>,
    pub(crate) for_customer: bool,
    pub(crate) sealed: Option<Vec<u8>>,
}

record! {
    /// A message that a worker holds.
    pub(crate) struct Claimed {
        pub(crate) id: SmsId,
        pub(crate) kind: String,
        pub(crate) queued_at: Timestamp,
        pub(crate) expires_at: Timestamp,
        /// Which try this is, from 1. Who holds the lease is who wrote this number.
        pub(crate) attempts: i64,
        pub(crate) cost: i64,
        pub(crate) sealed: Option<Vec<u8>>,
        /// The names of the drivers that refused it for good, with a space between them: names have none.
        pub(crate) refused_by: String,
    }
}

impl Claimed {
    /// Whether a driver refused it in an earlier try.
    pub(crate) fn was_refused_by(&self, driver: &str) -> bool {
        self.refused_by.split_whitespace().any(|name| name == driver)
    }
}

record! {
    pub(crate) struct ListRow {
        pub(crate) id: SmsId,
        pub(crate) kind: String,
        pub(crate) country: String,
        pub(crate) state: String,
        pub(crate) queued_at: Timestamp,
        pub(crate) attempts: i64,
        pub(crate) trouble: Option<String>,
        pub(crate) driver: Option<String>,
        pub(crate) sent_at: Option<Timestamp>,
        pub(crate) receipt_at: Option<Timestamp>,
        pub(crate) verified_at: Option<Timestamp>,
    }
}

/// Waits until nobody else counts.
pub(crate) async fn take_turn(tx: &mut Tx) -> Result<(), DbError> {
    sql!(tx, execute, "UPDATE sms_turn SET turns = turns + 1 WHERE id = 1")
        .await
        .map(drop)
}

pub(crate) async fn insert(tx: &mut Tx, message: &NewMessage) -> Result<(), DbError> {
    let state = if message.refused.is_some() {
        "refused"
    } else {
        "waiting"
    };
    let ended_at = message.refused.map(|_| message.queued_at);
    sql!(
        tx,
        execute,
        "INSERT INTO sms_message (id, kind, country, state, queued_at, due_at, expires_at, attempts, ended_at, trouble, cost,
           number, number_block, address, sealed, for_customer)
         VALUES ($1, $2, $3, $4, $5, $5, $6, 0, $7, $8, $9, $10, $11, $12, $13, $14)",
        message.id,
        message.kind,
        message.country,
        state,
        message.queued_at,
        message.expires_at,
        ended_at,
        message.refused,
        message.cost,
        message.number,
        message.block,
        message.address,
        message.sealed,
        message.for_customer
    )
    .await
    .map(drop)
}

/// How many messages to a number, of customers or of staff, were not refused since a time.
pub(crate) async fn count_number(
    tx: &mut Tx,
    number: &[u8],
    for_customer: bool,
    since: Timestamp,
) -> Result<i64, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM sms_message WHERE number = $1 AND for_customer = $2 AND queued_at > $3",
        number,
        for_customer,
        since
    )
    .await?;
    Ok(count)
}

/// How many messages of a kind to a number were not refused since a time.
pub(crate) async fn count_kind(tx: &mut Tx, number: &[u8], kind: &str, since: Timestamp) -> Result<i64, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM sms_message WHERE number = $1 AND kind = $2 AND queued_at > $3",
        number,
        kind,
        since
    )
    .await?;
    Ok(count)
}

/// How many messages, of customers or of staff, asked for from a network address were not refused since a time.
pub(crate) async fn count_address(
    tx: &mut Tx,
    address: &[u8],
    for_customer: bool,
    since: Timestamp,
) -> Result<i64, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM sms_message WHERE address = $1 AND for_customer = $2 AND queued_at > $3",
        address,
        for_customer,
        since
    )
    .await?;
    Ok(count)
}

/// What messages queued since a time cost, or will if they are taken: of all, or of those to customers.
pub(crate) async fn spent(tx: &mut Tx, since: Timestamp, customers_only: bool) -> Result<i64, DbError> {
    let (spent,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT CAST(COALESCE(SUM(cost), 0) AS BIGINT) FROM sms_message WHERE queued_at > $1 AND (for_customer OR NOT $2)",
        since,
        customers_only
    )
    .await?;
    Ok(spent)
}

/// The message that is due longest and nobody holds.
pub(crate) async fn due(tx: &mut Tx, now: Timestamp) -> Result<Option<SmsId>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (SmsId,),
        "SELECT id FROM sms_message
         WHERE state = 'waiting' AND due_at <= $1 AND expires_at > $1 AND (lease_until IS NULL OR lease_until <= $1)
         ORDER BY due_at, id LIMIT 1",
        now
    )
    .await?;
    Ok(row.map(|(id,)| id))
}

/// Takes it. Of two nodes that saw the same message, one gets it.
pub(crate) async fn claim(
    tx: &mut Tx,
    id: SmsId,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<Claimed>, DbError> {
    sql!(
        tx,
        fetch_optional as Claimed,
        "UPDATE sms_message SET lease_until = $2, attempts = attempts + 1
         WHERE id = $1 AND state = 'waiting' AND due_at <= $3 AND expires_at > $3
           AND (lease_until IS NULL OR lease_until <= $3)
         RETURNING id, kind, queued_at, expires_at, attempts, cost, sealed, refused_by",
        id,
        lease_until,
        now
    )
    .await
}

/// A driver took it. Nothing of the content is kept. `false` if the lease was lost.
pub(crate) async fn sent(
    tx: &mut Tx,
    message: &Claimed,
    driver: &str,
    reference: Option<&str>,
    at: Timestamp,
    ask_at: Option<Timestamp>,
) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE sms_message SET state = 'sent', driver = $3, reference = $4, sent_at = $5, ended_at = $5, ask_at = $6,
           trouble = NULL, lease_until = NULL, sealed = NULL
         WHERE id = $1 AND attempts = $2 AND state = 'waiting'",
        message.id,
        message.attempts,
        driver,
        reference,
        at,
        ask_at
    )
    .await?;
    Ok(changed == 1)
}

/// Nobody took it, and nobody is asked again. Nothing of the content is kept. `false` if the lease was lost.
pub(crate) async fn failed(tx: &mut Tx, message: &Claimed, at: Timestamp, trouble: &str) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE sms_message SET state = 'failed', ended_at = $3, trouble = $4, cost = 0, lease_until = NULL, sealed = NULL
         WHERE id = $1 AND attempts = $2 AND state = 'waiting'",
        message.id,
        message.attempts,
        at,
        trouble
    )
    .await?;
    Ok(changed == 1)
}

/// Puts it off, and writes down who refused it until now. `false` if the lease was lost.
pub(crate) async fn put_off(
    tx: &mut Tx,
    message: &Claimed,
    due_at: Timestamp,
    trouble: &str,
    refused_by: &str,
) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE sms_message SET due_at = $3, trouble = $4, refused_by = $5, lease_until = NULL
         WHERE id = $1 AND attempts = $2 AND state = 'waiting'",
        message.id,
        message.attempts,
        due_at,
        trouble,
        refused_by
    )
    .await?;
    Ok(changed == 1)
}

/// Gives up what was not sent within its life.
pub(crate) async fn expire(tx: &mut Tx, now: Timestamp, trouble: &str) -> Result<u64, DbError> {
    sql!(
        tx,
        execute,
        "UPDATE sms_message SET state = 'expired', ended_at = $1, trouble = COALESCE(trouble, $2), cost = 0,
           lease_until = NULL, sealed = NULL
         WHERE state = 'waiting' AND expires_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)",
        now,
        trouble
    )
    .await
}

/// What a driver says of a message that it took. The row, if there is one that has no receipt yet.
pub(crate) async fn receipt(
    tx: &mut Tx,
    driver: &str,
    reference: &str,
    state: &'static str,
    at: Timestamp,
) -> Result<Option<Timestamp>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (Timestamp,),
        "UPDATE sms_message SET state = $3, receipt_at = $4, ask_at = NULL
         WHERE reference = $2 AND driver = $1 AND state = 'sent' RETURNING COALESCE(sent_at, queued_at) AS sent_at",
        driver,
        reference,
        state,
        at
    )
    .await?;
    Ok(row.map(|(sent_at,)| sent_at))
}

record! {
    /// A message whose driver is to be asked how it went.
    pub(crate) struct Asked {
        pub(crate) id: SmsId,
        pub(crate) driver: String,
        pub(crate) reference: String,
        pub(crate) sent_at: Timestamp,
    }
}

/// The next message to ask about; of two nodes one gets it, since it is due again only at `again_at`.
pub(crate) async fn take_question(tx: &mut Tx, now: Timestamp, again_at: Timestamp) -> Result<Option<Asked>, DbError> {
    sql!(
        tx,
        fetch_optional as Asked,
        "UPDATE sms_message SET ask_at = $2
         WHERE ask_at <= $1 AND state = 'sent' AND id = (SELECT id FROM sms_message
           WHERE ask_at <= $1 AND state = 'sent' AND driver IS NOT NULL AND reference IS NOT NULL AND sent_at IS NOT NULL
           ORDER BY ask_at LIMIT 1)
         RETURNING id, driver, reference, sent_at",
        now,
        again_at
    )
    .await
}

/// When to ask next; `None`: no more.
pub(crate) async fn ask_at(tx: &mut Tx, id: SmsId, at: Option<Timestamp>) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE sms_message SET ask_at = $2 WHERE id = $1 AND state = 'sent'",
        id,
        at
    )
    .await
    .map(drop)
}

/// The code of the message was used.
pub(crate) async fn verified(tx: &mut Tx, id: SmsId, at: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE sms_message SET verified_at = $2 WHERE id = $1 AND verified_at IS NULL",
        id,
        at
    )
    .await
    .map(drop)
}

/// Forgets to whom messages of before went, and who asked.
pub(crate) async fn forget_people(tx: &mut Tx, queued_until: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE sms_message SET number = NULL, number_block = NULL, address = NULL
         WHERE queued_at <= $1 AND state <> 'waiting' AND (number IS NOT NULL OR address IS NOT NULL)",
        queued_until
    )
    .await
    .map(drop)
}

/// Forgets that there were such messages, and figures and alarms as old.
pub(crate) async fn forget(tx: &mut Tx, until: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM sms_message WHERE ended_at IS NOT NULL AND ended_at <= $1",
        until
    )
    .await?;
    sql!(tx, execute, "DELETE FROM sms_figure WHERE hour <= $1", until).await?;
    sql!(tx, execute, "DELETE FROM sms_alarm_raised WHERE at <= $1", until).await?;
    sql!(tx, execute, "DELETE FROM sms_alarm WHERE at <= $1", until)
        .await
        .map(drop)
}

/// Newest first, before a message if one is given.
pub(crate) async fn list(tx: &mut Tx, before: Option<SmsId>, limit: i64) -> Result<Vec<ListRow>, DbError> {
    sql!(
        tx,
        fetch_all as ListRow,
        "SELECT id, kind, country, state, queued_at, attempts, trouble, driver, sent_at, receipt_at, verified_at FROM sms_message
         WHERE (id < $1 OR $1 IS NULL) ORDER BY id DESC LIMIT $2",
        before,
        limit
    )
    .await
}
