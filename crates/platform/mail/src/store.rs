use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{MailId, Timestamp};

/// Table and columns, as sealed values and blind indexes are bound to them.
pub(crate) const TABLE: &str = "mail_outgoing";
pub(crate) const SEALED: &str = "sealed";
pub(crate) const RECIPIENT: &str = "recipient";

/// A mail that is put into the queue, or written down as one that is not sent.
pub(crate) struct NewMail {
    pub(crate) id: MailId,
    pub(crate) kind: &'static str,
    pub(crate) state: &'static str,
    pub(crate) queued_at: Timestamp,
    pub(crate) due_at: Timestamp,
    pub(crate) stands_for: i64,
    pub(crate) recipient: Option<Vec<u8>>,
    pub(crate) sealed: Option<Vec<u8>>,
}

record! {
    /// A mail that a worker holds.
    pub(crate) struct Claimed {
        pub(crate) id: MailId,
        pub(crate) kind: String,
        pub(crate) queued_at: Timestamp,
        /// Which try this is, from 1. Who holds the lease is who wrote this number.
        pub(crate) attempts: i64,
        pub(crate) stands_for: i64,
        pub(crate) sealed: Option<Vec<u8>>,
    }
}

record! {
    pub(crate) struct ListRow {
        pub(crate) id: MailId,
        pub(crate) kind: String,
        pub(crate) state: String,
        pub(crate) queued_at: Timestamp,
        pub(crate) due_at: Timestamp,
        pub(crate) attempts: i64,
        pub(crate) ended_at: Option<Timestamp>,
        pub(crate) trouble: Option<String>,
        pub(crate) reply: Option<i64>,
        pub(crate) stands_for: i64,
    }
}

pub(crate) async fn insert(tx: &mut Tx, mail: &NewMail) -> Result<(), DbError> {
    let ended_at = (mail.state != "waiting").then_some(mail.queued_at);
    sql!(
        tx,
        execute,
        "INSERT INTO mail_outgoing (id, kind, state, queued_at, due_at, attempts, ended_at, stands_for, recipient, sealed)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9)",
        mail.id,
        mail.kind,
        mail.state,
        mail.queued_at,
        mail.due_at,
        ended_at,
        mail.stands_for,
        mail.recipient,
        mail.sealed
    )
    .await
    .map(drop)
}

/// How many mails of their own a recipient had since a time.
pub(crate) async fn count_since(tx: &mut Tx, recipient: &[u8], since: Timestamp) -> Result<i64, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM mail_outgoing WHERE recipient = $1 AND queued_at > $2 AND stands_for = 0 AND state <> 'dropped'",
        recipient,
        since
    )
    .await?;
    Ok(count)
}

/// Lets the mail that waits to stand for many stand for one more. `false` if there is none that nobody has tried yet.
pub(crate) async fn stand_for_one_more(tx: &mut Tx, recipient: &[u8]) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE mail_outgoing SET stands_for = stands_for + 1
         WHERE recipient = $1 AND stands_for > 0 AND state = 'waiting' AND attempts = 0",
        recipient
    )
    .await?;
    Ok(changed > 0)
}

/// The mail that is due longest and nobody holds.
pub(crate) async fn due(tx: &mut Tx, now: Timestamp, not_before: Timestamp) -> Result<Option<MailId>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (MailId,),
        "SELECT id FROM mail_outgoing
         WHERE state = 'waiting' AND due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1) AND queued_at > $2
         ORDER BY due_at, id LIMIT 1",
        now,
        not_before
    )
    .await?;
    Ok(row.map(|(id,)| id))
}

/// Takes it. Of two nodes that saw the same mail, one gets it.
pub(crate) async fn claim(
    tx: &mut Tx,
    id: MailId,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<Claimed>, DbError> {
    sql!(
        tx,
        fetch_optional as Claimed,
        "UPDATE mail_outgoing SET lease_until = $2, attempts = attempts + 1
         WHERE id = $1 AND state = 'waiting' AND due_at <= $3 AND (lease_until IS NULL OR lease_until <= $3)
         RETURNING id, kind, queued_at, attempts, stands_for, sealed",
        id,
        lease_until,
        now
    )
    .await
}

/// How a try ended for good, and nothing of the content is kept. `false` if the lease was lost.
pub(crate) async fn end(
    tx: &mut Tx,
    mail: &Claimed,
    state: &'static str,
    at: Timestamp,
    trouble: Option<&'static str>,
    reply: Option<i64>,
) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE mail_outgoing SET state = $3, ended_at = $4, trouble = $5, reply = $6, lease_until = NULL, sealed = NULL
         WHERE id = $1 AND attempts = $2 AND state = 'waiting'",
        mail.id,
        mail.attempts,
        state,
        at,
        trouble,
        reply
    )
    .await?;
    Ok(changed == 1)
}

/// Puts it off. `false` if the lease was lost.
pub(crate) async fn put_off(
    tx: &mut Tx,
    mail: &Claimed,
    due_at: Timestamp,
    trouble: &'static str,
    reply: Option<i64>,
) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE mail_outgoing SET due_at = $3, trouble = $4, reply = $5, lease_until = NULL
         WHERE id = $1 AND attempts = $2 AND state = 'waiting'",
        mail.id,
        mail.attempts,
        due_at,
        trouble,
        reply
    )
    .await?;
    Ok(changed == 1)
}

/// Gives up what was queued up to a time and nobody holds.
pub(crate) async fn give_up(
    tx: &mut Tx,
    queued_until: Timestamp,
    now: Timestamp,
    trouble: &'static str,
) -> Result<u64, DbError> {
    sql!(
        tx,
        execute,
        "UPDATE mail_outgoing SET state = 'failed', ended_at = $2, trouble = COALESCE(trouble, $3), lease_until = NULL, sealed = NULL
         WHERE state = 'waiting' AND queued_at <= $1 AND (lease_until IS NULL OR lease_until <= $2)",
        queued_until,
        now,
        trouble
    )
    .await
}

/// Forgets whom mails of before went to, as far as that is not needed to count.
pub(crate) async fn forget_recipients(tx: &mut Tx, queued_until: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE mail_outgoing SET recipient = NULL WHERE recipient IS NOT NULL AND state <> 'waiting' AND queued_at <= $1",
        queued_until
    )
    .await
    .map(drop)
}

/// Forgets that there were such mails.
pub(crate) async fn forget(tx: &mut Tx, ended_until: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM mail_outgoing WHERE ended_at IS NOT NULL AND ended_at <= $1",
        ended_until
    )
    .await
    .map(drop)
}

/// Newest first, before a mail if one is given.
pub(crate) async fn list(tx: &mut Tx, before: Option<MailId>, limit: i64) -> Result<Vec<ListRow>, DbError> {
    sql!(
        tx,
        fetch_all as ListRow,
        "SELECT id, kind, state, queued_at, due_at, attempts, ended_at, trouble, reply, stands_for FROM mail_outgoing
         WHERE (id < $1 OR $1 IS NULL) ORDER BY id DESC LIMIT $2",
        before,
        limit
    )
    .await
}

/// How many there are of each state.
pub(crate) async fn count_by_state(tx: &mut Tx) -> Result<Vec<(String, i64)>, DbError> {
    type CountRow = (String, i64);
    sql!(
        tx,
        fetch_all as CountRow,
        "SELECT state, COUNT(*) FROM mail_outgoing GROUP BY state"
    )
    .await
}
