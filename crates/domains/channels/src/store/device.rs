use uuid::Uuid;
use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{CustomerId, DeviceId, Id as _, StaffId, TeamId, Timestamp};

use crate::{DeviceKind, PublicKey, Subject};

record! {
    pub(crate) struct DeviceRow {
        pub(crate) id: DeviceId,
        pub(crate) kind: String,
        pub(crate) subject: Uuid,
        pub(crate) name: String,
        pub(crate) user_agent: String,
        pub(crate) mls_key: [u8; 32],
        pub(crate) hpke_key: [u8; 32],
        pub(crate) statement: i64,
        pub(crate) statement_expires_at: Timestamp,
        pub(crate) created_at: Timestamp,
        pub(crate) last_seen_at: Timestamp,
        pub(crate) revoked_at: Option<Timestamp>,
    }
}

record! {
    pub(crate) struct KeyPackageRow {
        pub(crate) hash: [u8; 32],
        pub(crate) bytes: Vec<u8>,
        pub(crate) last_resort: bool,
    }
}

impl DeviceRow {
    /// Whose device it is.
    pub(crate) fn owner(&self) -> Subject {
        if self.kind == DeviceKind::Staff.as_str() {
            Subject::Staff(StaffId::from_uuid(self.subject))
        } else {
            Subject::Customer(CustomerId::from_uuid(self.subject))
        }
    }

    pub(crate) const fn mls_key(&self) -> PublicKey {
        PublicKey(self.mls_key)
    }
}

/// The bare UUID of an owner.
pub(crate) fn subject_uuid(subject: Subject) -> Uuid {
    match subject {
        Subject::Staff(id) => id.uuid(),
        Subject::Customer(id) => id.uuid(),
    }
}

pub(crate) async fn insert(tx: &mut Tx, device: &DeviceRow, unlock_secret: Option<Vec<u8>>) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO device (id, kind, subject, name, user_agent, mls_key, hpke_key, statement, statement_expires_at, unlock_secret, created_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        device.id,
        device.kind,
        device.subject,
        device.name,
        device.user_agent,
        device.mls_key,
        device.hpke_key,
        device.statement,
        device.statement_expires_at,
        unlock_secret,
        device.created_at,
        device.last_seen_at
    )
    .await
    .map(drop)
}

pub(crate) async fn find(tx: &mut Tx, id: DeviceId) -> Result<Option<DeviceRow>, DbError> {
    sql!(
        tx,
        fetch_optional as DeviceRow,
        "SELECT id, kind, subject, name, user_agent, mls_key, hpke_key, statement, statement_expires_at, created_at, last_seen_at, revoked_at
         FROM device WHERE id = $1",
        id
    )
    .await
}

/// All devices of somebody, revoked ones too, the newest first.
pub(crate) async fn of_subject(tx: &mut Tx, subject: Subject) -> Result<Vec<DeviceRow>, DbError> {
    sql!(
        tx,
        fetch_all as DeviceRow,
        "SELECT id, kind, subject, name, user_agent, mls_key, hpke_key, statement, statement_expires_at, created_at, last_seen_at, revoked_at
         FROM device WHERE subject = $1 AND kind = $2 ORDER BY id DESC",
        subject_uuid(subject),
        subject.kind().as_str()
    )
    .await
}

/// The devices that a team's keys may be shared with.
pub(crate) async fn of_team(tx: &mut Tx, team: TeamId, now: Timestamp) -> Result<Vec<DeviceRow>, DbError> {
    sql!(
        tx,
        fetch_all as DeviceRow,
        "SELECT d.id, d.kind, d.subject, d.name, d.user_agent, d.mls_key, d.hpke_key, d.statement, d.statement_expires_at, d.created_at, d.last_seen_at, d.revoked_at
         FROM device_team t JOIN device d ON d.id = t.device WHERE t.team = $1 AND d.revoked_at IS NULL AND d.statement_expires_at > $2 ORDER BY d.id",
        team,
        now
    )
    .await
}

