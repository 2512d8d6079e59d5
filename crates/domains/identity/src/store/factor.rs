use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{FactorId, StaffId, Timestamp};

use crate::model::{Aaguid, FactorKind};

record! {
    /// A factor. `data` is sealed: the secret of TOTP, the public key of a passkey; recovery codes have rows of their own.
    #[derive(Debug, Clone)]
    pub struct FactorRow {
        pub id: FactorId,
        pub staff: StaffId,
        pub kind: FactorKind,
        pub name: String,
        pub data: Option<Vec<u8>>,
        pub created_at: Timestamp,
        pub confirmed_at: Option<Timestamp>,
        pub last_used_at: Option<Timestamp>,
        pub disabled_at: Option<Timestamp>,
        /// No sign-in with it before then.
        pub held_until: Option<Timestamp>,
        /// The make that a passkey has shown.
        pub make: Option<Aaguid>,
        /// The SHA-256 of the root certificate by which its attestation was checked.
        pub make_root: Option<Vec<u8>>,
    }
}

impl FactorRow {
    /// Whether it can be signed in with, as far as it alone says.
    pub fn works(&self, now: Timestamp) -> bool {
        self.disabled_at.is_none() && self.held_until.is_none_or(|until| until <= now)
    }
}

pub struct NewFactor<'a> {
    pub id: FactorId,
    pub staff: StaffId,
    pub kind: FactorKind,
    pub name: &'a str,
    pub data: Option<Vec<u8>>,
    pub credential_hash: Option<[u8; 32]>,
    pub counter: i64,
    pub created_at: Timestamp,
    pub confirmed_at: Option<Timestamp>,
    /// The make that it has shown, and the SHA-256 of the root certificate by which that was checked.
    pub make: Option<(Aaguid, [u8; 32])>,
}

record! {
    /// A factor that somebody can use, as far as policies ask for it.
    #[derive(Debug, Clone)]
    pub struct UsableRow {
        pub staff: StaffId,
        pub kind: FactorKind,
        pub make: Option<Aaguid>,
        pub make_root: Option<Vec<u8>>,
    }
}

/// The most wrong codes in a row that a factor of this kind has had.
pub async fn failures(tx: &mut Tx, staff: StaffId, kind: FactorKind) -> Result<i64, DbError> {
    let (failures,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COALESCE(MAX(failures), 0) FROM factor WHERE staff = $1 AND kind = $2",
        staff,
        kind
    )
    .await?;
    Ok(failures)
}

pub async fn insert(tx: &mut Tx, new: NewFactor<'_>) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO factor (id, staff, kind, name, data, credential_hash, last_step, counter, created_at, confirmed_at, make, make_root)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, $11)",
        new.id,
        new.staff,
        new.kind,
        new.name,
        new.data,
        new.credential_hash,
        new.counter,
        new.created_at,
        new.confirmed_at,
        new.make.map(|(make, _)| make),
        new.make.map(|(_, root)| root)
    )
    .await
    .map(drop)
}

/// The confirmed factors of a person, the oldest first, recovery codes last.
pub async fn of_staff(tx: &mut Tx, staff: StaffId) -> Result<Vec<FactorRow>, DbError> {
    sql!(
        tx,
        fetch_all as FactorRow,
        "SELECT id, staff, kind, name, data, created_at, confirmed_at, last_used_at, disabled_at, held_until, make, make_root
         FROM factor WHERE staff = $1 AND confirmed_at IS NOT NULL
         ORDER BY CASE WHEN kind = 'recovery' THEN 1 ELSE 0 END, created_at, id",
        staff
    )
    .await
}

/// A factor of a person, confirmed or not.
pub async fn find(tx: &mut Tx, staff: StaffId, id: FactorId) -> Result<Option<FactorRow>, DbError> {
    sql!(
        tx,
        fetch_optional as FactorRow,
        "SELECT id, staff, kind, name, data, created_at, confirmed_at, last_used_at, disabled_at, held_until, make, make_root FROM factor WHERE id = $1 AND staff = $2",
        id,
        staff
    )
    .await
}

/// The passkey with this credential id.
pub async fn by_credential(tx: &mut Tx, hash: [u8; 32]) -> Result<Option<FactorRow>, DbError> {
    sql!(
        tx,
        fetch_optional as FactorRow,
        "SELECT id, staff, kind, name, data, created_at, confirmed_at, last_used_at, disabled_at, held_until, make, make_root FROM factor WHERE credential_hash = $1",
        hash
    )
    .await
}

/// The factors that everybody can use, alike ones of one person once.
pub async fn usable(tx: &mut Tx) -> Result<Vec<UsableRow>, DbError> {
    sql!(
        tx,
        fetch_all as UsableRow,
        "SELECT DISTINCT staff, kind, make, make_root FROM factor WHERE confirmed_at IS NOT NULL AND disabled_at IS NULL"
    )
    .await
}

/// The kinds of factors that everybody can use.
pub async fn kinds(tx: &mut Tx) -> Result<Vec<(StaffId, FactorKind)>, DbError> {
    sql!(
        tx,
        fetch_all as (StaffId, FactorKind),
        "SELECT DISTINCT staff, kind FROM factor WHERE confirmed_at IS NOT NULL AND disabled_at IS NULL"
    )
    .await
}

