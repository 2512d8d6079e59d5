//! How drivers fare: now, and hour by hour.

use wd_db::{DbError, Tx, record, sql};
use wd_kernel::Timestamp;

record! {
    #[derive(Debug, Clone)]
    pub(crate) struct DriverRow {
        pub(crate) name: String,
        pub(crate) failures: i64,
        pub(crate) rest_until: Option<Timestamp>,
        pub(crate) last_good_at: Option<Timestamp>,
        pub(crate) last_bad_at: Option<Timestamp>,
        pub(crate) trouble: Option<String>,
    }
}

record! {
    pub(crate) struct FigureRow {
        pub(crate) driver: String,
        pub(crate) hour: Timestamp,
        pub(crate) taken: i64,
        pub(crate) failed: i64,
        pub(crate) delivered: i64,
        pub(crate) undelivered: i64,
        pub(crate) late: i64,
        pub(crate) cost: i64,
    }
}

/// What is added to the figures of a driver in an hour.
#[derive(Default)]
pub(crate) struct Figure {
    pub(crate) taken: i64,
    pub(crate) failed: i64,
    pub(crate) delivered: i64,
    pub(crate) undelivered: i64,
    pub(crate) late: i64,
    pub(crate) cost: i64,
}

pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<DriverRow>, DbError> {
    sql!(
        tx,
        fetch_all as DriverRow,
        "SELECT name, failures, rest_until, last_good_at, last_bad_at, trouble FROM sms_driver ORDER BY name"
    )
    .await
}

/// It did what was asked.
pub(crate) async fn good(tx: &mut Tx, name: &str, at: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO sms_driver (name, failures, last_good_at) VALUES ($1, 0, $2)
         ON CONFLICT (name) DO UPDATE SET failures = 0, rest_until = NULL, last_good_at = excluded.last_good_at, trouble = NULL",
        name,
        at
    )
    .await
    .map(drop)
}

/// It did not. How often in a row, with this time.
pub(crate) async fn bad(tx: &mut Tx, name: &str, at: Timestamp, trouble: &str) -> Result<i64, DbError> {
    let (failures,) = sql!(
        tx,
        fetch_one as (i64,),
        "INSERT INTO sms_driver (name, failures, last_bad_at, trouble) VALUES ($1, 1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET failures = sms_driver.failures + 1, last_bad_at = excluded.last_bad_at,
           trouble = excluded.trouble RETURNING failures",
        name,
        at,
        trouble
    )
    .await?;
    Ok(failures)
}

/// It is not asked until then.
pub(crate) async fn rest(
    tx: &mut Tx,
    name: &str,
    at: Timestamp,
    until: Timestamp,
    trouble: &str,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO sms_driver (name, failures, rest_until, last_bad_at, trouble) VALUES ($1, 0, $3, $2, $4)
         ON CONFLICT (name) DO UPDATE SET rest_until = excluded.rest_until, last_bad_at = excluded.last_bad_at,
           trouble = excluded.trouble",
        name,
        at,
        until,
        trouble
    )
    .await
    .map(drop)
}

pub(crate) async fn add(tx: &mut Tx, name: &str, hour: Timestamp, more: &Figure) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO sms_figure (driver, hour, taken, failed, delivered, undelivered, late, cost)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (driver, hour) DO UPDATE SET taken = sms_figure.taken + excluded.taken,
           failed = sms_figure.failed + excluded.failed, delivered = sms_figure.delivered + excluded.delivered,
           undelivered = sms_figure.undelivered + excluded.undelivered, late = sms_figure.late + excluded.late,
           cost = sms_figure.cost + excluded.cost",
        name,
        hour,
        more.taken,
        more.failed,
        more.delivered,
        more.undelivered,
        more.late,
        more.cost
    )
    .await
    .map(drop)
}

/// The figures since a time, oldest first.
pub(crate) async fn figures(tx: &mut Tx, since: Timestamp) -> Result<Vec<FigureRow>, DbError> {
    sql!(
        tx,
        fetch_all as FigureRow,
        "SELECT driver, hour, taken, failed, delivered, undelivered, late, cost FROM sms_figure
         WHERE hour >= $1 ORDER BY hour, driver",
        since
    )
    .await
}
