//! The alarms that were raised, as they are shown later.

use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{SmsId, Timestamp};

record! {
    /// An alarm.
    pub(crate) struct RaisedRow {
        pub(crate) kind: String,
        pub(crate) at: Timestamp,
        pub(crate) country: Option<String>,
        pub(crate) stopped: String,
        pub(crate) stopped_until: Option<Timestamp>,
        pub(crate) numbers: Option<i64>,
        pub(crate) messages: Option<i64>,
        pub(crate) used: Option<i64>,
        pub(crate) spent: Option<i64>,
    }
}

/// Keeps an alarm that a message raised.
pub(crate) async fn keep(tx: &mut Tx, message: SmsId, row: &RaisedRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO sms_alarm_raised (message, kind, at, country, stopped, stopped_until, numbers, messages, used, spent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        message,
        row.kind,
        row.at,
        row.country,
        row.stopped,
        row.stopped_until,
        row.numbers,
        row.messages,
        row.used,
        row.spent
    )
    .await
    .map(drop)
}

/// The alarms after a time, newest first.
pub(crate) async fn since(tx: &mut Tx, after: Timestamp, limit: i64) -> Result<Vec<RaisedRow>, DbError> {
    sql!(
        tx,
        fetch_all as RaisedRow,
        "SELECT kind, at, country, stopped, stopped_until, numbers, messages, used, spent FROM sms_alarm_raised
         WHERE at > $1 ORDER BY at DESC, message DESC, kind LIMIT $2",
        after,
        limit
    )
    .await
}