/// A passkey counts as attested no more.
pub async fn forget_make(tx: &mut Tx, id: FactorId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE factor SET make = NULL, make_root = NULL WHERE id = $1",
        id
    )
    .await
    .map(drop)
}

/// Accepts a TOTP step once: only one greater than every step before it.
pub async fn accept_step(tx: &mut Tx, id: FactorId, step: i64, now: Timestamp) -> Result<bool, DbError> {
    let accepted = sql!(
        tx,
        execute,
        "UPDATE factor SET last_step = $1, last_used_at = $2 WHERE id = $3 AND last_step < $1",
        step,
        now,
        id
    )
    .await?;
    Ok(accepted == 1)
}

/// Accepts a passkey's counter: a greater one, or zero from those that do not count.
pub async fn accept_counter(
    tx: &mut Tx,
    id: FactorId,
    counter: i64,
    data: &[u8],
    now: Timestamp,
) -> Result<bool, DbError> {
    let accepted = sql!(
        tx,
        execute,
        "UPDATE factor SET counter = $1, data = $2, last_used_at = $3 WHERE id = $4 AND (counter < $1 OR (counter = 0 AND $1 = 0))",
        counter,
        data,
        now,
        id
    )
    .await?;
    Ok(accepted == 1)
}

/// Confirms a factor once.
pub async fn confirm(tx: &mut Tx, id: FactorId, now: Timestamp) -> Result<bool, DbError> {
    let confirmed = sql!(
        tx,
        execute,
        "UPDATE factor SET confirmed_at = $1 WHERE id = $2 AND confirmed_at IS NULL",
        now,
        id
    )
    .await?;
    Ok(confirmed == 1)
}

/// Confirms a number once. There is no sign-in with it before `held_until`.
pub async fn confirm_number(
    tx: &mut Tx,
    id: FactorId,
    now: Timestamp,
    held_until: Option<Timestamp>,
) -> Result<bool, DbError> {
    let confirmed = sql!(
        tx,
        execute,
        "UPDATE factor SET confirmed_at = $1, held_until = $2 WHERE id = $3 AND confirmed_at IS NULL",
        now,
        held_until,
        id
    )
    .await?;
    Ok(confirmed == 1)
}

/// Forgets numbers whose code never came back.
pub async fn forget_numbers(tx: &mut Tx, until: Timestamp) -> Result<u64, DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM factor WHERE kind = 'sms' AND confirmed_at IS NULL AND created_at <= $1",
        until
    )
    .await
}

pub async fn touch(tx: &mut Tx, id: FactorId, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE factor SET last_used_at = $1 WHERE id = $2",
        now,
        id
    )
    .await
    .map(drop)
}

pub async fn rename(tx: &mut Tx, id: FactorId, name: &str) -> Result<(), DbError> {
    sql!(tx, execute, "UPDATE factor SET name = $1 WHERE id = $2", name, id)
        .await
        .map(drop)
}

pub async fn delete(tx: &mut Tx, id: FactorId) -> Result<bool, DbError> {
    Ok(sql!(tx, execute, "DELETE FROM factor WHERE id = $1", id).await? == 1)
}

pub async fn delete_unconfirmed(tx: &mut Tx, staff: StaffId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM factor WHERE staff = $1 AND confirmed_at IS NULL",
        staff
    )
    .await
    .map(drop)
}

pub async fn delete_all(tx: &mut Tx, staff: StaffId) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM factor WHERE staff = $1", staff)
        .await
        .map(drop)
}

pub async fn insert_code(tx: &mut Tx, factor: FactorId, hash: [u8; 32]) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO recovery_code (factor, code_hash) VALUES ($1, $2)",
        factor,
        hash
    )
    .await
    .map(drop)
}

/// Spends a recovery code once.
pub async fn spend_code(tx: &mut Tx, factor: FactorId, hash: [u8; 32], now: Timestamp) -> Result<bool, DbError> {
    let spent = sql!(
        tx,
        execute,
        "UPDATE recovery_code SET used_at = $1 WHERE factor = $2 AND code_hash = $3 AND used_at IS NULL",
        now,
        factor,
        hash
    )
    .await?;
    Ok(spent == 1)
}

pub async fn codes_left(tx: &mut Tx, factor: FactorId) -> Result<i64, DbError> {
    let (left,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM recovery_code WHERE factor = $1 AND used_at IS NULL",
        factor
    )
    .await?;
    Ok(left)
}

/// Counts a wrong code; how many there are in a row.
pub async fn count_failure(tx: &mut Tx, id: FactorId) -> Result<i64, DbError> {
    let (failures,) = sql!(
        tx,
        fetch_one as (i64,),
        "UPDATE factor SET failures = failures + 1 WHERE id = $1 RETURNING failures",
        id
    )
    .await?;
    Ok(failures)
}

pub async fn clear_failures(tx: &mut Tx, staff: StaffId, kind: FactorKind) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE factor SET failures = 0 WHERE staff = $1 AND kind = $2 AND disabled_at IS NULL",
        staff,
        kind
    )
    .await
    .map(drop)
}

pub async fn disable(tx: &mut Tx, id: FactorId, now: Timestamp) -> Result<(), DbError> {
    sql!(tx, execute, "UPDATE factor SET disabled_at = $1 WHERE id = $2", now, id)
        .await
        .map(drop)
}