/// Stores a statement and makes it the current one.
pub(crate) async fn set_statement(
    tx: &mut Tx,
    device: DeviceId,
    number: i64,
    jws: &str,
    expires_at: Timestamp,
    teams: &[TeamId],
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO device_statement (device, number, jws) VALUES ($1, $2, $3)",
        device,
        number,
        jws
    )
    .await?;
    sql!(
        tx,
        execute,
        "UPDATE device SET statement = $2, statement_expires_at = $3 WHERE id = $1",
        device,
        number,
        expires_at
    )
    .await?;
    sql!(tx, execute, "DELETE FROM device_team WHERE device = $1", device).await?;
    for team in teams {
        sql!(
            tx,
            execute,
            "INSERT INTO device_team (device, team) VALUES ($1, $2)",
            device,
            *team
        )
        .await?;
    }
    Ok(())
}

/// The current statement.
pub(crate) async fn statement(tx: &mut Tx, device: &DeviceRow) -> Result<String, DbError> {
    let (jws,) = sql!(
        tx,
        fetch_one as (String,),
        "SELECT jws FROM device_statement WHERE device = $1 AND number = $2",
        device.id,
        device.statement
    )
    .await?;
    Ok(jws)
}

pub(crate) async fn unlock_secret(tx: &mut Tx, device: DeviceId) -> Result<Option<Vec<u8>>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (Option<Vec<u8>>,),
        "SELECT unlock_secret FROM device WHERE id = $1",
        device
    )
    .await?;
    Ok(row.and_then(|(secret,)| secret))
}

pub(crate) async fn seen(tx: &mut Tx, device: DeviceId, at: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE device SET last_seen_at = $2 WHERE id = $1",
        device,
        at
    )
    .await
    .map(drop)
}

/// Revokes, and forgets what only a living device needs. `false` if it was revoked before.
pub(crate) async fn revoke(tx: &mut Tx, device: DeviceId, at: Timestamp) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE device SET revoked_at = $2, unlock_secret = NULL WHERE id = $1 AND revoked_at IS NULL",
        device,
        at
    )
    .await?;
    sql!(tx, execute, "DELETE FROM key_package WHERE device = $1", device).await?;
    sql!(tx, execute, "DELETE FROM device_team WHERE device = $1", device).await?;
    Ok(rows == 1)
}

pub(crate) async fn add_key_package(
    tx: &mut Tx,
    device: DeviceId,
    hash: [u8; 32],
    bytes: &[u8],
    expires_at: Timestamp,
    last_resort: bool,
) -> Result<(), DbError> {
    if last_resort {
        sql!(
            tx,
            execute,
            "DELETE FROM key_package WHERE device = $1 AND last_resort = $2",
            device,
            true
        )
        .await?;
    }
    sql!(
        tx,
        execute,
        "INSERT INTO key_package (device, hash, bytes, expires_at, last_resort) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (device, hash) DO NOTHING",
        device,
        hash,
        bytes,
        expires_at,
        last_resort
    )
    .await
    .map(drop)
}

/// How many key packages for one use a device has.
pub(crate) async fn available_key_packages(tx: &mut Tx, device: DeviceId, now: Timestamp) -> Result<i64, DbError> {
    let (n,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM key_package WHERE device = $1 AND last_resort = $2 AND expires_at > $3",
        device,
        false,
        now
    )
    .await?;
    Ok(n)
}

/// A key package for one use, or the last resort; the used ones are gone afterwards.
pub(crate) async fn take_key_package(
    tx: &mut Tx,
    device: DeviceId,
    now: Timestamp,
) -> Result<Option<KeyPackageRow>, DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM key_package WHERE device = $1 AND expires_at <= $2",
        device,
        now
    )
    .await?;
    loop {
        let found = sql!(
            tx,
            fetch_optional as KeyPackageRow,
            "SELECT hash, bytes, last_resort FROM key_package WHERE device = $1 ORDER BY last_resort, expires_at, hash LIMIT 1",
            device
        )
        .await?;
        let Some(package) = found else { return Ok(None) };
        if package.last_resort {
            return Ok(Some(package));
        }
        // Another transaction may have been faster; then the next one is looked at.
        if sql!(
            tx,
            execute,
            "DELETE FROM key_package WHERE device = $1 AND hash = $2",
            device,
            package.hash
        )
        .await?
            == 1
        {
            return Ok(Some(package));
        }
    }
}
