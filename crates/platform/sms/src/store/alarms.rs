//! What looks like pumping, and what was reported of it.

use wd_db::{DbError, Tx, record, sql};
use wd_kernel::Timestamp;

record! {
    /// Messages to a block of numbers or a country.
    pub(crate) struct Pattern {
        /// To how many different numbers.
        pub(crate) numbers: i64,
        pub(crate) messages: i64,
        /// How many of their codes were used.
        pub(crate) used: i64,
    }
}

/// Messages to a block of numbers, to customers or to staff, queued after `since` and until `until`: those after it had no time to be used.
pub(crate) async fn of_block(
    tx: &mut Tx,
    block: &[u8],
    for_customer: bool,
    since: Timestamp,
    until: Timestamp,
) -> Result<Pattern, DbError> {
    sql!(
        tx,
        fetch_one as Pattern,
        "SELECT COUNT(DISTINCT number) AS numbers, COUNT(*) AS messages, COUNT(verified_at) AS used FROM sms_message
         WHERE number_block = $1 AND for_customer = $2 AND queued_at > $3 AND queued_at <= $4",
        block,
        for_customer,
        since,
        until
    )
    .await
}

/// Messages to a country.
pub(crate) async fn of_country(
    tx: &mut Tx,
    country: &str,
    since: Timestamp,
    until: Timestamp,
) -> Result<Pattern, DbError> {
    sql!(
        tx,
        fetch_one as Pattern,
        "SELECT COUNT(DISTINCT number) AS numbers, COUNT(*) AS messages, COUNT(verified_at) AS used FROM sms_message
         WHERE country = $1 AND number IS NOT NULL AND queued_at > $2 AND queued_at <= $3",
        country,
        since,
        until
    )
    .await
}

/// Whether nothing goes to it at present.
pub(crate) async fn is_blocked(tx: &mut Tx, about: &[u8], now: Timestamp) -> Result<bool, DbError> {
    let (blocks,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM sms_alarm WHERE about = $1 AND blocked_until > $2",
        about,
        now
    )
    .await?;
    Ok(blocks > 0)
}

/// Writes an alarm down. `false` if there was one about the same after `again_after`.
pub(crate) async fn raise(
    tx: &mut Tx,
    about: &[u8],
    now: Timestamp,
    again_after: Timestamp,
    blocked_until: Option<Timestamp>,
) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "INSERT INTO sms_alarm (about, at, blocked_until) VALUES ($1, $2, $4)
         ON CONFLICT (about) DO UPDATE SET at = excluded.at, blocked_until = excluded.blocked_until
         WHERE sms_alarm.at <= $3",
        about,
        now,
        again_after,
        blocked_until
    )
    .await?;
    Ok(changed == 1)
}
